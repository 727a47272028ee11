#include "postgres.flare.h"

#include <flare/number.h>
#include <flare/postgres.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { WORLDS = 10000, QUERIES_MAX = 500, TRIES = 5 };

/* ---- Of each worker: a pool of connections, and chance ---- */

struct bench_worker {
    flare_postgres *database;
    uint64_t chance;
};

/* Where the database is, the environment says: PGHOST, PGDATABASE and so on. */
struct bench_worker *bench_worker_open(void)
{
    struct bench_worker *const worker = calloc(1, sizeof *worker);

    if (worker != NULL && flare_postgres_open(&worker->database, NULL) == FLARE_OK) {
        worker->chance = (uint64_t)time(NULL) ^ (uintptr_t)worker;
        return worker;
    }
    free(worker);
    return NULL;
}

void bench_worker_close(struct bench_worker *worker)
{
    flare_postgres_close(worker->database);
    free(worker);
}

/* From 1 to WORLDS; splitmix64, which is no secret. */
static int32_t any_world(struct bench_worker *worker)
{
    uint64_t mixed = worker->chance += UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (int32_t)((mixed ^ (mixed >> 31)) % WORLDS) + 1;
}

static size_t count_of(flare_str text)
{
    int64_t count;
    const flare_err err = flare_i64_parse(text, &count);

    if (err == FLARE_ERR_RANGE && text.ptr[0] != '-')
        return QUERIES_MAX;
    return err != FLARE_OK || count < 1 ? 1 : count > QUERIES_MAX ? QUERIES_MAX : (size_t)count;
}

/* ---- Rows ---- */

static flare_err read_i32(const flare_postgres_result *result, size_t row, size_t column, int32_t *number)
{
    int64_t wide;
    const flare_err err = flare_postgres_get_i64(result, row, column, &wide);

    if (err == FLARE_OK)
        *number = (int32_t)wide;
    return err;
}

static flare_err read_world(const flare_postgres_result *result, bench_world *world)
{
    const flare_err err = read_i32(result, 0, 0, &world->id);

    return err != FLARE_OK ? err : read_i32(result, 0, 1, &world->random_number);
}

static const char world_by_id[] = "SELECT id, randomnumber FROM world WHERE id = $1";

/* So many worlds at random: all queries are sent at once, and answered in their order. */
static flare_err read_worlds(flare_request *rq, bench_world **worlds, size_t count)
{
    struct bench_worker *const worker = bench_worker_of(rq);
    flare_postgres_command *const commands = flare_alloc(rq, count * sizeof *commands);
    flare_postgres_value *const values = flare_alloc(rq, count * sizeof *values);
    flare_err err;

    *worlds = flare_alloc(rq, count * sizeof **worlds);
    if (commands == NULL || values == NULL || *worlds == NULL)
        return FLARE_ERR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        values[i] = flare_postgres_i64(any_world(worker));
        commands[i] = (flare_postgres_command){.sql = world_by_id, .values = &values[i], .count = 1};
    }
    err = flare_postgres_query_all(worker->database, commands, count);
    for (size_t i = 0; i < count; i++) {
        if (err == FLARE_OK)
            err = read_world(&commands[i].result, *worlds + i);
        flare_postgres_result_free(&commands[i].result);
    }
    return err;
}

/* ---- Without the database ---- */

bench_json_reply bench_json(flare_request *rq)
{
    return bench_json_ok(rq, &(bench_message){.message = FLARE_STR("Hello, World!")});
}

/* ---- One world, and several ---- */

bench_db_reply bench_db(flare_request *rq)
{
    bench_world *world;
    const flare_err err = read_worlds(rq, &world, 1);

    if (err == FLARE_OK)
        return bench_db_ok(rq, world);
    return flare_postgres_unavailable(err) ? bench_db_no_database(rq)
                                           : bench_db_fail(rq, flare_err_text(err));
}

bench_queries_reply bench_queries(flare_request *rq, const bench_queries_in *in)
{
    const size_t count = count_of(in->queries);
    bench_world *worlds;
    const flare_err err = read_worlds(rq, &worlds, count);

    if (err == FLARE_OK)
        return bench_queries_ok(rq, &(bench_world_array){worlds, count});
    return flare_postgres_unavailable(err) ? bench_queries_no_database(rq)
                                           : bench_queries_fail(rq, flare_err_text(err));
}

/* ---- Fortunes: a page, sorted here ---- */

static int by_message(const void *left, const void *right)
{
    const flare_str a = ((const bench_fortune *)left)->message, b = ((const bench_fortune *)right)->message;
    const int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static bench_fortunes_reply fortunes_page(flare_request *rq, const flare_postgres_result *result)
{
    const size_t count = result->row_count + 1;
    bench_fortune *const fortunes = flare_alloc(rq, count * sizeof *fortunes);

    if (fortunes == NULL)
        return bench_fortunes_fail(rq, "no memory");
    fortunes[0] = (bench_fortune){.id = 0, .message = FLARE_STR("Additional fortune added at request time.")};
    for (size_t i = 1; i < count; i++)
        if (read_i32(result, i - 1, 0, &fortunes[i].id) != FLARE_OK ||
            flare_postgres_get_text(result, i - 1, 1, &fortunes[i].message) != FLARE_OK)
            return bench_fortunes_fail(rq, "a fortune that is none");
    qsort(fortunes, count, sizeof *fortunes, by_message);
    return bench_fortunes_ok(rq, &(bench_listing){.fortunes = {fortunes, count}});
}

bench_fortunes_reply bench_fortunes(flare_request *rq)
{
    flare_postgres_result result;
    bench_fortunes_reply reply;
    const flare_err err = flare_postgres_query(bench_worker_of(rq)->database, &result,
                                               "SELECT id, message FROM fortune", NULL, 0);

    if (err == FLARE_OK)
        reply = fortunes_page(rq, &result);
    else if (flare_postgres_unavailable(err))
        reply = bench_fortunes_no_database(rq);
    else
        reply = bench_fortunes_fail(rq, result.message);
    flare_postgres_result_free(&result);
    return reply;
}

/* ---- Updates ---- */

static int by_id(const void *left, const void *right)
{
    return ((const bench_world *)left)->id - ((const bench_world *)right)->id;
}

/* An array of the server's, such as {1,2}, of one member of each world. */
static flare_str array_of(flare_request *rq, const bench_world *worlds, size_t count, bool of_ids)
{
    char *const text = flare_alloc(rq, count * 12 + 2);
    size_t len = 0;

    if (text == NULL)
        return FLARE_STR("");
    for (size_t i = 0; i < count; i++) {
        text[len++] = i == 0 ? '{' : ',';
        len += flare_i64_format(of_ids ? worlds[i].id : worlds[i].random_number, text + len);
    }
    text[len++] = '}';
    return (flare_str){text, len};
}

/* All in one statement. Two requests that change the same worlds may be in each other's way: then one of them
 * is told to try again. */
static flare_err write_worlds(flare_request *rq, const bench_world *worlds, size_t count)
{
    const flare_postgres_value values[] = {flare_postgres_text(array_of(rq, worlds, count, true)),
                                           flare_postgres_text(array_of(rq, worlds, count, false))};
    flare_err err = FLARE_ERR_AGAIN;

    for (int i = 0; i < TRIES && err == FLARE_ERR_AGAIN; i++) {
        flare_postgres_result result;

        err = flare_postgres_query(bench_worker_of(rq)->database, &result,
                                   "UPDATE world SET randomnumber = fresh.number "
                                   "FROM unnest($1::int4[], $2::int4[]) AS fresh (id, number) "
                                   "WHERE world.id = fresh.id",
                                   values, 2);
        flare_postgres_result_free(&result);
    }
    return err;
}

bench_updates_reply bench_updates(flare_request *rq, const bench_updates_in *in)
{
    const size_t count = count_of(in->queries);
    bench_world *worlds;
    flare_err err = read_worlds(rq, &worlds, count);

    if (err == FLARE_OK) {
        for (size_t i = 0; i < count; i++)
            worlds[i].random_number = any_world(bench_worker_of(rq));
        qsort(worlds, count, sizeof *worlds, by_id);
        err = write_worlds(rq, worlds, count);
    }
    if (err == FLARE_OK)
        return bench_updates_ok(rq, &(bench_world_array){worlds, count});
    return flare_postgres_unavailable(err) ? bench_updates_no_database(rq)
                                           : bench_updates_fail(rq, flare_err_text(err));
}
