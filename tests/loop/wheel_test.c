#include "test.h"

#include "loop/wheel.h"

#include <stdlib.h>

static struct flarei_wheel wheel;

static uint64_t random_state = 88172645463325252U;

static uint64_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* A random delay that is as often short as long. */
static uint64_t random_delay(unsigned max_bits)
{
    return random_bits() & ((UINT64_C(1) << random_bits() % (max_bits + 1)) - 1);
}

TEST(is_empty_at_first)
{
    flarei_wheel_init(&wheel, 5);
    CHECK(wheel.next_ms == FLAREI_WHEEL_NEVER);
    CHECK(flarei_wheel_expire(&wheel, 1000) == NULL);
    CHECK_INT(wheel.now_ms, 1000);
    CHECK(flarei_wheel_expire(&wheel, 10) == NULL);
    CHECK_INT(wheel.now_ms, 1000);
}

TEST(is_exact_on_each_level)
{
    static const uint64_t starts[] = {0, 1, 63, 64, 4095, 4096, UINT64_C(1) << 36, (UINT64_C(1) << 42) - 1};
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++)
        for (unsigned bit = 0; bit < 62; bit++)
            for (int around = -1; around <= 1; around++) {
                flare_timer timer = {.callback = NULL};
                uint64_t due = starts[s] + (UINT64_C(1) << bit) + (uint64_t)around;
                flarei_wheel_init(&wheel, starts[s]);
                flarei_wheel_add(&wheel, &timer, due);
                CHECK(flare_timer_active(&timer));
                CHECK(wheel.next_ms <= due);
                CHECK(due == starts[s] || flarei_wheel_expire(&wheel, due - 1) == NULL);
                CHECK(wheel.next_ms == due);
                CHECK(flarei_wheel_expire(&wheel, due) == &timer);
                CHECK(!flare_timer_active(&timer));
                CHECK(wheel.next_ms == FLAREI_WHEEL_NEVER);
            }
}

TEST(wakes_up_once_a_level_at_most)
{
    for (unsigned bits = 1; bits < 42; bits++)
        for (int round = 0; round < 20; round++) {
            flare_timer timer = {.callback = NULL};
            uint64_t start = random_bits() >> 1, due = start + 1 + random_delay(bits), next;
            int wakes = 0;
            flarei_wheel_init(&wheel, start);
            flarei_wheel_add(&wheel, &timer, due);
            for (next = wheel.next_ms; !flarei_wheel_expire(&wheel, next); next = wheel.next_ms)
                wakes++;
            CHECK(next == due);
            CHECK(wakes < FLAREI_WHEEL_LEVELS);
        }
}

TEST(runs_what_is_overdue)
{
    flare_timer timer = {.callback = NULL};
    flarei_wheel_init(&wheel, 1000);
    flarei_wheel_add(&wheel, &timer, 10);
    CHECK(wheel.next_ms == 1000);
    CHECK(flarei_wheel_expire(&wheel, 1000) == &timer);
    CHECK(flarei_wheel_expire(&wheel, 1000) == NULL);
}

TEST(keeps_the_order_of_setting)
{
    flare_timer timers[8] = {{.callback = NULL}};
    flarei_wheel_init(&wheel, 0);
    for (size_t i = 0; i < 4; i++)
        flarei_wheel_add(&wheel, &timers[i], 5000);
    CHECK(flarei_wheel_expire(&wheel, 4999) == NULL);
    for (size_t i = 4; i < 8; i++)
        flarei_wheel_add(&wheel, &timers[i], 5000);
    for (size_t i = 0; i < 8; i++)
        CHECK(flarei_wheel_expire(&wheel, 6000) == &timers[i]);
    CHECK(flarei_wheel_expire(&wheel, 6000) == NULL);
}

TEST(takes_out_any)
{
    flare_timer timers[6] = {{.callback = NULL}};
    for (unsigned removed = 0; removed < 64; removed++) {
        flarei_wheel_init(&wheel, 7);
        for (size_t i = 0; i < 6; i++)
            flarei_wheel_add(&wheel, &timers[i], i < 3 ? 100 : 100000);
        for (size_t i = 0; i < 6; i++)
            if (removed >> i & 1)
                flarei_wheel_remove(&wheel, &timers[i]);
        for (size_t i = 0; i < 6; i++)
            if (!(removed >> i & 1))
                CHECK(flarei_wheel_expire(&wheel, 200000) == &timers[i]);
        CHECK(wheel.next_ms == FLAREI_WHEEL_NEVER);
        CHECK_INT(wheel.levels, 0);
    }
}

/* ---- Against a sorted list ---- */

#define COUNT 100000

struct entry {
    flare_timer timer;
    uint64_t due, serial;
    bool set;
};

static int compare(const void *a, const void *b)
{
    const struct entry *one = *(const struct entry *const *)a, *two = *(const struct entry *const *)b;
    if (one->due != two->due)
        return one->due < two->due ? -1 : 1;
    return one->serial < two->serial ? -1 : one->serial > two->serial;
}

/* 100000 timers, a third of them moved, a third cancelled; then time goes on in small and large steps. The
 * wheel must give the same order as a sort by due time and order of setting. */
TEST(agrees_with_a_sort)
{
    struct entry *entries = calloc(COUNT, sizeof *entries);
    const struct entry **sorted = calloc(COUNT, sizeof *sorted);
    uint64_t serial = 0, start = (UINT64_C(1) << 36) - 50000, now = start;
    size_t left = 0, taken = 0;
    if (!entries || !sorted)
        exit(1);
    flarei_wheel_init(&wheel, start);
    for (size_t i = 0; i < COUNT; i++) {
        entries[i] = (struct entry){.due = start + 1 + random_delay(30), .serial = serial++, .set = true};
        flarei_wheel_add(&wheel, &entries[i].timer, entries[i].due);
    }
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t choice = random_bits() % 3;
        if (choice == 0)
            continue;
        flarei_wheel_remove(&wheel, &entries[i].timer);
        entries[i].set = choice == 1;
        if (choice == 1) {
            entries[i].due = start + 1 + random_delay(24);
            entries[i].serial = serial++;
            flarei_wheel_add(&wheel, &entries[i].timer, entries[i].due);
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        if (entries[i].set)
            sorted[left++] = &entries[i];
    qsort(sorted, left, sizeof(const struct entry *), compare);
    while (taken < left && test_ok) {
        now += random_delay(22);
        flare_timer *timer;
        while ((timer = flarei_wheel_expire(&wheel, now))) {
            const struct entry *entry = FLARE_OWNER(timer, struct entry, timer);
            CHECK(taken < left && entry == sorted[taken]);
            CHECK(entry->due <= now);
            if (!test_ok)
                break;
            taken++;
        }
        CHECK(taken == left || sorted[taken]->due > now);
        CHECK(taken == left || wheel.next_ms <= sorted[taken]->due);
        CHECK(wheel.next_ms > now);
    }
    CHECK_INT(taken, left);
    CHECK(wheel.next_ms == FLAREI_WHEEL_NEVER);
    free(entries);
    free(sorted);
}

/* A few timers that are set, moved and cancelled while time goes on, against a search through all of them. */
TEST(agrees_with_a_search)
{
    struct entry entries[40] = {{.set = false}};
    uint64_t now = UINT64_MAX / 2 - 1000, serial = 0;
    flarei_wheel_init(&wheel, now);
    for (int step = 0; step < 200000 && test_ok; step++) {
        struct entry *entry = &entries[random_bits() % 40];
        if (random_bits() % 4) {
            if (entry->set)
                flarei_wheel_remove(&wheel, &entry->timer);
            entry->set = random_bits() % 4 != 0;
            if (entry->set) {
                now += random_delay(12); /* as in a loop, where the clock is ahead of the expiry */
                flarei_wheel_follow(&wheel, now);
                entry->due = now + 1 + random_delay(20);
                entry->serial = serial++;
                flarei_wheel_add(&wheel, &entry->timer, entry->due);
            }
            continue;
        }
        now += random_delay(18);
        for (;;) {
            struct entry *first = NULL;
            for (size_t i = 0; i < 40; i++) {
                const struct entry *other = &entries[i];
                if (entries[i].set && (!first || compare(&other, &(const struct entry *){first}) < 0))
                    first = &entries[i];
            }
            flare_timer *timer = flarei_wheel_expire(&wheel, now);
            if (!first || first->due > now) {
                CHECK(timer == NULL);
                break;
            }
            CHECK(timer == &first->timer);
            if (!test_ok)
                break;
            first->set = false;
        }
    }
}

int main(void)
{
    RUN(is_empty_at_first);
    RUN(is_exact_on_each_level);
    RUN(wakes_up_once_a_level_at_most);
    RUN(runs_what_is_overdue);
    RUN(keeps_the_order_of_setting);
    RUN(takes_out_any);
    RUN(agrees_with_a_sort);
    RUN(agrees_with_a_search);
    return TEST_END();
}
