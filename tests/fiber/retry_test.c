#include "allocator.h"
#include "test.h"

#include <flare/await.h>
#include <flare/retry.h>
#include <flare/time.h>

#include <pthread.h>

static int64_t now_ns;

static int64_t clock_now(void *context)
{
    (void)context;
    return now_ns;
}

static void pass_ms(int64_t ms)
{
    now_ns += ms * FLARE_TIME_MILLISECOND;
}

static flare_breaker *breaker_of(uint32_t calls, uint32_t failures, uint32_t open_ms)
{
    const flare_breaker_options options = {calls, failures, open_ms};
    flare_breaker *breaker = NULL;

    CHECK_INT(flare_breaker_new(&breaker, &options), FLARE_OK);
    return breaker;
}

static void call(flare_breaker *breaker, bool good)
{
    CHECK(flare_breaker_enter(breaker));
    flare_breaker_leave(breaker, good);
}

static bool passes(flare_breaker *breaker)
{
    const bool passed = flare_breaker_enter(breaker);

    if (passed)
        flare_breaker_leave(breaker, true);
    return passed;
}

TEST(it_opens_at_so_many_failures)
{
    flare_breaker *const breaker = breaker_of(4, 3, 100);

    call(breaker, false);
    call(breaker, false);
    call(breaker, true);
    call(breaker, true);
    call(breaker, false); /* the first failure is no longer among the last four */
    CHECK_INT(flare_breaker_look(breaker, NULL), FLARE_BREAKER_CLOSED);
    call(breaker, false);
    call(breaker, false);
    CHECK_INT(flare_breaker_look(breaker, NULL), FLARE_BREAKER_OPEN);
    CHECK(!flare_breaker_enter(breaker));
    flare_breaker_free(breaker);
}

TEST(a_probe_decides)
{
    flare_breaker *const breaker = breaker_of(1, 1, 100);
    uint32_t wait_ms;

    call(breaker, false);
    pass_ms(99);
    CHECK(!flare_breaker_enter(breaker));
    CHECK_INT(flare_breaker_look(breaker, &wait_ms), FLARE_BREAKER_OPEN);
    CHECK_INT(wait_ms, 1);
    pass_ms(1);
    CHECK_INT(flare_breaker_look(breaker, &wait_ms), FLARE_BREAKER_PROBING);
    CHECK_INT(wait_ms, 0);
    CHECK(flare_breaker_enter(breaker));
    CHECK(!flare_breaker_enter(breaker)); /* one at a time */
    flare_breaker_leave(breaker, false);
    pass_ms(99);
    CHECK(!flare_breaker_enter(breaker));
    pass_ms(1);
    CHECK(flare_breaker_enter(breaker));
    flare_breaker_leave(breaker, true);
    CHECK(passes(breaker) && passes(breaker));
    CHECK_INT(flare_breaker_look(breaker, &wait_ms), FLARE_BREAKER_CLOSED);
    CHECK_INT(wait_ms, 0);
    flare_breaker_free(breaker);
}

TEST(a_probe_that_is_lost_makes_room)
{
    flare_breaker *const breaker = breaker_of(1, 1, 100);

    call(breaker, false);
    pass_ms(100);
    CHECK(flare_breaker_enter(breaker));
    pass_ms(99);
    CHECK(!flare_breaker_enter(breaker));
    pass_ms(1);
    CHECK(flare_breaker_enter(breaker));
    flare_breaker_free(breaker);
}

TEST(what_began_before_tells_nothing)
{
    flare_breaker *const breaker = breaker_of(2, 1, 100);

    CHECK(flare_breaker_enter(breaker) && flare_breaker_enter(breaker));
    flare_breaker_leave(breaker, false);
    flare_breaker_leave(breaker, true);
    CHECK(!flare_breaker_enter(breaker));
    flare_breaker_free(breaker);
}

TEST(settings)
{
    const flare_breaker_options most = {64, 64, 1}, too_many = {65, 1, 1}, too_few = {3, 4, 1};
    flare_breaker *breaker = NULL;

    CHECK_INT(flare_breaker_new(&breaker, &too_many), FLARE_ERR_RANGE);
    CHECK_INT(flare_breaker_new(&breaker, &too_few), FLARE_ERR_RANGE);
    CHECK(breaker == NULL);
    CHECK_INT(flare_breaker_new(&breaker, &most), FLARE_OK);
    for (int i = 0; i < 63; i++)
        call(breaker, false);
    CHECK(passes(breaker));
    for (int i = 0; i < 63; i++)
        call(breaker, false);
    call(breaker, false);
    CHECK(!flare_breaker_enter(breaker));
    flare_breaker_free(breaker);
    CHECK_INT(flare_breaker_new(&breaker, NULL), FLARE_OK);
    for (int i = 0; i < 10; i++)
        call(breaker, false);
    CHECK(!flare_breaker_enter(breaker));
    pass_ms(5000);
    CHECK(flare_breaker_enter(breaker));
    flare_breaker_free(breaker);
    flare_breaker_free(NULL);
}

TEST(no_memory)
{
    struct test_allocator heap = {.fail_at = 1};
    flare_breaker *breaker = NULL;

    test_allocator_use(&heap);
    CHECK_INT(flare_breaker_new(&breaker, NULL), FLARE_ERR_MEMORY);
    test_allocator_use(NULL);
    CHECK(breaker == NULL);
}

static void *call_often(void *argument)
{
    flare_breaker *const breaker = argument;

    for (int i = 0; i < 2000; i++)
        if (flare_breaker_enter(breaker))
            flare_breaker_leave(breaker, i % 3 != 0);
    return NULL;
}

TEST(threads)
{
    flare_breaker *const breaker = breaker_of(64, 64, 1000);
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, call_often, breaker), 0);
    for (size_t i = 0; i < 4; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK(passes(breaker));
    flare_breaker_free(breaker);
}

/* No pause fits into no time. */
TEST(tries_are_counted)
{
    flare_retry retry = {.tries = 3};

    CHECK(!flare_retry_wait(&retry, 0));
    CHECK_INT(retry.made, 1);
    CHECK(!flare_retry_wait(&retry, 0));
    CHECK(!flare_retry_wait(&retry, FLARE_FOREVER)); /* there were enough */
    CHECK_INT(retry.made, 3);
}

int main(void)
{
    static const struct flarei_clock clocks = {NULL, clock_now, clock_now};

    flarei_clock_set(&clocks);
    RUN(it_opens_at_so_many_failures);
    RUN(a_probe_decides);
    RUN(a_probe_that_is_lost_makes_room);
    RUN(what_began_before_tells_nothing);
    RUN(settings);
    RUN(no_memory);
    RUN(threads);
    RUN(tries_are_counted);
    return TEST_END();
}
