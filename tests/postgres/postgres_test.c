/* Queries on a real server: values, results, errors of statements, pipelines, transactions. */
#include "harness.h"

#include <math.h>

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

/* ---- Several at once ---- */

TEST(handlers_share_a_connection)
{
    static struct asker askers[40];
    char sqls[40][64], wanted[16];

    open_pool(&(flare_postgres_options){.connections_max = 1});
    for (int i = 0; i < 40; i++) {
        (void)snprintf(sqls[i], sizeof sqls[i], i % 10 == 9 ? "SELECT %d / 0" : "SELECT %d", i);
        askers[i] = (struct asker){.sql = sqls[i]};
        start(ask_one, &askers[i], NULL);
    }
    run_all();
    for (int i = 0; i < 40; i++) {
        (void)snprintf(wanted, sizeof wanted, "%d", i);
        CHECK_INT(askers[i].err, i % 10 == 9 ? FLARE_ERR_ARGUMENT : FLARE_OK);
        if (i % 10 != 9)
            CHECK(strcmp(askers[i].text, wanted) == 0);
    }
    CHECK_INT(flare_postgres_connections(pool), 1);
    close_pool();
}

static void batch(void *argument)
{
    enum { COUNT = 300 }; /* more texts than are prepared */
    static flare_postgres_command commands[COUNT];
    static char sqls[COUNT][64];
    flare_postgres_value values[COUNT];
    int64_t number = 0;

    (void)argument;
    CHECK_INT(flare_postgres_query_all(pool, commands, 0), FLARE_OK);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
            (void)snprintf(sqls[i], sizeof sqls[i], "SELECT 1000 / $1::int8 + %d", i);
            values[i] = flare_postgres_i64(i == 7 ? 0 : 1);
            commands[i] = (flare_postgres_command){
                .sql = sqls[i], .values = &values[i], .count = 1, .unprepared = i % 5 == 0};
        }
        CHECK_INT(flare_postgres_query_all(pool, commands, COUNT), FLARE_ERR_ARGUMENT);
        for (int i = 0; i < COUNT; i++) {
            CHECK_INT(commands[i].result.err, i == 7 ? FLARE_ERR_ARGUMENT : FLARE_OK);
            if (i != 7) {
                CHECK_INT(flare_postgres_get_i64(&commands[i].result, 0, 0, &number), FLARE_OK);
                CHECK_INT(number, 1000 + i);
            }
            flare_postgres_result_free(&commands[i].result);
        }
    }
}

TEST(commands_are_answered_in_order)
{
    with_pool(NULL, batch);
    with_pool(&(flare_postgres_options){.unprepared = true}, batch);
}

/* Larger than what any buffer on the way holds, both ways. */
static void large(void *argument)
{
    const size_t len = (size_t)1 << 20;
    char *const text = malloc(len);
    flare_postgres_command commands[4];
    const flare_postgres_value value = flare_postgres_text((flare_str){text, len});

    (void)argument;
    memset(text, 'x', len);
    for (int i = 0; i < 4; i++)
        commands[i] = (flare_postgres_command){
            .sql = "SELECT $1::text, repeat('y', 1000000)", .values = &value, .count = 1};
    CHECK_INT(flare_postgres_query_all(pool, commands, 4), FLARE_OK);
    for (int i = 0; i < 4; i++) {
        flare_str got;

        CHECK_INT(flare_postgres_get_text(&commands[i].result, 0, 0, &got), FLARE_OK);
        CHECK(got.len == len && memcmp(got.ptr, text, len) == 0);
        CHECK_INT(flare_postgres_get_text(&commands[i].result, 0, 1, &got), FLARE_OK);
        CHECK_INT(got.len, 1000000);
        flare_postgres_result_free(&commands[i].result);
    }
    free(text);
}

/* By a name, over TCP, clear and in TLS. */
TEST(large_ones_pass)
{
    char conninfo[128];
    const char *const port = getenv("FLARE_TEST_PORT");

    with_pool(NULL, large);
    (void)snprintf(conninfo, sizeof conninfo, "host=localhost port=%s sslmode=disable", port);
    with_pool(&(flare_postgres_options){.conninfo = conninfo}, large);
    (void)snprintf(conninfo, sizeof conninfo, "host=127.0.0.1,localhost port=1,%s sslmode=require", port);
    with_pool(&(flare_postgres_options){.conninfo = conninfo}, large);
}

/* ---- Transactions ---- */

static void transactions(void *argument)
{
    flare_postgres *transaction;
    char text[32];

    (void)argument;
    CHECK_INT(ask(pool, "CREATE TABLE kept (id int8 PRIMARY KEY)", text, sizeof text), FLARE_OK);
    CHECK_INT(flare_postgres_begin(pool, &transaction), FLARE_OK);
    CHECK_INT(ask(transaction, "INSERT INTO kept VALUES (1)", text, sizeof text), FLARE_OK);
    CHECK_INT(ask(pool, "SELECT count(*) FROM kept", text, sizeof text), FLARE_OK);
    CHECK(strcmp(text, "0") == 0);
    flare_postgres_rollback(transaction);
    CHECK_INT(flare_postgres_begin(pool, &transaction), FLARE_OK);
    CHECK_INT(ask(transaction, "INSERT INTO kept VALUES (1)", text, sizeof text), FLARE_OK);
    CHECK_INT(flare_postgres_commit(transaction), FLARE_OK);
    CHECK_INT(flare_postgres_begin(pool, &transaction), FLARE_OK);
    CHECK_INT(ask(transaction, "INSERT INTO kept VALUES (2)", text, sizeof text), FLARE_OK);
    CHECK_INT(ask(transaction, "INSERT INTO kept VALUES (1)", text, sizeof text), FLARE_ERR_EXISTS);
    CHECK_INT(ask(transaction, "INSERT INTO kept VALUES (3)", text, sizeof text), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_postgres_commit(transaction), FLARE_ERR_STATE);
    CHECK_INT(ask(pool, "SELECT count(*) FROM kept", text, sizeof text), FLARE_OK);
    CHECK(strcmp(text, "1") == 0);
    /* One that lost its connection stays so, and ends as others do. */
    CHECK_INT(flare_postgres_begin(pool, &transaction), FLARE_OK);
    CHECK_INT(ask(transaction, "SELECT pg_terminate_backend(pg_backend_pid())", text, sizeof text),
              FLARE_ERR_CLOSED);
    CHECK_INT(ask(transaction, "SELECT 1", text, sizeof text), FLARE_ERR_CLOSED);
    CHECK_INT(flare_postgres_commit(transaction), FLARE_ERR_CLOSED);
    flare_postgres_rollback(NULL);
    /* A BEGIN of one's own does not stay with a connection of all. */
    CHECK_INT(ask(pool, "BEGIN", text, sizeof text), FLARE_OK);
    CHECK_INT(ask(pool, "INSERT INTO kept VALUES (4)", text, sizeof text), FLARE_OK);
    CHECK_INT(ask(pool, "SELECT count(*) FROM kept", text, sizeof text), FLARE_OK);
    CHECK(strcmp(text, "2") == 0);
    CHECK_INT(ask(pool, "DROP TABLE kept", text, sizeof text), FLARE_OK);
}

TEST(transactions_hold_a_connection)
{
    with_pool(NULL, transactions);
}

static void hold(void *argument)
{
    flare_postgres *first, *second;
    char text[32];

    (void)argument;
    while (flare_postgres_begin(pool, &first) != FLARE_OK)
        CHECK(first == NULL);
    CHECK_INT(ask(pool, "SELECT 1", text, sizeof text), FLARE_ERR_TIMEOUT);
    CHECK_INT(flare_postgres_begin(pool, &second), FLARE_ERR_TIMEOUT);
    CHECK(second == NULL);
    flare_postgres_rollback(first);
    while (ask(pool, "SELECT 'free'", text, sizeof text) != FLARE_OK)
        CHECK_INT(text[0], '\0');
}

TEST(none_is_free)
{
    with_pool(&(flare_postgres_options){.connections_max = 1, .acquire_ms = 100}, hold);
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
    RUN(handlers_share_a_connection);
    RUN(commands_are_answered_in_order);
    RUN(large_ones_pass);
    RUN(transactions_hold_a_connection);
    RUN(none_is_free);
    return TEST_END();
}
