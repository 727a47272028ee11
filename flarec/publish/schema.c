/* schema.c - types as JSON Schema (2020-12, the dialect of OpenAPI 3.1). */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "publish/publish.h"

/* ---- names and constants ------------------------------------------------------------------------- */

const char *schema_name(struct publisher *publisher, const struct declaration *declaration)
{
    return declaration->library != NULL
               ? arena_format(publisher->arena, "%s.%s", declaration->library->name, declaration->name)
               : declaration->name;
}

/* ---- one type ---------------------------------------------------------------------------------------- */

static bool same_number(const struct number *left, const struct number *right)
{
    return left->negative == right->negative && left->magnitude == right->magnitude &&
           memcmp(&left->real, &right->real, sizeof left->real) == 0;
}

static bool same_texts(const char *const *left, size_t left_count, const char *const *right,
                       size_t right_count)
{
    bool same = left_count == right_count;

    for (size_t i = 0; same && i < left_count; i++)
        same = strcmp(left[i], right[i]) == 0;
    return same;
}

static bool same_constraints(const struct constraints *left, const struct constraints *right)
{
    bool same = left->has_min == right->has_min && left->has_max == right->has_max &&
                left->has_length_min == right->has_length_min &&
                left->has_length_max == right->has_length_max && left->length_min == right->length_min &&
                left->length_max == right->length_max && left->patterns_count == right->patterns_count &&
                left->unique == right->unique && left->secret == right->secret &&
                left->as_text == right->as_text;

    same = same && (!left->has_min || same_number(&left->min, &right->min)) &&
           (!left->has_max || same_number(&left->max, &right->max)) &&
           same_texts(left->schemes, left->schemes_count, right->schemes, right->schemes_count) &&
           same_texts(left->checks, left->checks_count, right->checks, right->checks_count);
    for (size_t i = 0; same && i < left->patterns_count; i++)
        same = left->patterns[i]->index == right->patterns[i]->index;
    return same;
}

/* The declaration that stands for the whole type, or NULL. An alias does unless it was narrowed further. */
static const struct declaration *reference_of(const struct type *type, enum standing standing)
{
    if (type->alias != NULL && type->declaration == NULL && standing == STANDING_JSON &&
        type->alias->aliased != NULL && !type->alias->aliased->optional &&
        same_constraints(&type->constraints, &type->alias->aliased->constraints))
        return type->alias;
    return type->kind == TYPE_ENUM || type->kind == TYPE_OBJECT || type->kind == TYPE_UNION
               ? type->declaration
               : NULL;
}

/* The words of JSON Schema for a kind of scalar. */
static const struct {
    const char *type, *format;
} scalars[] = {
    [TYPE_BOOL] = {"boolean", NULL},    [TYPE_I8] = {"integer", "int8"},
    [TYPE_I16] = {"integer", "int16"},  [TYPE_I32] = {"integer", "int32"},
    [TYPE_I64] = {"integer", "int64"},  [TYPE_U8] = {"integer", "uint8"},
    [TYPE_U16] = {"integer", "uint16"}, [TYPE_U32] = {"integer", "uint32"},
    [TYPE_U64] = {"integer", "uint64"}, [TYPE_F32] = {"number", "float"},
    [TYPE_F64] = {"number", "double"},  [TYPE_STRING] = {"string", NULL},
    [TYPE_BYTES] = {"string", NULL},    [TYPE_UUID] = {"string", "uuid"},
    [TYPE_DATE] = {"string", "date"},   [TYPE_DATETIME] = {"string", "date-time"},
    [TYPE_EMAIL] = {"string", "email"}, [TYPE_URL] = {"string", "uri"},
    [TYPE_IPV4] = {"string", "ipv4"},   [TYPE_IPV6] = {"string", "ipv6"},
    [TYPE_ENUM] = {"string", NULL},     [TYPE_OBJECT] = {"object", NULL},
    [TYPE_ARRAY] = {"array", NULL},     [TYPE_UNION] = {"object", NULL},
    [TYPE_MAP] = {"object", NULL},      [TYPE_RAW_JSON] = {NULL, NULL},
    [TYPE_STRUCT] = {"string", NULL},   [TYPE_FILE] = {"string", "binary"},
    [TYPE_BEARER] = {"string", NULL},   [TYPE_ETAG] = {"string", NULL},
    [TYPE_BASIC] = {"string", NULL},
};

static void write_kind(struct writer *writer, const char *kind, bool nullable)
{
    if (kind == NULL)
        return;
    if (!nullable) {
        writer_text(writer, "type", kind);
        return;
    }
    writer_open_line(writer, "type", '[');
    writer_text(writer, NULL, kind);
    writer_text(writer, NULL, "null");
    writer_close(writer, ']');
}

static void write_range(struct publisher *publisher, const struct type *type)
{
    const struct constraints *const constraints = &type->constraints;
    struct writer *const writer = &publisher->writer;
    const bool real = type->kind == TYPE_F32 || type->kind == TYPE_F64;
    const struct number single_max = {.real = 3.4028234663852886e38},
                        single_min = {.real = -3.4028234663852886e38};
    struct number least = single_min, greatest = single_max;

    if (!real) {
        least = type_least(type->kind);
        greatest = type_greatest(type->kind);
    }
    if (constraints->has_min || type->kind != TYPE_F64)
        writer_raw(
            writer, "minimum",
            number_text(publisher->arena, type->kind, constraints->has_min ? &constraints->min : &least));
    if (constraints->has_max || type->kind != TYPE_F64)
        writer_raw(
            writer, "maximum",
            number_text(publisher->arena, type->kind, constraints->has_max ? &constraints->max : &greatest));
}

static void write_length(struct writer *writer, const struct type *type, enum standing standing)
{
    const struct constraints *const constraints = &type->constraints;
    const bool array = type->kind == TYPE_ARRAY, map = type->kind == TYPE_MAP;
    const bool encoded = type->kind == TYPE_BYTES && standing == STANDING_JSON;
    const uint64_t least = encoded ? (constraints->length_min + 2) / 3 * 4 : constraints->length_min;
    uint64_t most = constraints->length_max;

    if (encoded && most < UINT64_MAX / 2)
        most = (most + 2) / 3 * 4;
    if (constraints->has_length_min && constraints->length_min != 0)
        writer_whole(writer, array ? "minItems" : map ? "minProperties" : "minLength", least);
    if (constraints->has_length_max)
        writer_whole(writer, array ? "maxItems" : map ? "maxProperties" : "maxLength", most);
}

static void write_patterns(struct publisher *publisher, const struct type *type)
{
    const struct constraints *const constraints = &type->constraints;
    struct writer *const writer = &publisher->writer;

    if (constraints->patterns_count == 1) {
        writer_text(writer, "pattern", ecma_pattern(publisher->arena, constraints->patterns[0]));
    } else if (constraints->patterns_count > 1) {
        writer_open(writer, "allOf", '[');
        for (size_t i = 0; i < constraints->patterns_count; i++) {
            writer_open_line(writer, NULL, '{');
            writer_text(writer, "pattern", ecma_pattern(publisher->arena, constraints->patterns[i]));
            writer_close(writer, '}');
        }
        writer_close(writer, ']');
    } else if (type->kind == TYPE_URL) {
        struct output schemes = {0};

        for (size_t i = 0; i < constraints->schemes_count; i++)
            output_format(&schemes, "%s%s", i != 0 ? "|" : "", constraints->schemes[i]);
        writer_text(writer, "pattern",
                    arena_format(publisher->arena, "^(?:%s):",
                                 constraints->schemes_count != 0 ? schemes.text : "[hH][tT][tT][pP][sS]?"));
        free(schemes.text);
    }
}

static void write_scalar(struct publisher *publisher, const struct type *type, enum standing standing)
{
    const struct constraints *const constraints = &type->constraints;
    struct writer *const writer = &publisher->writer;
    const bool null = type->optional && standing == STANDING_JSON;

    if (constraints->as_text && standing == STANDING_JSON) {
        write_kind(writer, "string", null);
        writer_text(writer, "format", scalars[type->kind].format);
        writer_text(writer, "pattern",
                    decimal_pattern(publisher->arena,
                                    constraints->has_min ? constraints->min : type_least(type->kind),
                                    constraints->has_max ? constraints->max : type_greatest(type->kind)));
        return;
    }
    write_kind(writer, scalars[type->kind].type, null);
    if (constraints->secret && scalars[type->kind].format == NULL && type->kind == TYPE_STRING)
        writer_text(writer, "format", "password");
    else if (scalars[type->kind].format != NULL)
        writer_text(writer, "format", scalars[type->kind].format);
    if (type_is_number(type->kind)) {
        write_range(publisher, type);
    } else {
        write_length(writer, type, standing);
        write_patterns(publisher, type);
    }
    if (type->kind == TYPE_BYTES && standing == STANDING_JSON)
        writer_text(writer, "contentEncoding", "base64");
}

/* A format is of texts alone: where there may be null it stands apart. */
static bool stands_apart(const struct type *type, enum standing standing)
{
    return type->optional && standing == STANDING_JSON && !type_is_number(type->kind) &&
           scalars[type->kind].format != NULL;
}

static void write_inline(struct publisher *publisher, const struct type *type, enum standing standing)
{
    struct writer *const writer = &publisher->writer;
    const bool null = type->optional && standing == STANDING_JSON;

    if (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP) {
        write_kind(writer, scalars[type->kind].type, null);
        schema_write(publisher, type->kind == TYPE_ARRAY ? "items" : "additionalProperties", type->element,
                     standing);
        write_length(writer, type, standing);
        if (type->constraints.unique)
            writer_bool(writer, "uniqueItems", true);
    } else {
        write_scalar(publisher, type, standing);
    }
    if (type->constraints.checks_count != 0) {
        writer_open_line(writer, "x-check", '[');
        for (size_t i = 0; i < type->constraints.checks_count; i++)
            writer_text(writer, NULL, type->constraints.checks[i]);
        writer_close(writer, ']');
    }
}

void schema_members(struct publisher *publisher, const struct type *type, enum standing standing)
{
    struct writer *const writer = &publisher->writer;
    const struct declaration *const declaration = reference_of(type, standing);

    if (declaration == NULL && stands_apart(type, standing)) {
        struct type plain = *type;

        plain.optional = false;
        writer_open(writer, "anyOf", '[');
        writer_open(writer, NULL, '{');
        write_inline(publisher, &plain, standing);
        writer_close(writer, '}');
        writer_open_line(writer, NULL, '{');
        writer_text(writer, "type", "null");
        writer_close(writer, '}');
        writer_close(writer, ']');
        return;
    }
    if (declaration == NULL) {
        write_inline(publisher, type, standing);
        return;
    }
    const char *const path =
        arena_format(publisher->arena, "#/components/schemas/%s", schema_name(publisher, declaration));
    if (!type->optional || standing == STANDING_TEXT) {
        writer_text(writer, "$ref", path);
        return;
    }
    writer_open(writer, "anyOf", '[');
    writer_open_line(writer, NULL, '{');
    writer_text(writer, "$ref", path);
    writer_close(writer, '}');
    writer_open_line(writer, NULL, '{');
    writer_text(writer, "type", "null");
    writer_close(writer, '}');
    writer_close(writer, ']');
}

void schema_write(struct publisher *publisher, const char *key, const struct type *type,
                  enum standing standing)
{
    writer_open(&publisher->writer, key, '{');
    schema_members(publisher, type, standing);
    writer_close(&publisher->writer, '}');
}

static void write_examples(struct publisher *publisher, const char *doc)
{
    struct writer *const writer = &publisher->writer;
    bool any = false;

    for (const char *example, *at = doc; (example = doc_example(publisher->arena, &at)) != NULL;) {
        if (!any)
            writer_open(writer, "examples", '[');
        any = true;
        writer_raw(writer, NULL, example);
    }
    if (any)
        writer_close(writer, ']');
}

static void write_words(struct publisher *publisher, const char *doc)
{
    const char *const words = doc_words(publisher->arena, doc);

    if (words != NULL)
        writer_text(&publisher->writer, "description", words);
}

void schema_described(struct publisher *publisher, const char *key, const struct type *type, const char *doc,
                      const struct constant *fallback, enum standing standing)
{
    writer_open(&publisher->writer, key, '{');
    if (standing == STANDING_JSON)
        write_words(publisher, doc);
    schema_members(publisher, type, standing);
    /* What is secret is not shown, not even where the spec has it in clear. */
    if (fallback != NULL && !type->constraints.secret)
        constant_write(publisher, "default", type, fallback, standing);
    if (!type->constraints.secret)
        write_examples(publisher, doc);
    writer_close(&publisher->writer, '}');
}

/* ---- components --------------------------------------------------------------------------------------- */

static void write_enum(struct publisher *publisher, const struct declaration *declaration)
{
    struct writer *const writer = &publisher->writer;

    writer_text(writer, "type", "string");
    /* What is taken is any text; these are what there is today. */
    writer_open_line(writer, declaration->open ? "x-extensible-enum" : "enum", '[');
    for (size_t i = 0; i < declaration->members_count; i++)
        writer_text(writer, NULL, declaration->members[i].name);
    writer_close(writer, ']');
    struct output words = {0};
    for (size_t i = 0; i < declaration->members_count; i++) {
        const char *const doc = doc_words(publisher->arena, declaration->members[i].doc);
        if (doc != NULL)
            output_format(&words, "%s`%s`: %s", words.length != 0 ? "\n" : "", declaration->members[i].name,
                          doc);
    }
    if (words.length != 0)
        writer_text(writer, "x-members", words.text);
    free(words.text);
}

/* Is it what a form brings? There a list of none is not there, and nothing is null. */
static bool is_form(const struct model *model, const struct declaration *declaration)
{
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct body *const body = &model->routes[i].body;
        if ((body->kind == BODY_FORM || body->kind == BODY_MULTIPART) &&
            body->type->declaration == declaration)
            return true;
    }
    return false;
}

/* Whether a property of an object may be absent. */
static bool may_be_absent(const struct publisher *publisher, const struct declaration *declaration,
                          const struct property *property)
{
    const struct type *const type = property->type;

    if (declaration->patch || type->optional)
        return true;
    if (type->kind == TYPE_ARRAY &&
        (!type->constraints.has_length_min || type->constraints.length_min == 0) &&
        is_form(publisher->model, declaration))
        return true;
    return declaration->used_in_input && property->fallback != NULL;
}

/* The members of an object's schema; with `arm`, of one arm of a union, whose tag is a member too. */
static void write_object(struct publisher *publisher, const struct declaration *declaration, const char *tag,
                         const char *arm)
{
    struct writer *const writer = &publisher->writer;
    const bool form = is_form(publisher->model, declaration);
    bool any = tag != NULL;

    writer_text(writer, "type", "object");
    for (size_t i = 0; i < declaration->properties_count; i++)
        any = any || !may_be_absent(publisher, declaration, &declaration->properties[i]);
    if (any) {
        writer_open_line(writer, "required", '[');
        if (tag != NULL)
            writer_text(writer, NULL, tag);
        for (size_t i = 0; i < declaration->properties_count; i++) {
            if (!may_be_absent(publisher, declaration, &declaration->properties[i]))
                writer_text(writer, NULL, declaration->properties[i].name);
        }
        writer_close(writer, ']');
    }
    writer_open(writer, "properties", '{');
    if (tag != NULL) {
        writer_open_line(writer, tag, '{');
        writer_text(writer, "type", "string");
        writer_text(writer, "const", arm);
        writer_close(writer, '}');
    }
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        struct type shown = *property->type;

        shown.optional &= !form;
        schema_described(publisher, property->name, &shown, property->doc, property->fallback, STANDING_JSON);
    }
    writer_close(writer, '}');
    if (declaration->strict)
        writer_bool(writer, "additionalProperties", false);
}

static const char *arm_name(struct publisher *publisher, const struct declaration *declaration,
                            const struct property *arm)
{
    return arena_format(publisher->arena, "%s.%s", schema_name(publisher, declaration), arm->c_name);
}

static void write_union(struct publisher *publisher, const struct declaration *declaration)
{
    struct writer *const writer = &publisher->writer;

    writer_open(writer, "oneOf", '[');
    for (size_t i = 0; i < declaration->properties_count; i++) {
        writer_open_line(writer, NULL, '{');
        writer_text(writer, "$ref",
                    arena_format(publisher->arena, "#/components/schemas/%s",
                                 arm_name(publisher, declaration, &declaration->properties[i])));
        writer_close(writer, '}');
    }
    writer_close(writer, ']');
    writer_open(writer, "discriminator", '{');
    writer_text(writer, "propertyName", declaration->tag);
    writer_open(writer, "mapping", '{');
    for (size_t i = 0; i < declaration->properties_count; i++)
        writer_text(writer, declaration->properties[i].name,
                    arena_format(publisher->arena, "#/components/schemas/%s",
                                 arm_name(publisher, declaration, &declaration->properties[i])));
    writer_close(writer, '}');
    writer_close(writer, '}');
}

static void write_arms(struct publisher *publisher, const struct declaration *declaration)
{
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const arm = &declaration->properties[i];

        if (arm->type->declaration == NULL)
            continue;
        writer_open(&publisher->writer, arm_name(publisher, declaration, arm), '{');
        write_words(publisher, arm->doc != NULL ? arm->doc : arm->type->declaration->doc);
        write_object(publisher, arm->type->declaration, declaration->tag, arm->name);
        writer_close(&publisher->writer, '}');
    }
}

static void write_declaration(struct publisher *publisher, const struct declaration *declaration)
{
    writer_open(&publisher->writer, schema_name(publisher, declaration), '{');
    write_words(publisher, declaration->doc);
    switch (declaration->kind) {
    case DECLARATION_ENUM:
        write_enum(publisher, declaration);
        break;
    case DECLARATION_OBJECT:
        write_object(publisher, declaration, NULL, NULL);
        break;
    case DECLARATION_ALIAS:
        write_inline(publisher, declaration->aliased, STANDING_JSON);
        break;
    case DECLARATION_UNION:
        write_union(publisher, declaration);
        break;
    }
    if (declaration->kind != DECLARATION_ALIAS || !declaration->aliased->constraints.secret)
        write_examples(publisher, declaration->doc);
    writer_close(&publisher->writer, '}');
    if (declaration->kind == DECLARATION_UNION)
        write_arms(publisher, declaration);
}

/* ---- which declarations are reached ---------------------------------------------------------------- */

struct reached {
    const struct declaration **items;
    size_t count, capacity;
};

static void reach(struct publisher *publisher, struct reached *reached, const struct type *type,
                  enum standing standing)
{
    if (type == NULL)
        return;
    const struct declaration *const declaration = reference_of(type, standing);
    reach(publisher, reached, type->element, standing);
    if (declaration == NULL)
        return;
    for (size_t i = 0; i < reached->count; i++) {
        if (reached->items[i] == declaration)
            return;
    }
    VECTOR_ADD(publisher->arena, *reached, declaration);
    if (declaration->kind == DECLARATION_ALIAS)
        reach(publisher, reached, declaration->aliased->element, standing);
    for (size_t i = 0; i < declaration->properties_count; i++)
        reach(publisher, reached, declaration->properties[i].type, STANDING_JSON);
}

static void reach_replies(struct publisher *publisher, struct reached *reached, const struct reply *replies,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (replies[i].content == CONTENT_JSON || replies[i].content == CONTENT_SSE)
            reach(publisher, reached, replies[i].type, STANDING_JSON);
        for (size_t k = 0; k < replies[i].headers_count; k++)
            reach(publisher, reached, replies[i].headers[k].type, STANDING_TEXT);
    }
}

static void reach_inputs(struct publisher *publisher, struct reached *reached, const struct input *inputs,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct type *const type = inputs[i].type;
        if (type->kind != TYPE_OBJECT)
            reach(publisher, reached, type, STANDING_TEXT);
        for (size_t k = 0; type->kind == TYPE_OBJECT && k < type->declaration->properties_count; k++)
            reach(publisher, reached, type->declaration->properties[k].type, STANDING_TEXT);
    }
}

static int by_name(const void *left, const void *right)
{
    const struct declaration *const *const a = left, *const *const b = right;

    const char *const left_library = (*a)->library != NULL ? (*a)->library->name : "";
    const char *const right_library = (*b)->library != NULL ? (*b)->library->name : "";
    const int names = strcmp((*a)->name, (*b)->name);

    return names != 0 ? names : strcmp(left_library, right_library);
}

void schema_components(struct publisher *publisher)
{
    const struct model *const model = publisher->model;
    struct reached reached = {0};

    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];

        reach_inputs(publisher, &reached, route->inputs, route->inputs_count);
        reach(publisher, &reached, route->body.type, STANDING_JSON);
        reach(publisher, &reached, route->receive.type, STANDING_JSON);
        reach(publisher, &reached, route->send.type, STANDING_JSON);
        reach_replies(publisher, &reached, route->replies, route->replies_count);
    }
    for (size_t i = 0; i < model->guards_count; i++) {
        if (!model->guards[i]->used)
            continue;
        reach_inputs(publisher, &reached, model->guards[i]->inputs, model->guards[i]->inputs_count);
        reach_replies(publisher, &reached, model->guards[i]->replies, model->guards[i]->replies_count);
    }
    if (reached.count != 0)
        qsort(reached.items, reached.count, sizeof *reached.items, by_name);
    for (size_t i = 0; i < reached.count; i++)
        write_declaration(publisher, reached.items[i]);
}
