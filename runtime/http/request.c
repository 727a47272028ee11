#include "http/request.h"
#include "http/reply.h"

#include <flare/log.h>

#include <stdarg.h>
#include <stdio.h>

/* A reply of this mark says "not yet"; no request carries it. */
static const uint32_t parked_mark = UINT32_MAX;

static bool in_use(const flare_request *rq)
{
    return FLARE_ASSERT(rq->state == FLAREI_REQUEST_OPEN,
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

void flarei_request_begin(flare_request *rq, const flare_service *service, void *state, flare_buffer *out)
{
    const uint32_t mark = rq->mark + 1;
    flare_arena *const arena = rq->arena;

    memset(rq, 0, offsetof(flare_request, refusals));
    rq->mark = mark == 0 || mark == parked_mark ? 1 : mark;
    rq->arena = arena;
    rq->service = service;
    rq->limits = service->limits;
    rq->service_state = state;
    rq->out = out;
    rq->reply_start = flarei_buffer_len(out);
    rq->state = FLAREI_REQUEST_OPEN;
    rq->body_complete = true;
}

/* Only a constructor can have made this very mark and left the request replied. */
static void judge(flare_request *rq, flare_reply reply)
{
    if (FLARE_LIKELY(reply.flarei_mark == rq->mark && rq->state == FLAREI_REQUEST_REPLIED))
        return;
    if (reply.flarei_mark == parked_mark && rq->state == FLAREI_REQUEST_PARKED)
        return;
    flare_log(FLARE_LOG_ERROR, "%.*s: its handler returned a reply that no constructor made",
              FLARE_STR_ARG(rq->route ? rq->route->name : rq->service->name));
    flarei_reply_undo(rq);
    (void)flarei_reply_problem_of(rq, 500, FLARE_STR(""), FLARE_STR(""));
}

void flarei_request_dispatch(flare_request *rq)
{
    flare_reply reply;

    if (FLARE_UNLIKELY(rq->method == FLARE_METHOD_UNKNOWN || rq->method == FLARE_METHOD_CONNECT))
        reply = flarei_reply_problem_of(rq, 501, FLARE_STR(""), FLARE_STR(""));
    else if (FLARE_UNLIKELY(rq->path.len == 1 && rq->path.ptr[0] == '*'))
        reply = flare_empty(rq, 204);
    else
        reply = rq->service->dispatch(rq);
    judge(rq, reply);
}

void flarei_request_resume(flare_request *rq)
{
    if (!FLARE_ASSERT(rq->state == FLAREI_REQUEST_PARKED, "only a parked request is resumed"))
        return;
    rq->state = FLAREI_REQUEST_OPEN;
    rq->body_complete = true;
    judge(rq, rq->resume(rq, rq->resume_input));
}

flare_reply flarei_park(flare_request *rq, flare_reply (*resume)(flare_request *rq, void *input),
                        const void *input, size_t input_bytes)
{
    void *copy = flarei_arena_alloc(rq->arena, input_bytes);

    if (copy == NULL)
        return flare_fail(rq, FLARE_ERR_MEMORY, "no memory to wait for a body");
    memcpy(copy, input, input_bytes);
    rq->resume = resume;
    rq->resume_input = copy;
    rq->state = FLAREI_REQUEST_PARKED;
    return (flare_reply){parked_mark};
}

void flarei_request_refuse(flare_request *rq, unsigned status, flare_str detail)
{
    flarei_reply_undo(rq);
    rq->keep_alive = false;
    (void)flarei_reply_problem_of(rq, status, FLARE_STR(""), detail);
}

void flarei_request_end(flare_request *rq)
{
    if (rq->service->after != NULL)
        rq->service->after(rq);
    flarei_arena_reset(rq->arena);
    rq->state = FLAREI_REQUEST_FREE;
}
