/* What a typed call brings back: which of the declared replies it is, and what it holds. */
#include "client/call.h"

#include "http/cookie.h"

#include <flare/text.h>

static flare_arena *arena_of(struct flarei_calling *calling)
{
    return &calling->call->kept->arena;
}

/* ---- Which one ---- */

/* A media type without its parameters. */
flare_str flarei_call_essence(flare_str media_type)
{
    const char *const stop = media_type.len != 0 ? memchr(media_type.ptr, ';', media_type.len) : NULL;

    if (media_type.len == 0)
        return FLARE_STR("");
    return flarei_trimmed(media_type.ptr, stop != NULL ? stop : flarei_str_end(media_type));
}

static bool is_problem(flare_str essence)
{
    return flare_str_equal_nocase(essence, FLARE_STR("application/problem+json"));
}

/* A member that is text; else it is left as it is. */
static void read_member(struct flarei_json *json, const char *at, flare_str name, flare_str *text)
{
    const char *const place = flarei_json_find(json, at, name, FLAREI_JSON_DEPTH_MAX - 1);
    const char *behind = NULL;

    json->verdict = FLAREI_JSON_FINE;
    if (place != NULL && *place == '"')
        behind = flarei_json_string(json, place, NULL, NULL, 0, SIZE_MAX, text);
    if (behind == NULL)
        json->verdict = FLAREI_JSON_FINE;
}

static void read_problem(struct flarei_calling *calling, const flare_fetch_reply *reply)
{
    flare_problem_info *const problem = &calling->call->problem;
    struct flarei_json json;
    const char *const at = flarei_json_begin(&json, reply->content, arena_of(calling));

    *problem = (flare_problem_info){reply->status, FLARE_STR("about:blank"), FLARE_STR(""), FLARE_STR("")};
    if (at == NULL || *at != '{')
        return;
    read_member(&json, at, FLARE_STR("type"), &problem->type);
    read_member(&json, at, FLARE_STR("title"), &problem->title);
    read_member(&json, at, FLARE_STR("detail"), &problem->detail);
}

static bool is_exactly(const struct flarei_declared *declared, const flare_call *call, flare_str essence)
{
    switch (declared->kind) {
    case FLAREI_DECLARED_EMPTY:
        return (call->reply->content.len == 0 && !call->kept->events.open) ||
               (declared->status >= 400 && call->problem.status != 0 &&
                flare_str_equal(call->problem.type, FLARE_STR("about:blank")));
    case FLAREI_DECLARED_PROBLEM:
        return call->problem.status != 0 && flare_str_equal(call->problem.type, declared->type);
    case FLAREI_DECLARED_CONTENT:
        if (declared->type.len == 0)
            return true;
        break;
    case FLAREI_DECLARED_JSON:
        break;
    }
    return flare_str_equal_nocase(essence, flarei_call_essence(declared->type));
}

/* Of an error it is the status that counts; what stands beside it may be a page. */
static bool is_nearly(const struct flarei_declared *declared, const flare_call *call)
{
    if (declared->kind == FLAREI_DECLARED_JSON)
        return call->problem.status == 0 && flare_fetch_is_json(call->reply);
    return declared->kind == FLAREI_DECLARED_EMPTY && declared->status >= 400;
}

unsigned flarei_call_match(struct flarei_calling *calling, const struct flarei_declared *declared,
                           size_t count)
{
    const flare_fetch_reply *const reply = calling->call->reply;
    const flare_str essence = flarei_call_essence(flare_fetch_field(reply, FLARE_STR("content-type")));

    if (is_problem(essence))
        read_problem(calling, reply);
    for (size_t i = 0; i < count; i++) {
        if (declared[i].status == reply->status && is_exactly(&declared[i], calling->call, essence))
            return (unsigned)i + 1;
    }
    for (size_t i = 0; i < count; i++) {
        if (declared[i].status == reply->status && is_nearly(&declared[i], calling->call))
            return (unsigned)i + 1;
    }
    calling->call->why = "a status, or a media type of it, that the spec does not declare";
    return 0;
}

/* ---- What it holds ---- */

const char *flarei_call_reply_read(struct flarei_calling *calling, struct flarei_json *json)
{
    return calling->headless ? NULL
                             : flarei_json_begin(json, calling->call->reply->content, arena_of(calling));
}

void flarei_call_reply_checked(struct flarei_calling *calling, struct flarei_json *json, const char *at)
{
    if (!calling->headless)
        flarei_call_json_end(calling, json, at, FLARE_STR(""));
}

flare_err flarei_call_judge(struct flarei_calling *calling, struct flarei_json *json, const char *at,
                            const char *why)
{
    flarei_call_json_end(calling, json, at, FLARE_STR(""));
    if (calling->err != FLARE_OK || calling->call->failure_count == 0)
        return calling->err;
    calling->call->why = why;
    return FLARE_ERR_CONTRACT;
}

/* The last one counts, as for browsers. */
static bool find_cookie(const flare_fetch_reply *reply, flare_str name, flare_str *text)
{
    bool found = false;

    for (size_t i = 0; i < reply->field_count; i++) {
        const flare_str line = reply->fields[i].value;
        const char *stop;

        if (line.len == 0 || !flare_str_equal_nocase(reply->fields[i].name, FLARE_STR("set-cookie")))
            continue;
        stop = memchr(line.ptr, ';', line.len);
        found |= flarei_cookie_find(
            (flare_str){line.ptr, stop != NULL ? (size_t)(stop - line.ptr) : line.len}, name, text);
    }
    return found;
}

bool flarei_call_reply_value(struct flarei_calling *calling, enum flarei_place place, flare_str name,
                             bool required, flare_str *text)
{
    const flare_fetch_reply *const reply = calling->call->reply;
    bool found;

    if (place == FLAREI_IN_COOKIE) {
        found = find_cookie(reply, name, text);
    } else {
        *text = flare_fetch_field(reply, name);
        found = text->ptr != NULL;
    }
    if (!found && required)
        flarei_call_note(calling, place, name, FLAREI_RULE_REQUIRED);
    return found;
}

flare_err flarei_call_end(struct flarei_calling *calling, unsigned number)
{
    if (calling->err != FLARE_OK)
        return calling->err;
    if (number == 0 && calling->undeclared) {
        calling->call->why = "the service refused the handshake";
        return FLARE_ERR_REFUSED;
    }
    if (calling->call->failure_count != 0)
        calling->call->why = "the reply is not as the spec says: see the failures";
    return number != 0 && calling->call->failure_count == 0 ? FLARE_OK : FLARE_ERR_CONTRACT;
}
