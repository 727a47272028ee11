#include "http/request.h"

#include "http/inflate.h"
#include "http/reply.h"
#include "http/stream.h"
#include "http/websocket.h"

#include <flare/log.h>

#include <stdarg.h>
#include <stdio.h>

static bool in_use(const flare_request *rq)
{
    return FLARE_ASSERT(rq->state == FLAREI_REQUEST_OPEN || rq->state == FLAREI_REQUEST_ENDING ||
                            rq->state == FLAREI_REQUEST_STREAMING,
                        "a request is not used before or after its handler");
}

enum flare_method flare_request_method(const flare_request *rq)
{
    return in_use(rq) ? rq->method : FLARE_METHOD_UNKNOWN;
}

flare_str flare_request_path(const flare_request *rq)
{
    return in_use(rq) ? rq->path : FLARE_STR("");
}

flare_str flare_request_query(const flare_request *rq)
{
    return in_use(rq) ? rq->query : FLARE_STR("");
}

bool flare_request_header(const flare_request *rq, flare_str name, flare_str *value)
{
    if (!in_use(rq))
        return false;
    return flarei_request_field(rq, name, value);
}

bool flarei_request_field(const flare_request *rq, flare_str name, flare_str *value)
{
    for (uint32_t i = 0; i < rq->field_count; i++) {
        if (flare_str_equal_nocase(rq->fields[i].name, name)) {
            *value = rq->fields[i].value;
            return true;
        }
    }
    return false;
}

const flare_field *flare_request_fields(const flare_request *rq, size_t *count)
{
    *count = in_use(rq) ? rq->field_count : 0;
    return rq->fields;
}

flare_str flare_request_body(const flare_request *rq)
{
    return in_use(rq) ? rq->body : FLARE_STR("");
}

flare_str flare_request_id(const flare_request *rq)
{
    return in_use(rq) ? rq->id : FLARE_STR("");
}

flare_str flare_request_route(const flare_request *rq)
{
    return in_use(rq) && rq->route ? rq->route->pattern : FLARE_STR("");
}

unsigned flare_request_status(const flare_request *rq)
{
    return in_use(rq) && rq->state == FLAREI_REQUEST_ENDING ? rq->reply_status : 0;
}

uint64_t flare_request_reply_bytes(const flare_request *rq)
{
    return in_use(rq) && rq->state == FLAREI_REQUEST_ENDING ? rq->reply_bytes : 0;
}

int64_t flare_request_elapsed_ns(const flare_request *rq)
{
    return in_use(rq) && rq->start_ns != 0 ? flarei_clock_monotonic() - rq->start_ns : 0;
}

void *flare_alloc(flare_request *rq, size_t bytes)
{
    return in_use(rq) ? flarei_arena_alloc(rq->arena, bytes) : NULL;
}

flare_str flare_format(flare_request *rq, const char *format, ...)
{
    va_list arguments;
    int length;
    char *text;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    text = length < 0 ? NULL : (char *)flare_alloc(rq, (size_t)length + 1);
    if (text == NULL)
        return (flare_str){NULL, 0};
    va_start(arguments, format);
    length = vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return (flare_str){text, (size_t)length};
}

FLARE_NOINLINE_COLD flare_reply flarei_request_outside(flare_request *rq)
{
    if (rq->method == FLARE_METHOD_UNKNOWN || rq->method == FLARE_METHOD_CONNECT)
        return flarei_reply_problem_of(rq, 501, FLARE_STR(""), FLARE_STR(""));
    return flare_empty(rq, 204);
}

FLARE_NOINLINE_COLD bool flarei_request_judge(flare_request *rq, flare_reply reply)
{
    if (reply.flarei_mark == FLAREI_PARKED_MARK && (rq->work != NULL || rq->state == FLAREI_REQUEST_PARKED))
        return false;
    if (reply.flarei_mark == rq->mark && rq->state == FLAREI_REQUEST_STREAMED)
        return false;
    if (reply.flarei_mark == rq->mark && rq->state == FLAREI_REQUEST_REPLIED)
        return true;
    flare_log(FLARE_LOG_ERROR, "%.*s: its handler returned a reply that no constructor made",
              FLARE_STR_ARG(rq->route ? rq->route->name : rq->service->name));
    if (rq->state == FLAREI_REQUEST_STREAMING) {
        (void)flarei_stream_break(rq);
        return false;
    }
    flarei_reply_undo(rq);
    (void)flarei_reply_problem_of(rq, 500, FLARE_STR(""), FLARE_STR(""));
    return true;
}

bool flarei_request_connect(flare_request *rq)
{
    return flarei_request_judge(rq, rq->service->dispatch(rq));
}

FLARE_NOINLINE_COLD flare_reply flarei_guard_refused(flare_request *rq, flare_reply verdict,
                                                     const char *guard)
{
    if (verdict.flarei_mark == rq->mark && rq->state == FLAREI_REQUEST_REPLIED)
        return verdict;
    flare_log(FLARE_LOG_ERROR, "%.*s: the guard %s returned a verdict that no constructor made",
              FLARE_STR_ARG(rq->route ? rq->route->name : rq->service->name), guard);
    flarei_reply_undo(rq);
    return flarei_reply_problem_of(rq, 500, FLARE_STR(""), FLARE_STR(""));
}

FLARE_NOINLINE_COLD bool flarei_is_unauthorized(const flare_request *rq, const struct flarei_input *token)
{
    for (uint32_t i = 0; i < rq->refusal_count && i < FLAREI_REFUSALS_MAX; i++) {
        if (rq->refusals[i].rule == FLAREI_RULE_REQUIRED || rq->refusals[i].input == token)
            return true;
    }
    return false;
}

void flarei_request_drop_websocket(flare_request *rq)
{
    rq->ws->carrier->end(rq->ws);
    rq->ws = NULL;
}

void flarei_request_abandon(flare_request *rq)
{
    if (rq->state != FLAREI_REQUEST_PARKED || (rq->phases == NULL && (rq->marks & FLAREI_MARK_COUNTED) == 0))
        return;
    rq->reply_status = 0;
    flarei_request_end(rq);
}

bool flarei_request_resume(flare_request *rq)
{
    if (!FLARE_ASSERT(rq->state == FLAREI_REQUEST_PARKED, "only a parked request is resumed"))
        return true;
    rq->state = FLAREI_REQUEST_OPEN;
    rq->body_complete = true;
    if ((rq->marks & FLAREI_MARK_CODED) != 0 &&
        !rq->inflate_calls->decode(rq, flarei_inflated_max_bytes(rq->body_rule, rq->body_max_bytes)))
        return flarei_request_judge(rq, flarei_reply_body_refused(rq));
    return flarei_request_judge(rq, rq->resume(rq, rq->resume_input));
}

flare_reply flarei_park(flare_request *rq, flare_reply (*resume)(flare_request *rq, void *input),
                        const void *input, size_t input_bytes)
{
    void *copy = flarei_arena_alloc(rq->arena, input_bytes);

    if (copy == NULL)
        return flare_fail(rq, FLARE_ERR_MEMORY, "no memory to wait for a body");
    if (input_bytes != 0)
        memcpy(copy, input, input_bytes);
    rq->resume = resume;
    rq->resume_input = copy;
    rq->state = FLAREI_REQUEST_PARKED;
    return (flare_reply){FLAREI_PARKED_MARK};
}

void flarei_request_refuse(flare_request *rq, unsigned status, flare_str detail)
{
    flarei_reply_undo(rq);
    rq->keep_alive = false;
    (void)flarei_reply_problem_of(rq, status, FLARE_STR(""), detail);
}
