/* A request's body as JSON, and the reply to one that is not taken. */
#include "http/reply.h"

/* What is decoded may take so much memory for each byte of the text: lists of numbers do. */
#define MEMORY_PER_BYTE 8u

const char *flarei_json_begin_body(struct flarei_json *json, flare_request *rq)
{
    flarei_arena_raise(rq->arena, rq->body.len < SIZE_MAX / MEMORY_PER_BYTE ? rq->body.len * MEMORY_PER_BYTE
                                                                            : SIZE_MAX);
    return flarei_json_begin(json, rq->body, rq->arena);
}

flare_reply flarei_reply_json_refused(flare_request *rq, const struct flarei_json *json,
                                      enum flarei_json_verdict verdict)
{
    switch (verdict) {
    case FLAREI_JSON_INVALID:
        break;
    case FLAREI_JSON_MALFORMED:
        return flarei_reply_problem_of(rq, 400, FLARE_STR(""), FLARE_STR("the body is not JSON"));
    case FLAREI_JSON_TOO_DEEP:
        return flarei_reply_problem_of(rq, 400, FLARE_STR(""), FLARE_STR("the body is nested too deeply"));
    case FLAREI_JSON_NO_MEMORY:
        return flarei_reply_problem_of(rq, 413, FLARE_STR(""), FLARE_STR("the body takes too much memory"));
    case FLAREI_JSON_FINE:
        return flarei_reply_fail(rq, "a body that was taken is not refused");
    }
    return flarei_reply_json_refusals(rq, json);
}
