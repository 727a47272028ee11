/* Stopping: what was accepted is answered, idle connections end, nothing outlives the drain's time. */
#include "harness.h"
#include "test.h"

#include <errno.h>
#include <stdatomic.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct reply reply;

static void check_get(int fd)
{
    client_send(fd, GET("/plaintext"));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
}

TEST(idle_connections_end_at_once)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    check_get(fd);
    const uint64_t began = now_ms();
    flare_server_stop(h.server);
    CHECK_INT(client_ended(fd), 1);
    CHECK(now_ms() - began < 300);
    close(fd);
    harness_join(&h);
    CHECK(now_ms() - began < 1000);
    CHECK_INT(h.result, FLARE_OK);
}

/* A peer that neither sends nor closes does not hold the drain for long. */
TEST(silent_peers_do_not_hold_the_drain)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    const int used = client_dial(&h);
    const int unused = client_dial(&h);
    check_get(used);
    const uint64_t began = now_ms();
    harness_stop(&h);
    CHECK(now_ms() - began < 2500);
    CHECK_INT(h.result, FLARE_OK);
    close(used);
    close(unused);
}

/* Connected before the stop, its request sent after it. */
TEST(a_new_connection_gets_its_first_reply)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    flare_server_stop(h.server);
    sleep_ms(100);
    check_get(fd);
    CHECK(reply.close);
    CHECK_INT(client_ended(fd), 1);
    close(fd);
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(a_body_under_way_is_waited_for)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
    sleep_ms(50);
    flare_server_stop(h.server);
    sleep_ms(200);
    client_send(fd, "def");
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(strcmp(reply.body, "abcdef") == 0);
    CHECK(reply.close);
    CHECK_INT(client_ended(fd), 1);
    close(fd);
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(a_head_under_way_is_waited_for)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    check_get(fd);
    client_send(fd, "GET /plaintext HTTP/1.1\r\nHo");
    sleep_ms(50);
    flare_server_stop(h.server);
    sleep_ms(100);
    client_send(fd, "st: h\r\n\r\n");
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(reply.close);
    close(fd);
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(replies_under_way_are_sent)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    const int fd = client_dial_small(&h);
    client_send(fd, GET("/big/200000") GET("/big/200000") GET("/big/200000"));
    sleep_ms(100);
    flare_server_stop(h.server);
    sleep_ms(100);
    for (int i = 0; i < 3; i++) {
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, 200);
        CHECK_INT(reply.body_bytes, 200000);
    }
    CHECK_INT(client_ended(fd), 1);
    close(fd);
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(a_body_to_drop_is_not_waited_for)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    client_send(fd, "POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    flare_server_stop(h.server);
    CHECK_INT(client_ended(fd), 1);
    close(fd);
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(the_drain_ends_in_time)
{
    struct harness h;

    harness_options.drain_seconds = 1;
    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\n");
    sleep_ms(50);
    const uint64_t began = now_ms();
    harness_stop(&h);
    CHECK(now_ms() - began >= 950 && now_ms() - began < 2000);
    CHECK_INT(h.result, FLARE_ERR_TIMEOUT);
    CHECK_INT(client_ended(fd), -1);
    close(fd);
    harness_options.drain_seconds = 5;
}

TEST(a_stop_before_the_run_ends_it)
{
    flare_server *server;

    CHECK_INT(flare_server_new(&harness_options, &server), FLARE_OK);
    CHECK_INT(flare_server_listen(server, &sample_service, "127.0.0.1:0"), FLARE_OK);
    flare_server_stop(server);
    CHECK_INT(flare_server_run(server), FLARE_OK);
    flare_server_free(server);
}

static flare_server *signalled;

static void stop_signalled(int number)
{
    (void)number;
    flare_server_stop(signalled);
}

TEST(a_signal_handler_may_stop_a_server)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    signalled = h.server;
    signal(SIGUSR1, stop_signalled);
    errno = ENOTTY;
    raise(SIGUSR1);
    CHECK_INT(errno, ENOTTY);
    harness_join(&h);
    signal(SIGUSR1, SIG_DFL);
    CHECK_INT(h.result, FLARE_OK);
}

/* Connections that wait in the kernel's queue when the stop comes were accepted as far as their peers know.
 */
TEST(what_waits_in_the_queue_is_served)
{
    enum { COUNT = 100 };
    struct harness h;
    int fds[COUNT], slow;

    CHECK(harness_start(&h, NULL));
    slow = client_dial(&h);
    for (int i = 0; i < 4; i++)
        client_send(slow, GET("/slow"));
    sleep_ms(10);
    for (int i = 0; i < COUNT; i++) {
        fds[i] = client_dial(&h);
        client_send(fds[i], GET("/plaintext"));
    }
    flare_server_stop(h.server);
    for (int i = 0; i < COUNT; i++) {
        client_read(fds[i], &reply, false);
        if (reply.status != 200)
            CHECK_INT(reply.status, 200);
        close(fds[i]);
    }
    for (int i = 0; i < 4; i++) {
        client_read(slow, &reply, false);
        CHECK_INT(reply.status, 200);
    }
    close(slow);
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
}

/* ---- Under load ---- */

static atomic_bool stopping;
static atomic_uint answered;

struct load {
    struct harness *h;
    unsigned reset;
    unsigned cut; /* a reply that ended in the middle */
};

/* Connects and asks until nobody listens any more: every connection that was there before the stop is
 * answered, or ended by a FIN between two replies. One that comes while the listener closes may be reset by
 * the kernel. */
static void *ask(void *context)
{
    struct load *load = context;
    struct reply *mine = calloc(1, sizeof *mine);

    for (;;) {
        const int fd = client_dial(load->h);
        const bool in_time = !atomic_load(&stopping);

        if (fd < 0)
            break;
        for (int i = 0; i < 20; i++) {
            if (!client_send(fd, GET("/big/3000")))
                break;
            errno = 0;
            client_read(fd, mine, false);
            if (mine->status == 200 && mine->whole)
                atomic_fetch_add(&answered, 1);
            else if (mine->status == 200)
                load->cut++;
            else if (errno == ECONNRESET && in_time)
                load->reset++;
            if (mine->status != 200 || mine->close)
                break;
        }
        close(fd);
    }
    free(mine);
    return NULL;
}

TEST(no_request_is_lost_under_load)
{
    struct harness h;
    struct load loads[6];
    pthread_t threads[6];

    atomic_store(&stopping, false);
    atomic_store(&answered, 0);
    CHECK(harness_start(&h, NULL));
    for (int i = 0; i < 6; i++) {
        loads[i] = (struct load){.h = &h};
        pthread_create(&threads[i], NULL, ask, &loads[i]);
    }
    for (int i = 0; i < 500 && atomic_load(&answered) <= 100; i++)
        sleep_ms(20);
    CHECK(atomic_load(&answered) > 100);
    atomic_store(&stopping, true);
    flare_server_stop(h.server);
    for (int i = 0; i < 6; i++) {
        pthread_join(threads[i], NULL);
        CHECK_INT(loads[i].cut, 0);
        CHECK_INT(loads[i].reset, 0);
    }
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
}

static void run_all(void)
{
    RUN(idle_connections_end_at_once);
    RUN(silent_peers_do_not_hold_the_drain);
    RUN(a_new_connection_gets_its_first_reply);
    RUN(a_body_under_way_is_waited_for);
    RUN(a_head_under_way_is_waited_for);
    RUN(replies_under_way_are_sent);
    RUN(a_body_to_drop_is_not_waited_for);
    RUN(the_drain_ends_in_time);
    RUN(a_stop_before_the_run_ends_it);
    RUN(a_signal_handler_may_stop_a_server);
    RUN(what_waits_in_the_queue_is_served);
    RUN(no_request_is_lost_under_load);
}

int main(void)
{
    run_all();
    harness_options.poll = true;
    run_all();
    harness_options.poll = false;
    harness_options.workers = 2;
    run_all();
    harness_options.listeners = FLARE_LISTENERS_SHARED;
    run_all();
    return TEST_END();
}
