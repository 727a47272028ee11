/* Queries on a real server, which cluster.py runs: results, pipelines, transactions, and all that can fail.
 */
#include "fiber/fiber.h"
#include "fiber/threads.h"
#include "net/sys.h"
#include "test.h"

#include <flare/await.h>
#include <flare/log.h>
#include <flare/memory.h>
#include <flare/postgres.h>

#include <math.h>
#include <stdlib.h>

static flare_loop *loop;
static struct flarei_fibers fibers;
static struct flarei_threads *threads;
static flare_postgres *pool;

static void open_pool(const flare_postgres_options *options)
{
    CHECK_INT(flare_loop_create(&loop, FLARE_LOOP_DEFAULT), FLARE_OK);
    threads = flarei_threads_new(2);
    flarei_fibers_init(&fibers, loop, FLAREI_FIBER_STACK_BYTES);
    fibers.threads = threads;
    CHECK_INT(flare_postgres_open(&pool, options), FLARE_OK);
}

static void close_pool(void)
{
    flare_postgres_close(pool);
    flarei_fibers_clear(&fibers);
    flarei_threads_free(threads);
    flare_loop_destroy(loop);
}

static void start(void (*run)(void *argument), void *argument, struct flarei_cancel *cancel)
{
    enum flarei_fiber_state state;
    /* A fiber keeps the address: one for each function that tests run. */
    static struct flarei_fiber_calls calls[64];
    size_t i = 0;

    while (calls[i].run != NULL && calls[i].run != run)
        i++;
    calls[i].run = run;
    CHECK(flarei_fiber_start(&fibers, &calls[i], argument, cancel, &state) != NULL);
}

/* Runs the loop until no fiber is left, or for far too long. */
static void run_all(void)
{
    for (int i = 0; i < 30000 && fibers.count != 0; i++)
        CHECK_INT(flare_loop_run_once(loop, 1), FLARE_OK);
    CHECK_INT(fibers.count, 0);
}

static void with_pool(const flare_postgres_options *options, void (*run)(void *argument))
{
    open_pool(options);
    start(run, NULL, NULL);
    run_all();
    close_pool();
}

/* A query whose one value is looked at as text. */
static flare_err ask(flare_postgres *database, const char *sql, char *out, size_t room)
{
    flare_postgres_result result;
    flare_str text = FLARE_STR("");
    const flare_err err = flare_postgres_query(database, &result, sql, NULL, 0);

    if (err == FLARE_OK && flare_postgres_get_text(&result, 0, 0, &text) != FLARE_OK)
        text = FLARE_STR("(nothing)");
    (void)snprintf(out, room, "%.*s", FLARE_STR_ARG(text));
    CHECK_INT(result.err, err);
    flare_postgres_result_free(&result);
    return err;
}

/* ---- Values and results ---- */

static void all_types(void *argument)
{
    flare_postgres_result result;
    int64_t number = 0;
    double real = 0;
    bool truth = false;
    flare_str str;

    (void)argument;
    CHECK_INT(flare_postgres_query(pool, &result,
                                   "SELECT $1::int8, $2::float8, $3::bool, $4::text, $5::bytea, $6::int4, "
                                   "$1::int8 + 1, 'NaN'::float8",
                                   FLARE_POSTGRES_VALUES(flare_postgres_i64(INT64_MIN),
                                                         flare_postgres_f64(0.1), flare_postgres_bool(true),
                                                         flare_postgres_text(FLARE_STR("h\xc3\xa9 'x'")),
                                                         flare_postgres_bytes((flare_str){"\0\xff\\x", 4}),
                                                         flare_postgres_null())),
              FLARE_OK);
    CHECK_INT(result.row_count, 1);
    CHECK_INT(result.column_count, 8);
    CHECK_INT(result.affected, 1);
    CHECK(result.message[0] == '\0' && result.sqlstate[0] == '\0');
    CHECK_INT(flare_postgres_get_i64(&result, 0, 0, &number), FLARE_OK);
    CHECK(number == INT64_MIN);
    CHECK_INT(flare_postgres_get_f64(&result, 0, 1, &real), FLARE_OK);
    CHECK(real == 0.1);
    CHECK_INT(flare_postgres_get_bool(&result, 0, 2, &truth), FLARE_OK);
    CHECK(truth);
    CHECK_INT(flare_postgres_get_text(&result, 0, 3, &str), FLARE_OK);
    CHECK_STR(str, "h\xc3\xa9 'x'");
    CHECK_INT(flare_postgres_get_bytes(&result, 0, 4, &str), FLARE_OK);
    CHECK(str.len == 4 && memcmp(str.ptr, "\0\xff\\x", 4) == 0);
    CHECK_INT(flare_postgres_get_bytes(&result, 0, 4, &str), FLARE_OK);
    CHECK(flare_postgres_is_null(&result, 0, 5));
    CHECK_INT(flare_postgres_get_i64(&result, 0, 5, &number), FLARE_ERR_NOT_FOUND);
    CHECK_INT(flare_postgres_get_i64(&result, 1, 0, &number), FLARE_ERR_NOT_FOUND);
    CHECK_INT(flare_postgres_get_i64(&result, 0, 8, &number), FLARE_ERR_NOT_FOUND);
    CHECK_INT(flare_postgres_get_i64(&result, 0, 3, &number), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_postgres_get_bool(&result, 0, 3, &truth), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_postgres_get_bytes(&result, 0, 3, &str), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_postgres_get_i64(&result, 0, 6, &number), FLARE_OK);
    CHECK(number == INT64_MIN + 1);
    CHECK_INT(flare_postgres_get_f64(&result, 0, 7, &real), FLARE_OK);
    CHECK(isnan(real));
    flare_postgres_result_free(&result);
    flare_postgres_result_free(&result);
}

TEST(values_come_back)
{
    with_pool(NULL, all_types);
}

/* ---- Errors of statements ---- */

static void errors(void *argument)
{
    flare_postgres_result result;
    char text[64];

    (void)argument;
    CHECK_INT(flare_postgres_query(pool, &result, "SELEKT", NULL, 0), FLARE_ERR_ARGUMENT);
    CHECK(strcmp(result.sqlstate, "42601") == 0);
    CHECK(strstr(result.message, "SELEKT") != NULL);
    flare_postgres_result_free(&result);
    /* A text that could not be prepared is tried again, and is known once it was. */
    CHECK_INT(ask(pool, "SELECT count(*) FROM made_late", text, sizeof text), FLARE_ERR_ARGUMENT);
    CHECK_INT(ask(pool, "CREATE TABLE made_late (id int8 PRIMARY KEY)", text, sizeof text), FLARE_OK);
    CHECK_INT(ask(pool, "SELECT count(*) FROM made_late", text, sizeof text), FLARE_OK);
    CHECK(strcmp(text, "0") == 0);
    for (int i = 0; i < 2; i++) {
        const flare_err err = flare_postgres_query(pool, &result, "INSERT INTO made_late VALUES ($1)",
                                                   FLARE_POSTGRES_VALUES(flare_postgres_i64(1)));

        CHECK_INT(err, i == 0 ? FLARE_OK : FLARE_ERR_EXISTS);
        CHECK_INT(result.affected, i == 0);
        flare_postgres_result_free(&result);
    }
    CHECK_INT(ask(pool, "SELECT count(*) FROM made_late", text, sizeof text), FLARE_OK);
    CHECK(strcmp(text, "1") == 0);
    CHECK_INT(ask(pool, "DROP TABLE made_late", text, sizeof text), FLARE_OK);
    CHECK_INT(flare_postgres_query(pool, &result, "SELECT $1::text",
                                   FLARE_POSTGRES_VALUES(flare_postgres_text((flare_str){"a\0b", 3}))),
              FLARE_ERR_ARGUMENT);
    flare_postgres_result_free(&result);
    CHECK_INT(flare_postgres_connections(pool), 1);
    CHECK_INT(ask(pool, "COPY (SELECT 1) TO STDOUT", text, sizeof text), FLARE_ERR_UNSUPPORTED);
    CHECK_INT(ask(pool, "SELECT 'on'", text, sizeof text), FLARE_OK);
}

TEST(statements_fail_by_themselves)
{
    with_pool(NULL, errors);
}

int main(void)
{
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF});
    if (getenv("PGHOST") == NULL) {
        fprintf(stderr, "run it by cluster.py\n");
        return 1;
    }
    RUN(values_come_back);
    RUN(statements_fail_by_themselves);
    return TEST_END();
}
