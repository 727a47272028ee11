/* openapi.c - the document. */
#include "publish/publish.h"

static void write_info(struct publisher *publisher)
{
    const struct model *const model = publisher->model;
    struct writer *const writer = &publisher->writer;
    const char *const words = doc_words(publisher->arena, model->doc);

    writer_open(writer, "info", '{');
    writer_text(writer, "title", model->name);
    writer_text(writer, "version", *model->version != '\0' ? model->version : "0");
    if (words != NULL)
        writer_text(writer, "description", words);
    writer_close(writer, '}');
}

static void write_limits(struct publisher *publisher)
{
    static const char *const names[LIMIT_COUNT] = {
        [LIMIT_HEAD] = "head_bytes",          [LIMIT_URI] = "uri_bytes",
        [LIMIT_HEADERS] = "headers",          [LIMIT_BODY] = "body_bytes",
        [LIMIT_REQUESTS] = "requests",        [LIMIT_HEAD_TIME] = "head_time_ms",
        [LIMIT_BODY_TIME] = "body_time_ms",   [LIMIT_IDLE_TIME] = "idle_time_ms",
        [LIMIT_WRITE_TIME] = "write_time_ms", [LIMIT_TIME] = "time_ms",
        [LIMIT_STREAMS] = "streams",          [LIMIT_WINDOW] = "window_bytes",
        [LIMIT_INFLATED] = "inflated_bytes",  [LIMIT_DEPTH] = "depth",
    };
    struct writer *const writer = &publisher->writer;
    bool any = false;

    for (size_t i = 0; i < LIMIT_COUNT; i++) {
        if (!publisher->model->limits[i].set || names[i] == NULL)
            continue;
        if (!any)
            writer_open(writer, "x-limits", '{');
        any = true;
        writer_whole(writer, names[i], publisher->model->limits[i].value);
    }
    if (any)
        writer_close(writer, '}');
}

void openapi_write(const struct model *model, struct output *out)
{
    struct arena arena = {0};
    struct publisher publisher = {.arena = &arena, .model = model, .writer = {.out = out}};
    struct writer *const writer = &publisher.writer;

    writer_open(writer, NULL, '{');
    writer_text(writer, "openapi", "3.1.0");
    write_info(&publisher);
    writer_open(writer, "servers", '[');
    writer_open_line(writer, NULL, '{');
    writer_text(writer, "url", "/");
    writer_close(writer, '}');
    writer_close(writer, ']');
    operations_write(&publisher);
    writer_open(writer, "components", '{');
    writer_open(writer, "schemas", '{');
    schema_components(&publisher);
    replies_schemas(&publisher);
    writer_close(writer, '}');
    replies_components(&publisher);
    security_schemes(&publisher);
    writer_close(writer, '}');
    write_limits(&publisher);
    writer_close(writer, '}');
    output_text(out, "\n");
    arena_free(&arena);
}
