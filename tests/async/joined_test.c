/* Requests for the same that is not kept: how often the handler is asked, and who gets what. */
#include "joined_client.h"

#include "../server/h2_client.h"
#include "test.h"

#include <flare/time.h>

#include <unistd.h>

static void stop(struct harness *h)
{
    harness_stop(h);
    CHECK_INT(h->result, FLARE_OK);
    CHECK_INT(atomic_load(&joined_ended), atomic_load(&joined_seen));
}

/* ---- What is kept ---- */

TEST(one_asks_and_all_get_it)
{
    for (int kind = 0; kind < KINDS; kind++) {
        struct harness h;
        int fds[MANY];

        CHECK(start(&h));
        ask_many(&h, kinds[kind], fds);
        CHECK_INT(atomic_load(&joined_asked), 1);
        atomic_store(&joined_hold, 0);
        for (int i = 0; i < MANY; i++) {
            CHECK_INT(hear(fds[i]), 200);
            CHECK(strcmp(reply.body, "1") == 0);
            CHECK(said(i == 0 ? "\r\nCache-Status: flare; fwd=miss; stored; ttl=60\r\n"
                              : "\r\nCache-Status: flare; fwd=miss; collapsed; ttl=60\r\n"));
            CHECK(said("\r\nAge: 0\r\n") == (i != 0));
        }
        CHECK_INT(hear(ask(&h, kinds[kind])), 200);
        CHECK(said("\r\nCache-Status: flare; hit; ttl=60\r\n"));
        CHECK_INT(atomic_load(&joined_asked), 1);
        stop(&h);
    }
}

static struct h2_answer answer;

TEST(streams_of_a_connection_join)
{
    for (int kind = 0; kind < KINDS; kind++) {
        struct harness h;
        char path[64];

        CHECK(start(&h));
        struct h2_client *const c = h2_open(&h);
        (void)snprintf(path, sizeof path, "%s/%u", kinds[kind], last_id);
        for (unsigned i = 0; i < MANY; i++)
            h2_get(c, 2 * i + 1, path);
        CHECK(comes(&joined_seen, MANY));
        CHECK(comes(&joined_running, 1));
        const unsigned char code[4] = {0, 0, 0, 8};
        h2_frame(c, H2_RST_STREAM, 0, 2 * MANY - 1, code, sizeof code); /* the last one no longer wants it */
        h2_send(c);
        CHECK(comes(&joined_ended, 1));
        CHECK_INT(atomic_load(&joined_asked), 1);
        const int fd = ask(&h, kinds[kind]); /* another connection waits for it as well */
        atomic_store(&joined_hold, 0);
        CHECK_INT(hear(fd), 200);
        CHECK(comes(&joined_ended, MANY + 1));
        h2_read(c, 1, &answer);
        CHECK_INT(answer.status, 200);
        CHECK_INT(answer.bytes, 1);
        CHECK_INT(atomic_load(&joined_asked), 1);
        h2_hang_up(c);
        stop(&h);
    }
}

/* It returns before another request is looked at: there is nothing to wait for. */
TEST(a_plain_handler_is_asked_once)
{
    struct harness h;

    CHECK(start(&h));
    atomic_store(&joined_hold, 0);
    for (int i = 0; i < MANY; i++)
        CHECK_INT(hear(ask(&h, "/kept/plain")), 200);
    CHECK_INT(atomic_load(&joined_asked), 1);
    stop(&h);
}

/* They wait for what they could use. */
TEST(who_does_not_wait)
{
    static const char *const fields[] = {"Cache-Control: no-cache\r\n", "Cache-Control: max-age=0\r\n",
                                         "Range: bytes=0-0\r\n", "If-Match: \"a\"\r\n", "X-Own: other\r\n"};
    struct harness h;
    int fds[6];

    CHECK(start(&h));
    fds[0] = ask(&h, "/kept/async");
    CHECK(comes(&joined_running, 1));
    for (int i = 0; i < 4; i++)
        fds[1 + i] = ask_with(&h, "GET", "/kept/async", fields[i]);
    CHECK(comes(&joined_running, 5));
    fds[5] = ask_with(&h, "GET", "/kept/async", fields[4]);
    CHECK_INT(hear(ask_with(&h, "GET", "/kept/async", "Cache-Control: only-if-cached\r\n")), 504);
    CHECK_INT(atomic_load(&joined_asked), 5);
    atomic_store(&joined_hold, 0);
    for (int i = 0; i < 6; i++)
        CHECK_INT(hear(fds[i]), 200);
    CHECK_INT(atomic_load(&joined_asked), 5);
    CHECK_INT(hear(ask(&h, "/alone/async")), 200);
    atomic_store(&joined_hold, 1);
    last_id++;
    fds[0] = ask(&h, "/alone/async");
    fds[1] = ask(&h, "/alone/async");
    CHECK(comes(&joined_running, 2));
    atomic_store(&joined_hold, 0);
    CHECK_INT(hear(fds[0]), 200);
    CHECK_INT(hear(fds[1]), 200);
    stop(&h);
}

/* They can wait, but not be waited for: nothing is kept of their replies. */
TEST(nobody_waits_for_what_can_not_be_kept)
{
    static const struct {
        const char *method, *fields;
    } first[] = {{"HEAD", ""}, {"GET", "Cache-Control: no-store\r\n"}};
    struct harness h;

    for (int i = 0; i < 2; i++) {
        CHECK(start(&h));
        const int lone = ask_with(&h, first[i].method, "/kept/async", first[i].fields);
        CHECK(comes(&joined_running, 1));
        const int leader = ask(&h, "/kept/async");
        CHECK(comes(&joined_running, 2));
        const int waiter = ask_with(&h, first[i].method, "/kept/async", first[i].fields);
        const int last = ask(&h, "/kept/async");
        CHECK_INT(atomic_load(&joined_asked), 2);
        close(leader); /* who waits and may be waited for takes its place, and it is not the first */
        CHECK(comes(&joined_asked, 3));
        CHECK(comes(&joined_running, 2));
        atomic_store(&joined_hold, 0);
        CHECK_INT(hear(last), 200);
        client_read(waiter, &reply, i == 0);
        CHECK_INT(reply.status, 200);
        CHECK(said("; collapsed; "));
        close(waiter);
        client_read(lone, &reply, i == 0);
        CHECK_INT(reply.status, 200);
        close(lone);
        CHECK_INT(atomic_load(&joined_asked), 3);
        stop(&h);
    }
}

TEST(a_condition_is_judged_by_what_came)
{
    struct harness h;

    CHECK(start(&h));
    const int first = ask(&h, "/kept/async");
    CHECK(comes(&joined_running, 1));
    const int head = ask_with(&h, "HEAD", "/kept/async", "");
    atomic_store(&joined_hold, 0);
    CHECK_INT(hear(first), 200);
    client_read(head, &reply, true);
    CHECK_INT(reply.status, 200);
    CHECK(said("\r\nContent-Length: 1\r\n"));
    close(head);
    CHECK_INT(atomic_load(&joined_asked), 1);
    stop(&h);
}

/* ---- What is not kept ---- */

TEST(what_is_not_kept_is_not_waited_for_again)
{
    static const enum joined_mode modes[] = {NO_STORE, PRIVATE, BIG};

    for (int i = 0; i < 3; i++) {
        struct harness h;
        int fds[MANY];

        CHECK(start(&h));
        atomic_store(&joined_mode, (int)modes[i]);
        ask_many(&h, kinds[i], fds);
        CHECK_INT(atomic_load(&joined_asked), 1);
        atomic_store(&joined_hold, 0);
        for (int k = 0; k < MANY; k++)
            CHECK_INT(hear(fds[k]), 200);
        CHECK_INT(atomic_load(&joined_asked), MANY); /* each its own, once */
        atomic_store(&joined_hold, 1);
        for (int k = 0; k < MANY; k++)
            fds[k] = ask(&h, kinds[i]);
        CHECK(comes(&joined_running, MANY)); /* all at once */
        atomic_store(&joined_hold, 0);
        for (int k = 0; k < MANY; k++)
            CHECK_INT(hear(fds[k]), 200);
        atomic_store(&joined_mode, SHORT_LIVED);
        atomic_store(&joined_hold, 1);
        fds[0] = ask(&h, kinds[i]);
        CHECK(comes(&joined_running, 1));
        fds[1] = ask(&h, kinds[i]);
        CHECK(comes(&joined_running, 2)); /* that is not known yet */
        atomic_store(&joined_hold, 0);
        CHECK_INT(hear(fds[0]), 200);
        CHECK_INT(hear(fds[1]), 200);
        stop(&h);
    }
}

/* Two minutes later, or once it was kept, others wait again. */
TEST(that_is_forgotten)
{
    for (int again = 0; again < 2; again++) {
        struct harness h;
        int fds[MANY];

        CHECK(start(&h));
        atomic_store(&joined_mode, NO_STORE);
        fds[0] = ask(&h, "/kept/async");
        CHECK(comes(&joined_running, 1));
        atomic_store(&joined_hold, 0);
        CHECK_INT(hear(fds[0]), 200);
        if (again == 0)
            atomic_fetch_add(&clock_ns, 119 * FLARE_TIME_SECOND);
        atomic_store(&joined_hold, 1);
        fds[0] = ask(&h, "/kept/async");
        fds[1] = ask(&h, "/kept/async");
        CHECK(comes(&joined_running, 2));
        atomic_store(&joined_mode, again == 0 ? NO_STORE : SHORT_LIVED);
        atomic_store(&joined_hold, 0);
        CHECK_INT(hear(fds[0]), 200);
        CHECK_INT(hear(fds[1]), 200);
        atomic_fetch_add(&clock_ns, (again == 0 ? 121 : 2) * FLARE_TIME_SECOND);
        atomic_store(&joined_mode, KEPT);
        atomic_store(&joined_hold, 1);
        const int asked = atomic_load(&joined_asked);
        ask_many(&h, "/kept/async", fds);
        CHECK_INT(atomic_load(&joined_asked), asked + 1);
        atomic_store(&joined_hold, 0);
        for (int k = 0; k < MANY; k++)
            CHECK_INT(hear(fds[k]), 200);
        CHECK_INT(atomic_load(&joined_asked), asked + 1);
        stop(&h);
    }
}

/* Errors pass: the next one asks, and the others go on waiting. */
TEST(after_an_error_the_next_one_asks)
{
    for (int kind = 0; kind < KINDS; kind++) {
        for (int ever = 0; ever < 2; ever++) {
            struct harness h;
            int fds[MANY];

            CHECK(start(&h));
            atomic_store(&joined_mode, ever ? FAILS : FAILS_ONCE);
            ask_many(&h, kinds[kind], fds);
            atomic_store(&joined_hold, 0);
            for (int i = 0; i < MANY; i++)
                CHECK_INT(hear(fds[i]), ever || i == 0 ? 500 : 200);
            CHECK_INT(atomic_load(&joined_asked), ever ? MANY : 2);
            CHECK_INT(atomic_load(&joined_most), 1);
            stop(&h);
        }
    }
}

/* What stands in for one's error stands in for all. */
TEST(what_was_kept_before_is_for_all)
{
    for (int kind = 0; kind < KINDS; kind++) {
        struct harness h;
        int fds[MANY];

        CHECK(start(&h));
        atomic_store(&joined_hold, 0);
        CHECK_INT(hear(ask(&h, kinds[kind])), 200);
        atomic_fetch_add(&clock_ns, 61 * FLARE_TIME_SECOND);
        atomic_store(&joined_mode, FAILS);
        atomic_store(&joined_hold, 1);
        ask_many(&h, kinds[kind], fds);
        atomic_store(&joined_hold, 0);
        for (int i = 0; i < MANY; i++) {
            CHECK_INT(hear(fds[i]), 200);
            CHECK(strcmp(reply.body, "1") == 0);
            CHECK(said("\r\nCache-Status: flare; fwd=stale; fwd-status=500\r\n"));
        }
        CHECK_INT(atomic_load(&joined_asked), 2);
        stop(&h);
    }
}

/* By what the route declares, each waits for its own; by what the handler says, it is known too late. */
TEST(replies_that_vary)
{
    struct harness h;
    int fds[2][4];

    CHECK(start(&h));
    for (int i = 0; i < 4; i++)
        for (int lang = 0; lang < 2; lang++) {
            fds[lang][i] = ask_with(&h, "GET", "/kept/lang", lang == 0 ? "X-Lang: de\r\n" : "");
            CHECK(comes(&joined_running, i == 0 ? lang + 1 : 2));
        }
    CHECK_INT(atomic_load(&joined_asked), 2);
    atomic_store(&joined_hold, 0);
    for (int i = 0; i < 4; i++)
        for (int lang = 0; lang < 2; lang++) {
            CHECK_INT(hear(fds[lang][i]), 200);
            CHECK(strcmp(reply.body, lang == 0 ? "1" : "2") == 0);
        }
    CHECK_INT(atomic_load(&joined_asked), 2);
    stop(&h);

    CHECK(start(&h));
    atomic_store(&joined_mode, BY_LANG);
    for (int i = 0; i < 4; i++)
        for (int lang = 0; lang < 2; lang++) {
            fds[lang][i] = ask_with(&h, "GET", "/kept/async", lang == 0 ? "X-Own: de\r\n" : "X-Own: fr\r\n");
            CHECK(comes(&joined_running, 1));
        }
    atomic_store(&joined_hold, 0);
    for (int i = 0; i < 4; i++)
        for (int lang = 0; lang < 2; lang++) {
            CHECK_INT(hear(fds[lang][i]), 200);
            CHECK(strstr(reply.body, lang == 0 ? " de" : " fr") != NULL);
        }
    const int asked = atomic_load(&joined_asked);
    CHECK(asked >= 2 && asked <= 5); /* nobody waits twice */
    CHECK_INT(hear(ask_with(&h, "GET", "/kept/async", "X-Own: de\r\n")), 200);
    CHECK_INT(hear(ask_with(&h, "GET", "/kept/async", "X-Own: fr\r\n")), 200);
    CHECK_INT(atomic_load(&joined_asked), asked);
    stop(&h);
}

TEST(what_changes_meanwhile_is_asked_for_again)
{
    struct harness h;

    CHECK(start(&h));
    const int first = ask(&h, "/kept/async");
    CHECK(comes(&joined_running, 1));
    const int second = ask(&h, "/kept/async");
    CHECK_INT(hear(ask_with(&h, "DELETE", "/kept/async", "")), 204);
    atomic_store(&joined_hold, 0);
    CHECK_INT(hear(first), 200);
    CHECK_INT(hear(second), 200);
    CHECK(strcmp(reply.body, "2") == 0);
    CHECK_INT(hear(ask(&h, "/kept/async")), 200);
    CHECK(strcmp(reply.body, "2") == 0);
    stop(&h);
}

int main(void)
{
    clock_set_up();
    harness_options.blocking_threads = 2 * MANY;
    RUN(one_asks_and_all_get_it);
    RUN(streams_of_a_connection_join);
    RUN(a_plain_handler_is_asked_once);
    RUN(who_does_not_wait);
    RUN(nobody_waits_for_what_can_not_be_kept);
    RUN(a_condition_is_judged_by_what_came);
    RUN(what_is_not_kept_is_not_waited_for_again);
    RUN(that_is_forgotten);
    RUN(after_an_error_the_next_one_asks);
    RUN(what_was_kept_before_is_for_all);
    RUN(replies_that_vary);
    RUN(what_changes_meanwhile_is_asked_for_again);
    return TEST_END();
}
