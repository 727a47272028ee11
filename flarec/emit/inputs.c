/* inputs.c - how a route reads its inputs: the path's, then one pass over the query, one over the fields, one
 * over the cookies, each only where something is declared there; then what is missing. Every failure is
 * noted. */
#include <string.h>

#include "emit/emit.h"

struct reader {
    struct emitter *emitter;
    struct inputs_text *text;
    const struct route *route;
    bool needs_text; /* a local for an unescaped segment */
};

/* "in.page" or "in.page.value" */
static const char *target(struct reader *reader, const struct input *input)
{
    return arena_format(reader->emitter->arena, "in.%s%s", input->c_name,
                        input->type->optional ? ".value" : "");
}

/* "&inputs[2]" */
static const char *input_of(struct reader *reader, const struct input *input)
{
    return arena_format(reader->emitter->arena, "&inputs[%zu]", (size_t)(input - reader->route->inputs));
}

/* What tells that a scalar was met: of an optional its own flag. */
static const char *flag_of(struct reader *reader, const struct input *input)
{
    return arena_format(reader->emitter->arena, input->type->optional ? "in.%s.has" : "has_%s",
                        input->c_name);
}

static bool is_array(const struct input *input)
{
    return input->type->kind == TYPE_ARRAY;
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
    const char *const raw = arena_format(emitter->arena, "raw_%s", input->c_name);
    const char *const out = arena_format(emitter->arena, "&%s", target(reader, input));
    const bool escaped = may_be_escaped(input->type->kind);

    if (escaped)
        FILL(&reader->text->reading, "route/path_escaped", {"raw", raw}, {"input", input_of(reader, input)},
             {"take", take_expression(emitter, input->type, "text", out)});
    else
        FILL(&reader->text->reading, "route/path", {"take", take_expression(emitter, input->type, raw, out)},
             {"input", input_of(reader, input)});
    reader->needs_text = reader->needs_text || escaped;
}

/* ---- one value of query, header or cookie -----------------------------------------------------------------
 */

static const char *const values[] = {
    [INPUT_QUERY] = "walk.value", [INPUT_HEADER] = "field->value", [INPUT_COOKIE] = "walk.value"};

static const char *read_array(struct reader *reader, const struct input *input)
{
    struct emitter *const emitter = reader->emitter;
    const struct constraints *const constraints = &input->type->constraints;
    const bool header = input->kind == INPUT_HEADER;
    const char *const place =
        arena_format(emitter->arena, "&items_%s[count_%s]", input->c_name, input->c_name);
    struct text text = {.arena = emitter->arena}, limit = {.arena = emitter->arena};

    if (constraints->has_length_max)
        FILL(&limit, "route/array_full", {"name", input->c_name}, {"input", input_of(reader, input)},
             {"leave", header ? "continue" : "break"},
             {"max", arena_format(emitter->arena, "%llu", (unsigned long long)constraints->length_max)});
    FILL(&text, header ? "route/header_array" : "route/query_array", {"name", input->c_name},
         {"input", input_of(reader, input)}, {"limit", text_of(&limit)},
         {"take", take_expression(emitter, input->type->element, header ? "item" : "walk.value", place)});
    return text_of(&text);
}

static const char *read_scalar(struct reader *reader, const struct input *input)
{
    struct emitter *const emitter = reader->emitter;
    static const char *const parts[] = {[INPUT_QUERY] = "route/query_scalar",
                                        [INPUT_HEADER] = "route/header_scalar",
                                        [INPUT_COOKIE] = "route/cookie"};
    const char *const out = arena_format(emitter->arena, "&%s", target(reader, input));
    struct text text = {.arena = emitter->arena};

    FILL(&text, parts[input->kind], {"has", flag_of(reader, input)}, {"input", input_of(reader, input)},
         {"take", take_expression(emitter, input->type, values[input->kind], out)});
    return text_of(&text);
}

static const char *lower(struct emitter *emitter, const char *name)
{
    char *const copy = arena_copy(emitter->arena, name, strlen(name));

    for (char *c = copy; *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    return copy;
}

/* The test of one name, in a case for its length. */
static void add_test(struct reader *reader, struct text *tests, const struct input *input)
{
    struct emitter *const emitter = reader->emitter;
    const bool header = input->kind == INPUT_HEADER;
    const char *const name = header ? lower(emitter, input->name) : input->name;
    FILL(tests, "route/name_test", {"test", header ? "FLAREI_NAME_IS(field->name" : "FLAREI_IS(walk.name"},
         {"name", c_string(emitter->arena, name, strlen(name))},
         {"read", is_array(input) ? read_array(reader, input) : read_scalar(reader, input)});
}

static void read_kind(struct reader *reader, enum input_kind kind, const char *part)
{
    const struct route *const route = reader->route;
    struct emitter *const emitter = reader->emitter;
    struct text cases = {.arena = emitter->arena};
    size_t longest = 0;
    bool any = false;

    for (size_t i = 0; i < route->inputs_count; i++) {
        any = any || route->inputs[i].kind == kind;
        if (route->inputs[i].kind == kind && strlen(route->inputs[i].name) > longest)
            longest = strlen(route->inputs[i].name);
    }
    for (size_t length = 0; any && length <= longest; length++) {
        struct text tests = {.arena = emitter->arena};

        for (size_t i = 0; i < route->inputs_count; i++) {
            if (route->inputs[i].kind == kind && strlen(route->inputs[i].name) == length)
                add_test(reader, &tests, &route->inputs[i]);
        }
        if (tests.length != 0)
            FILL(&cases, "route/length_case", {"length", arena_format(emitter->arena, "%zu", length)},
                 {"tests", text_of(&tests)});
    }
    if (any)
        FILL(&reader->text->reading, part, {"cases", text_of(&cases)});
}

/* ---- what is missing; arrays
 * -------------------------------------------------------------------------------- */

static void finish_array(struct reader *reader, const struct input *input)
{
    const struct constraints *const constraints = &input->type->constraints;
    struct emitter *const emitter = reader->emitter;
    struct text *const out = &reader->text->reading;
    const bool absent_is_fine = input->type->optional || input->fallback != NULL;

    if (constraints->has_length_min && constraints->length_min != 0)
        FILL(out, "route/array_min", {"name", input->c_name}, {"input", input_of(reader, input)},
             {"unless",
              absent_is_fine ? arena_format(emitter->arena, "count_%s != 0 && ", input->c_name) : ""},
             {"min", arena_format(emitter->arena, "%llu", (unsigned long long)constraints->length_min)});
    FILL(out,
         input->type->optional ? "route/array_set_optional"
         : absent_is_fine      ? "route/array_set_default"
                               : "route/array_set",
         {"name", input->c_name});
}

static void finish(struct reader *reader, const struct input *input)
{
    if (input->kind == INPUT_PATH)
        return;
    if (is_array(input))
        finish_array(reader, input);
    else if (!input->type->optional && input->fallback == NULL)
        FILL(&reader->text->reading, "route/required", {"has", flag_of(reader, input)},
             {"input", input_of(reader, input)});
}

/* ---- declarations
 * ---------------------------------------------------------------------------------------------- */

static void declare_tables(struct reader *reader)
{
    static const char *const places[] = {[INPUT_PATH] = "FLAREI_IN_PATH",
                                         [INPUT_QUERY] = "FLAREI_IN_QUERY",
                                         [INPUT_HEADER] = "FLAREI_IN_HEADER",
                                         [INPUT_COOKIE] = "FLAREI_IN_COOKIE"};
    const struct route *const route = reader->route;
    struct emitter *const emitter = reader->emitter;
    struct text rows = {.arena = emitter->arena};

    for (size_t i = 0; i < route->inputs_count; i++) {
        const struct input *const input = &route->inputs[i];

        text_format(&rows, "{%s, FLARE_STR_INIT(%s)}, /* %s */\n", places[input->kind],
                    c_string(emitter->arena, input->name, strlen(input->name)),
                    type_words_of(emitter, input->type, input->fallback));
    }
    if (route->wildcard)
        text_add(&rows, "{FLAREI_IN_PATH, FLARE_STR_INIT(\"*\")}, /* the rest */\n");
    FILL(&reader->text->declarations, "route/inputs", {"rows", text_of(&rows)});
}

static void declare_locals(struct reader *reader)
{
    const struct route *const route = reader->route;
    struct emitter *const emitter = reader->emitter;
    struct text *const out = &reader->text->declarations;

    text_add(out, "struct flarei_refusals bad;\nenum flarei_rule rule;\n");
    if (reader->needs_text)
        text_add(out, "flare_str text;\n");
    for (size_t i = 0; i < route->inputs_count; i++) {
        const struct input *const input = &route->inputs[i];

        if (input->kind == INPUT_PATH)
            continue;
        if (is_array(input))
            text_format(out, "%s *items_%s = NULL;\nsize_t count_%s = 0;\n",
                        c_type(emitter, input->type->element), input->c_name, input->c_name);
        else if (!input->type->optional)
            text_format(out, "bool has_%s = false;\n", input->c_name);
    }
}

static void set_defaults(struct reader *reader)
{
    const struct route *const route = reader->route;
    struct emitter *const emitter = reader->emitter;

    for (size_t i = 0; i < route->inputs_count; i++) {
        const struct input *const input = &route->inputs[i];

        if (input->fallback != NULL)
            text_format(&reader->text->defaults, ".%s = %s,\n", input->c_name,
                        c_constant(emitter, &reader->text->declarations, input->type, input->fallback));
    }
}

void emit_inputs(struct emitter *emitter, const struct route *route, struct inputs_text *text)
{
    struct reader reader = {emitter, text, route, false};

    text->can_fail = route->inputs_count != 0 || route->wildcard;
    if (!text->can_fail)
        return;
    for (size_t i = 0; i < route->inputs_count; i++) {
        if (route->inputs[i].kind == INPUT_PATH)
            read_path(&reader, &route->inputs[i]);
    }
    if (route->wildcard) {
        reader.needs_text = true;
        FILL(&text->reading, "route/path_escaped", {"raw", "raw_rest"},
             {"input", arena_format(emitter->arena, "&inputs[%zu]", route->inputs_count)},
             {"take", "flarei_take_string(text, 0, SIZE_MAX, &in.rest)"});
    }
    read_kind(&reader, INPUT_QUERY, "route/query");
    read_kind(&reader, INPUT_HEADER, "route/fields");
    read_kind(&reader, INPUT_COOKIE, "route/cookies");
    for (size_t i = 0; i < route->inputs_count; i++)
        finish(&reader, &route->inputs[i]);
    declare_tables(&reader);
    set_defaults(&reader);
    declare_locals(&reader);
}
