#include "test.h"

#include <flare/number.h>

#include <locale.h>
#include <math.h>
#include <stdlib.h>

static bool same_f64(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool same_f32(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static uint64_t random_bits(void)
{
    static uint64_t state = 88172645463325252u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

TEST(the_grammar_is_json)
{
    static const char *const wrong[] = {"",      "-",     "+1",       ".5",    "1.",   "01", "-01",   "00",
                                        "1e",    "1e+",   "1e-",      "1E",    "1.e1", "e1", "1.2.3", "NaN",
                                        "nan",   "inf",   "Infinity", "0x1p3", " 1",   "1 ", "1,5",   "--1",
                                        "1e1.5", "1e1e1", "-.5",      "1f",    "1_0"};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        double f64 = 77;
        float f32 = 77;

        CHECK_INT(flare_f64_parse(flare_str_of(wrong[i]), &f64), FLARE_ERR_SYNTAX);
        CHECK_INT(flare_f32_parse(flare_str_of(wrong[i]), &f32), FLARE_ERR_SYNTAX);
        CHECK(same_f64(f64, 77) && same_f32(f32, 77));
    }
}

TEST(text_becomes_the_nearest)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        {"0", 0.0},
        {"-0", -0.0},
        {"-0.0", -0.0},
        {"0e999999999999999999999999", 0.0},
        {"1", 1.0},
        {"-1.5", -1.5},
        {"1E2", 100.0},
        {"1e+2", 100.0},
        {"100e-2", 1.0},
        {"0.1", 0.1},
        {"9007199254740993", 9007199254740992.0}, /* a tie: to even */
        {"9007199254740995", 9007199254740996.0}, /* a tie: to even */
        {"9007199254740993.0000000000000000000000000000001", 9007199254740994.0},
        {"9007199254740992.999999999999999999999999999999", 9007199254740992.0},
        {"2.2250738585072014e-308", 2.2250738585072014e-308},
        {"2.2250738585072011e-308", 2.2250738585072011e-308},
        {"4.9e-324", 4.9e-324},
        {"2.4703282292062328e-324", 4.9e-324},
        {"2.4703282292062327e-324", 0.0},
        {"1e-400", 0.0},
        {"-1e-99999999999999999999", -0.0},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"1.7976931348623158e308", 1.7976931348623157e308},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double value = 77;

        CHECK_INT(flare_f64_parse(flare_str_of(rows[i].text), &value), FLARE_OK);
        if (!same_f64(value, rows[i].value))
            fprintf(stderr, "in the row \"%s\": %.17g\n", rows[i].text, value);
        CHECK(same_f64(value, rows[i].value));
    }
}

/* The number in the middle between the largest double and what would come next, and the whole number below
 * it. */
static const char infinite[] =
    "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017"
    "977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273"
    "854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704"
    "342711559699508093042880177904174497792";
static const char largest[] =
    "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017"
    "977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273"
    "854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704"
    "342711559699508093042880177904174497791";

TEST(too_large_is_out_of_range)
{
    static const char *const f64[] = {"1e309", "-1e309", "1.7976931348623159e308", "1e99999999999999999999"};
    static const char *const f32[] = {"1e39", "3.4028236e38", "-3.5e38", "1e999"};
    double wide = 77;
    float narrow = 77;

    for (size_t i = 0; i < 4; i++) {
        CHECK_INT(flare_f64_parse(flare_str_of(f64[i]), &wide), FLARE_ERR_RANGE);
        CHECK_INT(flare_f32_parse(flare_str_of(f32[i]), &narrow), FLARE_ERR_RANGE);
    }
    CHECK(same_f64(wide, 77) && same_f32(narrow, 77));
    CHECK_INT(flare_f64_parse(flare_str_of(infinite), &wide), FLARE_ERR_RANGE);
    CHECK_INT(flare_f64_parse(flare_str_of(largest), &wide), FLARE_OK);
    CHECK(same_f64(wide, 1.7976931348623157e308));
    CHECK_INT(flare_f32_parse(FLARE_STR("3.4028235e38"), &narrow), FLARE_OK);
    CHECK(same_f32(narrow, 3.4028235e38f));
}

/* Rounding first to a double and then to a float would give the upper neighbour of the first one. */
TEST(a_float_is_rounded_once)
{
    float value = 0;

    CHECK_INT(flare_f32_parse(FLARE_STR("1.00000005960464477539062499999999"), &value), FLARE_OK);
    CHECK(same_f32(value, 1.0f));
    CHECK_INT(flare_f32_parse(FLARE_STR("1.00000005960464477539062500000001"), &value), FLARE_OK);
    CHECK(same_f32(value, 1.00000011920928955078125f));
    CHECK_INT(flare_f32_parse(FLARE_STR("16777217"), &value), FLARE_OK);
    CHECK(same_f32(value, 16777216.0f));
}

TEST(any_number_of_digits_is_read_exactly)
{
    static char text[200000];
    double value = 0;

    memset(text, '0', sizeof text);
    text[0] = '1';
    memcpy(text + 150000, "e-149999", 8); /* 1 and 149,999 zeros */
    CHECK_INT(flare_f64_parse((flare_str){text, 150008}, &value), FLARE_OK);
    CHECK(same_f64(value, 1.0));

    memset(text, '0', sizeof text);
    text[1] = '.';
    memcpy(text + 150002, "1e150001", 8);
    CHECK_INT(flare_f64_parse((flare_str){text, 150010}, &value), FLARE_OK);
    CHECK(same_f64(value, 1.0));

    /* A tie broken by a digit far away. */
    memset(text, '0', sizeof text);
    memcpy(text, "9007199254740993.", 17);
    CHECK_INT(flare_f64_parse((flare_str){text, 150000}, &value), FLARE_OK);
    CHECK(same_f64(value, 9007199254740992.0));
    text[149999] = '1';
    CHECK_INT(flare_f64_parse((flare_str){text, 150000}, &value), FLARE_OK);
    CHECK(same_f64(value, 9007199254740994.0));
}

/* strtod() of the C library is exact, so it is the oracle. */
TEST(random_text_agrees_with_strtod)
{
    char text[80];

    for (int i = 0; i < 200000; i++) {
        const uint64_t bits = random_bits();
        const int exponent = (int)(random_bits() % 660) - 340;
        double value = 0;
        float narrow = 0;

        snprintf(text, sizeof text, "%s%llu.%llue%d", bits & 1 ? "-" : "",
                 (unsigned long long)(bits >> (random_bits() % 64)),
                 (unsigned long long)(random_bits() >> 20), exponent);
        const double want = strtod(text, NULL);

        CHECK_INT(flare_f64_parse(flare_str_of(text), &value), isinf(want) ? FLARE_ERR_RANGE : FLARE_OK);
        CHECK(isinf(want) || same_f64(value, want));
        const float narrow_want = strtof(text, NULL);

        CHECK_INT(flare_f32_parse(flare_str_of(text), &narrow),
                  isinf(narrow_want) ? FLARE_ERR_RANGE : FLARE_OK);
        CHECK(isinf(narrow_want) || same_f32(narrow, narrow_want));
    }
}

TEST(the_layout_is_that_of_rfc_8785)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1, "-1"},
        {10, "10"},
        {0.5, "0.5"},
        {123.456, "123.456"},
        {1e20, "100000000000000000000"},
        {123456789012345680000.0, "123456789012345680000"},
        {1e21, "1e+21"},
        {1.5e21, "1.5e+21"},
        {0.000001, "0.000001"},
        {1e-7, "1e-7"},
        {1.25e-7, "1.25e-7"},
        {5e-324, "5e-324"},
        {-1.7976931348623157e308, "-1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {9007199254740993.0, "9007199254740992"},
        {9007199254740994.0, "9007199254740994"},
        {0.1 + 0.2, "0.30000000000000004"},
        {333333333.33333329, "333333333.3333333"}, /* RFC 8785 appendix B, as the next three */
        {1e23, "1e+23"},
        {295147905179352830000.0, "295147905179352830000"},
        {-0.0000033333333333333333, "-0.0000033333333333333333"},
        {-0.0000012345678901234567, "-0.0000012345678901234567"},
    };
    char text[FLARE_F64_MAX_BYTES];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const flare_str formatted = {text, flare_f64_format(rows[i].value, text)};

        CHECK_STR(formatted, rows[i].text);
    }
    CHECK_INT(flare_f64_format(INFINITY, text), 0);
    CHECK_INT(flare_f64_format(-INFINITY, text), 0);
    CHECK_INT(flare_f64_format(NAN, text), 0);
    CHECK_INT(flare_f32_format(INFINITY, text), 0);
    CHECK_INT(flare_f32_format(NAN, text), 0);
}

static int significant_digits(flare_str text)
{
    int count = 0, zeros = 0;

    for (size_t i = 0; i < text.len && text.ptr[i] != 'e'; i++) {
        if (text.ptr[i] == '0' && count > 0)
            zeros++;
        else if (text.ptr[i] >= '1' && text.ptr[i] <= '9') {
            count += zeros + 1;
            zeros = 0;
        }
    }
    return count;
}

TEST(random_values_come_back_from_the_shortest_text)
{
    char text[FLARE_F64_MAX_BYTES], shorter[40];

    for (int i = 0; i < 200000; i++) {
        const uint64_t bits = random_bits() >> (i % 3 == 0 ? random_bits() % 64 : 0);
        const uint32_t few = (uint32_t)random_bits();
        double value, back = 0;
        float narrow, narrow_back = 0;

        memcpy(&value, &bits, sizeof value);
        memcpy(&narrow, &few, sizeof narrow);
        if (isfinite(value)) {
            const flare_str formatted = {text, flare_f64_format(value, text)};
            const int digits = significant_digits(formatted);

            CHECK(flare_f64_parse(formatted, &back) == FLARE_OK && same_f64(back, value));
            if (digits > 1) {
                snprintf(shorter, sizeof shorter, "%.*e", digits - 2, value);
                CHECK(strtod(shorter, NULL) < value || strtod(shorter, NULL) > value);
            }
        }
        if (isfinite(narrow)) {
            const flare_str formatted = {text, flare_f32_format(narrow, text)};
            const int digits = significant_digits(formatted);

            CHECK(formatted.len <= FLARE_F32_MAX_BYTES);
            CHECK(flare_f32_parse(formatted, &narrow_back) == FLARE_OK && same_f32(narrow_back, narrow));
            if (digits > 1) {
                snprintf(shorter, sizeof shorter, "%.*e", digits - 2, (double)narrow);
                CHECK(strtof(shorter, NULL) < narrow || strtof(shorter, NULL) > narrow);
            }
        }
    }
}

TEST(floats_of_32_bits_are_as_short_as_they_can_be)
{
    static const struct {
        float value;
        const char *text;
    } rows[] = {{0.1f, "0.1"},
                {16777216.0f, "16777216"},
                {3.4028235e38f, "3.4028235e+38"},
                {1e-45f, "1e-45"},
                {-0.0f, "-0"},
                {1.17549435e-38f, "1.1754944e-38"},
                {33554432.0f, "33554432"},
                {0.3f, "0.3"},
                {-1.2345678e-6f, "-0.0000012345678"}};
    char text[FLARE_F32_MAX_BYTES];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const flare_str formatted = {text, flare_f32_format(rows[i].value, text)};

        CHECK_STR(formatted, rows[i].text);
    }
}

/* Runs the rest of the program in a locale whose point is a comma, where the system has one. */
static void use_a_locale_with_a_comma(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (setlocale(LC_NUMERIC, names[i]))
            return;
    }
}

int main(void)
{
    RUN(the_grammar_is_json);
    RUN(text_becomes_the_nearest);
    RUN(too_large_is_out_of_range);
    RUN(a_float_is_rounded_once);
    RUN(any_number_of_digits_is_read_exactly);
    RUN(random_text_agrees_with_strtod);
    RUN(random_values_come_back_from_the_shortest_text);
    RUN(floats_of_32_bits_are_as_short_as_they_can_be);
    use_a_locale_with_a_comma();
    RUN(text_becomes_the_nearest);
    RUN(the_layout_is_that_of_rfc_8785);
    return TEST_END();
}
