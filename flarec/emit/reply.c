/* reply.c - constructors: the head is baked, typed headers are added, the content is written. */
#include <string.h>

#include "emit/emit.h"

/* ---- heads ------------------------------------------------------------------------------------- */

static const char *trailer_names(struct emitter *emitter, const struct reply *reply)
{
    struct text text = {.arena = emitter->arena};

    for (size_t i = 0; i < reply->trailers_count; i++)
        text_format(&text, "%s%s", i != 0 ? ", " : "", reply->trailers[i].name);
    return text_of(&text);
}

static const char *head_text(struct emitter *emitter, const struct reply *reply)
{
    struct text h1 = {.arena = emitter->arena};

    text_format(&h1, "HTTP/1.1 %u %s\r\n", reply->status, reply->reason);
    if (reply->content != CONTENT_EMPTY)
        text_format(&h1, "Content-Type: %s\r\n", reply->media_type);
    else if (reply->status >= 400)
        text_add(&h1, "Content-Type: application/problem+json\r\n");
    if (reply->trailers_count != 0)
        text_format(&h1, "Trailer: %s\r\n", trailer_names(emitter, reply));
    for (size_t i = 0; i < reply->headers_count; i++) {
        if (reply->headers[i].constant != NULL)
            text_format(&h1, "%s: %s\r\n", reply->headers[i].name, reply->headers[i].constant->text);
    }
    return text_of(&h1);
}

static const char *head_of(struct emitter *emitter, const struct reply *reply)
{
    struct text text = {.arena = emitter->arena}, members = {.arena = emitter->arena},
                rows = {.arena = emitter->arena};
    /* A file's head is written when it is known what of it is sent. */
    const bool file = reply->content == CONTENT_FILE;
    const char *const h1 = file ? "" : head_text(emitter, reply);
    const char *const type = file && strcmp(reply->media_type, "*/*") == 0 ? NULL
                             : reply->content != CONTENT_EMPTY             ? reply->media_type
                             : reply->status >= 400                        ? "application/problem+json"
                                                                           : NULL;
    size_t count = 0;

    if (reply->trailers_count != 0) {
        const char *const names = trailer_names(emitter, reply);

        text_format(&rows, "{FLARE_STR_INIT(\"Trailer\"), %s},\n",
                    str_initializer(emitter, &text, names, strlen(names)));
        count++;
    }
    for (size_t i = 0; i < reply->headers_count; i++) {
        const struct reply_header *const header = &reply->headers[i];

        if (header->constant == NULL)
            continue;
        text_format(&rows, "{FLARE_STR_INIT(%s), %s},\n",
                    c_string(emitter->arena, header->name, strlen(header->name)),
                    str_initializer(emitter, &text, header->constant->text, header->constant->length));
        count++;
    }
    if (count != 0)
        FILL(&text, "reply/fields", {"rows", text_of(&rows)});
    text_format(&members, ".status = %u,\n", reply->status);
    if (!file)
        text_format(&members, ".h1 = %s,\n", str_initializer(emitter, &text, h1, strlen(h1)));
    if (type != NULL)
        text_format(&members, ".content_type = FLARE_STR_INIT(%s),\n",
                    c_string(emitter->arena, type, strlen(type)));
    if (count != 0)
        text_format(&members, ".fields = fields,\n.field_count = %zu,\n", count);
    if (reply->type != NULL && used_anywhere(emitter->model, USE_COMPRESS) &&
        holds_secret(emitter, reply->type))
        text_add(&members, ".secret = true,\n");
    FILL(&text, "reply/head", {"members", text_of(&members)});
    return text_of(&text);
}

/* ---- typed headers ----------------------------------------------------------------------------- */

/* How a value is written: as a header, or as a cookie with its attributes. `start` is the test up to the
 * value, `end` what is behind it: true where it can't be sent. */
struct put {
    const char *name, *start, *end;
    bool cookie;
    const char *fail; /* what is done then */
};

static void put_value(struct emitter *emitter, struct text *out, const struct put *put,
                      const struct type *type, const char *value)
{
    static const struct {
        const char *room, *word;
    } texts[] = {
        [TYPE_I8] = {"FLARE_I64_MAX_BYTES", "i64"},         [TYPE_I16] = {"FLARE_I64_MAX_BYTES", "i64"},
        [TYPE_I32] = {"FLARE_I64_MAX_BYTES", "i64"},        [TYPE_I64] = {"FLARE_I64_MAX_BYTES", "i64"},
        [TYPE_U8] = {"FLARE_U64_MAX_BYTES", "u64"},         [TYPE_U16] = {"FLARE_U64_MAX_BYTES", "u64"},
        [TYPE_U32] = {"FLARE_U64_MAX_BYTES", "u64"},        [TYPE_U64] = {"FLARE_U64_MAX_BYTES", "u64"},
        [TYPE_F32] = {"FLARE_F32_MAX_BYTES", "f32"},        [TYPE_F64] = {"FLARE_F64_MAX_BYTES", "f64"},
        [TYPE_UUID] = {"FLARE_UUID_BYTES", "uuid"},         [TYPE_DATE] = {"FLARE_DATE_BYTES", "date"},
        [TYPE_DATETIME] = {"FLARE_TIME_MAX_BYTES", "time"}, [TYPE_IPV4] = {"FLARE_IPV4_MAX_BYTES", "ipv4"},
        [TYPE_IPV6] = {"FLARE_IPV6_MAX_BYTES", "ipv6"}};
    const enum type_kind kind = type->kind;
    const char *const or_empty = put->cookie ? "" : "value.len == 0 || ";
    struct text empty = {.arena = emitter->arena};
    const char *check;

    if (put->cookie)
        FILL(&empty, "reply/put_check_cookie", {"fail", put->fail});
    check = text_of(&empty);

    if (kind == TYPE_BOOL)
        FILL(out, "reply/put_bool", {"fail", put->fail}, {"start", put->start}, {"end", put->end},
             {"value", value});
    else if (kind == TYPE_ENUM)
        FILL(out, "reply/put_enum", {"fail", put->fail}, {"start", put->start}, {"end", put->end},
             {"value", value}, {"check", check}, {"or_empty", or_empty},
             {"text", symbol_use(emitter, symbol_find(emitter, arena_format(emitter->arena, "text %s",
                                                                            type->declaration->c_name)))});
    else if (kind <= TYPE_IPV6 && texts[kind].room != NULL)
        FILL(out, "reply/put_text", {"fail", put->fail}, {"start", put->start}, {"end", put->end},
             {"value", value}, {"word", texts[kind].word}, {"room", texts[kind].room}, {"check", check},
             {"or_empty", or_empty});
    else
        FILL(out, "reply/put", {"fail", put->fail}, {"start", put->start}, {"end", put->end},
             {"value", value});
}

/* The same where it may be absent. */
static void put_if_present(struct emitter *emitter, struct text *out, const struct put *put,
                           const struct type *type, const char *value)
{
    struct text present = {.arena = emitter->arena};

    if (!type->optional) {
        put_value(emitter, out, put, type, value);
        return;
    }
    put_value(emitter, &present, put, type, arena_format(emitter->arena, "%s.value", value));
    FILL(out, "reply/if_present", {"value", value}, {"put", text_of(&present)});
}

static const char *argument_of(struct emitter *emitter, const struct reply *reply, const char *c_name)
{
    return typed_headers(reply) >= HEADERS_STRUCT_MIN ? arena_format(emitter->arena, "headers->%s", c_name)
                                                      : header_parameter(emitter, c_name);
}

/* A streamed reply is opened by a function that has no reply to return: its end is a 500 then. */
static const char *failing(struct emitter *emitter, const struct reply *reply, const char *name)
{
    struct text text = {.arena = emitter->arena};

    if (reply != NULL && reply_is_streamed(reply))
        FILL(&text, "stream/fail_open", {"name", reply->c_name});
    else
        FILL(&text, "stream/fail", {"name", name});
    return text_of(&text);
}

void put_trailer(struct emitter *emitter, struct text *out, const struct reply_header *trailer)
{
    const char *const name = c_string(emitter->arena, trailer->name, strlen(trailer->name));
    const struct put put = {name,
                            arena_format(emitter->arena, "flarei_stream_trailer(rq, FLARE_STR(%s), ", name),
                            ") != FLARE_OK", false, failing(emitter, NULL, name)};

    put_value(emitter, out, &put, trailer->type, header_parameter(emitter, trailer->c_name));
}

static void put_header(struct emitter *emitter, struct text *out, const struct reply *reply,
                       const struct reply_header *header)
{
    const char *const name = c_string(emitter->arena, header->name, strlen(header->name));
    const char *const value = argument_of(emitter, reply, header->c_name);
    const struct put put = {name,
                            arena_format(emitter->arena, "flarei_reply_field(rq, FLARE_STR(%s), ", name),
                            ") != FLARE_OK", false, failing(emitter, reply, name)};
    struct text number = {.arena = emitter->arena};

    if (header->type->kind < TYPE_I8 || header->type->kind > TYPE_U64) {
        put_if_present(emitter, out, &put, header->type, value);
        return;
    }
    FILL(&number, "reply/field_number", {"name", name}, {"fail", put.fail},
         {"value", header->type->optional ? arena_format(emitter->arena, "%s.value", value) : value},
         {"word", header->type->kind <= TYPE_I64 ? "i64" : "u64"});
    if (header->type->optional)
        FILL(out, "reply/if_present", {"value", value}, {"put", text_of(&number)});
    else
        text_add(out, text_of(&number));
}

/* "; Max-Age=60; Path=/; HttpOnly": what stands behind the value. */
const char *cookie_attributes_of(struct emitter *emitter, const struct reply_cookie *cookie)
{
    struct text text = {.arena = emitter->arena};

    if (cookie->has_max_age)
        text_format(&text, "; Max-Age=%llu", (unsigned long long)cookie->max_age_seconds);
    if (cookie->domain != NULL)
        text_format(&text, "; Domain=%s", cookie->domain);
    text_format(&text, "; Path=%s", cookie->path);
    if (cookie->secure)
        text_add(&text, "; Secure");
    if (cookie->http_only)
        text_add(&text, "; HttpOnly");
    text_format(&text, "; SameSite=%s", cookie->same_site);
    return text_of(&text);
}

static void put_cookie(struct emitter *emitter, struct text *out, const struct reply *reply,
                       const struct reply_cookie *cookie)
{
    const char *const attributes = cookie_attributes_of(emitter, cookie);
    const struct put put = {
        c_string(emitter->arena, cookie->name, strlen(cookie->name)),
        arena_format(emitter->arena, "!flarei_reply_cookie(rq, FLARE_STR(%s), ",
                     c_string(emitter->arena, cookie->name, strlen(cookie->name))),
        arena_format(emitter->arena, ", FLARE_STR(%s))",
                     c_string(emitter->arena, attributes, strlen(attributes))),
        true, failing(emitter, reply, c_string(emitter->arena, cookie->name, strlen(cookie->name)))};

    if (cookie->type == NULL)
        FILL(out, "reply/put", {"fail", put.fail}, {"start", put.start}, {"end", put.end},
             {"value", "FLARE_STR(\"\")"});
    else
        put_if_present(emitter, out, &put, cookie->type, argument_of(emitter, reply, cookie->c_name));
}

/* An enum's text as a flare_str, for headers and cookies. */
struct symbol *enum_text(struct emitter *emitter, const struct declaration *declaration)
{
    const char *const key = arena_format(emitter->arena, "text %s", declaration->c_name);
    struct text cases = {.arena = emitter->arena};
    struct symbol *symbol;

    symbol = symbol_find(emitter, key);
    if (symbol != NULL)
        return symbol;
    symbol = symbol_make(emitter, key,
                         arena_format(emitter->arena, "text_of_%s", bare_name(emitter, declaration->c_name)),
                         arena_format(emitter->arena, "flare_str %%s(%s value)", declaration->c_name));
    for (size_t i = 0; i < declaration->members_count; i++) {
        const struct member *const member = &declaration->members[i];

        FILL(&cases, "reply/enum_case", {"member", member->c_name},
             {"text", c_string(emitter->arena, member->name, strlen(member->name))});
    }
    if (declaration->open)
        text_format(&cases, "case %s:\n    break;\n", declaration->c_unknown);
    FILL(body(emitter), "reply/enum_text", {"linkage", linkage(emitter, symbol)},
         {"prototype", symbol->prototype}, {"cases", text_of(&cases)});
    return symbol;
}

/* ---- problems ---------------------------------------------------------------------------------- */

/* "out-of-stock" has the title "Out of stock". */
static const char *problem_json(struct emitter *emitter, const struct reply *reply)
{
    struct text json = {.arena = emitter->arena};
    const char *title = reply->reason;

    if (reply->slug != NULL) {
        char *const words = arena_copy(emitter->arena, reply->slug, strlen(reply->slug));

        for (char *c = words; *c != '\0'; c++)
            *c = *c == '-' || *c == '_' ? ' ' : *c;
        if (words[0] >= 'a' && words[0] <= 'z')
            words[0] = (char)(words[0] - 32);
        title = words;
    }
    text_add(&json, "{\"type\":");
    json_string(&json, reply->slug != NULL ? reply->slug : "about:blank");
    text_add(&json, ",\"title\":");
    json_string(&json, title);
    text_format(&json, ",\"status\":%u}", reply->status);
    return text_of(&json);
}

/* ---- constructors ------------------------------------------------------------------------------ */

static const char *finish_of(struct emitter *emitter, const struct reply *reply)
{
    struct text text = {.arena = emitter->arena}, put = {.arena = emitter->arena};
    const char *json;

    switch (reply->content) {
    case CONTENT_JSON:
        json_put(emitter, &put, reply->type, reply_by_pointer(reply->type) ? "*body" : "body");
        FILL(&text, "reply/json", {"put", text_of(&put)});
        break;
    case CONTENT_HTML:
        page_put(emitter, &put, reply->page);
        FILL(&text, "reply/html", {"put", text_of(&put)});
        break;
    case CONTENT_TEXT:
    case CONTENT_BYTES:
        FILL_PLAIN(&text, "reply/whole");
        break;
    case CONTENT_EMPTY:
        if (reply->status < 400) {
            FILL_PLAIN(&text, "reply/empty");
            break;
        }
        /* fallthrough */
    case CONTENT_PROBLEM:
        json = problem_json(emitter, reply);
        FILL(&text, "reply/problem", {"json", c_string(emitter->arena, json, strlen(json))});
        break;
    case CONTENT_FILE:
        FILL_PLAIN(&text, "reply/file");
        break;
    case CONTENT_STREAM:
    case CONTENT_SSE:
        break;
    }
    return text_of(&text);
}

/* What a verdict gives is not left as it was found. */
static void emit_constructor(struct emitter *emitter, const struct made *made, const struct reply *reply)
{
    struct text headers = {.arena = emitter->arena};

    for (size_t i = 0; i < reply->headers_count; i++) {
        if (reply->headers[i].type != NULL)
            put_header(emitter, &headers, reply, &reply->headers[i]);
    }
    for (size_t i = 0; i < reply->cookies_count; i++)
        put_cookie(emitter, &headers, reply, &reply->cookies[i]);
    if (reply_is_streamed(reply)) {
        emit_stream(emitter, made->type, reply, head_of(emitter, reply), text_of(&headers));
        return;
    }
    FILL(body(emitter), "reply/constructor", {"linkage", made->linkage},
         {"prototype", constructor_prototype(emitter, made->type, reply)}, {"head", head_of(emitter, reply)},
         {"out",
          reply->content == CONTENT_JSON || reply->content == CONTENT_HTML ? "flare_buffer *out;\n" : ""},
         {"type", made->type}, {"zero", made->zero}, {"headers", text_of(&headers)},
         {"finish", finish_of(emitter, reply)});
}

void emit_constructors(struct emitter *emitter, const struct made *made, const char *name,
                       const struct reply *replies, size_t count)
{
    for (size_t i = 0; i < count; i++)
        emit_constructor(emitter, made, &replies[i]);
    FILL(body(emitter), "reply/fail", {"linkage", made->linkage}, {"type", made->type}, {"zero", made->zero},
         {"name", name});
}

/* Enums that headers and cookies hold are written by functions, once each. */
static void need_enum_texts(struct emitter *emitter, const struct reply *replies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t h = 0; h < replies[i].headers_count; h++) {
            const struct type *const type = replies[i].headers[h].type;

            if (type != NULL && type->kind == TYPE_ENUM)
                enum_text(emitter, type->declaration);
        }
        for (size_t t = 0; t < replies[i].trailers_count; t++)
            if (replies[i].trailers[t].type->kind == TYPE_ENUM)
                enum_text(emitter, replies[i].trailers[t].type->declaration);
        for (size_t c = 0; c < replies[i].cookies_count; c++) {
            const struct type *const type = replies[i].cookies[c].type;

            if (type != NULL && type->kind == TYPE_ENUM)
                enum_text(emitter, type->declaration);
        }
    }
}

void emit_replies(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    bool any = false;

    emitter->part = 0;
    for (size_t i = 0; i < model->routes_count; i++)
        need_enum_texts(emitter, model->routes[i].replies, model->routes[i].replies_count);
    for (size_t i = 0; i < model->guards_count; i++)
        need_enum_texts(emitter, model->guards[i]->replies, model->guards[i]->replies_count);
    emit_html(emitter);
    emit_guard_replies(emitter);
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];

        emitter->part = part_of_route(emitter, (unsigned)i);
        if (route->replies_count == 0 || route->handler != HANDLER_FUNCTION)
            continue;
        if (!any || (i > 0 && part_of_route(emitter, (unsigned)i - 1) != emitter->part))
            section(emitter, body(emitter), "Replies");
        any = true;
        const struct made made = {.type = arena_format(emitter->arena, "%s_reply", route->handler_c_name),
                                  .zero = "",
                                  .linkage = ""};
        emit_constructors(emitter, &made, route->handler_c_name, route->replies, route->replies_count);
        if (route->way != WAY_PLAIN)
            FILL(body(emitter), "reply/cancelled", {"type", made.type}, {"name", route->handler_c_name});
        if (route->way == WAY_DEFERRED)
            FILL(body(emitter), "reply/deliver", {"name", route->handler_c_name});
    }
    emitter->part = 0;
}
