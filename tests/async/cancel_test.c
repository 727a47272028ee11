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

enum { TIME_MS = 50 }; /* of the `timed` handlers */
enum kind { PLAIN, ASYNC, BLOCKING, DEFERRED, STREAM, BLOCKING_STREAM, KINDS };
static const char *const kinds[] = {"plain", "async", "blocking", "deferred", "stream", "blocking-stream"};

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

/* What a handler that was told says, or the end of a stream's pieces. */
static void check_partial(int fd, enum kind kind, bool begun)
{
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    if (kind < STREAM) {
        CHECK(strncmp(reply.body, "partial: ", 9) == 0 && (!begun || reply.body[9] != '0'));
        return;
    }
    for (ssize_t got = 1; got > 0 && strstr(reply.body, "\r\n0\r\n\r\n") == NULL;) {
        got = recv(fd, reply.body + reply.body_bytes, sizeof reply.body - 1 - reply.body_bytes, 0);
        reply.body_bytes += got > 0 ? (size_t)got : 0;
        reply.body[reply.body_bytes] = '\0';
    }
    CHECK(strncmp(reply.body, "1\r\n.\r\n", 6) == 0);
    const char *const partial = strstr(reply.body, "\r\npartial: ");
    CHECK(partial != NULL && (!begun || partial[11] != '0'));
    CHECK(strstr(reply.body, "\r\n0\r\n\r\n") != NULL);
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

/* How long after `since_ms` the handler was told, and that it was told why. */
static uint64_t told_after(uint64_t since_ms, flare_cancel reason)
{
    const uint64_t told_ms = atomic_load(&work_told);

    CHECK_INT(atomic_load(&work_reason), reason);
    CHECK(told_ms >= since_ms);
    return told_ms - since_ms;
}

static void stop(struct harness *h)
{
    harness_stop(h);
    CHECK_INT(h->result, FLARE_OK);
}

/* Each measures once: how many milliseconds it took until the handler was told. */

static uint64_t fin(enum kind kind)
{
    struct harness h;

    if (!start(&h))
        return 0;
    const int fd = client_dial(&h);
    client_send(fd, request_of(kind, "until"));
    wait_for(1);
    sleep_ms(20);
    const uint64_t since_ms = now_ms();
    (void)shutdown(fd, SHUT_WR);
    check_partial(fd, kind, true);
    wait_for(0);
    close(fd);
    stop(&h);
    return told_after(since_ms, FLARE_CANCEL_PEER);
}

static uint64_t rst(enum kind kind)
{
    const struct linger at_once = {.l_onoff = 1};
    struct harness h;

    if (!start(&h))
        return 0;
    const int fd = client_dial(&h);
    client_send(fd, request_of(kind, "until"));
    wait_for(1);
    const uint64_t since_ms = now_ms();
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
    wait_for(0);
    CHECK_INT(client_status(&h, GET("/quick")), 200);
    stop(&h);
    return told_after(since_ms, FLARE_CANCEL_PEER);
}

static uint64_t h2_fin(enum kind kind)
{
    struct harness h;

    if (!start(&h))
        return 0;
    struct h2_client *c = h2_open(&h);
    h2_get(c, 1, path_of(kind, "until"));
    wait_for(1);
    const uint64_t since_ms = now_ms();
    h2_hang_up(c);
    wait_for(0);
    stop(&h);
    return told_after(since_ms, FLARE_CANCEL_PEER);
}

/* Of two that are at work one is taken back; of plain handlers one runs at a time. */
static uint64_t h2_rst_stream(enum kind kind)
{
    const unsigned char code[4] = {0, 0, 0, 8};
    const int others = kind == PLAIN ? 0 : 1;
    struct harness h;
    uint64_t after_ms;

    if (!start(&h))
        return 0;
    struct h2_client *c = h2_open(&h);
    if (others != 0)
        h2_get(c, 1, path_of(kind, "until"));
    h2_get(c, 3, path_of(kind, "until"));
    wait_for(1 + others);
    const uint64_t since_ms = now_ms();
    h2_frame(c, H2_PING, 0, 0, "12345678", 8); /* in front of it, and of another stream */
    h2_frame(c, H2_RST_STREAM, 0, 3, code, sizeof code);
    h2_send(c);
    wait_for(others);
    after_ms = told_after(since_ms, FLARE_CANCEL_PEER);
    h2_get(c, 5, "/quick");
    h2_read(c, 5, &answer); /* the others go on */
    CHECK_INT(answer.status, 200);
    h2_frame(c, H2_RST_STREAM, 0, 1, code, sizeof code);
    if (others != 0)
        h2_send(c);
    wait_for(0);
    h2_hang_up(c);
    stop(&h);
    return after_ms;
}

static uint64_t drain(enum kind kind)
{
    struct harness h;

    if (!start(&h))
        return 0;
    const int fd = client_dial(&h);
    client_send(fd, request_of(kind, "until"));
    wait_for(1);
    sleep_ms(20);
    const uint64_t since_ms = now_ms();
    flare_server_stop(h.server);
    check_partial(fd, kind, false);
    wait_for(0);
    CHECK_INT(client_ended(fd), 1);
    close(fd);
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
    return told_after(since_ms, FLARE_CANCEL_DRAIN);
}

static uint64_t h2_drain(enum kind kind)
{
    struct harness h;

    if (!start(&h))
        return 0;
    struct h2_client *c = h2_open(&h);
    h2_get(c, 1, path_of(kind, "until"));
    wait_for(1);
    const uint64_t since_ms = now_ms();
    flare_server_stop(h.server);
    h2_read(c, 1, &answer);
    CHECK_INT(answer.status, 200);
    wait_for(0);
    h2_hang_up(c);
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
    return told_after(since_ms, FLARE_CANCEL_DRAIN);
}

static uint64_t deadline(enum kind kind)
{
    struct harness h;

    if (!start(&h))
        return 0;
    const uint64_t since_ms = now_ms();
    const int fd = client_dial(&h);
    client_send(fd, request_of(kind, "timed"));
    check_partial(fd, kind, false);
    client_send(fd, GET("/quick")); /* the connection goes on */
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    close(fd);
    stop(&h);
    return told_after(since_ms + TIME_MS, FLARE_CANCEL_DEADLINE);
}

static uint64_t h2_deadline(enum kind kind)
{
    struct harness h;

    if (!start(&h))
        return 0;
    struct h2_client *c = h2_open(&h);
    const uint64_t since_ms = now_ms();
    h2_get(c, 1, path_of(kind, "timed"));
    h2_read(c, 1, &answer);
    CHECK_INT(answer.status, 200);
    h2_hang_up(c);
    stop(&h);
    return told_after(since_ms + TIME_MS, FLARE_CANCEL_DEADLINE);
}

/* What the machine does meanwhile is in a measurement too, so the median of five counts: three that are good
 * are enough. */
static void check_median(const char *what, uint64_t (*measure)(enum kind kind), enum kind kind)
{
    enum { MOST = 5, ENOUGH = MOST / 2 + 1 };

    uint64_t after_ms[MOST];
    int count = 0, good = 0;

    while (good < ENOUGH && count - good < ENOUGH) {
        after_ms[count] = measure(kind);
        good += after_ms[count++] <= most_ms();
    }
    for (int i = 0; i < count && good < ENOUGH; i++)
        fprintf(stderr, "%s, %s: told after %llu ms\n", what, kinds[kind], (unsigned long long)after_ms[i]);
    CHECK(good == ENOUGH);
}

TEST(every_kind_of_handler_is_told)
{
    static const struct {
        const char *what;
        uint64_t (*measure)(enum kind kind);
    } reasons[] = {
        {"FIN", fin},     {"FIN on h2", h2_fin},     {"RST", rst},           {"RST_STREAM", h2_rst_stream},
        {"drain", drain}, {"drain on h2", h2_drain}, {"deadline", deadline}, {"deadline on h2", h2_deadline},
    };

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        for (enum kind kind = PLAIN; kind < KINDS; kind++)
            check_median(reasons[i].what, reasons[i].measure, kind);
}

/* It was told, and goes on: the peer gets a 503 half a second later, and the handler ends alone. */
TEST(a_handler_that_does_not_listen_keeps_nobody_waiting)
{
    for (enum kind kind = BLOCKING; kind <= DEFERRED; kind++) {
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
static uint64_t branches(enum kind kind)
{
    struct harness h;

    (void)kind;
    if (!start(&h))
        return 0;
    atomic_store(&work_running, 1);
    const int fd = client_dial(&h);
    client_send(fd, GET("/fan/100"));
    sleep_ms(30);
    const uint64_t since_ms = now_ms();
    (void)shutdown(fd, SHUT_WR);
    client_read(fd, &reply, false);
    CHECK(strcmp(reply.body, "0 of 100") == 0);
    close(fd);
    stop(&h);
    return told_after(since_ms, FLARE_CANCEL_PEER);
}

TEST(a_branch_is_cancelled_with_its_request)
{
    check_median("FIN, of branches", branches, ASYNC);
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
    RUN(every_kind_of_handler_is_told);
    RUN(a_handler_that_does_not_listen_keeps_nobody_waiting);
    RUN(a_branch_is_cancelled_with_its_request);
    RUN(a_handler_that_gives_up_says_503);
}

int main(void)
{
    run_all();
    return TEST_END();
}
