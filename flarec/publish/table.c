/* table.c - `flarec routes --json` and `--dot`. */
#include <stdlib.h>
#include <string.h>

#include "publish/publish.h"

/* ---- JSON ------------------------------------------------------------------------------------------ */

static void write_inputs(struct writer *writer, const struct route *route)
{
    static const char *const places[] = {
        [INPUT_PATH] = "path", [INPUT_QUERY] = "query", [INPUT_HEADER] = "header", [INPUT_COOKIE] = "cookie"};

    writer_open(writer, "inputs", '[');
    for (size_t i = 0; i < route->inputs_count; i++) {
        const struct input *const input = &route->inputs[i];
        writer_open_line(writer, NULL, '{');
        writer_text(writer, "in", places[input->kind]);
        writer_text(writer, "name", input->name);
        writer_text(writer, "type", input->type->written);
        if (input->fallback != NULL)
            writer_text(writer, "default", input->fallback->written);
        writer_close(writer, '}');
    }
    writer_close(writer, ']');
}

static void write_body(struct writer *writer, const struct body *body)
{
    static const char *const kinds[] = {
        [BODY_NONE] = "none",           [BODY_BYTES] = "bytes",   [BODY_TEXT] = "text",
        [BODY_JSON] = "json",           [BODY_NDJSON] = "ndjson", [BODY_FORM] = "form",
        [BODY_MULTIPART] = "multipart", [BODY_STREAM] = "stream"};

    if (body->kind == BODY_NONE)
        return;
    writer_open_line(writer, "body", '{');
    writer_text(writer, "kind", kinds[body->kind]);
    if (body->type != NULL)
        writer_text(writer, "type", body->type->written);
    writer_close(writer, '}');
}

static void write_replies(struct writer *writer, const struct route *route)
{
    writer_open(writer, "replies", '[');
    for (size_t i = 0; i < route->replies_count; i++) {
        const struct reply *const reply = &route->replies[i];
        writer_open_line(writer, NULL, '{');
        writer_whole(writer, "status", reply->status);
        writer_text(writer, "constructor", reply->c_name);
        if (reply->content != CONTENT_EMPTY && reply->media_type != NULL)
            writer_text(writer, "content", reply->media_type);
        if (reply->type != NULL)
            writer_text(writer, "type", reply->type->written);
        if (reply->slug != NULL)
            writer_text(writer, "problem", reply->slug);
        writer_close(writer, '}');
    }
    writer_close(writer, ']');
}

void routes_json(const struct model *model, struct output *out)
{
    struct writer writer = {.out = out};

    writer_open(&writer, NULL, '[');
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];

        writer_open(&writer, NULL, '{');
        writer_text(&writer, "method", route->word);
        writer_text(&writer, "path", route->path);
        writer_text(&writer, "handler", route_handler_words(route));
        writer_text(&writer, "file", route->place.source->name);
        writer_whole(&writer, "line", source_position(route->place).line);
        write_inputs(&writer, route);
        write_body(&writer, &route->body);
        write_replies(&writer, route);
        writer_close(&writer, '}');
    }
    writer_close(&writer, ']');
    output_text(out, "\n");
}

/* ---- the tree ------------------------------------------------------------------------------------------ */

struct drawing {
    struct output *out;
    unsigned nodes;
};

static unsigned draw_step(struct drawing *drawing, const struct step *step);

static void quoted(struct output *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        output_format(out, text[i] == '"' ? "\\%c" : "%c", text[i]);
}

static unsigned node(struct drawing *drawing, const char *text, size_t length, const char *style)
{
    output_format(drawing->out, "    n%u [label=\"", drawing->nodes);
    quoted(drawing->out, text, length);
    output_format(drawing->out, "\"%s];\n", style);
    return drawing->nodes++;
}

static void edge(struct drawing *drawing, unsigned from, unsigned to, const char *style)
{
    output_format(drawing->out, "    n%u -> n%u%s;\n", from, to, style);
}

static void draw_leaf(struct drawing *drawing, unsigned from, const struct leaf *leaf)
{
    for (size_t i = 0; i < leaf->routes_count; i++) {
        const struct route *const route = leaf->routes[i];
        struct output label = {0};
        output_format(&label, "%s %s\\n%s", route->word, route->path, route_handler_words(route));
        edge(drawing, from,
             node(drawing, label.text, label.length, ", shape=box, style=filled, fillcolor=\"#e8f0e8\""), "");
        free(label.text);
    }
}

/* What a fork tries, in its order. */
static void draw_fork(struct drawing *drawing, unsigned from, const struct fork *fork)
{
    if (fork->fixed != NULL)
        edge(drawing, from, draw_step(drawing, fork->fixed), " [label=\"1\"]");
    if (fork->parameter != NULL) {
        const unsigned parameter = node(drawing, ":", 1, ", shape=diamond");
        edge(drawing, from, parameter, " [label=\"2\"]");
        edge(drawing, parameter, draw_step(drawing, fork->parameter), "");
    }
    if (fork->wildcard != NULL) {
        const unsigned wildcard = node(drawing, "*", 1, ", shape=diamond");
        edge(drawing, from, wildcard, " [label=\"3\"]");
        draw_leaf(drawing, wildcard, fork->wildcard);
    }
}

static unsigned draw_step(struct drawing *drawing, const struct step *step)
{
    const unsigned own = node(drawing, step->text, step->length, step->function != 0 ? ", penwidth=2" : "");

    if (step->leaf != NULL)
        draw_leaf(drawing, own, step->leaf);
    for (size_t i = 0; i < step->branches_count; i++)
        edge(drawing, own, draw_step(drawing, step->branches[i]), "");
    if (step->fork != NULL)
        draw_fork(drawing, own, step->fork);
    return own;
}

void routes_dot(const struct plan *plan, struct output *out)
{
    struct drawing drawing = {.out = out};

    output_text(out, "digraph dispatch {\n"
                     "    rankdir=LR;\n"
                     "    node [fontname=\"monospace\", shape=plain];\n");
    if (plan->root != NULL)
        draw_step(&drawing, plan->root);
    output_text(out, "}\n");
}
