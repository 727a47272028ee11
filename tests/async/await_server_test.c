/* Async, blocking and deferred handlers on a running server: order, replies, what they await, and faults. */
#include "../server/h2_client.h"
#include "handlers.h"
#include "net/sys.h"
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct reply reply;
static struct h2_answer answer;

static void check_body(int fd, const char *body)
{
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    if (strcmp(reply.body, body) != 0) {
        fprintf(stderr, "\"%s\", not \"%s\"\n", reply.body, body);
        CHECK(false);
    }
}

TEST(pipelined_replies_keep_their_order)
{
    struct harness h;

    CHECK(harness_start(&h, &work_service));
    const int fd = client_dial(&h);
    client_send(fd, GET("/sleep/60") GET("/quick") GET("/replied/30") GET("/bare/5") GET("/early")
                        GET("/big/70000") GET("/call/10") GET("/quick"));
    check_body(fd, "60");
    check_body(fd, "quick");
    check_body(fd, "30");
    check_body(fd, "bare 5");
    check_body(fd, "early");
    client_read(fd, &reply, false);
    CHECK_INT(reply.body_bytes, 70000);
    check_body(fd, "FLARE_OK -1");
    check_body(fd, "quick");
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(bodies_are_there_when_the_handler_runs)
{
    struct harness h;

    CHECK(harness_start(&h, &work_service));
    const int fd = client_dial(&h);
    client_send(
        fd, POST("/echo", "Content-Type: application/json\r\nContent-Length: 12\r\n", "{\"text\":\"a\"}"));
    check_body(fd, "{\"text\":\"a\"}");
    client_send(fd, POST("/grind", "Content-Type: application/json\r\nContent-Length: 12\r\n", "{\"te"));
    sleep_ms(30);
    client_send(fd, "xt\":\"b\"}" GET("/quick"));
    check_body(fd, "{\"text\":\"b\"}");
    check_body(fd, "quick");
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(streams_run_side_by_side)
{
    static const char *const paths[] = {"/sleep/60", "/replied/20", "/big/70000", "/call/30",
                                        "/early",    "/quick",      "/fan/20"};
    static const uint32_t settings[][2] = {{4, 1 << 20}};
    static struct h2_frame frame;
    struct harness h;
    unsigned ended = 0;
    size_t bytes = 0;

    CHECK(harness_start(&h, &work_service));
    struct h2_client *c = h2_open_with(&h, settings, 1);
    const uint64_t since_ms = now_ms();
    h2_window(c, 0, 1 << 24);
    for (unsigned i = 0; i < 70; i++)
        h2_request(c, H2_END_STREAM, i * 2 + 1, "GET", paths[i % 7], "");
    h2_send(c);
    while (ended < 70) {
        h2_next(c, &frame);
        CHECK(frame.type >= 0 && frame.type != H2_RST_STREAM);
        if (frame.type < 0)
            break;
        bytes += frame.type == H2_DATA ? frame.length : 0;
        ended += (frame.type == H2_DATA || frame.type == H2_HEADERS) && (frame.flags & H2_END_STREAM) != 0;
    }
    CHECK_INT(ended, 70);
    CHECK_INT(bytes, 10 * (2 + 2 + 70000 + 11 + 5 + 5 + 8));
    CHECK(now_ms() - since_ms < 2000);
    h2_hang_up(c);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(branches_run_side_by_side)
{
    struct harness h;

    CHECK(harness_start(&h, &work_service));
    const int fd = client_dial(&h);
    const uint64_t since_ms = now_ms();
    client_send(fd, GET("/fan/100"));
    check_body(fd, "100 of 100");
    CHECK(now_ms() - since_ms < 1000); /* one after the other they take ten seconds */
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(descriptors_are_waited_for)
{
    struct harness h;

    CHECK(harness_start(&h, &work_service));
    const int fd = client_dial(&h);
    client_send(fd, GET("/pipe/20"));
    check_body(fd, "FLARE_OK !");
    client_send(fd, GET("/pipe/260"));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 504);
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(queues_hand_over)
{
    struct harness h;

    harness_options.workers = 2;
    CHECK(harness_start(&h, &work_service));
    int fds[6];
    for (int i = 0; i < 6; i++)
        fds[i] = client_dial(&h);
    client_send(fds[0], GET("/pop"));
    sleep_ms(30);
    client_send(fds[1], GET("/push/one"));
    client_read(fds[1], &reply, false);
    CHECK_INT(reply.status, 204);
    check_body(fds[0], "one");
    /* Two find room, the third waits until one is taken. */
    client_send(fds[1], GET("/push/a"));
    client_read(fds[1], &reply, false);
    client_send(fds[1], GET("/push/b"));
    client_read(fds[1], &reply, false);
    client_send(fds[2], GET("/push/c"));
    sleep_ms(30);
    for (int i = 3; i < 6; i++) {
        char body[2] = {(char)('a' + i - 3), '\0'};

        client_send(fds[i], GET("/pop"));
        check_body(fds[i], body);
    }
    client_read(fds[2], &reply, false);
    CHECK_INT(reply.status, 204);
    client_send(fds[0], GET("/pop"));
    check_body(fds[0], "FLARE_ERR_TIMEOUT");
    for (int i = 0; i < 6; i++)
        close(fds[i]);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
    harness_options.workers = 1;
}

TEST(a_dropped_reply_is_500)
{
    struct harness h;

    CHECK(harness_start(&h, &work_service));
    CHECK_INT(client_status(&h, GET("/dropped")), 500);
    CHECK_INT(client_status(&h, GET("/early")), 200);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

/* ---- Faults ---- */

/* The seam is changed while no server runs; what it does, at any time. */
static atomic_bool failing;

static void *fail_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    if (!atomic_load(&failing))
        return mmap(at, bytes, protection, flags, fd, offset);
    errno = ENOMEM;
    return MAP_FAILED;
}

static int fail_pthread_create(pthread_t *made, const pthread_attr_t *attributes, void *(*run)(void *),
                               void *context)
{
    return atomic_load(&failing) ? EAGAIN : pthread_create(made, attributes, run, context);
}

TEST(without_stacks_it_is_503)
{
    struct harness h;

    atomic_store(&failing, true);
    flarei_sys.mmap = fail_mmap;
    CHECK(harness_start(&h, &work_service));
    CHECK_INT(client_status(&h, GET("/sleep/1")), 503);
    struct h2_client *c = h2_open(&h);
    h2_get(c, 1, "/quick");
    h2_read(c, 1, &answer);
    CHECK_INT(answer.status, 503);
    h2_hang_up(c);
    CHECK_INT(client_status(&h, GET("/early")), 200);
    harness_stop(&h);
    flarei_sys_reset();
    CHECK_INT(h.result, FLARE_OK);
}

TEST(without_threads_it_is_503)
{
    struct harness h;

    atomic_store(&failing, false);
    flarei_sys.pthread_create = fail_pthread_create;
    CHECK(harness_start(&h, &work_service));
    sleep_ms(50); /* its own threads are there */
    atomic_store(&failing, true);
    const int fd = client_dial(&h);
    client_send(
        fd, POST("/grind", "Content-Type: application/json\r\nContent-Length: 12\r\n", "{\"text\":\"a\"}"));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 503);
    client_send(fd, GET("/call/1"));
    check_body(fd, "FLARE_ERR_AGAIN 1");
    struct h2_client *c = h2_open(&h);
    h2_get(c, 1, "/blocking/until");
    h2_read(c, 1, &answer);
    CHECK_INT(answer.status, 503);
    h2_hang_up(c);
    atomic_store(&failing, false);
    client_send(fd, GET("/call/1"));
    check_body(fd, "FLARE_OK -1");
    close(fd);
    harness_stop(&h);
    flarei_sys_reset();
    CHECK_INT(h.result, FLARE_OK);
}

/* More than there are threads: the others wait for one, and are taken back when nobody waits for them. */
TEST(the_pool_is_bounded)
{
    struct harness h;
    int fds[6];

    harness_options.blocking_threads = 2;
    atomic_store(&work_running, 0);
    CHECK(harness_start(&h, &work_service));
    for (int i = 0; i < 6; i++) {
        fds[i] = client_dial(&h);
        client_send(fds[i], GET("/blocking/until"));
        sleep_ms(20);
    }
    CHECK_INT(atomic_load(&work_running), 2);
    for (int i = 5; i >= 0; i--)
        close(fds[i]);
    for (int i = 0; i < 1000 && atomic_load(&work_running) != 0; i++)
        sleep_ms(1);
    CHECK_INT(atomic_load(&work_running), 0);
    CHECK_INT(client_status(&h, GET("/call/1")), 200);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
    harness_options.blocking_threads = 0;
}

static void run_all(void)
{
    RUN(pipelined_replies_keep_their_order);
    RUN(bodies_are_there_when_the_handler_runs);
    RUN(streams_run_side_by_side);
    RUN(branches_run_side_by_side);
    RUN(descriptors_are_waited_for);
    RUN(a_dropped_reply_is_500);
}

int main(void)
{
    harness_each_way(run_all);
    RUN(queues_hand_over);
    RUN(without_stacks_it_is_503);
    RUN(without_threads_it_is_503);
    RUN(the_pool_is_bounded);
    return TEST_END();
}
