/* stream.c - replies that are sent piece by piece: what opens them, sends, and ends them. */
#include <string.h>

#include "emit/emit.h"

bool reply_is_streamed(const struct reply *reply)
{
    return reply->content == CONTENT_STREAM || reply->content == CONTENT_SSE;
}

bool route_streams(const struct route *route)
{
    if (route->handler != HANDLER_FUNCTION || route->body.streamed)
        return route->body.streamed;
    for (size_t i = 0; i < route->replies_count; i++)
        if (reply_is_streamed(&route->replies[i]) || route->replies[i].content == CONTENT_FILE)
            return true;
    return false;
}

bool has_file_replies(const struct model *model)
{
    for (size_t i = 0; i < model->routes_count; i++)
        for (size_t k = 0; k < model->routes[i].replies_count; k++)
            if (model->routes[i].replies[k].content == CONTENT_FILE)
                return true;
    return false;
}

bool has_streams(const struct model *model)
{
    for (size_t i = 0; i < model->routes_count; i++)
        if (route_streams(&model->routes[i]))
            return true;
    return false;
}

static const char *open_parameters(struct emitter *emitter, const struct reply *reply)
{
    struct text text = {.arena = emitter->arena};

    text_add(&text, "flare_request *rq");
    add_head_parameters(emitter, &text, reply);
    return text_of(&text);
}

static const char *event_parameter(struct emitter *emitter, const struct reply *reply)
{
    const bool pointed = reply_by_pointer(reply->type);

    return arena_format(emitter->arena, "%s%s %sbody", pointed ? "const " : "", c_type(emitter, reply->type),
                        pointed ? "*" : "");
}

static const char *end_prototype(struct emitter *emitter, const char *type, const struct reply *reply)
{
    struct text text = {.arena = emitter->arena};

    text_format(&text, "%s %s(%s_stream *stream", type, reply->c_name, reply->c_name);
    for (size_t i = 0; i < reply->trailers_count; i++)
        text_format(&text, ", %s %s", c_type(emitter, reply->trailers[i].type),
                    header_parameter(emitter, reply->trailers[i].c_name));
    text_add(&text, ")");
    return text_of(&text);
}

void declare_stream(struct emitter *emitter, struct text *out, const char *type, const struct reply *reply)
{
    FILL(out, "stream/declare", {"name", reply->c_name},
         {"status", arena_format(emitter->arena, "%u %s", reply->status, reply->reason)},
         {"parameters", open_parameters(emitter, reply)});
    if (reply->content == CONTENT_STREAM)
        FILL(out, "stream/declare_bytes", {"name", reply->c_name});
    else
        FILL(out, "stream/declare_events", {"name", reply->c_name},
             {"parameter", event_parameter(emitter, reply)});
    FILL(out, "stream/declare_end", {"doc", doc_comment(emitter, reply->doc)},
         {"prototype", end_prototype(emitter, type, reply)});
}

/* An event of a union is of its arm's type, unless it is given another. */
static const char *event_type(struct emitter *emitter, const struct type *type)
{
    struct text text = {.arena = emitter->arena}, cases = {.arena = emitter->arena};
    const struct declaration *const declaration = type->declaration;

    if (type->kind != TYPE_UNION)
        return "";
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const char *const name = declaration->properties[i].name;

        FILL(&cases, "stream/event_case",
             {"tag", tag_name(emitter, declaration, &declaration->properties[i])},
             {"text", c_string(emitter->arena, name, strlen(name))});
    }
    FILL(&text, "stream/event_type", {"cases", text_of(&cases)});
    return text_of(&text);
}

static const char *open_call(struct emitter *emitter, const struct reply *reply)
{
    if (reply->content == CONTENT_STREAM)
        return "flarei_stream_open(rq, &head)";
    return arena_format(emitter->arena, "flarei_events_open(rq, &head, %lluU, %lluU)",
                        (unsigned long long)reply->heartbeat_ms, (unsigned long long)reply->retry_ms);
}

void emit_stream(struct emitter *emitter, const char *type, const struct reply *reply, const char *head,
                 const char *headers)
{
    struct text trailers = {.arena = emitter->arena}, put = {.arena = emitter->arena};

    FILL(body(emitter), "stream/open", {"name", reply->c_name},
         {"parameters", open_parameters(emitter, reply)}, {"head", head}, {"headers", headers},
         {"open", open_call(emitter, reply)});
    if (reply->content == CONTENT_STREAM) {
        FILL(body(emitter), "stream/send_bytes", {"name", reply->c_name});
    } else {
        json_put(emitter, &put, reply->type, reply_by_pointer(reply->type) ? "*body" : "body");
        FILL(body(emitter), "stream/send_event", {"name", reply->c_name},
             {"parameter", event_parameter(emitter, reply)}, {"type", event_type(emitter, reply->type)},
             {"put", text_of(&put)});
    }
    for (size_t i = 0; i < reply->trailers_count; i++)
        put_trailer(emitter, &trailers, &reply->trailers[i]);
    FILL(body(emitter), "stream/end", {"prototype", end_prototype(emitter, type, reply)}, {"type", type},
         {"trailers", text_of(&trailers)});
}
