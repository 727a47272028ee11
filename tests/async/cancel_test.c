/* Each kind of handler, each reason to end early, on each wire: within 50 ms it is told, its `partial: N` is
 * seen where somebody can still read it, and nothing is left behind. */
#include "../server/h2_client.h"
#include "handlers.h"
#include "test.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A sanitizer, or a machine with other work, is not held to it. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { usual_factor = 20 };
#else
enum { usual_factor = 1 };
#endif

static uint64_t most_ms(void)
{
    const char *const factor = getenv("FLARE_TEST_TIME_FACTOR");
    const int times = factor != NULL ? (int)strtol(factor, NULL, 10) : usual_factor;

    return 50u * (uint64_t)(times > 0 ? times : 1);
}

static struct reply reply;
static struct h2_answer answer;

enum kind { PLAIN, ASYNC, BLOCKING, DEFERRED, KINDS };
static const char *const kinds[] = {"plain", "async", "blocking", "deferred"};

static const char *request_of(enum kind kind, const char *what)
{
    static char text[128];

    (void)snprintf(text, sizeof text, "GET /%s/%s HTTP/1.1\r\nHost: test\r\n\r\n", kinds[kind], what);
    return text;
}

static const char *path_of(enum kind kind, const char *what)
{
    static char text[64];

    (void)snprintf(text, sizeof text, "/%s/%s", kinds[kind], what);
    return text;
}

static bool start(struct harness *h)
{
    atomic_store(&work_running, 0);
    atomic_store(&work_reason, 0);
    atomic_store(&work_told, 0);
    if (!harness_start(h, &work_service)) {
        CHECK(false);
        return false;
    }
    return true;
}

static void wait_for(int running)
{
    for (int i = 0; i < 3000 && atomic_load(&work_running) != running; i++)
        sleep_ms(1);
    CHECK_INT(atomic_load(&work_running), running);
}

static void check_told(uint64_t since_ms, flare_cancel reason)
{
    const uint64_t told_ms = atomic_load(&work_told);

    CHECK_INT(atomic_load(&work_reason), reason);
    CHECK(told_ms >= since_ms);
    if (told_ms > since_ms + most_ms()) {
        fprintf(stderr, "told after %llu ms\n", (unsigned long long)(told_ms - since_ms));
        CHECK(false);
    }
}

static void stop(struct harness *h)
{
    harness_stop(h);
    CHECK_INT(h->result, FLARE_OK);
}

static void fin(enum kind kind)
{
    struct harness h;

    if (!start(&h))
        return;
    const int fd = client_dial(&h);
    client_send(fd, request_of(kind, "until"));
    wait_for(1);
    sleep_ms(20);
    const uint64_t since_ms = now_ms();
    (void)shutdown(fd, SHUT_WR);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(strncmp(reply.body, "partial: ", 9) == 0 && reply.body[9] != '0');
    wait_for(0);
    check_told(since_ms, FLARE_CANCEL_PEER);
    close(fd);
    stop(&h);
}

static void rst(enum kind kind)
{
    const struct linger at_once = {.l_onoff = 1};
    struct harness h;

    if (!start(&h))
        return;
    const int fd = client_dial(&h);
    client_send(fd, request_of(kind, "until"));
    wait_for(1);
    const uint64_t since_ms = now_ms();
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
    wait_for(0);
    check_told(since_ms, FLARE_CANCEL_PEER);
    CHECK_INT(client_status(&h, GET("/quick")), 200);
    stop(&h);
}

static void h2_fin(enum kind kind)
{
    struct harness h;

    if (!start(&h))
        return;
    struct h2_client *c = h2_open(&h);
    h2_get(c, 1, path_of(kind, "until"));
    wait_for(1);
    const uint64_t since_ms = now_ms();
    h2_hang_up(c);
    wait_for(0);
    check_told(since_ms, FLARE_CANCEL_PEER);
    stop(&h);
}

static void h2_rst_stream(enum kind kind)
{
    const unsigned char code[4] = {0, 0, 0, 8};
    struct harness h;

    if (!start(&h))
        return;
    struct h2_client *c = h2_open(&h);
    h2_get(c, 1, path_of(kind, "until"));
    h2_get(c, 3, path_of(kind, "until"));
    wait_for(2);
    const uint64_t since_ms = now_ms();
    h2_frame(c, H2_RST_STREAM, 0, 1, code, sizeof code);
    h2_send(c);
    wait_for(1);
    check_told(since_ms, FLARE_CANCEL_PEER);
    h2_get(c, 5, "/quick");
    h2_read(c, 5, &answer); /* the others go on */
    CHECK_INT(answer.status, 200);
    h2_frame(c, H2_RST_STREAM, 0, 3, code, sizeof code);
    h2_send(c);
    wait_for(0);
    h2_hang_up(c);
    stop(&h);
}

static void drain(enum kind kind)
{
    struct harness h;

    if (!start(&h))
        return;
    const int fd = client_dial(&h);
    client_send(fd, request_of(kind, "until"));
    wait_for(1);
    sleep_ms(20);
    const uint64_t since_ms = now_ms();
    flare_server_stop(h.server);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(strncmp(reply.body, "partial: ", 9) == 0);
    wait_for(0);
    check_told(since_ms, FLARE_CANCEL_DRAIN);
    CHECK_INT(client_ended(fd), 1);
    close(fd);
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
}

static void h2_drain(enum kind kind)
{
    struct harness h;

    if (!start(&h))
        return;
    struct h2_client *c = h2_open(&h);
    h2_get(c, 1, path_of(kind, "until"));
    wait_for(1);
    const uint64_t since_ms = now_ms();
    flare_server_stop(h.server);
    h2_read(c, 1, &answer);
    CHECK_INT(answer.status, 200);
    wait_for(0);
    check_told(since_ms, FLARE_CANCEL_DRAIN);
    h2_hang_up(c);
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
}

static void deadline(enum kind kind)
{
    struct harness h;

    if (!start(&h))
        return;
    const uint64_t since_ms = now_ms();
    const int fd = client_dial(&h);
    client_send(fd, request_of(kind, "timed"));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(strncmp(reply.body, "partial: ", 9) == 0);
    check_told(since_ms + 200, FLARE_CANCEL_DEADLINE);
    client_send(fd, GET("/quick")); /* the connection goes on */
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    close(fd);
    struct h2_client *c = h2_open(&h);
    const uint64_t again_ms = now_ms();
    h2_get(c, 1, path_of(kind, "timed"));
    h2_read(c, 1, &answer);
    CHECK_INT(answer.status, 200);
    check_told(again_ms + 200, FLARE_CANCEL_DEADLINE);
    h2_hang_up(c);
    stop(&h);
}

TEST(fin_is_told)
{
    for (enum kind kind = PLAIN; kind < KINDS; kind++)
        fin(kind);
}

TEST(rst_is_told)
{
    for (enum kind kind = PLAIN; kind < KINDS; kind++)
        rst(kind);
}

TEST(fin_is_told_on_h2)
{
    for (enum kind kind = PLAIN; kind < KINDS; kind++)
        h2_fin(kind);
}

TEST(rst_stream_is_told)
{
    for (enum kind kind = ASYNC; kind < KINDS; kind++)
        h2_rst_stream(kind);
}

TEST(a_drain_is_told)
{
    for (enum kind kind = PLAIN; kind < KINDS; kind++) {
        drain(kind);
        h2_drain(kind);
    }
}

TEST(a_deadline_is_told)
{
    for (enum kind kind = ASYNC; kind < KINDS; kind++)
        deadline(kind);
}

/* It was told, and goes on: the peer gets a 503 half a second later, and the handler ends alone. */
TEST(a_handler_that_does_not_listen_keeps_nobody_waiting)
{
    for (enum kind kind = BLOCKING; kind < KINDS; kind++) {
        struct harness h;

        if (!start(&h))
            return;
        const uint64_t since_ms = now_ms();
        const int fd = client_dial(&h);
        client_send(fd, request_of(kind, "stubborn"));
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, 503);
        CHECK(reply.close);
        CHECK(now_ms() - since_ms >= 690 && now_ms() - since_ms < 990);
        CHECK_INT(client_ended(fd), 1);
        close(fd);
        wait_for(0);
        struct h2_client *c = h2_open(&h);
        h2_get(c, 1, path_of(kind, "stubborn"));
        h2_read(c, 1, &answer);
        CHECK_INT(answer.status, 503);
        h2_get(c, 3, "/quick");
        h2_read(c, 3, &answer);
        CHECK_INT(answer.status, 200);
        h2_hang_up(c);
        stop(&h); /* waits for the handler */
        CHECK_INT(atomic_load(&work_running), 0);
    }
}

/* What was on its way behind a request is neither read nor lost while its handler is at work. */
TEST(a_branch_is_cancelled_with_its_request)
{
    struct harness h;

    if (!start(&h))
        return;
    atomic_store(&work_running, 1);
    const int fd = client_dial(&h);
    client_send(fd, GET("/fan/100"));
    sleep_ms(30);
    const uint64_t since_ms = now_ms();
    (void)shutdown(fd, SHUT_WR);
    client_read(fd, &reply, false);
    CHECK(strcmp(reply.body, "0 of 100") == 0);
    check_told(since_ms, FLARE_CANCEL_PEER);
    close(fd);
    stop(&h);
}

TEST(a_handler_that_gives_up_says_503)
{
    struct harness h;

    if (!start(&h))
        return;
    CHECK_INT(client_status(&h, GET("/given-up")), 503);
    stop(&h);
}

static void run_all(void)
{
    RUN(fin_is_told);
    RUN(rst_is_told);
    RUN(fin_is_told_on_h2);
    RUN(rst_stream_is_told);
    RUN(a_drain_is_told);
    RUN(a_deadline_is_told);
    RUN(a_handler_that_does_not_listen_keeps_nobody_waiting);
    RUN(a_branch_is_cancelled_with_its_request);
    RUN(a_handler_that_gives_up_says_503);
}

int main(void)
{
    run_all();
    return TEST_END();
}
