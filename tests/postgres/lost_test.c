/* A server that is away, goes or is slow, handlers that nobody waits for, and a system without memory or
 * descriptors. */
#include "allocator.h"
#include "harness.h"
#include "net/sys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- A server that is away, or goes ---- */

static void away(void *argument)
{
    flare_postgres_result result;

    (void)argument;
    for (int i = 0; i < 3; i++) {
        CHECK_INT(flare_postgres_query(pool, &result, "SELECT 1", NULL, 0), FLARE_ERR_REFUSED);
        CHECK(flare_postgres_unavailable(result.err) && result.sqlstate[0] == '\0');
        CHECK(strcmp(result.message, flare_err_text(FLARE_ERR_REFUSED)) == 0);
        flare_postgres_result_free(&result);
    }
}

TEST(it_is_away)
{
    flare_postgres *none;

    with_pool(&(flare_postgres_options){.conninfo = "host=/nonexistent", .retry_ms = 60000}, away);
    with_pool(&(flare_postgres_options){.conninfo = "host=127.0.0.1 port=1", .retry_ms = 60000}, away);
    with_pool(&(flare_postgres_options){.conninfo = "host=localhost port=1", .retry_ms = 60000}, away);
    with_pool(&(flare_postgres_options){.conninfo = "host=name.invalid", .retry_ms = 60000}, away);
    with_pool(&(flare_postgres_options){.conninfo = "dbname=nonexistent", .retry_ms = 60000}, away);
    CHECK_INT(flare_postgres_open(&none, &(flare_postgres_options){.conninfo = "host"}), FLARE_ERR_SYNTAX);
    CHECK(none == NULL);
}

/* A listener that answers nothing: how often is it tried? */
TEST(it_is_not_stormed)
{
    static struct asker askers[50];
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    char conninfo[64];
    int accepted = 0, fd;

    CHECK_INT(bind(listener, (struct sockaddr *)(void *)&address, bytes), 0);
    CHECK_INT(listen(listener, 100), 0);
    CHECK_INT(getsockname(listener, (struct sockaddr *)(void *)&address, &bytes), 0);
    (void)snprintf(conninfo, sizeof conninfo, "host=127.0.0.1 port=%d sslmode=disable",
                   ntohs(address.sin_port));
    open_pool(&(flare_postgres_options){.conninfo = conninfo, .connect_ms = 100, .retry_ms = 60000});
    for (int i = 0; i < 50; i++) {
        askers[i] = (struct asker){.sql = "SELECT 1"};
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

static void terminate(void *argument)
{
    char text[32];

    (void)argument;
    CHECK_INT(ask(pool, "SELECT pg_terminate_backend(pg_backend_pid())", text, sizeof text),
              FLARE_ERR_CLOSED);
    CHECK_INT(ask(pool, "SELECT 'back'", text, sizeof text), FLARE_OK);
    CHECK(strcmp(text, "back") == 0);
}

TEST(a_session_is_killed)
{
    with_pool(NULL, terminate);
}

/* The pool's connection goes while nobody uses it. */
static void idle_end(void *argument)
{
    flare_postgres *other;
    flare_postgres_result result;
    char text[32], sql[96];

    (void)argument;
    CHECK_INT(flare_postgres_open(&other, NULL), FLARE_OK);
    CHECK_INT(ask(pool, "SELECT pg_backend_pid()", text, sizeof text), FLARE_OK);
    (void)snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%s, 60000)", text);
    CHECK_INT(flare_postgres_query(other, &result, sql, NULL, 0), FLARE_OK);
    flare_postgres_result_free(&result);
    while (flare_postgres_connections(pool) > 0)
        CHECK_INT(flare_sleep(1), FLARE_OK);
    CHECK_INT(ask(pool, "SELECT 1", text, sizeof text), FLARE_OK);
    flare_postgres_close(other);
}

TEST(a_session_is_killed_while_idle)
{
    with_pool(NULL, idle_end);
}

/* ---- Waits that end ---- */

static const char sleeping[] =
    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(3600)%' AND state = 'active'"
    " AND pid <> pg_backend_pid()";

/* Until the server has stopped what nobody waits for. */
static void wait_for_none_asleep(void)
{
    flare_postgres *database;
    char text[32] = "";

    CHECK_INT(flare_postgres_open(&database, NULL), FLARE_OK);
    while (strcmp(text, "0") != 0) {
        CHECK_INT(ask(database, sleeping, text, sizeof text), FLARE_OK);
        CHECK_INT(flare_sleep(5), FLARE_OK);
    }
    flare_postgres_close(database);
}

static void too_slow(void *argument)
{
    char text[32];

    (void)argument;
    CHECK_INT(ask(pool, "SELECT pg_sleep(3600)", text, sizeof text), FLARE_ERR_TIMEOUT);
    wait_for_none_asleep();
}

TEST(an_answer_takes_too_long)
{
    with_pool(&(flare_postgres_options){.answer_ms = 500}, too_slow);
}

static struct flarei_cancel cancel;

static void cancel_it(void *argument)
{
    const struct asker *const behind = argument;
    char text[32] = "";

    while (strcmp(text, "1") != 0) {
        CHECK_INT(ask(pool, sleeping, text, sizeof text), FLARE_OK);
        CHECK_INT(flare_sleep(1), FLARE_OK);
    }
    CHECK(flarei_cancel_flip(&cancel, FLAREI_CANCEL_PEER));
    while (!behind->over)
        CHECK_INT(flare_sleep(1), FLARE_OK);
    wait_for_none_asleep();
    CHECK_INT(ask(pool, "SELECT 1", text, sizeof text), FLARE_OK);
}

TEST(nobody_waits_any_more)
{
    struct asker asleep = {.sql = "SELECT pg_sleep(3600)"}, again = {.sql = "SELECT 1"};

    open_pool(&(flare_postgres_options){.connections_max = 2, .pipeline_max = 1});
    flarei_cancel_init(&cancel);
    start(ask_one, &asleep, &cancel);
    start(cancel_it, &asleep, NULL);
    run_all();
    CHECK_INT(asleep.err, FLARE_ERR_CANCELLED);
    start(ask_one, &again, &cancel);
    run_all();
    CHECK_INT(again.err, FLARE_ERR_CANCELLED);
    close_pool();
}

/* The pool ends while connections are being opened and looked up. */
static void give_up(void *argument)
{
    char text[32];

    (void)argument;
    CHECK(flare_postgres_unavailable(ask(pool, "SELECT 1", text, sizeof text)));
}

TEST(a_pool_ends_early)
{
    static const char *const conninfos[] = {"host=localhost port=1", NULL};

    for (size_t i = 0; i < 2; i++) {
        open_pool(&(flare_postgres_options){.conninfo = conninfos[i]});
        flarei_cancel_init(&cancel);
        start(give_up, NULL, &cancel);
        CHECK_INT(flare_loop_run_once(loop, 0), FLARE_OK);
        CHECK(flarei_cancel_flip(&cancel, FLAREI_CANCEL_DEADLINE) || fibers.count == 0);
        run_all();
        close_pool();
    }
}

/* ---- Without memory or descriptors ---- */

static int no_duplicate(int fd)
{
    (void)fd;
    errno = EMFILE;
    return -1;
}

TEST(there_is_no_descriptor)
{
    flarei_sys.duplicate = no_duplicate;
    with_pool(&(flare_postgres_options){.retry_ms = 60000}, away);
    flarei_sys_reset();
}

static struct test_allocator heap;

static void without_memory(void *argument)
{
    const unsigned *const nth = argument;
    flare_postgres *transaction;
    flare_err err;
    char text[32];

    heap.fail_at = heap.calls + *nth;
    err = ask(pool, "SELECT 1", text, sizeof text);
    CHECK(err == FLARE_OK || err == FLARE_ERR_MEMORY || flare_postgres_unavailable(err));
    err = flare_postgres_begin(pool, &transaction);
    CHECK(err == FLARE_OK || err == FLARE_ERR_MEMORY || flare_postgres_unavailable(err));
    flare_postgres_rollback(transaction);
    heap.fail_at = 0;
    while (ask(pool, "SELECT 1", text, sizeof text) != FLARE_OK)
        CHECK_INT(flare_sleep(1), FLARE_OK);
}

TEST(there_is_no_memory)
{
    for (unsigned nth = 1; nth < 12; nth++) {
        test_allocator_use(&heap);
        open_pool(&(flare_postgres_options){.retry_ms = 1, .retry_max_ms = 1});
        start(without_memory, &nth, NULL);
        run_all();
        close_pool();
        test_allocator_use(NULL);
        CHECK_INT(heap.live, 0);
    }
}

int main(void)
{
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF});
    if (getenv("PGHOST") == NULL) {
        fprintf(stderr, "run it by cluster.py\n");
        return 1;
    }
    RUN(it_is_away);
    RUN(it_is_not_stormed);
    RUN(a_session_is_killed);
    RUN(a_session_is_killed_while_idle);
    RUN(an_answer_takes_too_long);
    RUN(nobody_waits_any_more);
    RUN(a_pool_ends_early);
    RUN(there_is_no_descriptor);
    RUN(there_is_no_memory);
    return TEST_END();
}
