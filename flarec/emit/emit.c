/* emit.c - the pass: fills every output that was asked for. */
#include "emit/emit.h"

#include <string.h>

#include "emit/layout.h"
#include "passes.h"

/* ---- symbols ------------------------------------------------------------------------------------- */

static size_t bucket_of(const char *name)
{
    uint32_t value = 2166136261u;

    for (; *name; name++)
        value = (value ^ (unsigned char)*name) * 16777619u;
    return value % 4096;
}

static bool is_taken(const struct emitter *emitter, const char *name)
{
    for (const struct symbol *other = emitter->buckets[bucket_of(name)]; other != NULL; other = other->next) {
        if (strcmp(other->name, name) == 0)
            return true;
    }
    return false;
}

/* No name of ours begins as the user's do, unless it says that it is ours. */
static const char *own_name(struct emitter *emitter, const char *bare)
{
    const size_t length = strlen(emitter->service);

    if (emitter->parts > 1)
        return arena_format(emitter->arena, "%s_flarei_%s", emitter->service, bare);
    if (strncmp(bare, emitter->service, length) == 0 && bare[length] == '_')
        return arena_format(emitter->arena, "%s_%s", strcmp(emitter->service, "own") == 0 ? "its" : "own",
                            bare);
    return bare;
}

struct symbol *symbol_make(struct emitter *emitter, const char *key, const char *bare, const char *prototype)
{
    struct symbol *symbol = ARENA_NEW(emitter->arena, struct symbol);
    const char *name = own_name(emitter, bare);
    size_t bucket;

    for (unsigned number = 2; is_taken(emitter, name); number++)
        name = own_name(emitter, arena_format(emitter->arena, "%s_%u", bare, number));
    if (emitter->symbols_count == emitter->symbols_capacity) {
        const size_t capacity = emitter->symbols_capacity ? 2 * emitter->symbols_capacity : 64;
        struct symbol **more = ARENA_ARRAY(emitter->arena, capacity, struct symbol *);

        if (emitter->symbols_count != 0)
            memcpy(more, emitter->symbols, emitter->symbols_count * sizeof *more);
        emitter->symbols = more;
        emitter->symbols_capacity = capacity;
    }
    emitter->symbols[emitter->symbols_count++] = symbol;
    symbol->name = name;
    symbol->prototype = arena_format(emitter->arena, prototype, name);
    symbol->used = ARENA_ARRAY(emitter->arena, emitter->parts, bool);
    bucket = bucket_of(name);
    symbol->next = emitter->buckets[bucket];
    emitter->buckets[bucket] = symbol;
    if (key != NULL) {
        bucket = bucket_of(key);
        symbol->key = key;
        symbol->next_key = emitter->keys[bucket];
        emitter->keys[bucket] = symbol;
    }
    return symbol;
}

struct symbol *symbol_find(struct emitter *emitter, const char *key)
{
    struct symbol *symbol = emitter->keys[bucket_of(key)];

    while (symbol != NULL && strcmp(symbol->key, key) != 0)
        symbol = symbol->next_key;
    return symbol;
}

const char *symbol_use(struct emitter *emitter, struct symbol *symbol)
{
    symbol->used[emitter->part] = true;
    return symbol->name;
}

const char *linkage(struct emitter *emitter, struct symbol *symbol)
{
    symbol_use(emitter, symbol);
    return emitter->parts == 1 ? "static " : "";
}

const char *own_static(struct emitter *emitter, const char *bare)
{
    return symbol_make(emitter, NULL, bare, "%s")->name;
}

/* ---- small texts ------------------------------------------------------------------------------------ */

struct text *body(struct emitter *emitter)
{
    return &emitter->bodies[emitter->part];
}

const char *place_of(struct emitter *emitter, struct place place)
{
    const char *const path = place.source->name;
    const char *const slash = strrchr(path, '/');
    const char *const file = place.source == emitter->model->source ? emitter->spec
                             : slash != NULL                        ? slash + 1
                                                                    : path;

    return arena_format(emitter->arena, "%s:%u", file, source_position(place).line);
}

const char *route_title(struct emitter *emitter, const struct route *route)
{
    return arena_format(emitter->arena, "%s %s", route->word, c_comment(emitter->arena, route->path));
}

const char *bare_name(const struct emitter *emitter, const char *name)
{
    const size_t length = strlen(emitter->service);

    return strncmp(name, emitter->service, length) == 0 && name[length] == '_' ? name + length + 1 : name;
}

unsigned part_of_route(const struct emitter *emitter, unsigned index)
{
    const size_t count = emitter->model->routes_count;

    return index >= count ? 0 : (unsigned)((uint64_t)index * emitter->parts / count);
}

/* The text as an array, for compilers that take no longer literal. */
static const char *long_text(struct emitter *emitter, struct text *before, const char *bytes, size_t length)
{
    struct text numbers = {.arena = emitter->arena};
    const char *name = arena_format(emitter->arena, "text_%u", ++emitter->texts_count);

    for (size_t i = 0; i < length; i++)
        text_format(&numbers, "%d,%s", (signed char)bytes[i],
                    i + 1 == length ? ""
                    : i % 20 == 19  ? "\n"
                                    : " ");
    FILL(before, "service/long_text", {"name", name}, {"numbers", text_of(&numbers)});
    return name;
}

const char *str_expression(struct emitter *emitter, struct text *before, const char *bytes, size_t length)
{
    if (length > C_STRING_MAX) {
        const char *name = long_text(emitter, before, bytes, length);

        return arena_format(emitter->arena, "(flare_str){%s, sizeof %s}", name, name);
    }
    return arena_format(emitter->arena, "FLARE_STR(%s)", c_string(emitter->arena, bytes, length));
}

const char *str_initializer(struct emitter *emitter, struct text *before, const char *bytes, size_t length)
{
    if (length > C_STRING_MAX) {
        const char *name = long_text(emitter, before, bytes, length);

        return arena_format(emitter->arena, "{%s, sizeof %s}", name, name);
    }
    return arena_format(emitter->arena, "FLARE_STR_INIT(%s)", c_string(emitter->arena, bytes, length));
}

const char *doc_comment(struct emitter *emitter, const char *doc)
{
    struct text text = {.arena = emitter->arena};

    if (doc == NULL || *doc == '\0')
        return "";
    text_add(&text, "/* ");
    while (*doc != '\0') {
        const char *const newline = strchr(doc, '\n');
        const size_t length = newline != NULL ? (size_t)(newline - doc) : strlen(doc);
        const char *const words = c_comment(emitter->arena, arena_copy(emitter->arena, doc, length));

        text_add(&text, words);
        doc += length + (newline != NULL);
        if (*doc != '\0')
            text_add(&text, "\n * ");
    }
    text_add(&text, " */\n");
    return text_of(&text);
}

void section(struct emitter *emitter, struct text *text, const char *title)
{
    (void)emitter;
    FILL(text, "service/section", {"title", title});
    text_add(text, "\n");
}

/* ---- files --------------------------------------------------------------------------------------------- */

static const char *index_of_routes(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    struct text text = {.arena = emitter->arena};
    size_t paths = 0, handlers = 0, methods = 0;

    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];
        const size_t path = strlen(c_comment(emitter->arena, route->path));
        const size_t handler = route->handler == HANDLER_FUNCTION ? strlen(route->handler_c_name) : 10;
        const size_t method = strlen(route->word);

        paths = path > paths && path <= 50 ? path : paths;
        handlers = handler > handlers && handler <= 40 ? handler : handlers;
        methods = method > methods ? method : methods;
    }
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];

        text_format(&text, " *   %-*s  %-*s  %-*s  %s\n", (int)methods, route->word, (int)paths,
                    c_comment(emitter->arena, route->path), (int)handlers, route_handler_words(route),
                    place_of(emitter, route->place));
    }
    return text_of(&text);
}

void emitter_write(struct emitter *emitter, struct output *output, const struct text *text)
{
    struct text laid = {.arena = emitter->arena};

    layout(&laid, text_of(text), text->length);
    const char *const lines = text_of(&laid);
    size_t length = laid.length;
    /* A part that holds nothing ends in the gap before it. */
    while (length > 1 && lines[length - 1] == '\n' && lines[length - 2] == '\n')
        length--;
    output_write(output, lines, length);
}

void emitter_banner(struct emitter *emitter, struct text *text, const char *file, bool with_index)
{
    const bool index = with_index && emitter->model->routes_count != 0;

    FILL(text, index ? "service/banner" : "service/banner_short", {"file", file},
         {"version", FLARE_VERSION_TEXT}, {"spec", emitter->spec},
         {"index", index ? index_of_routes(emitter) : ""});
}

/* What this part has in common with the others. */
static void declare_shared(struct emitter *emitter, struct text *text)
{
    struct text declarations = {.arena = emitter->arena};

    for (size_t i = 0; i < emitter->symbols_count; i++) {
        const struct symbol *const symbol = emitter->symbols[i];

        if (symbol->used[emitter->part])
            text_format(&declarations, "%s;\n", symbol->prototype);
    }
    if (emitter->shared.length == 0 && declarations.length == 0)
        return;
    section(emitter, text, "Shared between the parts");
    text_add(text, text_of(&emitter->shared) + (text_of(&emitter->shared)[0] == '\n'));
    if (emitter->shared.length != 0 && declarations.length != 0)
        text_add(text, "\n");
    text_add(text, text_of(&declarations));
}

/* What only some services need. */
static const char *includes(struct emitter *emitter)
{
    return arena_format(
        emitter->arena, "%s%s%s%s%s%s%s%s%s%s",
        has_decoders(emitter) || has_files(emitter->model) || has_file_replies(emitter->model) ||
                has_forms(emitter) || has_pages(emitter) || has_proxies(emitter->model) ||
                has_sessions(emitter) || has_ways(emitter->model) || has_websockets(emitter->model)
            ? "\n"
            : "",
        has_files(emitter->model) || has_file_replies(emitter->model) ? "#include <flare/gen_files.h>\n" : "",
        has_forms(emitter) ? "#include <flare/gen_form.h>\n" : "",
        has_pages(emitter) ? "#include <flare/gen_html.h>\n" : "",
        has_decoders(emitter) ? "#include <flare/gen_json.h>\n" : "",
        has_proxies(emitter->model) ? "#include <flare/gen_proxy.h>\n" : "",
        has_sessions(emitter) ? "#include <flare/gen_session.h>\n" : "",
        has_streams(emitter->model) ? "#include <flare/gen_stream.h>\n" : "",
        has_ways(emitter->model) ? "#include <flare/gen_work.h>\n" : "",
        has_websockets(emitter->model) ? "#include <flare/gen_ws.h>\n" : "");
}

static void write_source(struct emitter *emitter, struct output *output, const char *header)
{
    struct text text = {.arena = emitter->arena};

    emitter->part = output->part - 1;
    emitter_banner(emitter, &text, output->name, emitter->parts == 1);
    FILL(&text, "service/source", {"header", header}, {"includes", includes(emitter)},
         {"abi", arena_format(emitter->arena, "%d", EMIT_GEN_ABI)}, {"spec", emitter->spec});
    if (emitter->parts > 1)
        declare_shared(emitter, &text);
    text_add_bytes(&text, text_of(body(emitter)), body(emitter)->length);
    emitter_write(emitter, output, &text);
}

static struct text *empty_bodies(struct emitter *emitter)
{
    struct text *const bodies = ARENA_ARRAY(emitter->arena, emitter->parts, struct text);

    for (unsigned part = 0; part < emitter->parts; part++)
        bodies[part].arena = emitter->arena;
    return bodies;
}

/* Dispatch stands behind what it calls, but is written before: it says in which part that must be. */
static void write_bodies(struct emitter *emitter)
{
    struct text *const bodies = empty_bodies(emitter), *const dispatch = empty_bodies(emitter);

    emitter->part = 0;
    name_routes(emitter);
    emitter->bodies = dispatch;
    emit_dispatch(emitter);
    emitter->bodies = bodies;
    emit_json(emitter);
    emit_takes(emitter);
    emit_decoders(emitter);
    emit_forms(emitter);
    emit_use_constants(emitter);
    emit_routes(emitter);
    emit_replies(emitter);
    emitter->bodies = dispatch;
    emit_dispatch_entry(emitter);
    emitter->bodies = bodies;
    for (unsigned part = 0; part < emitter->parts; part++)
        text_add_bytes(&bodies[part], text_of(&dispatch[part]), dispatch[part].length);
    emit_service_table(emitter);
}

/* The same text whoever imports it. */
static void write_library(struct emitter *emitter, struct output *output)
{
    const struct library *const library = emitter->model->libraries[output->part - 1];
    struct text text = {.arena = emitter->arena};
    const size_t length = strlen(library->header);

    FILL(&text, "service/banner_short", {"file", output->name}, {"version", FLARE_VERSION_TEXT},
         {"spec", c_comment(emitter->arena, arena_copy(emitter->arena, library->header, length - 2))},
         {"index", ""});
    emit_library_header(emitter, library, &text);
    emitter_write(emitter, output, &text);
}

struct emitter *emitter_make(struct arena *arena, const struct model *model, const struct plan *plan,
                             const struct outputs *outputs)
{
    struct emitter *const emitter = ARENA_NEW(arena, struct emitter);

    emitter->arena = arena;
    emitter->model = model;
    emitter->plan = plan;
    emitter->service = model->c_name;
    emitter->spec = c_comment(arena, outputs->spec_name);
    emitter->parts = outputs->parts;
    emitter->index_from = outputs->index_from;
    emitter->shared.arena = arena;
    return emitter;
}

int emit_service(const struct model *model, const struct plan *plan, struct outputs *outputs)
{
    struct arena arena = {0};
    struct emitter *const emitter = emitter_make(&arena, model, plan, outputs);
    struct output *const header = outputs_find(outputs, OUTPUT_HEADER, 0);

    if (!model->is_library)
        write_bodies(emitter);
    for (struct output *output = outputs->first; output != NULL; output = output->next) {
        struct text text = {.arena = &arena};

        if (output->kind == OUTPUT_DEPENDS || output->kind == OUTPUT_CLIENT_HEADER ||
            output->kind == OUTPUT_CLIENT_SOURCE || output->kind == OUTPUT_MOCK)
            continue;
        if (output->kind == OUTPUT_LIBRARY) {
            write_library(emitter, output);
            continue;
        }
        if (output->kind == OUTPUT_SOURCE) {
            write_source(emitter, output, header != NULL ? header->name : "service.flare.h");
            continue;
        }
        if (output->kind != OUTPUT_STUBS)
            emitter_banner(emitter, &text, output->name, output->kind == OUTPUT_HEADER);
        if (output->kind == OUTPUT_HEADER)
            emit_header(emitter, &text);
        else if (output->kind == OUTPUT_MAIN)
            FILL(&text, "service/main", {"service", emitter->service},
                 {"header", header != NULL ? header->name : "service.flare.h"});
        else
            emit_stubs(emitter, &text);
        emitter_write(emitter, output, &text);
    }
    arena_free(&arena);
    return 0;
}
