/* A server that is away, goes, hangs or is something else, handlers that nobody waits for, and a system
 * without memory or descriptors. */
#include "allocator.h"
#include "harness.h"
#include "net/sys.h"

#include <errno.h>

/* ---- A server that is away ---- */

static void away(void *argument)
{
    flare_redis_reply reply;

    (void)argument;
    for (int i = 0; i < 3; i++) {
        CHECK_INT(flare_redis_ask(pool, &reply, FLARE_REDIS_WORDS(FLARE_STR("PING"))), FLARE_ERR_REFUSED);
        CHECK(flare_redis_unavailable(reply.err));
        CHECK(strcmp(reply.message, flare_err_text(FLARE_ERR_REFUSED)) == 0);
        flare_redis_reply_free(&reply);
    }
    CHECK_INT(flare_redis_connections(pool), 0);
}

TEST(it_is_away)
{
    static const char *const urls[] = {"unix:///nonexistent", "redis://127.0.0.1:1", "redis://localhost:1",
                                       "redis://name.invalid"};
    flare_redis *none;

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        with_pool(&(flare_redis_options){.url = urls[i], .connect_ms = 2000, .retry_ms = 60000}, away);
    CHECK_INT(flare_redis_open(&none, &(flare_redis_options){.url = "http://localhost"}), FLARE_ERR_SYNTAX);
    CHECK(none == NULL);
}

/* A listener that answers nothing: how often is it tried? */
TEST(it_is_not_stormed)
{
    static struct asker askers[50];
    struct sockaddr_in address;
    const int listener = loopback_socket(&address);
    char url[64];
    int accepted = 0, fd;

    CHECK_INT(listen(listener, 100), 0);
    CHECK_INT(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%d", ntohs(address.sin_port));
    open_pool(&(flare_redis_options){.url = url, .connect_ms = 100, .retry_ms = 60000});
    for (int i = 0; i < 50; i++) {
        askers[i] = (struct asker){.line = "PING"};
        start(ask_one, &askers[i], NULL);
    }
    run_all();
    for (int i = 0; i < 50; i++)
        CHECK_INT(askers[i].err, FLARE_ERR_REFUSED);
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        accepted++;
        (void)close(fd);
    }
    CHECK_INT(accepted, 1);
    close_pool();
    (void)close(listener);
}

/* ---- One that goes ---- */

static void ask_until_good(void)
{
    char text[64];

    while (ask(pool, "PING", text, sizeof text) != FLARE_OK)
        CHECK_INT(flare_sleep(1), FLARE_OK);
}

/* Under a handler that waits for an answer, then while nobody does. */
static void kill_it(void *argument)
{
    const struct asker *const waiting = argument;
    char text[64];

    server_kill(&server);
    while (!waiting->over)
        CHECK_INT(flare_sleep(1), FLARE_OK);
    while (flare_redis_connections(pool) > 0)
        CHECK_INT(flare_sleep(1), FLARE_OK);
    CHECK_INT(ask(pool, "PING", text, sizeof text), FLARE_ERR_REFUSED);
    CHECK(server_start(&server, NULL));
    ask_until_good();
    server_kill(&server);
    while (flare_redis_connections(pool) > 0)
        CHECK_INT(flare_sleep(1), FLARE_OK);
    CHECK(server_start(&server, NULL));
    ask_until_good();
}

static void first_ask(void *argument)
{
    (void)argument;
    ask_until_good();
}

TEST(it_is_killed_and_comes_back)
{
    struct asker waiting = {.line = "PING"};

    open_pool(&(flare_redis_options){.retry_ms = 1, .retry_max_ms = 5});
    start(first_ask, NULL, NULL);
    run_all();
    CHECK_INT(kill(server.process, SIGSTOP), 0);
    start(ask_one, &waiting, NULL);
    start(kill_it, &waiting, NULL);
    run_all();
    CHECK_INT(waiting.err, FLARE_ERR_CLOSED);
    close_pool();
}

/* ---- One that hangs ---- */

static void hang(void *argument)
{
    char text[64];

    (void)argument;
    ask_until_good();
    CHECK_INT(kill(server.process, SIGSTOP), 0);
    CHECK_INT(ask(pool, "SET late 1", text, sizeof text), FLARE_ERR_TIMEOUT);
    while (flare_redis_connections(pool) > 0)
        CHECK_INT(flare_sleep(1), FLARE_OK);
    CHECK(flare_redis_unavailable(ask(pool, "PING", text, sizeof text)));
    CHECK_INT(kill(server.process, SIGCONT), 0);
    while (ask(pool, "GET late", text, sizeof text) != FLARE_OK)
        CHECK_INT(flare_sleep(1), FLARE_OK);
    CHECK(strcmp(text, "1") == 0); /* what was sent was done, though nobody was told */
}

TEST(it_hangs)
{
    with_pool(&(flare_redis_options){.answer_ms = 100, .connect_ms = 200, .retry_ms = 1, .retry_max_ms = 5},
              hang);
}

static struct flarei_cancel cancel;

static void cancel_it(void *argument)
{
    const struct asker *const waiting = argument;

    CHECK(flarei_cancel_flip(&cancel, FLAREI_CANCEL_PEER));
    while (!waiting->over)
        CHECK_INT(flare_sleep(1), FLARE_OK);
    CHECK_INT(kill(server.process, SIGCONT), 0);
    ask_until_good();
    CHECK_ASK(pool, "ECHO right", "right");
}

TEST(nobody_waits_any_more)
{
    struct asker waiting = {.line = "ECHO wrong"}, again = {.line = "PING"};

    open_pool(&(flare_redis_options){.connections_max = 1});
    start(first_ask, NULL, NULL);
    run_all();
    CHECK_INT(kill(server.process, SIGSTOP), 0);
    flarei_cancel_init(&cancel);
    start(ask_one, &waiting, &cancel);
    start(cancel_it, &waiting, NULL);
    run_all();
    CHECK_INT(waiting.err, FLARE_ERR_CANCELLED);
    start(ask_one, &again, &cancel);
    run_all();
    CHECK_INT(again.err, FLARE_ERR_CANCELLED);
    close_pool();
}

/* A connection is shared by no more than may; who finds none in time is told. */
TEST(none_is_free)
{
    struct asker first = {.line = "PING"}, second = {.line = "PING"};

    open_pool(&(flare_redis_options){.connections_max = 1, .pipeline_max = 1, .acquire_ms = 50});
    start(first_ask, NULL, NULL);
    run_all();
    CHECK_INT(kill(server.process, SIGSTOP), 0);
    start(ask_one, &first, NULL);
    start(ask_one, &second, NULL);
    while (!second.over)
        CHECK_INT(flare_loop_run_once(loop, 1), FLARE_OK);
    CHECK_INT(second.err, FLARE_ERR_TIMEOUT);
    CHECK(!first.over);
    CHECK_INT(kill(server.process, SIGCONT), 0);
    run_all();
    CHECK_INT(first.err, FLARE_OK);
    close_pool();
}

/* The pool ends while a connection is being opened and looked up. */
TEST(a_pool_ends_early)
{
    static const char *const urls[] = {"redis://localhost:1", NULL};

    for (size_t i = 0; i < 2; i++) {
        struct asker asker = {.line = "PING"};

        open_pool(&(flare_redis_options){.url = urls[i]});
        flarei_cancel_init(&cancel);
        start(ask_one, &asker, &cancel);
        CHECK_INT(flare_loop_run_once(loop, 0), FLARE_OK);
        CHECK(flarei_cancel_flip(&cancel, FLAREI_CANCEL_DEADLINE) || fibers.count == 0);
        run_all();
        CHECK(flare_redis_unavailable(asker.err));
        close_pool();
    }
}

/* ---- One that is something else ---- */

/* A process that accepts once, and answers what it reads by one text after the other. @return its port */
static int play(const char *const *texts, pid_t *process)
{
    struct sockaddr_in address;
    const int listener = loopback_socket(&address);
    char bytes[256];
    int fd;

    CHECK_INT(listen(listener, 1), 0);
    *process = fork();
    if (*process != 0) {
        (void)close(listener);
        return ntohs(address.sin_port);
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    fd = accept(listener, NULL, NULL);
    (void)close(listener);
    for (; *texts != NULL && read(fd, bytes, sizeof bytes) > 0; texts++)
        if (write(fd, *texts, strlen(*texts)) < 0)
            _exit(1);
    while (read(fd, bytes, sizeof bytes) > 0)
        continue;
    _exit(0);
}

static void with_player(const char *const *texts, flare_err want)
{
    struct asker first = {.line = "GET a"}, second = {.line = "GET b"};
    pid_t process;
    const int port = play(texts, &process);
    char url[64];

    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%d", port);
    open_pool(&(flare_redis_options){.url = url, .connections_max = 1, .retry_ms = 60000});
    start(ask_one, &first, NULL);
    start(ask_one, &second, NULL);
    run_all();
    CHECK_INT(first.err, want);
    CHECK_INT(second.err, want == FLARE_ERR_REFUSED ? want : FLARE_ERR_CLOSED);
    CHECK_INT(flare_redis_connections(pool), 0);
    close_pool();
    CHECK_INT(waitpid(process, NULL, 0), process);
}

TEST(it_is_something_else)
{
    with_player((const char *[]){"HTTP/1.1 400 Bad Request\r\n\r\n", NULL}, FLARE_ERR_REFUSED);
    with_player((const char *[]){"-LOADING Redis is loading\r\n", NULL}, FLARE_ERR_REFUSED);
    with_player((const char *[]){"-ERR max number of clients reached\r\n", NULL}, FLARE_ERR_REFUSED);
    with_player((const char *[]){"+PONG\r\n", "$x\r\n", NULL}, FLARE_ERR_SYNTAX);
    with_player((const char *[]){"+PONG\r\n", "?", NULL}, FLARE_ERR_SYNTAX);
}

/* ---- Without memory or descriptors ---- */

static int no_socket(int domain, int type, int protocol)
{
    (void)domain, (void)type, (void)protocol;
    errno = EMFILE;
    return -1;
}

TEST(there_is_no_descriptor)
{
    flarei_sys.socket = no_socket;
    with_pool(&(flare_redis_options){.retry_ms = 60000}, away);
    flarei_sys_reset();
}

static struct test_allocator heap;

static void without_memory(void *argument)
{
    const unsigned *const nth = argument;
    flare_err err;
    char text[64];

    heap.fail_at = heap.calls + *nth;
    for (int i = 0; i < 2; i++) {
        err = ask(pool, "ECHO some", text, sizeof text);
        CHECK(err == FLARE_OK || err == FLARE_ERR_MEMORY || flare_redis_unavailable(err));
    }
    heap.fail_at = 0;
    ask_until_good();
}

TEST(there_is_no_memory)
{
    bool failed = true;

    for (unsigned nth = 1; nth < 100 && failed; nth++) {
        test_allocator_use(&heap);
        open_pool(&(flare_redis_options){.retry_ms = 1, .retry_max_ms = 1});
        heap.calls = 0;
        start(without_memory, &nth, NULL);
        run_all();
        failed = heap.calls >= nth;
        close_pool();
        test_allocator_use(NULL);
        CHECK_INT(heap.live, 0);
    }
    CHECK(!failed);
}

/* Opening a pool itself. */
TEST(there_is_no_memory_for_a_pool)
{
    for (unsigned nth = 1; nth <= 2; nth++) {
        flare_redis *none;

        heap = (struct test_allocator){.fail_at = nth};
        test_allocator_use(&heap);
        CHECK_INT(flare_redis_open(&none, NULL), FLARE_ERR_MEMORY);
        CHECK(none == NULL);
        test_allocator_use(NULL);
        CHECK_INT(heap.live, 0);
    }
}

int main(void)
{
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF});
    if (!server_make(&server, NULL))
        return server_skipped(&server);
    RUN(there_is_no_memory); /* it sets an allocator, so before there are threads */
    RUN(there_is_no_memory_for_a_pool);
    RUN(it_is_away);
    RUN(it_is_not_stormed);
    RUN(it_is_killed_and_comes_back);
    RUN(it_hangs);
    RUN(nobody_waits_any_more);
    RUN(none_is_free);
    RUN(a_pool_ends_early);
    RUN(it_is_something_else);
    RUN(there_is_no_descriptor);
    server_remove(&server);
    return TEST_END();
}
