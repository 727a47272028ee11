/* take.c - checks of one value that the runtime has no function for: enums, patterns, lengths of addresses.
 */
#include <string.h>

#include "emit/emit.h"

/* ---- patterns ----------------------------------------------------------------------------------- */

static struct symbol *pattern_symbol(struct emitter *emitter, const struct pattern *pattern)
{
    const char *const key = arena_format(emitter->arena, "pattern %u", pattern->index);
    struct symbol *symbol = symbol_find(emitter, key);

    if (symbol != NULL)
        return symbol;
    symbol = symbol_make(emitter, key, arena_format(emitter->arena, "pattern_%u", pattern->index + 1),
                         emitter->parts > 1 ? "extern const struct flarei_pattern %s"
                                            : "static const struct flarei_pattern %s");
    return symbol;
}

static void emit_pattern(struct emitter *emitter, const struct pattern *pattern)
{
    const struct dfa *const dfa = emitter->plan->dfas[pattern->index];
    struct symbol *const symbol = pattern_symbol(emitter, pattern);
    struct text classes = {.arena = emitter->arena}, rows = {.arena = emitter->arena};
    struct text accepting = {.arena = emitter->arena};

    for (unsigned i = 0; i < 256; i++)
        text_format(&classes, "%u,%s", dfa->class_of[i], i % 32 == 31 ? "\n" : " ");
    for (unsigned state = 0; state < dfa->states_count; state++) {
        for (unsigned class = 0; class < dfa->classes_count; class ++)
            text_format(&rows, "%u,%s", dfa->next[state * dfa->classes_count + class],
                        class + 1 == dfa->classes_count || class % 24 == 23 ? "\n" : " ");
        text_format(&accepting, "%d,%s", dfa->accepting[state],
                    state + 1 == dfa->states_count || state % 32 == 31 ? "\n" : " ");
    }
    FILL(body(emitter), "take/pattern", {"linkage", linkage(emitter, symbol)}, {"name", symbol->name},
         {"number", arena_format(emitter->arena, "%u", pattern->index + 1)},
         {"text", c_comment(emitter->arena, arena_format(emitter->arena, "/%s/", pattern->text))},
         {"place", place_of(emitter, pattern->place)}, {"classes", text_of(&classes)},
         {"rows", text_of(&rows)}, {"accepting", text_of(&accepting)},
         {"count", arena_format(emitter->arena, "%u", dfa->classes_count)});
}

/* ---- plain values -------------------------------------------------------------------------------------- */

const char *length_bound(struct emitter *emitter, const struct constraints *constraints, bool max)
{
    if (max ? !constraints->has_length_max : !constraints->has_length_min)
        return max ? "SIZE_MAX" : "0";
    return arena_format(emitter->arena, "%llu",
                        (unsigned long long)(max ? constraints->length_max : constraints->length_min));
}

static const char *const least[] = {
    [TYPE_I8] = "INT8_MIN",  [TYPE_I16] = "INT16_MIN", [TYPE_I32] = "INT32_MIN", [TYPE_I64] = "INT64_MIN",
    [TYPE_U8] = "0",         [TYPE_U16] = "0",         [TYPE_U32] = "0",         [TYPE_U64] = "0",
    [TYPE_F32] = "-FLT_MAX", [TYPE_F64] = "-DBL_MAX"};
static const char *const greatest[] = {
    [TYPE_I8] = "INT8_MAX",  [TYPE_I16] = "INT16_MAX",  [TYPE_I32] = "INT32_MAX",  [TYPE_I64] = "INT64_MAX",
    [TYPE_U8] = "UINT8_MAX", [TYPE_U16] = "UINT16_MAX", [TYPE_U32] = "UINT32_MAX", [TYPE_U64] = "UINT64_MAX",
    [TYPE_F32] = "FLT_MAX",  [TYPE_F64] = "DBL_MAX"};

static bool is_number(enum type_kind kind)
{
    return kind >= TYPE_I8 && kind <= TYPE_F64;
}

static bool is_text(enum type_kind kind)
{
    return kind == TYPE_STRING || kind == TYPE_BYTES || kind == TYPE_BEARER;
}

/* ", 1, 100" of what has a range or a length; else "". */
const char *take_bounds(struct emitter *emitter, const struct type *type)
{
    const struct constraints *const constraints = &type->constraints;

    if (is_number(type->kind))
        return arena_format(emitter->arena, ", %s, %s",
                            constraints->has_min ? c_number(emitter->arena, type->kind, constraints->min)
                                                 : least[type->kind],
                            constraints->has_max ? c_number(emitter->arena, type->kind, constraints->max)
                                                 : greatest[type->kind]);
    if (is_text(type->kind))
        return arena_format(emitter->arena, ", %s, %s", length_bound(emitter, constraints, false),
                            length_bound(emitter, constraints, true));
    return "";
}

/* "https ftp" */
static const char *schemes_text(struct emitter *emitter, const struct constraints *constraints)
{
    struct text text = {.arena = emitter->arena};

    for (size_t i = 0; i < constraints->schemes_count; i++)
        text_format(&text, "%s%s", i == 0 ? "" : " ", constraints->schemes[i]);
    return text_of(&text);
}

/* What the runtime checks by itself. */
static const char *take_plain(struct emitter *emitter, const struct type *type, const char *raw,
                              const char *out)
{
    if (type->constraints.schemes_count != 0) {
        const char *const schemes = schemes_text(emitter, &type->constraints);

        return arena_format(emitter->arena, "flarei_take_url_of(%s, FLARE_STR(%s), %s)", raw,
                            c_string(emitter->arena, schemes, strlen(schemes)), out);
    }
    return arena_format(emitter->arena, "flarei_take_%s(%s%s, %s)", scalar_word(type->kind), raw,
                        take_bounds(emitter, type), out);
}

/* ---- checks of the service's own --------------------------------------------------------------- */

static const char *enum_cases(struct emitter *emitter, const struct declaration *declaration)
{
    struct text cases = {.arena = emitter->arena};
    size_t longest = 0;

    for (size_t i = 0; i < declaration->members_count; i++) {
        if (strlen(declaration->members[i].name) > longest)
            longest = strlen(declaration->members[i].name);
    }
    for (size_t length = 0; length <= longest; length++) {
        struct text tests = {.arena = emitter->arena};

        for (size_t i = 0; i < declaration->members_count; i++) {
            const struct member *const member = &declaration->members[i];

            if (strlen(member->name) == length)
                FILL(&tests, "take/enum_test", {"text", c_string(emitter->arena, member->name, length)},
                     {"member", member->c_name});
        }
        if (tests.length != 0)
            FILL(&cases, "take/enum_case", {"length", arena_format(emitter->arena, "%zu", length)},
                 {"tests", text_of(&tests)});
    }
    return text_of(&cases);
}

static const char *further_checks(struct emitter *emitter, const struct type *type)
{
    const struct constraints *const constraints = &type->constraints;
    struct text checks = {.arena = emitter->arena};

    if (!is_text(type->kind) && (constraints->has_length_min || constraints->has_length_max))
        FILL(&checks, "take/check_length", {"min", length_bound(emitter, constraints, false)},
             {"max", length_bound(emitter, constraints, true)});
    for (size_t i = 0; i < constraints->patterns_count; i++)
        FILL(&checks, "take/check_pattern",
             {"pattern", symbol_use(emitter, pattern_symbol(emitter, constraints->patterns[i]))});
    for (size_t i = 0; i < constraints->checks_count; i++)
        FILL(&checks, "take/check_call", {"function", constraints->checks[i]});
    return text_of(&checks);
}

bool take_is_plain(const struct type *type)
{
    const struct constraints *const constraints = &type->constraints;

    return type->kind != TYPE_ENUM && constraints->patterns_count == 0 && constraints->checks_count == 0 &&
           constraints->schemes_count == 0 &&
           (is_text(type->kind) || (!constraints->has_length_min && !constraints->has_length_max));
}

const char *read_expression(struct emitter *emitter, const struct type *type, const char *input,
                            const char *out)
{
    if (!take_is_plain(type))
        return NULL;
    return arena_format(emitter->arena, "flarei_read_%s(rq, &%s%s, %s)", scalar_word(type->kind), input,
                        take_bounds(emitter, type), out);
}

/* One function reads it, whatever more is checked of some uses. */
static bool is_bare_enum(const struct type *type)
{
    return type->kind == TYPE_ENUM && type->constraints.checks_count == 0;
}

static const char *take_key(struct emitter *emitter, const struct type *type)
{
    const struct constraints *const constraints = &type->constraints;
    struct text key = {.arena = emitter->arena};

    if (is_bare_enum(type))
        return arena_format(emitter->arena, "take %s", type->declaration->c_name);
    text_format(&key, "take %s %s %s%s %s",
                type->kind == TYPE_ENUM ? type->declaration->c_name : scalar_word(type->kind),
                length_bound(emitter, constraints, false), length_bound(emitter, constraints, true),
                take_bounds(emitter, type), schemes_text(emitter, constraints));
    for (size_t i = 0; i < constraints->checks_count; i++)
        text_format(&key, " %s", constraints->checks[i]);
    for (size_t i = 0; i < constraints->patterns_count; i++)
        text_format(&key, " /%u", constraints->patterns[i]->index);
    return text_of(&key);
}

static void emit_take(struct emitter *emitter, const struct type *type, const char *input_name)
{
    const char *const key = take_key(emitter, type);
    const char *const name = is_bare_enum(type)    ? bare_name(emitter, type->declaration->c_name)
                             : type->alias != NULL ? c_identifier(emitter->arena, type->alias->name)
                                                   : c_identifier(emitter->arena, input_name);
    struct symbol *symbol;

    struct type bare;

    if (symbol_find(emitter, key) != NULL)
        return;
    if (type->kind == TYPE_ENUM && !is_bare_enum(type)) {
        bare = *type;
        bare.constraints.checks_count = 0;
        emit_take(emitter, &bare, input_name);
    }
    symbol = symbol_make(emitter, key, arena_format(emitter->arena, "take_%s", name),
                         arena_format(emitter->arena, "enum flarei_rule %%s(flare_str raw, %s *out)",
                                      c_type_plain(emitter, type)));
    if (is_bare_enum(type)) {
        FILL(body(emitter), type->declaration->open ? "take/open_enum" : "take/enum",
             {"linkage", linkage(emitter, symbol)}, {"prototype", symbol->prototype},
             {"cases", enum_cases(emitter, type->declaration)},
             {"unknown", type->declaration->open ? type->declaration->c_unknown : ""});
        return;
    }
    FILL(body(emitter), "take/text", {"words", c_comment(emitter->arena, type->written)},
         {"linkage", linkage(emitter, symbol)}, {"prototype", symbol->prototype},
         {"take", type->kind == TYPE_ENUM ? take_expression(emitter, &bare, "raw", "out")
                                          : take_plain(emitter, type, "raw", "out")},
         {"checks", further_checks(emitter, type)});
}

const char *take_expression(struct emitter *emitter, const struct type *type, const char *raw,
                            const char *out)
{
    if (take_is_plain(type))
        return take_plain(emitter, type, raw, out);
    return arena_format(emitter->arena, "%s(%s, %s)",
                        symbol_use(emitter, symbol_find(emitter, take_key(emitter, type))), raw, out);
}

static void visit_inputs(struct emitter *emitter, const struct input *inputs, size_t count,
                         void (*visit)(struct emitter *emitter, const struct type *type, const char *name))
{
    inputs = spread_inputs(emitter, inputs, &count);
    for (size_t i = 0; i < count; i++)
        visit(emitter, inputs[i].type->kind == TYPE_ARRAY ? inputs[i].type->element : inputs[i].type,
              inputs[i].name);
}

/* Calls for the type of every value that is taken from text: inputs, and what bodies hold. */
static void each_taken(struct emitter *emitter,
                       void (*visit)(struct emitter *emitter, const struct type *type, const char *name))
{
    const struct model *const model = emitter->model;

    for (size_t i = 0; i < model->guards_count; i++) {
        if (model->guards[i]->used && model->guards[i]->session == NULL)
            visit_inputs(emitter, model->guards[i]->inputs, model->guards[i]->inputs_count, visit);
    }
    for (size_t i = 0; i < model->routes_count; i++)
        visit_inputs(emitter, model->routes[i].inputs, model->routes[i].inputs_count, visit);
    decode_scalars(emitter, visit);
    form_scalars(emitter, visit);
}

/* The section's title, before the first of them. */
static void emit_title(struct emitter *emitter, const struct type *type, const char *name)
{
    (void)name;
    if (!take_is_plain(type) && !emitter->takes_titled) {
        section(emitter, body(emitter), "Checks of values");
        emitter->takes_titled = true;
    }
}

/* Patterns stand before the functions, in the order of the spec. */
static void note_patterns(struct emitter *emitter, const struct type *type, const char *name)
{
    (void)name;
    for (size_t i = 0; i < type->constraints.patterns_count; i++)
        emitter->patterns_used[type->constraints.patterns[i]->index] = true;
}

static void emit_take_of(struct emitter *emitter, const struct type *type, const char *name)
{
    if (!take_is_plain(type))
        emit_take(emitter, type, name);
}

void emit_takes(struct emitter *emitter)
{
    const struct model *const model = emitter->model;

    emitter->part = 0;
    emitter->patterns_used = ARENA_ARRAY(emitter->arena, model->patterns_count + 1, bool);
    each_taken(emitter, emit_title);
    each_taken(emitter, note_patterns);
    for (size_t i = 0; i < model->patterns_count; i++) {
        if (emitter->patterns_used[i])
            emit_pattern(emitter, model->patterns[i]);
    }
    each_taken(emitter, emit_take_of);
}
