/* answer.c - what a call does with the reply: it is one of those that are declared, and is read as that. */
#include "remote/remote.h"

#include "emit/decode.h"

#include <string.h>

static const char *string_of(const struct client *client, const char *text)
{
    return c_string(client->arena, text, strlen(text));
}

static const char *declared_row(struct client *client, const struct typed_call *call,
                                const struct reply *reply)
{
    const char *kind = "EMPTY", *type = NULL;

    if (reply->content == CONTENT_PROBLEM) {
        kind = "PROBLEM";
        type = reply->slug != NULL ? reply->slug : "about:blank";
    } else if (reply->content == CONTENT_SSE) {
        kind = "CONTENT";
        type = reply->media_type;
    } else if (client_has_body(call->route, reply)) {
        kind = reply->content == CONTENT_JSON ? "JSON" : "CONTENT";
        /* A file of any type. */
        type = strcmp(reply->media_type, "*/*") != 0 ? reply->media_type : NULL;
    }
    return arena_format(client->arena, "{%u, FLAREI_DECLARED_%s, %s},\n", reply->status, kind,
                        type != NULL
                            ? arena_format(client->arena, "FLARE_STR_INIT(%s)", string_of(client, type))
                            : "{NULL, 0}");
}

static void read_value(struct client *client, struct text *out, const char *place, const char *name,
                       const struct type *type, const char *target)
{
    FILL(out, type->optional ? "client/read_optional" : "client/read_value", {"place", place},
         {"name", string_of(client, name)}, {"target", target},
         {"rule",
          take_expression(client->emitter, type, "text",
                          arena_format(client->arena, "&%s%s", target, type->optional ? ".value" : ""))});
}

static const char *read_answer(struct client *client, const struct typed_call *call,
                               const struct answer *answer)
{
    const struct reply *const reply = answer->reply;
    const char *const as = arena_format(client->arena, "out->as.%s", answer->name);
    struct text text = {.arena = client->arena}, read = {.arena = client->arena};

    if (client_has_body(call->route, reply) && reply->content == CONTENT_JSON) {
        decode_value(client->emitter, &read, reply->type, "NULL", NULL,
                     arena_format(client->arena, "%s.body", as));
        FILL(&text, "client/read_json", {"read", text_of(&read)});
    } else if (client_has_body(call->route, reply)) {
        text_format(&text, "%s.body = out->call.reply->content;\n", as);
    }
    for (size_t i = 0; i < reply->headers_count; i++) {
        const struct reply_header *const header = &reply->headers[i];

        if (header->type != NULL)
            read_value(client, &text, "HEADER", header->name, header->type,
                       arena_format(client->arena, "%s.%s", as, client_member(client, header->c_name)));
    }
    for (size_t i = 0; i < reply->cookies_count; i++) {
        const struct reply_cookie *const cookie = &reply->cookies[i];

        if (cookie->type != NULL)
            read_value(client, &text, "COOKIE", cookie->name, cookie->type,
                       arena_format(client->arena, "%s.%s", as, client_member(client, cookie->c_name)));
    }
    return text_of(&text);
}

void client_answer(struct client *client, const struct typed_call *call, struct text *out)
{
    struct text rows = {.arena = client->arena}, cases = {.arena = client->arena};
    struct text choose = {.arena = client->arena};

    if (call->answers_count == 0) {
        FILL_PLAIN(out, "client/any_answer");
        return;
    }
    for (size_t i = 0; i < call->answers_count; i++) {
        text_add(&rows, declared_row(client, call, call->answers[i].reply));
        if (client_holds(call->route, call->answers[i].reply))
            FILL(&cases, "client/case", {"number", arena_format(client->arena, "%zu", i + 1)},
                 {"read", read_answer(client, call, &call->answers[i])});
    }
    if (cases.length != 0)
        FILL(&choose, "client/choose", {"cases", text_of(&cases)});
    FILL(out, "client/answer", {"rows", text_of(&rows)}, {"choose", text_of(&choose)}, {"name", call->name},
         {"count", arena_format(client->arena, "%zu", call->answers_count)});
}

void client_next(struct client *client, const struct typed_call *call, struct text *out)
{
    struct text read = {.arena = client->arena};

    decode_value(client->emitter, &read, client_events(call->route)->type, "NULL", NULL, "(*item)");
    FILL(out, "client/next", {"title", route_title(client->emitter, call->route)},
         {"prototype", client_next_prototype(client, call)},
         {"begin", "flarei_call_event(calling, &out->call, event)"}, {"what", "event"},
         {"read", text_of(&read)});
}
