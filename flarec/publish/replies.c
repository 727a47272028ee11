/* replies.c - the responses of a route: those it declares, its guards', and what the runtime says itself. */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "publish/publish.h"

/* One reply that a route may give: declared, or the runtime's by its name in components. */
struct answer {
    unsigned status;
    const struct reply *reply; /* or NULL: */
    const char *component;
    bool page; /* the service's own error page takes its place */
};

struct answer_vector {
    struct answer *items;
    size_t count, capacity;
};

static const struct standing_answer {
    unsigned status;
    const char *name, *words, *schema;
} standing_answers[] = {
    {400, "flare.BadRequest", "The request is malformed, or an input breaks its declaration.",
     "flare.Refusal"},
    {404, "flare.NotFound", "No route fits the path.", "flare.Problem"},
    {413, "flare.ContentTooLarge", "The body is larger than the limit.", "flare.Problem"},
    {415, "flare.UnsupportedMediaType", "The body's media type or content coding is not taken.",
     "flare.Problem"},
    {422, "flare.UnprocessableContent", "The body breaks its declaration.", "flare.Refusal"},
    {403, "flare.Forbidden", "The request was sent by a page of another site.", "flare.Problem"},
    {304, "flare.NotModified", "What the client has is as good as new.", NULL},
    {412, "flare.PreconditionFailed", "A condition of the request does not hold.", "flare.Problem"},
    {416, "flare.RangeNotSatisfiable", "The file has none of the parts that the request's Range names.",
     "flare.Problem"},
    {429, "flare.TooManyRequests", "The client sends too many requests.", "flare.Problem"},
    {500, "flare.InternalServerError", "The handler failed.", "flare.Problem"},
    {504, "flare.GatewayTimeout", "Only a kept reply would do, and there is none.", "flare.Problem"},
    {0, "flare.Other", "Any other refusal of the server.", "flare.Problem"},
};
#define STANDING_COUNT (sizeof standing_answers / sizeof *standing_answers)

/* ---- components -------------------------------------------------------------------------------- */

static const char *schema_path(struct publisher *publisher, const char *name)
{
    return arena_format(publisher->arena, "#/components/schemas/%s", name);
}

static void write_reference(struct writer *writer, const char *key, const char *path)
{
    writer_open_line(writer, key, '{');
    writer_text(writer, "$ref", path);
    writer_close(writer, '}');
}

/* Is what the runtime says of a status replaced by a page of the service? 0: of any other status. */
static bool has_page(const struct model *model, unsigned status)
{
    for (size_t i = 0; i < model->error_pages_count; i++) {
        if (model->error_pages[i].status == status || model->error_pages[i].status == 0 || status == 0)
            return true;
    }
    return false;
}

static bool route_has(const struct route *route, enum use_kind kind)
{
    bool has = false;

    for (size_t i = 0; i < route->uses_count; i++)
        has = has || route->uses[i].kind == kind;
    return has;
}

/* Does the route answer only-if-cached? */
static bool may_lack_kept(const struct route *route)
{
    bool may = false;

    for (size_t i = 0; i < route->uses_count && cache_keeps(route); i++)
        may = may || (route->uses[i].kind == USE_CACHE && route->uses[i].cache->reload);
    return may;
}

/* Does it reply with a file whose conditions and ranges are answered? */
static bool sends_file(const struct route *route)
{
    bool sends = false;

    for (size_t i = 0; i < route->replies_count; i++)
        sends = sends || (route->replies[i].content == CONTENT_FILE && route->replies[i].status == 200);
    return sends && (route->method == NULL || strcmp(route->method, "GET") == 0);
}

/* Is it in the document? What a use answers is, where some route has that. */
static bool is_said(const struct model *model, unsigned status)
{
    static const struct {
        unsigned status;
        enum use_kind kind;
    } answers[] = {
        {304, USE_ETAG}, {403, USE_CSRF}, {412, USE_ETAG}, {429, USE_RATE_LIMIT}, {504, USE_CACHE}};
    size_t at = 0;

    for (size_t i = 0; i < model->routes_count; i++) {
        if ((status == 304 || status == 412 || status == 416) && sends_file(&model->routes[i]))
            return true;
    }
    if (status == 416)
        return false;
    while (at < sizeof answers / sizeof *answers && answers[at].status != status)
        at++;
    if (at == sizeof answers / sizeof *answers)
        return true;
    for (size_t i = 0; i < model->routes_count; i++) {
        if (status == 504 ? may_lack_kept(&model->routes[i]) : route_has(&model->routes[i], answers[at].kind))
            return true;
    }
    return false;
}

static void standing_content(struct publisher *publisher, const struct standing_answer *answer)
{
    struct writer *const writer = &publisher->writer;

    writer_open(writer, "content", '{');
    /* The service's own page may be anything. */
    if (has_page(publisher->model, answer->status)) {
        writer_open_line(writer, "*/*", '{');
    } else {
        writer_open(writer, "application/problem+json", '{');
        write_reference(writer, "schema", schema_path(publisher, answer->schema));
    }
    writer_close(writer, '}');
    writer_close(writer, '}');
}

void replies_components(struct publisher *publisher)
{
    struct writer *const writer = &publisher->writer;

    writer_open(writer, "responses", '{');
    for (size_t i = 0; i < STANDING_COUNT; i++) {
        if (!is_said(publisher->model, standing_answers[i].status))
            continue;
        writer_open(writer, standing_answers[i].name, '{');
        writer_text(writer, "description", standing_answers[i].words);
        if (standing_answers[i].schema != NULL)
            standing_content(publisher, &standing_answers[i]);
        writer_close(writer, '}');
    }
    writer_close(writer, '}');
}

/* ---- which a route gives ------------------------------------------------------------------------------- */

static void add_replies(struct publisher *publisher, struct answer_vector *answers,
                        const struct reply *replies, size_t count)
{
    for (size_t i = 0; i < count; i++)
        VECTOR_ADD(publisher->arena, *answers,
                   ((struct answer){.status = replies[i].status, .reply = &replies[i]}));
}

static void add_guards(struct publisher *publisher, struct answer_vector *answers, const struct use *uses,
                       size_t count, bool *inputs)
{
    for (size_t i = 0; i < count; i++) {
        if (uses[i].kind != USE_GUARD)
            continue;
        const struct guard *const guard = uses[i].guard;
        add_guards(publisher, answers, guard->uses, guard->uses_count, inputs);
        add_replies(publisher, answers, guard->replies, guard->replies_count);
        *inputs = *inputs || (guard->inputs_count != 0 && guard->session == NULL);
    }
}

static void add_standing(struct publisher *publisher, struct answer_vector *answers,
                         const struct route *route, unsigned status)
{
    if (route->handler != HANDLER_FUNCTION && route->fixed_status == status)
        return;
    for (size_t i = 0; status == 304 && i < answers->count; i++)
        if (answers->items[i].status == status) /* it says more of it */
            return;
    for (size_t i = 0; i < STANDING_COUNT; i++) {
        if (standing_answers[i].status == status)
            VECTOR_ADD(publisher->arena, *answers,
                       ((struct answer){.status = status,
                                        .component = standing_answers[i].name,
                                        .page = has_page(publisher->model, status)}));
    }
}

/* Of a file, by a Range: one part as it is, or several as one message. */
static void add_parts(struct publisher *publisher, struct answer_vector *answers, const struct route *route)
{
    struct reply *const parts = ARENA_NEW(publisher->arena, struct reply);

    for (size_t i = 0; i < route->replies_count; i++) {
        if (route->replies[i].content == CONTENT_FILE && route->replies[i].status == 200)
            *parts = route->replies[i];
    }
    parts->status = 206;
    parts->reason = status_reason(206);
    parts->doc = NULL;
    parts->media_type = "*/*";
    VECTOR_ADD(publisher->arena, *answers, ((struct answer){.status = 206, .reply = parts}));
}

static void collect(struct publisher *publisher, const struct route *route, struct answer_vector *answers)
{
    const bool body = route->body.kind != BODY_NONE;
    bool inputs = body || route->inputs_count != 0 || route->wildcard, parameters = route->wildcard;

    add_replies(publisher, answers, route->replies, route->replies_count);
    add_guards(publisher, answers, route->uses, route->uses_count, &inputs);
    for (size_t i = 0; i < route->segments_count; i++)
        parameters = parameters || route->segments[i].kind == SEGMENT_PARAMETER;
    if (inputs || parameters)
        add_standing(publisher, answers, route, 400);
    if (parameters)
        add_standing(publisher, answers, route, 404);
    if (route_has(route, USE_CSRF))
        add_standing(publisher, answers, route, 403);
    if (route_has(route, USE_RATE_LIMIT))
        add_standing(publisher, answers, route, 429);
    if ((route_has(route, USE_ETAG) && route->method != NULL && strcmp(route->method, "GET") == 0) ||
        sends_file(route)) {
        add_standing(publisher, answers, route, 304);
        add_standing(publisher, answers, route, 412);
    }
    if (sends_file(route)) {
        add_parts(publisher, answers, route);
        add_standing(publisher, answers, route, 416);
    }
    if (body) {
        add_standing(publisher, answers, route, 413);
        add_standing(publisher, answers, route, 415);
    }
    if (route->body.type != NULL)
        add_standing(publisher, answers, route, 422);
    if (route->handler == HANDLER_FUNCTION)
        add_standing(publisher, answers, route, 500);
    if (may_lack_kept(route))
        add_standing(publisher, answers, route, 504);
}

/* ---- one status ---------------------------------------------------------------------------------------- */

/* Those of one status, in order. */
struct status_group {
    const struct answer *items[64];
    size_t count;
};

static bool is_problem(const struct answer *answer)
{
    if (answer->page)
        return false;
    return answer->reply == NULL || answer->reply->content == CONTENT_PROBLEM ||
           (answer->reply->content == CONTENT_EMPTY && answer->status >= 400);
}

static const char *media_type_of_answer(const struct answer *answer)
{
    if (answer->page)
        return "*/*";
    if (is_problem(answer))
        return "application/problem+json";
    return answer->reply->content != CONTENT_EMPTY ? answer->reply->media_type : NULL;
}

static void write_answer_schema(struct publisher *publisher, const char *key, const struct answer *answer)
{
    struct writer *const writer = &publisher->writer;

    if (answer->page) {
        writer_open_line(writer, key, '{');
        writer_close(writer, '}');
    } else if (answer->reply == NULL) {
        const char *schema = "flare.Problem";
        for (size_t i = 0; i < STANDING_COUNT; i++) {
            if (strcmp(standing_answers[i].name, answer->component) == 0)
                schema = standing_answers[i].schema;
        }
        write_reference(writer, key, schema_path(publisher, schema));
    } else if (is_problem(answer) && answer->reply->slug == NULL) {
        write_reference(writer, key, schema_path(publisher, "flare.Problem"));
    } else if (is_problem(answer)) {
        writer_open(writer, key, '{');
        writer_text(writer, "$ref", schema_path(publisher, "flare.Problem"));
        writer_open_line(writer, "properties", '{');
        writer_open_line(writer, "type", '{');
        writer_text(writer, "const", answer->reply->slug);
        writer_close(writer, '}');
        writer_close(writer, '}');
        writer_close(writer, '}');
    } else if (answer->reply->content == CONTENT_JSON || answer->reply->content == CONTENT_SSE) {
        schema_write(publisher, key, answer->reply->type, STANDING_JSON);
    } else {
        writer_open_line(writer, key, '{');
        if (answer->reply->content == CONTENT_TEXT || answer->reply->content == CONTENT_HTML)
            writer_text(writer, "type", "string");
        writer_close(writer, '}');
    }
}

static void write_examples(struct publisher *publisher, const struct status_group *group, const char *media)
{
    struct writer *const writer = &publisher->writer;
    unsigned count = 0;

    for (size_t i = 0; i < group->count; i++) {
        const struct answer *const answer = group->items[i];
        if (answer->reply == NULL ||
            (answer->reply->content != CONTENT_JSON && answer->reply->content != CONTENT_TEXT) ||
            strcmp(answer->reply->media_type, media) != 0)
            continue;
        for (const char *example, *at = answer->reply->doc;
             (example = doc_example(publisher->arena, &at)) != NULL;) {
            if (count++ == 0)
                writer_open(writer, "examples", '{');
            writer_open(writer, arena_format(publisher->arena, "example%u", count), '{');
            writer_raw(writer, "value", example);
            writer_close(writer, '}');
        }
    }
    if (count != 0)
        writer_close(writer, '}');
}

/* Whether the answer's content has this media type, and none before it the same schema. */
static bool adds_schema(const struct status_group *group, size_t index, const char *media)
{
    const struct answer *const answer = group->items[index];
    const char *const own = media_type_of_answer(answer);

    if (own == NULL || strcmp(own, media) != 0)
        return false;
    for (size_t i = 0; i < index; i++) {
        const struct answer *const earlier = group->items[i];
        const bool plain = is_problem(answer) && (answer->reply == NULL || answer->reply->slug == NULL);
        const bool earlier_plain =
            is_problem(earlier) && (earlier->reply == NULL || earlier->reply->slug == NULL);
        if (plain && earlier_plain && answer->status != 400 && answer->status != 422)
            return false;
    }
    return true;
}

static void write_media_type(struct publisher *publisher, const struct status_group *group, const char *media)
{
    struct writer *const writer = &publisher->writer;
    const struct answer *first = NULL;
    size_t count = 0;

    for (size_t i = 0; i < group->count; i++) {
        if (adds_schema(group, i, media) && count++ == 0)
            first = group->items[i];
    }
    writer_open(writer, media, '{');
    if (count == 1) {
        write_answer_schema(publisher, "schema", first);
    } else {
        writer_open(writer, "schema", '{');
        writer_open(writer, "anyOf", '[');
        for (size_t i = 0; i < group->count; i++) {
            if (adds_schema(group, i, media))
                write_answer_schema(publisher, NULL, group->items[i]);
        }
        writer_close(writer, ']');
        writer_close(writer, '}');
    }
    write_examples(publisher, group, media);
    writer_close(writer, '}');
}

static void write_content(struct publisher *publisher, const struct status_group *group)
{
    struct writer *const writer = &publisher->writer;
    bool any = false;

    for (size_t i = 0; i < group->count; i++) {
        const char *const media = media_type_of_answer(group->items[i]);
        bool before = media == NULL;
        for (size_t k = 0; k < i && !before; k++) {
            const char *const earlier = media_type_of_answer(group->items[k]);
            before = earlier != NULL && strcmp(earlier, media) == 0;
        }
        if (before)
            continue;
        if (!any)
            writer_open(writer, "content", '{');
        any = true;
        write_media_type(publisher, group, media);
    }
    if (any)
        writer_close(writer, '}');
}

/* ---- headers ----------------------------------------------------------------------------------- */

static bool every_has(const struct status_group *group, const char *name)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct reply *const reply = group->items[i]->reply;
        bool has = false;
        for (size_t k = 0; reply != NULL && k < reply->headers_count; k++)
            has = has || strcmp(reply->headers[k].name, name) == 0;
        if (!has)
            return false;
    }
    return true;
}

static void write_header(struct publisher *publisher, const struct status_group *group,
                         const struct reply_header *header)
{
    struct writer *const writer = &publisher->writer;
    const char *const words = doc_words(publisher->arena, header->doc);

    writer_open(writer, header->name, '{');
    if (words != NULL)
        writer_text(writer, "description", words);
    if (every_has(group, header->name) && (header->type == NULL || !header->type->optional))
        writer_bool(writer, "required", true);
    if (header->type != NULL) {
        schema_write(publisher, "schema", header->type, STANDING_TEXT);
    } else {
        writer_open_line(writer, "schema", '{');
        writer_text(writer, "type", "string");
        if (group->count == 1)
            writer_text_of(writer, "const", header->constant->text, header->constant->length);
        writer_close(writer, '}');
    }
    writer_close(writer, '}');
}

/* A line for each: what it does, and its words. */
static void cookie_words(struct output *words, const struct reply_cookie *cookie)
{
    output_format(words, "%s%s `%s`%s", words->length != 0 ? "\n" : "",
                  cookie->type != NULL ? "Sets" : "Removes", cookie->name,
                  cookie->type != NULL && cookie->type->optional ? ", or leaves it" : "");
    if (cookie->type != NULL && cookie->has_max_age)
        output_format(words, "; Max-Age=%llu", (unsigned long long)cookie->max_age_seconds);
    if (cookie->domain != NULL)
        output_format(words, "; Domain=%s", cookie->domain);
    output_format(words, "; Path=%s%s%s; SameSite=%s.", cookie->path, cookie->secure ? "; Secure" : "",
                  cookie->http_only ? "; HttpOnly" : "", cookie->same_site);
    if (cookie->doc != NULL)
        output_format(words, " %s", cookie->doc);
}

static void write_cookies(struct publisher *publisher, const struct status_group *group)
{
    struct writer *const writer = &publisher->writer;
    struct output names = {0};

    for (size_t i = 0; i < group->count; i++) {
        const struct reply *const reply = group->items[i]->reply;
        for (size_t k = 0; reply != NULL && k < reply->cookies_count; k++)
            cookie_words(&names, &reply->cookies[k]);
    }
    if (names.length == 0)
        return;
    writer_open(writer, "Set-Cookie", '{');
    writer_text(writer, "description", names.text);
    writer_open_line(writer, "schema", '{');
    writer_text(writer, "type", "string");
    writer_close(writer, '}');
    writer_close(writer, '}');
    free(names.text);
}

static void write_headers(struct publisher *publisher, const struct status_group *group)
{
    struct table seen = {0};
    bool any = false;

    for (size_t i = 0; i < group->count; i++)
        any = any || (group->items[i]->reply != NULL &&
                      group->items[i]->reply->headers_count + group->items[i]->reply->cookies_count != 0);
    if (!any)
        return;
    writer_open(&publisher->writer, "headers", '{');
    for (size_t i = 0; i < group->count; i++) {
        const struct reply *const reply = group->items[i]->reply;
        for (size_t k = 0; reply != NULL && k < reply->headers_count; k++) {
            const char *const name = reply->headers[k].name;
            if (table_add(&seen, publisher->arena, name, publisher) == NULL)
                write_header(publisher, group, &reply->headers[k]);
        }
    }
    write_cookies(publisher, group);
    writer_close(&publisher->writer, '}');
}

/* ---- all of them ------------------------------------------------------------------------------- */

static const char *words_of(struct publisher *publisher, const struct status_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct answer *const answer = group->items[i];
        const char *const words =
            answer->reply != NULL ? doc_words(publisher->arena, answer->reply->doc) : NULL;
        if (words != NULL)
            return words;
    }
    return *group->items[0]->reply->reason != '\0' ? group->items[0]->reply->reason : "A reply";
}

static void write_status(struct publisher *publisher, const struct status_group *group)
{
    struct writer *const writer = &publisher->writer;
    const struct answer *const first = group->items[0];
    const char *const key =
        first->status != 0 ? arena_format(publisher->arena, "%u", first->status) : "default";

    if (first->reply == NULL) {
        write_reference(writer, key,
                        arena_format(publisher->arena, "#/components/responses/%s", first->component));
        return;
    }
    writer_open(writer, key, '{');
    writer_text(writer, "description", words_of(publisher, group));
    write_headers(publisher, group);
    write_content(publisher, group);
    writer_close(writer, '}');
}

void replies_write(struct publisher *publisher, const struct route *route)
{
    struct answer_vector answers = {0};
    struct status_group groups[64];
    size_t groups_count = 0;

    writer_open(&publisher->writer, "responses", '{');
    collect(publisher, route, &answers);
    for (size_t i = 0; i < answers.count; i++) {
        size_t at = 0;
        while (at < groups_count && groups[at].items[0]->status != answers.items[i].status)
            at++;
        if (at == groups_count && groups_count < sizeof groups / sizeof *groups)
            groups[groups_count++].count = 0;
        if (at < groups_count && groups[at].count < sizeof groups[at].items / sizeof *groups[at].items)
            groups[at].items[groups[at].count++] = &answers.items[i];
    }
    if (route->handler != HANDLER_FUNCTION)
        builtin_replies_write(&publisher->writer, route);
    else if (route->websocket)
        websocket_reply_write(publisher, route);
    else if (route->replies_count == 0)
        open_end_write(&publisher->writer, "What the handler answers");
    for (size_t i = 0; i < groups_count; i++)
        write_status(publisher, &groups[i]);
    const struct answer other = {.component = "flare.Other"};
    const struct status_group last = {.items = {&other}, .count = 1};
    write_status(publisher, &last);
    writer_close(&publisher->writer, '}');
}
