/* page.c - a page of a service's routes that needs no script: what docs() shows where there is no viewer. */
#include <string.h>

#include "publish/publish.h"

static void escaped(struct output *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            output_text(out, "&lt;");
            break;
        case '>':
            output_text(out, "&gt;");
            break;
        case '&':
            output_text(out, "&amp;");
            break;
        case '"':
            output_text(out, "&quot;");
            break;
        default:
            output_write(out, text, 1);
            break;
        }
    }
}

static void tagged(struct output *out, const char *open, const char *text, const char *close)
{
    output_text(out, open);
    escaped(out, text);
    output_text(out, close);
}

static void words(struct publisher *publisher, struct output *out, const char *doc)
{
    const char *const text = doc_words(publisher->arena, doc);

    if (text != NULL)
        tagged(out, "<p class=\"words\">", text, "</p>\n");
}

static void write_row(struct publisher *publisher, struct output *out, const char *place, const char *name,
                      const struct type *type, const char *doc, const struct constant *fallback)
{
    const char *const text = doc_words(publisher->arena, doc);

    tagged(out, "<tr><td>", place, "</td>");
    tagged(out, "<td><code>", name, "</code></td><td><code>");
    escaped(out, type->written);
    if (fallback != NULL)
        tagged(out, " = ", fallback->written, "");
    output_text(out, "</code></td><td>");
    escaped(out, text != NULL ? text : "");
    output_text(out, "</td></tr>\n");
}

static void write_input(struct publisher *publisher, struct output *out, const struct input *input)
{
    static const char *const places[] = {
        [INPUT_PATH] = "path", [INPUT_QUERY] = "query", [INPUT_HEADER] = "header", [INPUT_COOKIE] = "cookie"};
    const struct declaration *const declaration = input->type->declaration;

    if (input->type->kind != TYPE_OBJECT) {
        write_row(publisher, out, places[input->kind], input->name, input->type, input->doc, input->fallback);
        return;
    }
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        write_row(publisher, out, places[input->kind], property->name, property->type, property->doc,
                  property->fallback);
    }
}

static void write_guards(struct publisher *publisher, struct output *out, const struct use *uses,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (uses[i].kind != USE_GUARD)
            continue;
        const struct guard *const guard = uses[i].guard;
        write_guards(publisher, out, guard->uses, guard->uses_count);
        for (size_t k = 0; k < guard->inputs_count; k++)
            write_input(publisher, out, &guard->inputs[k]);
    }
}

static void write_body(struct output *out, const struct body *body)
{
    static const char *const kinds[] = {[BODY_NONE] = "",
                                        [BODY_BYTES] = "bytes",
                                        [BODY_TEXT] = "text",
                                        [BODY_JSON] = "json",
                                        [BODY_NDJSON] = "ndjson",
                                        [BODY_FORM] = "form",
                                        [BODY_MULTIPART] = "multipart",
                                        [BODY_STREAM] = "stream"};

    if (body->kind == BODY_NONE)
        return;
    tagged(out, "<tr><td>body</td><td>", kinds[body->kind], "</td><td><code>");
    escaped(out, body->type != NULL ? body->type->written : "");
    for (size_t i = 0; i < body->media_types_count; i++)
        tagged(out, i != 0 ? ", " : "", body->media_types[i], "");
    output_text(out, "</code></td><td></td></tr>\n");
}

static void write_reply(struct publisher *publisher, struct output *out, const struct reply *reply)
{
    const char *const text = doc_words(publisher->arena, reply->doc);

    output_format(out, "<tr><td>reply</td><td>%u %s</td><td><code>", reply->status, reply->reason);
    if (reply->content == CONTENT_JSON || (reply->content == CONTENT_SSE && reply->type != NULL))
        escaped(out, reply->type->written);
    else if (reply->content == CONTENT_PROBLEM)
        escaped(out, reply->slug != NULL ? reply->slug : "problem");
    else if (reply->content != CONTENT_EMPTY)
        escaped(out, reply->media_type);
    output_text(out, "</code></td><td>");
    escaped(out, text != NULL ? text : "");
    output_text(out, "</td></tr>\n");
}

static void write_route(struct publisher *publisher, struct output *out, const struct route *route)
{
    output_text(out, "<section>\n");
    tagged(out, "<h2><span>", route->word, "</span> <code>");
    escaped(out, route->path);
    output_text(out, "</code></h2>\n");
    words(publisher, out, route->doc);
    output_text(out, "<table>\n");
    for (size_t i = 0; i < route->inputs_count; i++)
        write_input(publisher, out, &route->inputs[i]);
    write_guards(publisher, out, route->uses, route->uses_count);
    write_body(out, &route->body);
    for (size_t i = 0; i < route->replies_count; i++)
        write_reply(publisher, out, &route->replies[i]);
    if (route->handler == HANDLER_FIXED || route->handler == HANDLER_REDIRECT)
        output_format(out, "<tr><td>reply</td><td>%u %s</td><td></td><td></td></tr>\n", route->fixed_status,
                      route->fixed_reason);
    output_text(out, "</table>\n</section>\n");
}

static void write_declaration(struct publisher *publisher, struct output *out,
                              const struct declaration *declaration)
{
    static const char *const kinds[] = {[DECLARATION_ENUM] = "enum",
                                        [DECLARATION_OBJECT] = "type",
                                        [DECLARATION_ALIAS] = "type",
                                        [DECLARATION_UNION] = "union"};

    output_text(out, "<section>\n");
    tagged(out, "<h2><span>", kinds[declaration->kind], "</span> <code>");
    escaped(out, schema_name(publisher, declaration));
    output_text(out, "</code></h2>\n");
    words(publisher, out, declaration->doc);
    output_text(out, "<table>\n");
    for (size_t i = 0; i < declaration->members_count; i++) {
        const char *const text = doc_words(publisher->arena, declaration->members[i].doc);
        tagged(out, "<tr><td></td><td><code>", declaration->members[i].name, "</code></td><td></td><td>");
        escaped(out, text != NULL ? text : "");
        output_text(out, "</td></tr>\n");
    }
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        write_row(publisher, out, "", property->name, property->type, property->doc, property->fallback);
    }
    if (declaration->aliased != NULL)
        tagged(out, "<tr><td></td><td></td><td><code>", declaration->aliased->written,
               "</code></td><td></td></tr>\n");
    output_text(out, "</table>\n</section>\n");
}

void page_write(const struct model *model, struct output *out)
{
    struct arena arena = {0};
    struct publisher publisher = {.arena = &arena, .model = model};

    output_text(out, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width\">\n"
                     "<link rel=\"stylesheet\" href=\"plain.css\">\n");
    tagged(out, "<title>", model->name, "</title>\n");
    tagged(out, "<h1>", model->name, " <small>");
    escaped(out, model->version);
    output_text(out, "</small></h1>\n");
    words(&publisher, out, model->doc);
    output_text(out, "<p><a href=\"openapi.json\">openapi.json</a></p>\n");
    for (size_t i = 0; i < model->routes_count; i++)
        write_route(&publisher, out, &model->routes[i]);
    for (size_t i = 0; i < model->declarations_count; i++)
        write_declaration(&publisher, out, model->declarations[i]);
    output_text(out, "</html>\n");
    arena_free(&arena);
}
