/* Who goes on when somebody leaves, or comes to an end, that others wait for; and without memory. */
#include "joined_client.h"

#include "test.h"

#include <flare/memory.h>
#include <flare/time.h>

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static void stop(struct harness *h)
{
    harness_stop(h);
    CHECK_INT(h->result, FLARE_OK);
    CHECK_INT(atomic_load(&joined_ended), atomic_load(&joined_seen));
}

/* ---- Who leaves ---- */

TEST(who_asks_leaves_and_the_next_one_asks)
{
    for (int kind = 0; kind < KINDS; kind++) {
        struct harness h;
        int fds[MANY];

        CHECK(start(&h));
        ask_many(&h, kinds[kind], fds);
        for (int i = 0; i < 3; i++) {
            close(fds[i]);
            CHECK(comes(&joined_asked, i + 2));
            CHECK(comes(&joined_running, 1));
        }
        close(fds[4]); /* it only waited */
        CHECK(comes(&joined_ended, 4));
        atomic_store(&joined_hold, 0);
        for (int i = 3; i < MANY; i++) {
            if (i == 4)
                continue;
            CHECK_INT(hear(fds[i]), 200);
            CHECK(strcmp(reply.body, "4") == 0);
        }
        CHECK_INT(atomic_load(&joined_asked), 4);
        stop(&h);
    }
}

TEST(all_leave)
{
    for (int kind = 0; kind < KINDS; kind++) {
        struct harness h;
        int fds[MANY];

        CHECK(start(&h));
        ask_many(&h, kinds[kind], fds);
        for (int i = MANY; i-- > 0;)
            close(fds[i]);
        CHECK(comes(&joined_ended, MANY));
        CHECK_INT(atomic_load(&joined_running), 0);
        atomic_store(&joined_hold, 0);
        CHECK_INT(hear(ask(&h, kinds[kind])), 200);
        stop(&h);
    }
}

/* Nobody waits longer than that, for one that takes too long. */
TEST(a_wait_ends)
{
    struct harness h;

    CHECK(start(&h));
    const int first = ask(&h, "/short/async");
    CHECK(comes(&joined_running, 1));
    const int second = ask(&h, "/short/async");
    CHECK(comes(&joined_running, 2));
    atomic_fetch_add(&clock_ns, FLARE_TIME_SECOND);
    const int third = ask(&h, "/short/async"); /* it is too old to wait for */
    CHECK(comes(&joined_running, 3));
    atomic_store(&joined_hold, 0);
    CHECK_INT(hear(first), 200);
    CHECK_INT(hear(second), 200);
    CHECK_INT(hear(third), 200);
    stop(&h);
}

TEST(time_is_over_for_who_asks_and_who_waits)
{
    static const char *const paths[] = {"/timed/async", "/timed/blocking"};

    for (int i = 0; i < 2; i++) {
        struct harness h;
        int fds[MANY];

        CHECK(start(&h));
        for (int k = 0; k < MANY; k++)
            fds[k] = ask(&h, paths[i]);
        for (int k = 0; k < MANY; k++)
            CHECK_INT(hear(fds[k]), 503);
        atomic_store(&joined_hold, 0);
        CHECK_INT(hear(ask(&h, paths[i])), 200);
        stop(&h);
    }
}

TEST(a_drain_waits_for_them)
{
    for (int kind = 0; kind < KINDS; kind++) {
        struct harness h;
        int fds[MANY];

        CHECK(start(&h));
        ask_many(&h, kinds[kind], fds);
        flare_server_stop(h.server);
        CHECK(comes(&joined_drained, 1));
        atomic_store(&joined_hold, 0);
        for (int i = 0; i < MANY; i++) {
            CHECK_INT(hear(fds[i]), 200);
            CHECK(reply.close || i == 0);
        }
        harness_join(&h);
        CHECK_INT(h.result, FLARE_OK);
        CHECK_INT(atomic_load(&joined_asked), 1);
    }
}

/* ---- Without memory ---- */

static atomic_int calls, fails_at; /* from 1 */

static void *allocate(void *context, size_t bytes)
{
    (void)context;
    return atomic_fetch_add(&calls, 1) + 1 == atomic_load(&fails_at) ? NULL : malloc(bytes);
}

static void *reallocate(void *context, void *block, size_t bytes)
{
    (void)context;
    return atomic_fetch_add(&calls, 1) + 1 == atomic_load(&fails_at) ? NULL : realloc(block, bytes);
}

static void release(void *context, void *block)
{
    (void)context;
    free(block);
}

/* Whatever there is no memory for, each gets an answer or its end, and the next request is served. */
static bool runs_out(struct harness *h, const char *path, int at)
{
    int fds[3];

    last_id++;
    atomic_store(&joined_hold, 1);
    atomic_store(&calls, 0);
    atomic_store(&fails_at, at);
    for (int i = 0; i < 3; i++) {
        const int before = atomic_load(&joined_seen);
        struct pollfd ended = {.events = POLLIN};
        char text[128];

        fds[i] = ended.fd = client_dial(h);
        (void)snprintf(text, sizeof text, "GET %s/%u HTTP/1.1\r\nHost: test\r\n\r\n", path, last_id);
        client_send(fds[i], text);
        for (int k = 0; k < 3000 && atomic_load(&joined_seen) == before; k++)
            if (poll(&ended, 1, 1) != 0) /* it did not come so far */
                break;
    }
    atomic_store(&joined_hold, 0);
    for (int i = 0; i < 3; i++) {
        const int status = hear(fds[i]);

        CHECK(status == 200 || status == 500 || status == 503 || (status == 0 && !reply.timed_out));
    }
    const bool reached = atomic_load(&calls) >= at;
    atomic_store(&fails_at, 0);
    last_id++;
    CHECK_INT(hear(ask(h, path)), 200);
    return reached;
}

TEST(memory_runs_out)
{
    static const flare_allocator failing = {NULL, allocate, reallocate, release};

    flare_allocator_set(&failing);
    for (int kind = 0; kind < KINDS; kind++) {
        for (int at = 1, more = 1; more != 0; at++) {
            struct harness h;

            atomic_store(&fails_at, 0);
            CHECK(start(&h));
            CHECK_INT(client_status(&h, GET("/none")), 404); /* it serves */
            more = runs_out(&h, kinds[kind], at);
            harness_stop(&h);
            CHECK_INT(h.result, FLARE_OK);
        }
    }
    flare_allocator_set(NULL);
}

int main(void)
{
    clock_set_up();
    harness_options.blocking_threads = 2 * MANY;
    RUN(who_asks_leaves_and_the_next_one_asks);
    RUN(all_leave);
    RUN(a_wait_ends);
    RUN(time_is_over_for_who_asks_and_who_waits);
    RUN(a_drain_waits_for_them);
    RUN(memory_runs_out);
    return TEST_END();
}
