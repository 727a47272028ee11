/* inputs.c - how a route reads its inputs: the path's captures, then one by one those of query, fields and
 * cookies. Every failure is noted. */
#include <string.h>

#include "emit/emit.h"

struct reader {
    struct emitter *emitter;
    struct inputs_text *text;
    const struct input *inputs;
    size_t inputs_count;
    bool needs_text;  /* a local for a value between finding and checking */
    bool needs_rule;  /* one for what a check of an array's item says */
    bool needs_count; /* one for the refusals before an array */
    bool scans;       /* several inputs are of the query, and found in one pass over it */
};

/* The value as an expression: "in.page", "*out_page"; of a field of a spread type "out_page->limit". */
static const char *place_for(struct reader *reader, const struct input *input)
{
    struct arena *const arena = reader->emitter->arena;
    const char *const dot = strchr(input->c_name, '.');

    if (!reader->text->shared)
        return arena_format(arena, "in.%s", input->c_name);
    if (dot == NULL)
        return arena_format(arena, "*out_%s", input->c_name);
    return arena_format(arena, "out_%.*s->%s", (int)(dot - input->c_name), input->c_name, dot + 1);
}

/* What its members are behind: "in.page.", "out_page->". */
static const char *members_of(struct reader *reader, const struct input *input)
{
    const char *const place = place_for(reader, input);

    if (place[0] == '*')
        return arena_format(reader->emitter->arena, "%s->", place + 1);
    return arena_format(reader->emitter->arena, "%s.", place);
}

/* Where what is taken goes: "&in.page", "&in.page.value", "out_page". */
static const char *target(struct reader *reader, const struct input *input)
{
    const char *const place = place_for(reader, input);

    if (input->type->optional)
        return arena_format(reader->emitter->arena, "&%svalue", members_of(reader, input));
    return place[0] == '*' ? place + 1 : arena_format(reader->emitter->arena, "&%s", place);
}

/* The name of locals that are about it: those of a spread field say of what it is one. */
static const char *local_name(struct emitter *emitter, const struct input *input)
{
    const char *const dot = strchr(input->c_name, '.');

    if (dot == NULL)
        return input->c_name;
    return arena_format(emitter->arena, "%s_of_%.*s", dot + 1, (int)(dot - input->c_name), input->c_name);
}

const struct input *spread_inputs(struct emitter *emitter, const struct input *inputs, size_t *count)
{
    size_t room = *count, spread = 0;
    struct input *all;

    for (size_t i = 0; i < *count; i++)
        room += inputs[i].type->kind == TYPE_OBJECT ? inputs[i].type->declaration->properties_count : 0;
    if (room == *count)
        return inputs;
    all = ARENA_ARRAY(emitter->arena, room, struct input);
    for (size_t i = 0; i < *count; i++) {
        const struct declaration *const declaration = inputs[i].type->declaration;

        if (inputs[i].type->kind != TYPE_OBJECT) {
            all[spread++] = inputs[i];
            continue;
        }
        for (size_t k = 0; k < declaration->properties_count; k++) {
            const struct property *const property = &declaration->properties[k];

            all[spread++] = (struct input){
                .kind = INPUT_QUERY,
                .name = property->name,
                .c_name = arena_format(emitter->arena, "%s.%s", inputs[i].c_name, property->c_name),
                .place = inputs[i].place,
                .type = property->type,
                .fallback = property->fallback,
            };
        }
    }
    *count = spread;
    return all;
}

static bool is_array(const struct input *input)
{
    return input->type->kind == TYPE_ARRAY;
}

/* ---- the constants that name inputs ------------------------------------------------------------------ */

static bool is_required(const struct input *input)
{
    return input->kind != INPUT_PATH && !is_array(input) && !input->type->optional && input->fallback == NULL;
}

static struct symbol *constant_of(struct emitter *emitter, enum input_kind kind, const char *name,
                                  bool required)
{
    static const char *const words[] = {
        [INPUT_PATH] = "path", [INPUT_QUERY] = "query", [INPUT_HEADER] = "header", [INPUT_COOKIE] = "cookie"};
    const char *const key = arena_format(emitter->arena, "input %s %d %s", words[kind], (int)required, name);
    struct symbol *symbol = symbol_find(emitter, key);

    if (symbol == NULL)
        symbol =
            symbol_make(emitter, key,
                        arena_format(emitter->arena, "%s_%s", words[kind],
                                     strcmp(name, "*") == 0 ? "rest" : c_identifier(emitter->arena, name)),
                        emitter->parts > 1 ? "extern const struct flarei_input %s"
                                           : "static const struct flarei_input %s");
    return symbol;
}

static void emit_constant(struct emitter *emitter, enum input_kind kind, const char *name, bool required)
{
    static const char *const places[] = {
        [INPUT_PATH] = "PATH", [INPUT_QUERY] = "QUERY", [INPUT_HEADER] = "HEADER", [INPUT_COOKIE] = "COOKIE"};
    struct symbol *const symbol = constant_of(emitter, kind, name, required);

    if (symbol->complete)
        return;
    symbol->complete = true;
    FILL(body(emitter), "route/input", {"linkage", linkage(emitter, symbol)}, {"name", symbol->name},
         {"place", places[kind]}, {"required", required ? "true" : "false"},
         {"text", c_string(emitter->arena, name, strlen(name))});
}

static void emit_constants(struct emitter *emitter, const struct input *inputs, size_t count, bool *any)
{
    if (count != 0 && !*any)
        FILL_PLAIN(body(emitter), "route/inputs");
    *any = *any || count != 0;
    inputs = spread_inputs(emitter, inputs, &count);
    for (size_t i = 0; i < count; i++)
        emit_constant(emitter, inputs[i].kind, inputs[i].name, is_required(&inputs[i]));
}

void emit_input_constants(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    bool any = false;

    for (size_t i = 0; i < model->guards_count; i++) {
        if (model->guards[i]->used && model->guards[i]->session == NULL)
            emit_constants(emitter, model->guards[i]->inputs, model->guards[i]->inputs_count, &any);
    }
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];

        if (route->handler != HANDLER_FUNCTION || (route->inputs_count == 0 && !route->wildcard))
            continue;
        emit_constants(emitter, route->inputs, route->inputs_count, &any);
        if (!any)
            FILL_PLAIN(body(emitter), "route/inputs");
        any = true;
        if (route->wildcard)
            emit_constant(emitter, INPUT_PATH, "*", false);
    }
}

const char *input_constant(struct emitter *emitter, const struct input *input)
{
    return symbol_use(emitter, constant_of(emitter, input->kind, input->name, is_required(input)));
}

static const char *input_of(struct reader *reader, const struct input *input)
{
    return input_constant(reader->emitter, input);
}

/* ---- the path ---------------------------------------------------------------------------------------- */

/* May its text hold characters that stand escaped in a path? */
static bool may_be_escaped(enum type_kind kind)
{
    return kind == TYPE_STRING || kind == TYPE_BYTES || kind == TYPE_EMAIL || kind == TYPE_URL ||
           kind == TYPE_ENUM || kind == TYPE_DATETIME || kind == TYPE_IPV6;
}

static void read_path(struct reader *reader, const struct input *input)
{
    struct emitter *const emitter = reader->emitter;
    struct text *const out = &reader->text->reading;
    const struct constraints *const constraints = &input->type->constraints;
    const char *const raw = arena_format(emitter->arena, "raw_%s", input->c_name);
    const char *const to = target(reader, input);

    if (input->type->kind == TYPE_STRUCT) {
        reader->needs_text = true;
        FILL(out, "route/path_parse", {"raw", raw}, {"input", input_of(reader, input)},
             {"out", place_for(reader, input)}, {"parse", input->type->parse});
    } else if (input->type->kind == TYPE_STRING && constraints->patterns_count == 0) {
        FILL(out, "route/path_string", {"input", input_of(reader, input)}, {"raw", raw},
             {"min", length_bound(emitter, constraints, false)},
             {"max", length_bound(emitter, constraints, true)}, {"out", to});
    } else if (may_be_escaped(input->type->kind)) {
        reader->needs_text = true;
        FILL(out, "route/path_text", {"raw", raw}, {"input", input_of(reader, input)},
             {"take", take_expression(emitter, input->type, "text", to)});
    } else {
        FILL(out, "route/path", {"take", take_expression(emitter, input->type, raw, to)},
             {"input", input_of(reader, input)});
    }
}

/* ---- the query in one pass --------------------------------------------------------------------------- */

/* Of an input among those of the query. */
static size_t query_index(const struct reader *reader, const struct input *input)
{
    size_t index = 0;

    for (const struct input *other = reader->inputs; other != input; other++)
        index += other->kind == INPUT_QUERY;
    return index;
}

/* The function that tells the names apart: one for all in a part that have the same. */
static const char *member_of(struct emitter *emitter, const char *const *names, size_t count)
{
    struct text key = {.arena = emitter->arena};
    struct symbol *symbol;

    text_format(&key, "query in %u", emitter->part);
    for (size_t i = 0; i < count; i++)
        text_format(&key, " %s", names[i]);
    symbol = symbol_find(emitter, text_of(&key));
    if (symbol == NULL) {
        symbol = symbol_make(emitter, text_of(&key), "member_of_query", "%s");
        decode_names(emitter, symbol->name, names, count);
    }
    return symbol->name;
}

static void scan_query(struct reader *reader)
{
    struct emitter *const emitter = reader->emitter;
    const char **const names = ARENA_ARRAY(emitter->arena, reader->inputs_count, const char *);
    struct text rows = {.arena = emitter->arena};
    size_t count = 0;

    for (size_t i = 0; i < reader->inputs_count; i++) {
        if (reader->inputs[i].kind != INPUT_QUERY)
            continue;
        text_format(&rows, "&%s,\n", input_of(reader, &reader->inputs[i]));
        names[count++] = reader->inputs[i].name;
    }
    reader->scans = count > 1;
    if (!reader->scans)
        return;
    FILL(&reader->text->declarations, "route/query_inputs", {"rows", text_of(&rows)},
         {"count", arena_format(emitter->arena, "%zu", count)});
    FILL(&reader->text->reading, "route/query", {"member_of", member_of(emitter, names, count)});
}

static const char *find_expression(struct reader *reader, const struct input *input, const char *name)
{
    if (reader->scans && input->kind == INPUT_QUERY)
        return arena_format(reader->emitter->arena, "flarei_query_find(rq, &%s, &values[%zu], &text)", name,
                            query_index(reader, input));
    return arena_format(reader->emitter->arena, "flarei_find(rq, &%s, &text)", name);
}

/* ---- query, header, cookie --------------------------------------------------------------------------- */

static void read_scalar(struct reader *reader, const struct input *input)
{
    struct emitter *const emitter = reader->emitter;
    struct text *const out = &reader->text->reading;
    const char *const name = input_of(reader, input);
    const char *const to = target(reader, input);
    const char *const has =
        input->type->optional ? arena_format(emitter->arena, "%shas", members_of(reader, input)) : NULL;
    const char *const read = input->type->kind == TYPE_STRUCT || (reader->scans && input->kind == INPUT_QUERY)
                                 ? NULL
                                 : read_expression(emitter, input->type, name, to);
    const char *const find = find_expression(reader, input, name);

    if (input->type->kind == TYPE_STRUCT) {
        reader->needs_text = true;
        FILL(out, "route/find_parse", {"find", find}, {"input", name}, {"out", place_for(reader, input)},
             {"parse", input->type->parse});
        return;
    }
    if (read != NULL) {
        text_format(out, has != NULL ? "%s = %s;\n" : "%s%s;\n", has != NULL ? has : "", read);
        return;
    }
    reader->needs_text = true;
    FILL(out, has != NULL ? "route/find_optional" : "route/find", {"has", has}, {"find", find},
         {"input", name}, {"take", take_expression(emitter, input->type, "text", to)});
}

const char *items_kind(const struct type *element)
{
    switch (element->kind) {
    case TYPE_F32:
        return "FLAREI_ITEMS_F32";
    case TYPE_F64:
        return "FLAREI_ITEMS_F64";
    case TYPE_STRING:
    case TYPE_BYTES:
    case TYPE_EMAIL:
    case TYPE_URL:
    case TYPE_BEARER:
    case TYPE_ETAG:
        return "FLAREI_ITEMS_TEXTS";
    case TYPE_BOOL:
    case TYPE_I8:
    case TYPE_I16:
    case TYPE_I32:
    case TYPE_I64:
    case TYPE_U8:
    case TYPE_U16:
    case TYPE_U32:
    case TYPE_U64:
    case TYPE_UUID:
    case TYPE_DATE:
    case TYPE_DATETIME:
    case TYPE_IPV4:
    case TYPE_IPV6:
    case TYPE_ENUM:
    case TYPE_OBJECT:
    case TYPE_ARRAY:
    case TYPE_UNION:
    case TYPE_MAP:
    case TYPE_RAW_JSON:
    case TYPE_STRUCT:
    case TYPE_FILE:
    case TYPE_BASIC:
        break;
    }
    return "FLAREI_ITEMS_PLAIN";
}

static void read_array(struct reader *reader, const struct input *input)
{
    struct emitter *const emitter = reader->emitter;
    struct text *const out = &reader->text->reading;
    const struct constraints *const constraints = &input->type->constraints;
    const char *const name = local_name(emitter, input);
    const bool header = input->kind == INPUT_HEADER;
    const bool absent_is_fine = input->type->optional || input->fallback != NULL;
    const char *const place = arena_format(emitter->arena, "&items_%s[count_%s]", name, name);
    struct text limit = {.arena = emitter->arena};

    reader->needs_rule = true;
    if (constraints->has_length_max)
        FILL(&limit, "route/array_full", {"name", name}, {"input", input_of(reader, input)},
             {"leave", header ? "continue" : "break"},
             {"max", arena_format(emitter->arena, "%llu", (unsigned long long)constraints->length_max)});
    if (constraints->unique) {
        reader->needs_count = true;
        text_add(out, "refused = rq->refusal_count;\n");
    }
    FILL(out, header ? "route/header_array" : "route/query_array", {"name", name},
         {"input", input_of(reader, input)}, {"limit", text_of(&limit)},
         {"next", reader->scans ? "flarei_query_item" : "flarei_query_next"},
         {"take",
          take_expression(emitter, input->type->element,
                          header ? "item" : arena_format(emitter->arena, "walk_%s.value", name), place)});
    if (constraints->has_length_min && constraints->length_min != 0)
        FILL(out, "route/array_min", {"name", name}, {"input", input_of(reader, input)},
             {"unless", absent_is_fine ? arena_format(emitter->arena, "count_%s != 0 && ", name) : ""},
             {"min", arena_format(emitter->arena, "%llu", (unsigned long long)constraints->length_min)});
    if (constraints->unique)
        FILL(out, "route/array_unique", {"name", name}, {"input", input_of(reader, input)},
             {"kind", items_kind(input->type->element)});
    FILL(out,
         input->type->optional ? "route/array_set_optional"
         : absent_is_fine      ? "route/array_set_default"
                               : "route/array_set",
         {"name", name}, {"to", members_of(reader, input)});
}

/* ---- declarations ------------------------------------------------------------------------------ */

static void declare_locals(struct reader *reader)
{
    struct emitter *const emitter = reader->emitter;
    struct text *const out = &reader->text->declarations;

    if (reader->needs_rule)
        text_add(out, "enum flarei_rule rule;\n");
    if (reader->needs_count)
        text_add(out, "uint32_t refused;\n");
    if (reader->needs_text)
        text_add(out, "flare_str text;\n");
    for (size_t i = 0; i < reader->inputs_count; i++) {
        const struct input *const input = &reader->inputs[i];

        if (is_array(input))
            text_format(out, "%s *items_%s = NULL;\nsize_t count_%s = 0;\n",
                        c_type(emitter, input->type->element), local_name(emitter, input),
                        local_name(emitter, input));
        if (is_array(input) && input->kind == INPUT_QUERY && reader->scans)
            text_format(out, "struct flarei_query_items walk_%s = flarei_query_items_of(rq, &values[%zu]);\n",
                        local_name(emitter, input), query_index(reader, input));
        else if (is_array(input) && input->kind == INPUT_QUERY)
            text_format(out, "struct flarei_query_walk walk_%s = flarei_query_walk_of(rq, &%s);\n",
                        local_name(emitter, input), input_of(reader, input));
    }
}

static void set_defaults(struct reader *reader)
{
    struct emitter *const emitter = reader->emitter;

    for (size_t i = 0; i < reader->inputs_count; i++) {
        const struct input *const input = &reader->inputs[i];

        if (input->fallback != NULL)
            text_format(&reader->text->defaults, reader->text->shared ? "%s = %s;\n" : ".%s = %s,\n",
                        reader->text->shared ? place_for(reader, input) : input->c_name,
                        c_constant(emitter, &reader->text->declarations, input->type, input->fallback));
        else if (reader->text->shared && input->type->optional && !is_array(input))
            text_format(&reader->text->defaults, "%s = (%s){0};\n", place_for(reader, input),
                        c_type(emitter, input->type));
    }
}

void emit_inputs(struct emitter *emitter, const struct input *inputs, size_t count, bool wildcard,
                 struct inputs_text *text)
{
    static const enum input_kind order[] = {INPUT_PATH, INPUT_QUERY, INPUT_HEADER, INPUT_COOKIE};
    struct reader reader = {.emitter = emitter, .text = text};

    inputs = spread_inputs(emitter, inputs, &count);
    reader.inputs = inputs;
    reader.inputs_count = count;
    text->can_fail = count != 0 || wildcard;
    if (!text->can_fail)
        return;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (order[i] == INPUT_QUERY)
            scan_query(&reader);
        for (size_t k = 0; k < count; k++) {
            const struct input *const input = &inputs[k];

            if (input->kind != order[i])
                continue;
            if (input->kind == INPUT_PATH)
                read_path(&reader, input);
            else if (is_array(input))
                read_array(&reader, input);
            else
                read_scalar(&reader, input);
        }
        if (wildcard && order[i] == INPUT_PATH)
            FILL(&text->reading, "route/path_string",
                 {"input", symbol_use(emitter, constant_of(emitter, INPUT_PATH, "*", false))},
                 {"raw", "raw_rest"}, {"min", "0"}, {"max", "SIZE_MAX"},
                 {"out", text->shared ? "out_rest" : "&in.rest"});
    }
    set_defaults(&reader);
    declare_locals(&reader);
}
