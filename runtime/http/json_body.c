/* A request's body as JSON, and the reply to one that is not taken. */
#include "http/reply.h"

static void raise_memory(flare_request *rq)
{
    const size_t most = SIZE_MAX / FLAREI_JSON_MEMORY_PER_BYTE;

    flarei_arena_raise(rq->arena,
                       rq->body.len < most ? rq->body.len * FLAREI_JSON_MEMORY_PER_BYTE : SIZE_MAX);
}

const char *flarei_json_begin_body(struct flarei_json *json, flare_request *rq, size_t bound)
{
    const char *at;

    raise_memory(rq);
    flarei_arena_bound(rq->arena, bound);
    at = flarei_json_begin(json, rq->body, rq->arena);
    json->bounded = true;
    return at;
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
        if (flarei_arena_overran(rq->arena))
            return flarei_reply_fail(rq, "the body took more memory than flarec says that it can");
        if (flarei_arena_starved(rq->arena))
            return flarei_reply_problem_of(rq, 503, FLARE_STR(""), FLARE_STR("no memory for the body"));
        return flarei_reply_problem_of(rq, 413, FLARE_STR(""), FLARE_STR("the body takes too much memory"));
    case FLAREI_JSON_FINE:
        return flarei_reply_fail(rq, "a body that was taken is not refused");
    }
    return flarei_reply_json_refusals(rq, json);
}

/* ---- Lines ------------------------------------------------------------------------------------------- */

struct flarei_lines flarei_lines_of(flare_request *rq, struct flarei_json *json)
{
    raise_memory(rq);
    json->arena = rq->arena;
    json->bounded = false;
    json->depth_max = FLAREI_JSON_DEPTH_MAX + 1; /* the line is a place too */
    json->count = 0;
    json->pointers_bytes = 0;
    rq->body_next = 0;
    rq->lines_failed = false;
    return (struct flarei_lines){.rq = rq,
                                 .json = json,
                                 .at = rq->body.ptr,
                                 .end = flarei_str_end(rq->body),
                                 .mark = flarei_arena_mark_get(rq->arena)};
}

static bool is_empty(flare_str line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] != ' ' && line.ptr[i] != '\t' && line.ptr[i] != '\r')
            return false;
    return true;
}

/* Cuts a line off that holds something. */
static bool cut(const char **at, const char *end, flare_str *line, size_t *number)
{
    while (*at < end) {
        const char *const newline = (const char *)memchr(*at, '\n', (size_t)(end - *at));

        *line = (flare_str){*at, (size_t)((newline != NULL ? newline : end) - *at)};
        *at = newline != NULL ? newline + 1 : end;
        ++*number;
        if (!is_empty(*line))
            return true;
    }
    return false;
}

bool flarei_lines_next(struct flarei_lines *lines)
{
    return cut(&lines->at, lines->end, &lines->line, &lines->number);
}

const char *flarei_lines_begin(struct flarei_lines *lines)
{
    return flarei_json_begin_next(lines->json, lines->line);
}

bool flarei_lines_end(struct flarei_lines *lines, const char *at)
{
    lines->verdict = flarei_json_end(lines->json, at);
    flarei_arena_rewind(lines->rq->arena, lines->mark);
    return lines->verdict == FLAREI_JSON_FINE || lines->verdict == FLAREI_JSON_INVALID;
}

flare_reply flarei_reply_lines_refused(flare_request *rq, const struct flarei_lines *lines)
{
    char detail[64 + FLARE_U64_MAX_BYTES] = "line ";
    size_t length = strlen(detail);
    const char *const words = lines->verdict == FLAREI_JSON_TOO_DEEP ? " of the body is nested too deeply"
                                                                     : " of the body is not JSON";

    if (lines->verdict == FLAREI_JSON_NO_MEMORY)
        return flarei_reply_json_refused(rq, lines->json, lines->verdict);
    length += flare_u64_format(lines->number, detail + length);
    memcpy(detail + length, words, strlen(words));
    length += strlen(words);
    return flarei_reply_problem_of(rq, 400, FLARE_STR(""), (flare_str){detail, length});
}

const char *flarei_lines_take(flare_request *rq, struct flarei_json *json)
{
    const char *at;
    flare_str line;
    size_t number = 0;

    if (rq->body_next == rq->body.len)
        return NULL;
    at = rq->body.ptr + rq->body_next;
    if (!cut(&at, flarei_str_end(rq->body), &line, &number))
        return NULL;
    rq->body_next = (size_t)(at - rq->body.ptr);
    at = flarei_json_begin(json, line, rq->arena);
    rq->lines_failed = rq->lines_failed || at == NULL;
    return at;
}

bool flarei_lines_took(flare_request *rq, struct flarei_json *json, const char *at)
{
    const bool fine = flarei_json_end(json, at) == FLAREI_JSON_FINE;

    rq->lines_failed = rq->lines_failed || !fine;
    return fine;
}

flare_reply flarei_lines_judge(flare_request *rq, flare_reply reply)
{
    if (FLARE_LIKELY(!rq->lines_failed) || reply.flarei_mark != rq->mark)
        return reply;
    flarei_reply_undo(rq);
    return flarei_reply_json_refused(rq, NULL, FLAREI_JSON_NO_MEMORY);
}
