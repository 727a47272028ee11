/* JSON reading: 530 texts judged by two outside parsers, a decoder as flarec is to emit it, and its parts.
 * Each text ends flush against a page that can't be read. */
#include "json_order.h"
#include "json_texts.h"
#include "allocator.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>

static enum flarei_json_verdict decode_text(const char *text)
{
    return decode(guarded(text, strlen(text)));
}

static enum flarei_json_verdict skip(flare_str text)
{
    flare_str raw;
    const char *at;

    flarei_arena_reset(&arena);
    at = flarei_json_begin(&json, text, &arena);
    if (at != NULL)
        at = flarei_json_raw(&json, at, FLAREI_JSON_DEPTH_MAX, &raw);
    return flarei_json_end(&json, at);
}

/* All failures as "pointer rule" lines. */
static const char *failures(void)
{
    static const char *const names[] = {"fine",
#define RULE_NAME(code, text) text,
                                        FLAREI_RULES(RULE_NAME)
#undef RULE_NAME
    };
    static char text[8192];
    size_t length = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < json.count; i++) {
        const flare_str pointer = flarei_json_pointer(&json, i);

        length += (size_t)snprintf(text + length, sizeof text - length, "%s%.*s %s", i ? "; " : "",
                                   FLARE_STR_ARG(pointer), names[json.failures[i].rule]);
    }
    return text;
}

TEST(texts_are_judged_as_others_do)
{
    for (size_t i = 0; i < sizeof json_texts / sizeof *json_texts; i++) {
        const struct json_text *row = &json_texts[i];
        const flare_str text = guarded(row->bytes, row->length);
        const enum flarei_json_verdict raw = skip(text), typed = decode(text);

        if ((raw == FLAREI_JSON_FINE) != row->valid || (!row->valid && raw != FLAREI_JSON_MALFORMED) ||
            typed != (row->valid ? FLAREI_JSON_INVALID : FLAREI_JSON_MALFORMED)) {
            test_ok = false;
            fprintf(stderr, "%s: raw %d, typed %d\n", row->bytes, raw, typed);
        }
    }
}

TEST(an_order)
{
    CHECK_INT(decode_text(order_text), FLAREI_JSON_FINE);
    CHECK_INT(order.id, 918273645);
    CHECK_STR(order.customer, "Ada Lovelace");
    CHECK_STR(order.email, "ada@example.org");
    CHECK(order.priority);
    CHECK_STR(order.address.street, "12 St James Square");
    CHECK_STR(order.address.city, "London");
    CHECK_STR(order.address.zip, "SW1Y 4JH");
    CHECK_STR(order.address.country, "GB");
    CHECK_INT(order.items.count, 3);
    CHECK_STR(order.items.items[0].sku, "WID-0001");
    CHECK_INT(order.items.items[2].qty, 12);
    CHECK(order.items.items[1].price == 249.5);
    CHECK(!order.note.has);
}

TEST(written_as_it_was_read)
{
    static char storage[1024];
    flare_buffer out;

    flarei_buffer_over(&out, storage, sizeof storage);
    CHECK_INT(decode_text(order_text), FLAREI_JSON_FINE);
    order_write_order(&out, &order);
    const flare_str written = flarei_buffer_str(&out);
    /* What is absent is left out. */
    const size_t length = sizeof order_text - 1 - strlen(",\"note\":null}");
    CHECK_INT(written.len, length + 1);
    CHECK(memcmp(written.ptr, order_text, length) == 0 && written.ptr[length] == '}');
}

TEST(other_orders_blanks_and_unknown_members)
{
    CHECK_INT(
        decode_text(
            "{\"note\" : \"n\",\n\t\"items\":[{\"price\":1,\"x\":[1,{\"y\":\"\\u0041\"}],\"sku\":\"a\",\r\n"
            "\"qty\":2} , {\"qty\":1,\"\\u0073ku\":\"b\",\"price\":2e0}],\"address\":{\"country\":\"CH\","
            "\"zip\":\"\",\"city\":\"Z\xc3\xbcrich\",\"street\":\"s\"},\"unknown\":null,"
            "\"email\":\"a@b.c\",\"customer\":\"c\",\"id\":1, \"orde\":0, \"\":0 }\n"),
        FLAREI_JSON_FINE);
    CHECK_STR(order.note.value, "n");
    CHECK(order.note.has && !order.priority);
    CHECK_STR(order.items.items[1].sku, "b");
    CHECK(order.items.items[1].price == 2);
    CHECK_STR(order.address.city, "Z\xc3\xbcrich");
    CHECK_STR(order.address.zip, "");
}

static char *put_line(char *to, const char *newline, const char *indent, int depth)
{
    to = stpcpy(to, newline);
    for (int i = 0; i < depth; i++)
        to = stpcpy(to, indent);
    return to;
}

/* The order as printed for people. */
static size_t put_indented(char *text, const char *newline, const char *indent)
{
    char *to = text;
    int depth = 0;

    for (const char *p = order_text; *p != '\0'; p++) {
        if (*p == '}' || *p == ']')
            to = put_line(to, newline, indent, --depth);
        *to++ = *p;
        depth += *p == '{' || *p == '[';
        if (*p == '{' || *p == '[' || *p == ',')
            to = put_line(to, newline, indent, depth);
        else if (*p == ':')
            *to++ = ' ';
    }
    return (size_t)(to - text);
}

TEST(indented_texts)
{
    static const char *const indents[] = {"", " ", "  ", "    ", "       ", "\t", "\t\t", " \t"};
    static const char *const newlines[] = {"\n", "\r\n", "\n\n", ""};

    for (size_t n = 0; n < 4 * sizeof indents / sizeof *indents; n++) {
        char text[4096];
        const size_t length = put_indented(text, newlines[n % 4], indents[n / 4]);

        CHECK_INT(decode(guarded(text, length)), FLAREI_JSON_FINE);
        CHECK_STR(order.items.items[2].sku, "CBL-7");
        CHECK_STR(order.address.city, "London");
    }
}

/* Blanks that begin as those before and end otherwise, at every place that may have some. */
TEST(blanks_that_change)
{
    static const char *const blanks[] = {"",
                                         "\n",
                                         "\n  ",
                                         "\n    ",
                                         "\n      ",
                                         "\n  \t",
                                         "\n    \r\n",
                                         "\n   ",
                                         " ",
                                         "\n  \n  ",
                                         "\n\t\t",
                                         "\n             ",
                                         "\n              ",
                                         "\n               ",
                                         "\n                "};
    const size_t count = sizeof blanks / sizeof *blanks;
    uint32_t state = 1;

    for (size_t n = 0; n < 5000; n++) {
        const size_t usual = n % count;
        char text[8192], *to = text;
        bool quoted = false;

        for (const char *p = order_text; *p != '\0'; p++) {
            const bool mark = !quoted && strchr("{}[],:", *p) != NULL;

            quoted ^= *p == '"';
            for (int side = 0; side < 2; side++) {
                state = state * 1664525 + 1013904223;
                if (mark && (side == 1 || *p == '}' || *p == ']' || state >> 29 == 0))
                    to = stpcpy(to, blanks[state >> 24 < 200 ? usual : (state >> 8) % count]);
                if (side == 0)
                    *to++ = *p;
            }
        }
        CHECK_INT(decode(guarded(text, (size_t)(to - text))), FLAREI_JSON_FINE);
        CHECK_INT(order.items.count, 3);
        CHECK_STR(order.items.items[2].sku, "CBL-7");
        CHECK_STR(order.address.city, "London");
    }
}

TEST(every_truncation_is_malformed)
{
    for (size_t length = 0; length < sizeof order_text - 1; length++)
        CHECK_INT(decode(guarded(order_text, length)), FLAREI_JSON_MALFORMED);
}

/* Typed and raw reading have different code; what is JSON for one is for the other. */
static void mutate(const char *bytes, size_t length)
{
    char text[512];

    memcpy(text, bytes, length);
    for (size_t i = 0; i < length; i++) {
        for (int byte = 0; byte < 256; byte++) {
            text[i] = (char)byte;
            const flare_str mutated = guarded(text, length);
            const bool raw = skip(mutated) == FLAREI_JSON_FINE;
            const bool typed = decode(mutated) != FLAREI_JSON_MALFORMED;

            if (raw != typed) {
                test_ok = false;
                fprintf(stderr, "raw %d, typed %d: %.*s\n", raw, typed, (int)length, text);
            }
        }
        text[i] = bytes[i];
    }
}

TEST(every_mutation_is_judged_alike)
{
    static const char odd[] =
        "{\"items\": [ {\"sku\":\"\\ud83d\\ude00\\n\", \"qty\" :-1.5e-2,\"price\":1E+2}],\n \"note\":\"\xc3"
        "\xa9\xe2\x82\xac\xf0\x9f\x98\x80\",\"x\":[true,false,null,\"\\\"\"]}";

    mutate(order_text, sizeof order_text - 1);
    mutate(odd, sizeof odd - 1);
}

/* One item's members after what is fine, and the failures expected. */
static void check_item(const char *members, const char *wanted)
{
    char text[1024];

    snprintf(text, sizeof text,
             "{\"id\":1,\"customer\":\"c\",\"email\":\"a@b.c\",\"address\":{\"street\":\"s\",\"city\":\"c\","
             "\"zip\":\"\","
             "\"country\":\"GB\"},\"items\":[{\"sku\":\"x\",\"qty\":1,\"price\":1},{%s}]}",
             members);
    CHECK_INT(decode_text(text), *wanted ? FLAREI_JSON_INVALID : FLAREI_JSON_FINE);
    const flare_str seen = flare_str_of(failures());
    CHECK_STR(seen, wanted);
}

TEST(failures_with_their_pointers)
{
    check_item("\"sku\":\"x\",\"qty\":1,\"price\":0", "");
    check_item("\"sku\":\"x\",\"qty\":0,\"price\":0", "/items/1/qty min");
    check_item("\"sku\":\"x\",\"qty\":1000,\"price\":1000000", "");
    check_item("\"sku\":\"x\",\"qty\":1001,\"price\":1000000.5", "/items/1/qty max; /items/1/price max");
    check_item("\"sku\":\"x\",\"qty\":4294967297,\"price\":-1", "/items/1/qty max; /items/1/price min");
    check_item("\"sku\":\"x\",\"qty\":99999999999999999999,\"price\":1e999",
               "/items/1/qty max; /items/1/price max");
    check_item("\"sku\":\"x\",\"qty\":-99999999999999999999,\"price\":-1e999",
               "/items/1/qty min; /items/1/price min");
    check_item("\"sku\":\"x\",\"qty\":1.0,\"price\":true", "/items/1/qty type; /items/1/price type");
    check_item("\"sku\":\"x\",\"qty\":1e3,\"price\":\"1\"", "/items/1/qty type; /items/1/price type");
    check_item("\"sku\":\"x\",\"qty\":-0,\"price\":[{\"a\":[]}]", "/items/1/qty type; /items/1/price type");
    check_item("\"sku\":null,\"qty\":null,\"price\":null",
               "/items/1/sku type; /items/1/qty type; /items/1/price type");
    check_item("\"sku\":\"\",\"qty\":1,\"price\":1", "/items/1/sku min_length");
    check_item("\"sku\":\"12345678901234567890\",\"qty\":1,\"price\":1", "");
    check_item("\"sku\":\"123456789012345678901\",\"qty\":1,\"price\":1", "/items/1/sku max_length");
    check_item("\"sku\":\"1234567890123456789\\u00e9\",\"qty\":1,\"price\":1", "");
    check_item("\"sku\":\"12345678901234567890\\u00e9\",\"qty\":1,\"price\":1", "/items/1/sku max_length");
    check_item("\"sku\":\"\\u0000\",\"qty\":1,\"price\":1", "/items/1/sku utf8");
    check_item("\"sku\":\"\\ud800\",\"qty\":1,\"price\":1", "/items/1/sku utf8");
    check_item("\"sku\":\"\\udc00\\ud800\",\"qty\":1,\"price\":1", "/items/1/sku utf8");
    check_item("", "/items/1/sku required; /items/1/qty required; /items/1/price required");
    check_item("\"qty\":1", "/items/1/sku required; /items/1/price required");
    check_item("\"sku\":\"x\",\"sku\":\"y\",\"qty\":1,\"price\":1", "/items/1/sku repeated");
    check_item("\"sku\":\"x\",\"qty\":1,\"price\":1,\"q\":1,\"q\":2", "");
    CHECK_INT(decode_text("[]"), FLAREI_JSON_INVALID);
    CHECK_INT(decode_text("12"), FLAREI_JSON_INVALID);
    const flare_str root = flare_str_of(failures());
    CHECK_STR(root, " type");
}

TEST(a_malformed_end_leaves_one_failure)
{
    CHECK_INT(decode_text("{\"id\":0,\"customer\":\"\",\"items\":[}]"), FLAREI_JSON_MALFORMED);
    CHECK_INT(decode_text("{\"id\":0} x"), FLAREI_JSON_MALFORMED);
    CHECK_INT(decode_text("{\"id\":0} {}"), FLAREI_JSON_MALFORMED);
}

static enum flarei_json_verdict decode_items(size_t count, const char *item)
{
    char text[guarded_bytes];
    size_t length = (size_t)snprintf(text, sizeof text, "{\"items\":[");

    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", i ? "," : "", item);
    length += (size_t)snprintf(text + length, sizeof text - length, "]}");
    return decode(guarded(text, length));
}

TEST(items_up_to_their_maximum)
{
    static const char item[] = "{\"sku\":\"\\u0041\",\"qty\":1,\"price\":1}";

    CHECK_INT(decode_items(100, item), FLAREI_JSON_INVALID); /* the other members are missing */
    CHECK_INT(json.count, 4);
    CHECK_INT(order.items.count, 100);
    for (size_t i = 0; i < 100; i++)
        CHECK_STR(order.items.items[i].sku, "A");
    CHECK_INT(decode_items(101, item), FLAREI_JSON_INVALID);
    CHECK_INT(json.count, 5);
    CHECK_INT(json.failures[0].rule, FLAREI_RULE_MAX_ITEMS);
    CHECK_INT(decode_items(0, item), FLAREI_JSON_INVALID);
    CHECK_INT(json.failures[0].rule, FLAREI_RULE_MIN_ITEMS);
}

TEST(thirty_two_failures_at_most)
{
    CHECK_INT(decode_items(9, "{}"), FLAREI_JSON_INVALID); /* 27, and 4 of the order */
    CHECK_INT(json.count, 31);
    CHECK_INT(decode_items(10, "{}"), FLAREI_JSON_INVALID);
    CHECK_INT(json.count, FLAREI_REFUSALS_MAX);
}

TEST(pointers_without_room_name_what_is_around)
{
    char name[1002] = "/";
    struct flarei_json_path inner = {NULL, name, 0}, item = {&inner, NULL, 7}, map = {&inner, "", 0},
                            below = {&map, "/never", 0};

    memset(name + 1, 'n', 1000);
    CHECK(flarei_json_begin(&json, FLARE_STR("{}"), &arena) != NULL);
    flarei_json_fail(&json, &item, "/x", FLAREI_RULE_TYPE);
    CHECK_INT(flarei_json_pointer(&json, 0).len, 1001 + 2 + 2);
    flarei_json_fail(&json, &below, "/x", FLAREI_RULE_TYPE); /* a map's keys are the client's */
    CHECK_INT(flarei_json_pointer(&json, 1).len, 1001);
    flarei_json_fail(&json, &item, "/x", FLAREI_RULE_TYPE);
    CHECK_INT(flarei_json_pointer(&json, 2).len, 0);
}

TEST(depth)
{
    char text[600];

    for (size_t depth = FLAREI_JSON_DEPTH_MAX - 1; depth <= FLAREI_JSON_DEPTH_MAX + 1; depth++) {
        const bool fits = depth <= FLAREI_JSON_DEPTH_MAX;

        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        CHECK_INT(skip(guarded(text, 2 * depth)), fits ? FLAREI_JSON_FINE : FLAREI_JSON_TOO_DEEP);
        CHECK_INT(decode(guarded(text, 2 * depth)), fits ? FLAREI_JSON_INVALID : FLAREI_JSON_TOO_DEEP);
        memcpy(text, "{\"x\":", 5);
        memset(text + 5, '[', depth - 1);
        memset(text + 4 + depth, ']', depth - 1);
        text[3 + 2 * depth] = '}';
        CHECK_INT(decode(guarded(text, 4 + 2 * depth)), fits ? FLAREI_JSON_INVALID : FLAREI_JSON_TOO_DEEP);
        memcpy(text, "{\"id\"", 5);
        text[5] = ':';
        memset(text + 6, '[', depth - 1);
        memset(text + 5 + depth, ']', depth - 1);
        text[4 + 2 * depth] = '}';
        CHECK_INT(decode(guarded(text, 5 + 2 * depth)), fits ? FLAREI_JSON_INVALID : FLAREI_JSON_TOO_DEEP);
    }
}

static flare_str read_string(const char *content, size_t max, enum flarei_json_verdict *verdict)
{
    char text[1200];
    flare_str value = {NULL, 0};
    const int length = snprintf(text, sizeof text, "[\"%s\"]", content);
    const char *at;

    flarei_arena_reset(&arena);
    at = flarei_json_begin(&json, guarded(text, (size_t)length), &arena);
    at = flarei_json_string(&json, at + 1, NULL, "", 0, max, &value);
    *verdict = flarei_json_end(&json, at == NULL ? NULL : at + 1);
    return value;
}

#define READS(content, max, wanted)                                                                          \
    do {                                                                                                     \
        enum flarei_json_verdict verdict;                                                                    \
        const flare_str got = read_string(content, max, &verdict);                                           \
                                                                                                             \
        CHECK_INT(verdict, FLAREI_JSON_FINE);                                                                \
        CHECK_STR(got, wanted);                                                                              \
    } while (0)

TEST(strings)
{
    READS("", 0, "");
    READS("\\\"\\\\\\/\\b\\f\\n\\r\\t", 8, "\"\\/\b\f\n\r\t");
    READS("\\u0041\\u00e9\\u20aC\\uD83D\\uDE00", 4, "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    READS("sixteen bytes ..\\n", 17, "sixteen bytes ..\n");
    READS("before it seventeen and more\\tand behind it quite a lot of plain text\\\\", SIZE_MAX,
          "before it seventeen and more\tand behind it quite a lot of plain text\\");
    READS("\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\\n", 6,
          "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\n");
    READS("\\ud83d\\ude00\xc3\xa9 plain \\u0001", 10, "\xf0\x9f\x98\x80\xc3\xa9 plain \x01");
}

TEST(an_escaped_string_takes_no_more_than_it_may_have)
{
    enum flarei_json_verdict verdict;
    char content[1000] = "";

    for (int i = 0; i < 100; i++)
        memcpy(content + 6 * i, "\\u0041", 7);
    CHECK_INT(read_string(content, 100, &verdict).len, 100);
    CHECK_INT(verdict, FLAREI_JSON_FINE);
    CHECK_INT(flarei_arena_used(&arena), 112);
    CHECK_INT(read_string(content, 99, &verdict).len, 0);
    CHECK_INT(verdict, FLAREI_JSON_INVALID);
    CHECK_INT(flarei_arena_used(&arena), 0);
}

/* The same whatever the length before and behind an escape, against a copy made byte by byte. */
TEST(escapes_at_every_place)
{
    for (size_t before = 0; before < 40; before++) {
        for (size_t behind = 0; behind < 40; behind++) {
            char content[128], wanted[128];

            memset(content, 'a', sizeof content);
            memset(wanted, 'a', sizeof wanted);
            memcpy(content + before, "\\n", 2);
            wanted[before] = '\n';
            content[before + 2 + behind] = wanted[before + 1 + behind] = '\0';
            READS(content, before + behind + 1, wanted);
        }
    }
}

static double read_double(const char *number)
{
    char text[128];
    const int length = snprintf(text, sizeof text, "[%s]", number);
    double value = NAN;
    const char *at = flarei_json_begin(&json, guarded(text, (size_t)length), &arena);

    at = flarei_json_f64(&json, at + 1, NULL, "", -INFINITY, INFINITY, &value);
    CHECK(flarei_json_end(&json, at == NULL ? NULL : at + 1) == FLAREI_JSON_FINE);
    return value;
}

TEST(doubles)
{
    static const char *const numbers[] = {"0",
                                          "-0",
                                          "0.1",
                                          "19.99",
                                          "1e22",
                                          "1e23",
                                          "123456789012345678",
                                          "1234567890123456789",
                                          "12345678901234567890",
                                          "0.000000000000000000001",
                                          "179769313486231570000000000000000000000e270",
                                          "5e-324",
                                          "2.5e-324",
                                          "1e-400",
                                          "2.2250738585072011e-308",
                                          "9007199254740993",
                                          "0.500000000000000166533453694",
                                          "-65.613616999999977",
                                          "43.420273000000009",
                                          "1e0000001",
                                          "1.7976931348623157e308"};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const double got = read_double(numbers[i]), want = strtod(numbers[i], NULL);

        CHECK(memcmp(&got, &want, sizeof got) == 0);
    }
    for (uint64_t seed = 1, i = 0; i < 20000; i++) {
        char text[40];
        double value, got;

        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        memcpy(&value, &seed, sizeof value);
        if (!isfinite(value))
            continue;
        snprintf(text, sizeof text, "%.17g", value);
        got = read_double(text);
        CHECK(memcmp(&got, &value, sizeof got) == 0);
    }
}

static bool integer_is(const char *number, int64_t want, enum flarei_rule rule)
{
    char text[64];
    const int length = snprintf(text, sizeof text, "[%s]", number);
    int64_t value = 77;
    const char *at = flarei_json_begin(&json, guarded(text, (size_t)length), &arena);

    at = flarei_json_i64(&json, at + 1, NULL, "", INT64_MIN, INT64_MAX, &value);
    if (at == NULL || *at != ']')
        return false;
    return rule == FLAREI_FINE ? json.count == 0 && value == want
                               : json.count == 1 && json.failures[0].rule == rule && value == 77;
}

TEST(integers)
{
    CHECK(integer_is("0", 0, FLAREI_FINE));
    CHECK(integer_is("-1", -1, FLAREI_FINE));
    CHECK(integer_is("999999999999999999", 999999999999999999, FLAREI_FINE));
    CHECK(integer_is("9223372036854775807", INT64_MAX, FLAREI_FINE));
    CHECK(integer_is("-9223372036854775808", INT64_MIN, FLAREI_FINE));
    CHECK(integer_is("9223372036854775808", 0, FLAREI_RULE_MAX));
    CHECK(integer_is("-9223372036854775809", 0, FLAREI_RULE_MIN));
    CHECK(integer_is("-0", 0, FLAREI_RULE_TYPE));
    CHECK(integer_is("1.0", 0, FLAREI_RULE_TYPE));
    CHECK(integer_is("1e3", 0, FLAREI_RULE_TYPE));
    CHECK(integer_is("\"1\"", 0, FLAREI_RULE_TYPE));
}

TEST(a_tag_anywhere)
{
    static const char text[] = "{\"a\":{\"kind\":1},\"b\":[\"kind\"], \"k\\u0069nd\" : \"card\",\"c\":0}";
    const char *at = flarei_json_begin(&json, guarded(text, sizeof text - 1), &arena);

    at = flarei_json_find(&json, at, FLARE_STR("kind"), 63);
    CHECK(at != NULL && memcmp(at, "\"card\"", 6) == 0);
    at = flarei_json_begin(&json, guarded(text, sizeof text - 1), &arena);
    CHECK(flarei_json_find(&json, at, FLARE_STR("kin"), 63) == NULL);
}

TEST(no_memory_stops)
{
    flare_arena small;
    const char *at;
    const flare_str texts[] = {FLARE_STR_INIT("{\"customer\":\"a\\nb\"}"), FLARE_STR_INIT("{\"items\":[{}]}"),
                               FLARE_STR_INIT("\"lone\"")};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        flarei_arena_init(&small, 16, 0);
        at = flarei_json_begin(&json, texts[i], &small);
        if (at != NULL)
            at = order_read_order(&json, at, NULL, &order);
        CHECK_INT(flarei_json_end(&json, at), FLAREI_JSON_NO_MEMORY);
    }
}

TEST(nothing_is_taken_from_the_heap)
{
    struct test_allocator heap = {.fail_at = 0};

    CHECK_INT(decode_text(order_text), FLAREI_JSON_FINE);
    test_allocator_use(&heap);
    for (int i = 0; i < 100; i++)
        CHECK_INT(decode_text(order_text), FLAREI_JSON_FINE);
    test_allocator_use(NULL);
    CHECK_INT(heap.calls, 0);
}

int main(void)
{
    flarei_arena_init(&arena, 16384, 1 << 20);
    RUN(texts_are_judged_as_others_do);
    RUN(an_order);
    RUN(written_as_it_was_read);
    RUN(other_orders_blanks_and_unknown_members);
    RUN(indented_texts);
    RUN(blanks_that_change);
    RUN(every_truncation_is_malformed);
    RUN(every_mutation_is_judged_alike);
    RUN(failures_with_their_pointers);
    RUN(a_malformed_end_leaves_one_failure);
    RUN(items_up_to_their_maximum);
    RUN(thirty_two_failures_at_most);
    RUN(pointers_without_room_name_what_is_around);
    RUN(depth);
    RUN(strings);
    RUN(an_escaped_string_takes_no_more_than_it_may_have);
    RUN(escapes_at_every_place);
    RUN(doubles);
    RUN(integers);
    RUN(a_tag_anywhere);
    RUN(no_memory_stops);
    RUN(nothing_is_taken_from_the_heap);
    flarei_arena_free(&arena);
    return TEST_END();
}
