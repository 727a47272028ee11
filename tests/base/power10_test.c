#include "test.h"

#include "base/power10.h"

/* An unsigned number of 36 words, the lowest first: room for 10^324 and for 128 more bits. */
struct wide {
    uint32_t words[40];
};

static void wide_multiply(struct wide *number, uint32_t by)
{
    uint64_t carry = 0;

    for (int i = 0; i < 40; i++) {
        carry += (uint64_t)number->words[i] * by;
        number->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static int wide_bits(const struct wide *number)
{
    for (int i = 40 * 32 - 1; i >= 0; i--) {
        if (number->words[i / 32] >> (i % 32) & 1)
            return i + 1;
    }
    return 0;
}

static int wide_compare(const struct wide *a, const struct wide *b)
{
    for (int i = 39; i >= 0; i--) {
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i] ? -1 : 1;
    }
    return 0;
}

static void wide_subtract(struct wide *a, const struct wide *b)
{
    uint64_t borrow = 0;

    for (int i = 0; i < 40; i++) {
        const uint64_t difference = (uint64_t)a->words[i] - b->words[i] - borrow;

        a->words[i] = (uint32_t)difference;
        borrow = difference >> 63;
    }
}

/* The table's entry by long division of 10^k, or of 1 by 10^-k, bit by bit. */
static struct flarei_power10 computed(int k)
{
    struct wide power = {{1}}, rest = {{0}};
    struct flarei_power10 result = {0, 0};
    int bits;
    bool exact = true;

    for (int i = 0; i < (k < 0 ? -k : k); i++)
        wide_multiply(&power, 10);
    bits = wide_bits(&power);
    if (k >= 0) {
        for (int i = bits - 1; i >= bits - 128; i--) {
            const uint64_t bit = i < 0 ? 0 : power.words[i / 32] >> (i % 32) & 1;

            result.high = result.high << 1 | result.low >> 63;
            result.low = result.low << 1 | bit;
        }
        for (int i = bits - 129; i >= 0; i--)
            exact = exact && (power.words[i / 32] >> (i % 32) & 1) == 0;
    } else {
        rest.words[(bits - 1) / 32] = UINT32_C(1) << ((bits - 1) % 32);
        for (int i = 0; i < 128; i++) {
            wide_multiply(&rest, 2);
            result.high = result.high << 1 | result.low >> 63;
            result.low = result.low << 1;
            if (wide_compare(&rest, &power) >= 0) {
                wide_subtract(&rest, &power);
                result.low |= 1;
            }
        }
        exact = wide_bits(&rest) == 0;
    }
    if (!exact && ++result.low == 0)
        result.high++;
    return result;
}

TEST(the_table_is_what_it_says)
{
    for (int k = FLAREI_POWER10_MIN; k <= FLAREI_POWER10_MAX; k++) {
        const struct flarei_power10 want = computed(k), got = flarei_power10_of(k);

        CHECK(got.high == want.high && got.low == want.low);
        CHECK(got.high >> 63 == 1);
    }
}

TEST(logarithms_round_down)
{
    for (int k = 0; k <= FLAREI_POWER10_MAX; k++) {
        struct wide power = {{1}};

        for (int i = 0; i < k; i++)
            wide_multiply(&power, 10);
        CHECK_INT(flarei_power10_log2(k), wide_bits(&power) - 1);
        CHECK_INT(flarei_power10_log2(-k), k == 0 ? 0 : -wide_bits(&power));
    }
    CHECK_INT(flarei_floor_shift(-1, 3), -1);
    CHECK_INT(flarei_floor_shift(-8, 3), -1);
    CHECK_INT(flarei_floor_shift(-9, 3), -2);
    CHECK_INT(flarei_floor_shift(9, 3), 1);
}

TEST(products_have_128_bits)
{
    uint64_t low;

    CHECK(flarei_multiply_128(UINT64_MAX, UINT64_MAX, &low) == UINT64_MAX - 1 && low == 1);
    CHECK(flarei_multiply_128(UINT64_C(1) << 63, 6, &low) == 3 && low == 0);
    CHECK(flarei_multiply_128(0xffffffff, 0xffffffff, &low) == 0 && low == UINT64_C(0xfffffffe00000001));
    CHECK(flarei_multiply_128(UINT64_C(0x123456789abcdef0), UINT64_C(0xfedcba9876543210), &low) ==
              UINT64_C(0x121fa00ad77d7422) &&
          low == UINT64_C(0x236d88fe5618cf00));
}

int main(void)
{
    RUN(the_table_is_what_it_says);
    RUN(logarithms_round_down);
    RUN(products_have_128_bits);
    return TEST_END();
}
