/* Pools on a loop of the test's own, and fibers that query. The server is what the environment says:
 * cluster.py runs one. */
#ifndef TESTS_POSTGRES_HARNESS_H
#define TESTS_POSTGRES_HARNESS_H

#include "fiber/fiber.h"
#include "fiber/threads.h"
#include "test.h"

#include <flare/await.h>
#include <flare/log.h>
#include <flare/postgres.h>

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

/* ---- A handler that asks for one thing ---- */

struct asker {
    const char *sql;
    char text[32];
    flare_err err;
    bool over;
};

static void ask_one(void *argument)
{
    struct asker *const asker = argument;

    asker->err = ask(pool, asker->sql, asker->text, sizeof asker->text);
    asker->over = true;
}

#endif
