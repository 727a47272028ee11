/* Fibers: starting, parking, waking, ending, stacks, and what happens without memory. */
#include "fiber/fiber.h"
#include "net/sys.h"
#include "test.h"

#include <errno.h>
#include <sys/mman.h>

static flare_loop *loop;
static struct flarei_fibers fibers;
static char trace[256];

static void note(const char *what)
{
    strncat(trace, what, sizeof trace - strlen(trace) - 1);
}

static void open_loop(void)
{
    trace[0] = '\0';
    CHECK_INT(flare_loop_create(&loop, FLARE_LOOP_DEFAULT), FLARE_OK);
    flarei_fibers_init(&fibers, loop, FLAREI_FIBER_STACK_BYTES);
}

static void close_loop(void)
{
    flarei_fibers_clear(&fibers);
    flare_loop_destroy(loop);
    flarei_sys_reset();
}

/* Runs the loop until no fiber is left, or for two seconds. */
static void run_all(void)
{
    for (int i = 0; i < 2000 && fibers.count != 0; i++)
        CHECK_INT(flare_loop_run_once(loop, 1), FLARE_OK);
    CHECK_INT(fibers.count, 0);
}

static struct flarei_fiber *start(const struct flarei_fiber_calls *calls, void *argument,
                                  struct flarei_cancel *cancel)
{
    enum flarei_fiber_state state;

    return flarei_fiber_start(&fibers, calls, argument, cancel, &state);
}

#define CALLS(function)       (&(const struct flarei_fiber_calls){.run = function})
#define CALLS_ENDED(function) (&(const struct flarei_fiber_calls){.run = function, .ended = say_ended})

static void say_ended(void *argument)
{
    note("E");
    note(argument);
}

static void short_one(void *argument)
{
    note(argument);
}

TEST(ends_at_once)
{
    enum flarei_fiber_state state;

    open_loop();
    CHECK(flarei_fiber_start(&fibers, CALLS_ENDED(short_one), "a", NULL, &state) != NULL);
    CHECK_INT(state, FLAREI_FIBER_ENDED);
    CHECK(strcmp(trace, "a") == 0); /* the result told; nobody else does */
    CHECK_INT(fibers.count, 0);
    CHECK(flarei_fiber_current() == NULL);
    close_loop();
}

static void parks_twice(void *argument)
{
    note(argument);
    flarei_fiber_park();
    note(argument);
    flarei_fiber_park();
    note(argument);
}

TEST(parks_and_is_woken)
{
    struct flarei_fiber *a, *b;

    open_loop();
    a = start(CALLS_ENDED(parks_twice), "a", NULL);
    b = start(CALLS_ENDED(parks_twice), "b", NULL);
    CHECK(strcmp(trace, "ab") == 0);
    flarei_fiber_wake(b);
    flarei_fiber_wake(a);
    flarei_fiber_wake(a);            /* once is enough, and no more than that */
    CHECK(strcmp(trace, "ab") == 0); /* not before the loop's turn */
    CHECK_INT(flare_loop_run_once(loop, 0), FLARE_OK);
    CHECK(strcmp(trace, "abba") == 0);
    flarei_fiber_wake(a);
    CHECK_INT(flare_loop_run_once(loop, 0), FLARE_OK);
    CHECK(strcmp(trace, "abbaaEa") == 0);
    flarei_fiber_wake(b);
    run_all();
    CHECK(strcmp(trace, "abbaaEabEb") == 0);
    close_loop();
}

static void woken_before(void *argument)
{
    (void)argument;
    flarei_fiber_wake(flarei_fiber_current());
    flarei_fiber_park();
    note("x");
    flarei_fiber_park();
    note("y");
}

TEST(keeps_an_early_wake)
{
    struct flarei_fiber *fiber;

    open_loop();
    fiber = start(CALLS(woken_before), NULL, NULL);
    CHECK(strcmp(trace, "x") == 0);
    flarei_fiber_wake(fiber);
    run_all();
    CHECK(strcmp(trace, "xy") == 0);
    close_loop();
}

static void starts_another(void *argument)
{
    static const struct flarei_fiber_calls calls = {.run = short_one, .ended = say_ended};

    note("p");
    CHECK(start(&calls, argument, NULL) != NULL);
    note("q");
}

TEST(a_fiber_starts_another)
{
    open_loop();
    (void)start(CALLS(starts_another), "c", NULL);
    CHECK(strcmp(trace, "pq") == 0);
    run_all();
    CHECK(strcmp(trace, "pqcEc") == 0);
    close_loop();
}

/* Two that wake each other for ever do not keep the loop from its descriptors. */
static struct flarei_fiber *partner[2];
static bool stop_playing;

static void plays(void *argument)
{
    const size_t other = (size_t)(argument == (void *)&partner[0]);

    while (!stop_playing) {
        flarei_fiber_wake(partner[other]);
        flarei_fiber_park();
    }
    flarei_fiber_wake(partner[other]);
}

static void parks_first(void *argument)
{
    flarei_fiber_park();
    plays(argument);
}

TEST(waking_each_other_leaves_the_loop_its_turn)
{
    open_loop();
    stop_playing = false;
    partner[0] = start(CALLS(parks_first), &partner[0], NULL);
    partner[1] = start(CALLS(parks_first), &partner[1], NULL);
    flarei_fiber_wake(partner[0]);
    for (int i = 0; i < 10; i++)
        CHECK_INT(flare_loop_run_once(loop, 100), FLARE_OK);
    CHECK_INT(fibers.count, 2);
    stop_playing = true;
    for (int i = 0; i < 10 && fibers.count != 0; i++)
        CHECK_INT(flare_loop_run_once(loop, 1), FLARE_OK);
    CHECK_INT(fibers.count, 0);
    close_loop();
}

static void yields(void *argument)
{
    for (int i = 0; i < 3; i++) {
        note(argument);
        flarei_fiber_yield();
    }
}

TEST(yielding_takes_turns)
{
    open_loop();
    (void)start(CALLS(yields), "a", NULL);
    (void)start(CALLS(yields), "b", NULL);
    run_all();
    CHECK(strcmp(trace, "ababab") == 0);
    close_loop();
}

static void until_cancelled(void *argument)
{
    while (flarei_fiber_cancelled(flarei_fiber_current(), argument != NULL) == FLARE_OK)
        flarei_fiber_park();
    note("c");
}

TEST(a_token_ends_waits)
{
    struct flarei_cancel cancel;

    open_loop();
    flarei_cancel_init(&cancel);
    (void)start(CALLS(until_cancelled), NULL, &cancel);
    (void)start(CALLS(until_cancelled), "soft", &cancel);
    (void)start(CALLS(until_cancelled), NULL, &cancel);
    CHECK(flarei_cancel_flip(&cancel, FLAREI_CANCEL_DRAIN));
    CHECK(!flarei_cancel_flip(&cancel, FLAREI_CANCEL_DRAIN));
    CHECK_INT(flare_loop_run_once(loop, 0), FLARE_OK);
    CHECK_INT(fibers.count, 2);
    CHECK(flarei_cancel_flip(&cancel, FLAREI_CANCEL_PEER));
    run_all();
    CHECK(strcmp(trace, "ccc") == 0);
    CHECK(flarei_link_alone(&cancel.fibers));
    close_loop();
}

/* ---- Stacks ---- */

static int depth_of(int depth)
{
    volatile char frame[1024];
    int deeper = 0;

    /* Volatile stores at a computed place: a compiler may shrink an array of which it knows every use. */
    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = (char)depth;
    if (depth > 0)
        deeper = depth_of(depth - 1);
    return deeper + frame[depth];
}

static void goes_deep(void *argument)
{
    *(int *)argument = depth_of(30);
    flarei_fiber_park();
    *(int *)argument += depth_of(2);
}

static size_t resident_pages(const struct flarei_stack *stack)
{
    const size_t pages = stack->bytes / flarei_stack_page_bytes();
    unsigned char in_core[64];
    size_t count = 0;

    if (pages > sizeof in_core || mincore(stack->lowest, stack->bytes, in_core) != 0)
        return SIZE_MAX;
    for (size_t i = 0; i < pages; i++)
        count += in_core[i] & 1u;
    return count;
}

TEST(a_long_wait_gives_memory_back)
{
    struct flarei_fiber *fiber;
    int result = 0;

    open_loop();
    fiber = start(CALLS(goes_deep), &result, NULL);
    CHECK(resident_pages(&fiber->stack) >= 30 * 1024 / flarei_stack_page_bytes());
    for (int i = 0; i < 5 && fiber->listed; i++)
        CHECK_INT(flare_loop_run_once(loop, 1500), FLARE_OK);
    CHECK(!fiber->listed);
#if !FLAREI_ASAN && !FLAREI_TSAN
    CHECK(resident_pages(&fiber->stack) * flarei_stack_page_bytes() <= 8192);
#endif
    flarei_fiber_wake(fiber);
    run_all();
    CHECK_INT(result, 30 * 31 / 2 + 3);
    close_loop();
}

static void counts(void *argument)
{
    ++*(int *)argument;
}

TEST(stacks_are_used_again)
{
    int count = 0, maps = 0;

    open_loop();
    for (int i = 0; i < 1000; i++)
        (void)start(CALLS(counts), &count, NULL);
    for (struct flarei_fiber *free = fibers.free; free != NULL; free = free->next)
        maps++;
    CHECK_INT(count, 1000);
    CHECK_INT(maps, 1);
    close_loop();
}

static int fail_mprotect(void *at, size_t bytes, int protection)
{
    (void)at, (void)bytes, (void)protection;
    errno = ENOMEM;
    return -1;
}

static void *fail_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    (void)at, (void)bytes, (void)protection, (void)flags, (void)fd, (void)offset;
    errno = ENOMEM;
    return MAP_FAILED;
}

TEST(without_memory_there_is_none)
{
    struct flarei_cancel cancel;

    open_loop();
    flarei_cancel_init(&cancel);
    flarei_sys.mmap = fail_mmap;
    CHECK(start(CALLS(short_one), "a", &cancel) == NULL);
    flarei_sys_reset();
    flarei_sys.mprotect = fail_mprotect;
    CHECK(start(CALLS(short_one), "a", &cancel) == NULL);
    flarei_sys_reset();
    CHECK(start(CALLS(short_one), "b", &cancel) != NULL);
    CHECK(strcmp(trace, "b") == 0);
    CHECK_INT(fibers.count, 0);
    close_loop();
}

int main(void)
{
    RUN(ends_at_once);
    RUN(parks_and_is_woken);
    RUN(keeps_an_early_wake);
    RUN(a_fiber_starts_another);
    RUN(waking_each_other_leaves_the_loop_its_turn);
    RUN(yielding_takes_turns);
    RUN(a_token_ends_waits);
    RUN(a_long_wait_gives_memory_back);
    RUN(stacks_are_used_again);
    RUN(without_memory_there_is_none);
    return TEST_END();
}
