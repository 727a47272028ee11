/* Lines of a body that is read as it comes: what is behind a line that is refused counts no more. */
#include "http/request.h"
#include "http/stream.h"

#include <flare/flow.h>
#include <flare/gen_json.h>

#include "test.h"

enum { ROOM = 8 };

static flare_str to_come;

static enum flarei_flow read_all(flare_request *rq, flare_str *piece)
{
    (void)rq;
    *piece = to_come;
    to_come = FLARE_STR("");
    return piece->len != 0 ? FLAREI_FLOW_ON : FLAREI_FLOW_END;
}

static void hop(flare_request *rq, void (*step)(flare_request *rq, void *argument), void *argument)
{
    step(rq, argument);
}

static flare_err wait_for_more(flare_request *rq)
{
    (void)rq;
    return FLARE_OK;
}

static bool next_number(flare_request *rq)
{
    struct flarei_json json;
    const char *at;

    return flarei_stream_line(rq, &json, &at) &&
           flarei_stream_line_end(rq, &json, at != NULL ? flarei_json_skip(&json, at, ROOM) : NULL);
}

/* @return how many lines are good, asked for four times; `*failed` whether the body was refused */
static unsigned count_lines(flare_str body, bool *failed)
{
    static const struct flarei_stream_calls calls = {.read = read_all, .hop = hop, .wait = wait_for_more};
    static const flare_limits limits = {.body_max_bytes = 1000, .memory_max_bytes = 1000};
    static const flare_service service;
    flare_request rq = {0};
    flare_arena arena;
    flare_buffer out;
    unsigned good = 0;

    to_come = body;
    flarei_arena_init(&arena, 256, 1 << 16);
    flarei_buffer_init(&out, 1 << 16);
    rq.arena = &arena;
    flarei_request_begin(&rq, &service, NULL, &out);
    rq.limits = &limits;
    rq.has_body = true;
    rq.body_complete = false;
    flarei_stream_of(&rq)->calls = &calls;
    for (int i = 0; i < 4; i++)
        good += next_number(&rq);
    *failed = flare_body_failed(&rq);
    flarei_stream_free(&rq);
    flarei_buffer_free(&out);
    flarei_arena_free(&arena);
    return good;
}

static void check(flare_str body, unsigned good, bool refused)
{
    bool failed;

    CHECK_INT(count_lines(body, &failed), good);
    CHECK(failed == refused);
}

TEST(lines_behind_a_refused_one)
{
    check(FLARE_STR("1\n2\n3\n"), 3, false);
    check(FLARE_STR("1\n\n \n2"), 2, false);
    check(FLARE_STR("1\n{\n3\n4\n"), 1, true);
    check(FLARE_STR("1\n[[[[[[[[[[1]]]]]]]]]]\n3\n"), 1, true);
    check(FLARE_STR("x"), 0, true);
}

int main(void)
{
    RUN(lines_behind_a_refused_one);
    return TEST_END();
}
