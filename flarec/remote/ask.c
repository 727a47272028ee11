/* ask.c - what a call does before it sends: each input as text, checked as the service will check it, put
 * where it belongs; the body written, and read again. */
#include "remote/remote.h"

#include "emit/decode.h"

#include <string.h>

static const char *const places[] = {
    [INPUT_PATH] = "PATH", [INPUT_QUERY] = "QUERY", [INPUT_HEADER] = "HEADER", [INPUT_COOKIE] = "COOKIE"};

struct asker {
    struct client *client;
    struct emitter *emitter;
    struct text *out;
};

static const char *string_of(const struct asker *asker, const char *text)
{
    return c_string(asker->client->arena, text, strlen(text));
}

/* ---- one value ----------------------------------------------------------------------------------------- */

/* The value as a flare_str. */
static const char *text_expression(const struct asker *asker, const struct type *type, const char *value)
{
    static const char *const words[] = {
        [TYPE_I8] = "i64",        [TYPE_I16] = "i64",   [TYPE_I32] = "i64",   [TYPE_I64] = "i64",
        [TYPE_U8] = "u64",        [TYPE_U16] = "u64",   [TYPE_U32] = "u64",   [TYPE_U64] = "u64",
        [TYPE_F32] = "f32",       [TYPE_F64] = "f64",   [TYPE_UUID] = "uuid", [TYPE_DATE] = "date",
        [TYPE_DATETIME] = "time", [TYPE_IPV4] = "ipv4", [TYPE_IPV6] = "ipv6"};
    struct arena *const arena = asker->client->arena;

    if (type->kind == TYPE_BOOL)
        return arena_format(arena, "flarei_call_bool(%s)", value);
    if (type->kind == TYPE_BEARER)
        return arena_format(arena, "flarei_call_bearer(calling, %s)", value);
    if (type->kind == TYPE_ENUM)
        return arena_format(arena, "%s(%s)",
                            symbol_use(asker->emitter, enum_text(asker->emitter, type->declaration)), value);
    if (type->kind <= TYPE_IPV6 && words[type->kind] != NULL)
        return arena_format(arena, "flarei_call_%s(calling, %s)", words[type->kind], value);
    return value;
}

/* A file of a multipart body. */
static void put_file(const struct asker *asker, struct text *out, const char *name, const struct type *type,
                     const char *index, const char *value)
{
    const struct constraints *const constraints = &type->constraints;
    struct text rows = {.arena = asker->client->arena}, types = {.arena = asker->client->arena};

    for (size_t i = 0; i < constraints->media_types_count; i++)
        text_format(&rows, "FLARE_STR_INIT(%s),\n", string_of(asker, constraints->media_types[i]));
    if (rows.length != 0)
        FILL(&types, "client/media_types", {"rows", text_of(&rows)});
    FILL(out, "client/file", {"name", string_of(asker, name)}, {"value", value}, {"index", index},
         {"types", text_of(&types)}, {"media_types", rows.length != 0 ? "media_types" : "NULL"},
         {"count", arena_format(asker->client->arena, "%zu", constraints->media_types_count)},
         {"min", length_bound(asker->emitter, constraints, false)},
         {"max",
          constraints->has_length_max ? length_bound(asker->emitter, constraints, true) : "UINT64_MAX"});
}

static void put_value(const struct asker *asker, struct text *out, const char *place, const char *name,
                      const struct type *type, const char *index, const char *value)
{
    const char *rule;

    if (type->kind == TYPE_STRUCT) {
        FILL(out, "client/plain", {"place", place}, {"name", string_of(asker, name)}, {"value", value});
        return;
    }
    if (type->kind == TYPE_BASIC) {
        FILL(out, "client/basic", {"name", string_of(asker, name)}, {"value", value});
        return;
    }
    if (type->kind == TYPE_FILE) {
        put_file(asker, out, name, type, index, value);
        return;
    }
    rule = take_expression(asker->emitter, type, "text", "&taken");
    /* What an open enum does not know is not told. */
    if (type->kind == TYPE_ENUM && type->declaration->open)
        rule = arena_format(asker->client->arena, "text.len == 0 ? FLAREI_RULE_ENUM : %s", rule);
    FILL(out, "client/value", {"place", place}, {"name", string_of(asker, name)},
         {"text", text_expression(asker, type, value)}, {"type", c_type_plain(asker->emitter, type)},
         {"index", index}, {"rule", rule});
}

/* ---- inputs ---------------------------------------------------------------------------------------------
 */

static void put_array(const struct asker *asker, struct text *out, const char *place, const char *name,
                      const struct type *type, bool may_lack, const char *value)
{
    const struct constraints *const constraints = &type->constraints;
    struct text item = {.arena = asker->client->arena};

    put_value(asker, &item, place, name, type->element, "(ptrdiff_t)i",
              arena_format(asker->client->arena, "%s.items[i]", value));
    if ((constraints->has_length_min && constraints->length_min != 0) || constraints->has_length_max)
        FILL(out, may_lack ? "client/count_if_any" : "client/count", {"place", place},
             {"name", string_of(asker, name)}, {"value", value},
             {"min", length_bound(asker->emitter, constraints, false)},
             {"max", length_bound(asker->emitter, constraints, true)});
    if (constraints->unique)
        FILL(out, "client/unique", {"place", place}, {"name", string_of(asker, name)}, {"value", value},
             {"kind", items_kind(type->element)});
    FILL(out, "client/items", {"value", value}, {"item", text_of(&item)});
}

/* A value that may be absent, or not. */
static void put_any(const struct asker *asker, const char *place, const char *name, const struct type *type,
                    bool may_lack, bool has_default, const char *value)
{
    struct text put = {.arena = asker->client->arena};
    const char *const own = may_lack ? arena_format(asker->client->arena, "%s.value", value) : value;

    if (type->kind == TYPE_ARRAY)
        put_array(asker, &put, place, name, type, may_lack || has_default, own);
    else
        put_value(asker, &put, place, name, type, "-1", own);
    if (may_lack)
        FILL(asker->out, "client/if_there", {"value", value}, {"put", text_of(&put)});
    else
        text_add(asker->out, text_of(&put));
}

static void put_input(const struct asker *asker, const struct input *input, bool guards, const char *prefix)
{
    put_any(asker, places[input->kind], input->name, input->type, client_may_lack(input, guards),
            input->fallback != NULL, arena_format(asker->client->arena, "in->%s%s", prefix, input->c_name));
}

static void put_inputs(const struct asker *asker, const struct route *route, enum input_kind kind)
{
    size_t count = route->inputs_count;
    const struct input *const inputs = spread_inputs(asker->emitter, route->inputs, &count);

    for (size_t i = 0; i < count; i++) {
        if (inputs[i].kind == kind)
            put_input(asker, &inputs[i], false, "");
    }
    for (size_t i = 0; client_guard(route, i) != NULL; i++) {
        const struct guard *const guard = client_guard(route, i);
        const char *const member = client_guard_member(asker->client, route, guard);

        for (size_t k = 0; k < guard->inputs_count; k++) {
            if (guard->inputs[k].kind == kind)
                put_input(asker, &guard->inputs[k], true, arena_format(asker->client->arena, "%s.", member));
        }
    }
}

static void put_text(const struct asker *asker, struct text *text)
{
    if (text->length == 0)
        return;
    FILL(asker->out, "client/path", {"text", c_string(asker->client->arena, text_of(text), text->length)});
    *text = (struct text){.arena = text->arena};
}

static void put_path(const struct asker *asker, const struct route *route)
{
    struct text text = {.arena = asker->client->arena};

    for (size_t i = 0; i < route->segments_count; i++) {
        const struct segment *const segment = &route->segments[i];

        text_add(&text, "/");
        if (segment->kind == SEGMENT_STATIC) {
            text_add(&text, segment->text);
            continue;
        }
        put_text(asker, &text);
        if (segment->kind == SEGMENT_PARAMETER)
            put_input(asker, segment->input, false, "");
        else
            FILL_PLAIN(asker->out, "client/rest");
    }
    put_text(asker, &text);
}

/* ---- bodies ----------------------------------------------------------------------------------------------
 */

static const char *media_member(const struct asker *asker, const struct route *route)
{
    return arena_format(asker->client->arena, "in->%s", client_own_member(asker->client, route, "body_type"));
}

static void put_json(const struct asker *asker, const struct typed_call *call)
{
    struct emitter *const emitter = asker->emitter;
    const struct type *const type = call->route->body.type;
    const char *const name =
        own_static(emitter, arena_format(asker->client->arena, "body_of_%s",
                                         bare_name(emitter, call->route->handler_c_name)));
    const char *const media_type = client_media_type(&call->route->body);
    const bool lines = call->route->body.kind == BODY_NDJSON;
    struct text put = {.arena = asker->client->arena}, read = {.arena = asker->client->arena};

    json_put(emitter, &put, type, lines ? "body->items[i]" : "*body");
    decode_value(emitter, &read, type, "NULL", NULL, "again");
    FILL(body(emitter), lines ? "client/lines_body" : "client/json_body", {"name", name},
         {"type", c_type(emitter, type)},
         {"parameters", arena_format(asker->client->arena, "const %s *body, flare_str content_type",
                                     c_type(emitter, client_body_type(asker->client, &call->route->body)))},
         {"content_type", "content_type"}, {"put", text_of(&put)}, {"read", text_of(&read)});
    FILL(asker->out, "client/put_json", {"name", name},
         {"media_type", media_type != NULL ? arena_format(asker->client->arena, "FLARE_STR(%s)",
                                                          string_of(asker, media_type))
                                           : media_member(asker, call->route)});
}

static void put_form(const struct asker *asker, const struct body *declared)
{
    const struct declaration *const form = declared->type->declaration;

    FILL_PLAIN(asker->out, declared->kind == BODY_FORM ? "client/form" : "client/multipart");
    for (size_t i = 0; i < form->properties_count; i++) {
        const struct property *const property = &form->properties[i];

        put_any(asker, "BODY", property->name, property->type, property->type->optional,
                property->fallback != NULL,
                arena_format(asker->client->arena, "in->body.%s", property->c_name));
    }
}

static void put_body(const struct asker *asker, const struct typed_call *call)
{
    const struct body *const declared = &call->route->body;
    const char *const media_type = client_media_type(declared);
    const char *const told =
        media_type != NULL ? arena_format(asker->client->arena, "FLARE_STR(%s)", string_of(asker, media_type))
                           : media_member(asker, call->route);

    switch (declared->kind) {
    case BODY_JSON:
    case BODY_NDJSON:
        put_json(asker, call);
        break;
    case BODY_FORM:
    case BODY_MULTIPART:
        put_form(asker, declared);
        break;
    case BODY_TEXT:
    case BODY_BYTES:
    case BODY_STREAM:
        if (declared->kind == BODY_TEXT)
            FILL_PLAIN(asker->out, "client/text_check");
        FILL(asker->out, "client/content", {"media_type", told});
        break;
    case BODY_NONE:
        break;
    }
}

static bool declares_redirect(const struct typed_call *call)
{
    for (size_t i = 0; i < call->answers_count; i++) {
        if (call->answers[i].reply->status >= 300 && call->answers[i].reply->status < 400)
            return true;
    }
    return false;
}

void client_ask(struct client *client, const struct typed_call *call, struct text *out)
{
    const struct asker asker = {client, client->emitter, out};

    if (call->route->method == NULL)
        FILL(out, "client/method", {"member", client_own_member(client, call->route, "method")});
    if (client_subprotocols(call->route) != NULL)
        FILL(out, "client/subprotocol", {"member", client_own_member(client, call->route, "subprotocol")});
    put_path(&asker, call->route);
    put_inputs(&asker, call->route, INPUT_QUERY);
    put_inputs(&asker, call->route, INPUT_HEADER);
    put_inputs(&asker, call->route, INPUT_COOKIE);
    put_body(&asker, call);
    if (declares_redirect(call))
        text_add(out, "calling->keep_redirects = true;\n");
}
