/* The store of sessions by itself: what it keeps and says, on a fiber and off it, without Redis, and without
 * memory at any of its allocations. */
#include "allocator.h"
#include "harness.h"
#include "http/fixture.h"

#include "session/session.h"

static const flare_str value_one = FLARE_STR_INIT("{\"user\":1}"), value_two = FLARE_STR_INIT("{\"user\":2}");

static struct flarei_session session = {.cookie = FLAREI_INPUT(COOKIE, false, "login"),
                                        .purpose = FLARE_STR_INIT("session desk Login"),
                                        .attributes = FLARE_STR_INIT("; Path=/"),
                                        .store = &flarei_session_redis,
                                        .max_age_s = 1000,
                                        .idle_s = 100};

static flare_reply fixture_dispatch(flare_request *rq)
{
    return flarei_pass(rq);
}

/* The name that the reply sets last. */
static flare_str name_of(const flare_request *rq)
{
    flare_str value;

    if (rq->reply_field_count == 0)
        return (flare_str){NULL, 0};
    value = rq->reply_fields[rq->reply_field_count - 1].value;
    CHECK(value.len > strlen("login=") + FLAREI_SESSION_NAME_BYTES);
    return (flare_str){value.ptr + strlen("login="), FLAREI_SESSION_NAME_BYTES};
}

static void check_found(flare_request *rq, flare_str name, flare_str want)
{
    flare_str json = {NULL, 0};

    CHECK_INT(session.store->find(rq, &session, name, &json), FLARE_OK);
    CHECK(flare_str_equal(json, want));
}

static void check_none(flare_request *rq, flare_str name)
{
    flare_str json;

    CHECK_INT(session.store->find(rq, &session, name, &json), FLARE_ERR_NOT_FOUND);
}

static const flare_str nobody = FLARE_STR_INIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), none = FLARE_STR_INIT("");

static void life(void *argument)
{
    flare_request *const rq = fixture_begin();
    flare_str name, renewed;

    (void)argument;
    check_none(rq, nobody);
    check_none(rq, FLARE_STR("short"));
    CHECK_INT(session.store->save(rq, &session, none, value_one, false), FLARE_OK);
    name = name_of(rq);
    check_found(rq, name, value_one);
    CHECK_INT(session.store->save(rq, &session, name, value_two, false), FLARE_OK);
    CHECK_INT(rq->reply_field_count, 1);
    check_found(rq, name, value_two);
    CHECK_INT(session.store->save(rq, &session, name, value_one, true), FLARE_OK);
    renewed = name_of(rq);
    CHECK(!flare_str_equal(name, renewed));
    check_none(rq, name);
    check_found(rq, renewed, value_one);
    CHECK_INT(session.store->end(rq, &session, renewed), FLARE_OK);
    check_none(rq, renewed);
    /* A name that was not given out is not taken over. */
    CHECK_INT(session.store->save(rq, &session, nobody, value_one, false), FLARE_OK);
    check_none(rq, nobody);
    check_found(rq, name_of(rq), value_one);
}

/* Runs a function on a fiber, and ends what the store has on the loop. */
static void with_store(void (*run)(void *argument), void *argument)
{
    CHECK_INT(flare_loop_create(&loop, FLARE_LOOP_DEFAULT), FLARE_OK);
    flarei_fibers_init(&fibers, loop, FLAREI_FIBER_STACK_BYTES);
    start(run, argument, NULL);
    run_all();
    session.store->leave(loop);
    session.store->leave(loop);
    flarei_fibers_clear(&fibers);
    flare_loop_destroy(loop);
}

TEST(it_lives_and_ends)
{
    with_store(life, NULL);
}

TEST(only_fibers_wait)
{
    flare_request *const rq = fixture_begin();
    flare_str json;

    CHECK_INT(session.store->find(rq, &session, nobody, &json), FLARE_ERR_STATE);
    CHECK_INT(session.store->save(rq, &session, none, value_one, false), FLARE_ERR_STATE);
    CHECK_INT(session.store->end(rq, &session, nobody), FLARE_ERR_STATE);
}

TEST(a_wrong_url_is_found_at_the_start)
{
    CHECK_INT(session.store->open(&session), FLARE_OK);
    CHECK_INT(setenv("REDIS_URL", "http://localhost", 1), 0);
    CHECK_INT(session.store->open(&session), FLARE_ERR_SYNTAX);
    CHECK_INT(setenv("REDIS_URL", server.url, 1), 0);
}

static void away(void *argument)
{
    flare_request *const rq = fixture_begin();
    flare_str json;

    (void)argument;
    CHECK_INT(session.store->find(rq, &session, nobody, &json), FLARE_ERR_REFUSED);
    CHECK_INT(session.store->save(rq, &session, none, value_one, false), FLARE_ERR_REFUSED);
    CHECK_INT(session.store->end(rq, &session, nobody), FLARE_ERR_REFUSED);
    CHECK_INT(rq->reply_field_count, 0);
}

TEST(redis_is_away)
{
    CHECK_INT(setenv("REDIS_URL", "unix:///nonexistent", 1), 0);
    with_store(away, NULL);
    CHECK_INT(setenv("REDIS_URL", server.url, 1), 0);
}

/* ---- Without memory ---- */

static struct test_allocator heap;

static bool is_expected(flare_err err)
{
    return err == FLARE_OK || err == FLARE_ERR_MEMORY || flare_redis_unavailable(err);
}

static void without_memory(void *argument)
{
    const unsigned *const nth = argument;
    flare_request *const rq = fixture_begin();
    flare_str name, json;
    flare_err err;

    heap.calls = 0;
    heap.fail_at = *nth;
    err = session.store->save(rq, &session, none, value_one, false);
    CHECK(is_expected(err));
    name = name_of(rq);
    if (err == FLARE_OK) {
        err = session.store->find(rq, &session, name, &json);
        CHECK(is_expected(err));
        CHECK(is_expected(session.store->save(rq, &session, name, value_two, false)));
        CHECK(is_expected(session.store->save(rq, &session, name, value_two, true)));
        CHECK(is_expected(session.store->end(rq, &session, name)));
    }
    heap.fail_at = 0;
}

TEST(there_is_no_memory)
{
    bool failed = true;

    for (unsigned nth = 1; nth < 200 && failed; nth++) {
        test_allocator_use(&heap);
        with_store(without_memory, &nth);
        failed = heap.calls >= nth;
        flarei_arena_free(&fixture_arena);
        flarei_buffer_free(&fixture_out);
        test_allocator_use(NULL);
        CHECK_INT(heap.live, 0);
    }
    CHECK(!failed);
}

int main(void)
{
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF});
    if (!server_make(&server, NULL))
        return server_skipped(&server);
    CHECK_INT(setenv("REDIS_URL", server.url, 1), 0);
    RUN(there_is_no_memory);
    RUN(it_lives_and_ends);
    RUN(only_fibers_wait);
    RUN(a_wrong_url_is_found_at_the_start);
    RUN(redis_is_away);
    flarei_arena_free(&fixture_arena);
    flarei_buffer_free(&fixture_out);
    server_remove(&server);
    return TEST_END();
}
