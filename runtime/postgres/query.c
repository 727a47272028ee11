/* query.c - what handlers call: statements, and transactions. */
#include "fiber/fiber.h"
#include "postgres/connection.h"
#include "postgres/result.h"
#include "postgres/values.h"

#include <flare/assert.h>
#include <flare/memory.h>

bool flare_postgres_unavailable(flare_err err)
{
    return flarei_orders_unavailable(err);
}

static flare_err fail_all(flare_postgres_command *commands, size_t count, flare_err err)
{
    for (size_t i = 0; i < count; i++)
        flarei_postgres_result_fail(&commands[i].result, err);
    return err;
}

static flare_err run(struct flare_postgres *database, flare_postgres_command *commands, size_t count,
                     struct flare_postgres *transaction)
{
    struct flarei_postgres_pool *const pool = database->pool;
    struct flarei_fiber *const fiber = flarei_orders_caller(&pool->orders);
    struct flarei_postgres_order *order;
    flare_err err = fiber == NULL ? FLARE_ERR_STATE : flarei_fiber_cancelled(fiber, false);

    for (size_t i = 0; i < count && err == FLARE_OK; i++)
        err = flarei_postgres_values_check(commands[i].values, commands[i].count);
    if (err == FLARE_OK && database->transaction && database->held == NULL)
        err = FLARE_ERR_CLOSED;
    if (err != FLARE_OK)
        return fail_all(commands, count, err);
    order = flarei_postgres_order_new(commands, count);
    if (order == NULL)
        return fail_all(commands, count, FLARE_ERR_MEMORY);
    pool->threads = fiber->home->threads;
    order->order.fiber = fiber;
    order->order.alone = transaction != NULL;
    order->transaction = transaction;
    flarei_orders_carry_out(&pool->orders, &order->order,
                            database->transaction ? &database->held->line : NULL);
    for (size_t i = 0; i < count && err == FLARE_OK; i++)
        err = commands[i].result.err;
    return err;
}

/* ---- Statements ---- */

flare_err flare_postgres_query_all(flare_postgres *database, flare_postgres_command *commands, size_t count)
{
    return count == 0 ? FLARE_OK : run(database, commands, count, NULL);
}

flare_err flare_postgres_query(flare_postgres *database, flare_postgres_result *result, const char *sql,
                               const flare_postgres_value *values, size_t count)
{
    flare_postgres_command command = {.sql = sql, .values = values, .count = count};
    const flare_err err = run(database, &command, 1, NULL);

    *result = command.result;
    return err;
}

/* ---- Transactions ---- */

static void transaction_free(struct flare_postgres *transaction)
{
    if (transaction->held != NULL)
        flarei_postgres_connection_release(transaction->held);
    flarei_free(transaction);
}

flare_err flare_postgres_begin(flare_postgres *pool, flare_postgres **transaction)
{
    flare_postgres_command begin = {.sql = "BEGIN", .unprepared = true};
    flare_err err;

    *transaction = NULL;
    if (!FLARE_ASSERT(!pool->transaction, "a transaction has none in it: use savepoints"))
        return FLARE_ERR_STATE;
    *transaction = flarei_calloc(1, sizeof **transaction);
    if (*transaction == NULL)
        return FLARE_ERR_MEMORY;
    (*transaction)->pool = pool->pool;
    (*transaction)->transaction = true;
    err = run(pool, &begin, 1, *transaction);
    flare_postgres_result_free(&begin.result);
    if (err != FLARE_OK) {
        flare_postgres_rollback(*transaction);
        *transaction = NULL;
    }
    return err;
}

flare_err flare_postgres_commit(flare_postgres *transaction)
{
    flare_postgres_command commit = {.sql = "COMMIT", .unprepared = true};
    flare_err err = run(transaction, &commit, 1, NULL);

    /* Of a transaction in which a statement failed, the server makes a rollback. */
    if (err == FLARE_OK && strcmp(PQcmdStatus(commit.result.result), "COMMIT") != 0)
        err = FLARE_ERR_STATE;
    flare_postgres_result_free(&commit.result);
    if (err == FLARE_OK || err == FLARE_ERR_STATE)
        transaction_free(transaction);
    else
        flare_postgres_rollback(transaction);
    return err;
}

void flare_postgres_rollback(flare_postgres *transaction)
{
    if (transaction == NULL)
        return;
    if (transaction->held != NULL) {
        struct flarei_postgres_connection *const held = transaction->held;

        transaction->held = NULL;
        flarei_postgres_connection_roll_back(held);
    }
    flarei_free(transaction);
}
