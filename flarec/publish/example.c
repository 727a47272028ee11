/* example.c - `@example` lines: each is a value of the type that it documents. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "publish/json_value.h"
#include "publish/publish.h"

struct examiner {
    struct arena *arena;
    const struct plan *plan;
    struct diags *diags;
};

/* NULL where the value is one of the type, else what is wrong. */
static const char *wrong_with(struct examiner *examiner, const struct type *type,
                              const struct json_value *value, enum standing standing);

/* ---- scalars ------------------------------------------------------------------------------------------ */

static const char *wrong_number(const struct type *type, const char *text)
{
    const struct constraints *const constraints = &type->constraints;
    const bool real = type->kind == TYPE_F32 || type->kind == TYPE_F64;
    struct number number = {.negative = *text == '-'};
    char *end;

    errno = 0;
    if (real) {
        number.real = strtod(text, &end);
        if (*end != '\0' || errno == ERANGE || !real_fits(type->kind, number.real))
            return "the number is out of the type's range";
        if ((constraints->has_min && number.real < constraints->min.real) ||
            (constraints->has_max && number.real > constraints->max.real))
            return "the number is out of range";
        return NULL;
    }
    number.magnitude = strtoull(text + number.negative, &end, 10);
    if (*end != '\0' || (number.negative && number.magnitude == 0))
        return "a whole number is expected";
    if (errno == ERANGE ||
        number_compare(number, constraints->has_min ? constraints->min : type_least(type->kind)) < 0 ||
        number_compare(number, constraints->has_max ? constraints->max : type_greatest(type->kind)) > 0)
        return "the number is out of range";
    return NULL;
}

static bool pattern_matches(const struct dfa *dfa, const char *text, size_t length)
{
    size_t state = 1;

    for (size_t i = 0; i < length; i++)
        state = dfa->next[state * dfa->classes_count + dfa->class_of[(unsigned char)text[i]]];
    return dfa->accepting[state];
}

static const char *wrong_length(const struct type *type, uint64_t length)
{
    const struct constraints *const constraints = &type->constraints;

    if (constraints->has_length_min && length < constraints->length_min)
        return "there is too little of it";
    return constraints->has_length_max && length > constraints->length_max ? "there is too much of it" : NULL;
}

/* Bytes that base64 text holds, or UINT64_MAX where it is none (RFC 4648 section 4). */
static uint64_t base64_length(const char *text, size_t length)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const size_t body = strspn(text, letters);
    const size_t padding = length - body;

    if (length % 4 != 0 || padding > 2 || strspn(text + body, "=") != padding)
        return UINT64_MAX;
    return length / 4 * 3 - padding;
}

static const char *wrong_text(struct examiner *examiner, const struct type *type,
                              const struct json_value *value, enum standing standing)
{
    const struct constraints *const constraints = &type->constraints;
    const char *wrong = NULL;

    if (type->kind == TYPE_BYTES && standing == STANDING_JSON) {
        const uint64_t length = base64_length(value->text, value->length);
        return length == UINT64_MAX ? "base64 is expected" : wrong_length(type, length);
    }
    if (type->kind != TYPE_STRING && type->kind != TYPE_BYTES && !text_fits(type, value->text))
        return "the text is not of the type";
    wrong = wrong_length(type,
                         type->kind == TYPE_BYTES ? value->length : text_length(value->text, value->length));
    for (size_t i = 0; wrong == NULL && i < constraints->patterns_count; i++) {
        if (!pattern_matches(examiner->plan->dfas[constraints->patterns[i]->index], value->text,
                             value->length))
            wrong = "a pattern does not match it";
    }
    return wrong;
}

static const char *wrong_member(const struct declaration *declaration, const struct json_value *value)
{
    for (size_t i = 0; i < declaration->members_count; i++) {
        if (strcmp(declaration->members[i].name, value->text) == 0)
            return NULL;
    }
    return declaration->open ? NULL : "the enum has no such member";
}

/* ---- what holds others ------------------------------------------------------------------------- */

static const struct json_value *find_member(const struct json_value *object, const char *key)
{
    for (const struct json_value *item = object->items; item != NULL; item = item->next) {
        if (strcmp(item->key, key) == 0)
            return item;
    }
    return NULL;
}

static const char *inside(struct examiner *examiner, const char *name, const char *wrong)
{
    return wrong == NULL ? NULL : arena_format(examiner->arena, "%s: %s", name, wrong);
}

/* `tag` is a member beside those of the type, or NULL. */
static const char *wrong_object(struct examiner *examiner, const struct declaration *declaration,
                                const struct json_value *value, const char *tag)
{
    const char *wrong = NULL;

    for (size_t i = 0; wrong == NULL && i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        const struct json_value *const member = find_member(value, property->name);
        const bool absent = declaration->patch || property->type->optional || property->fallback != NULL ||
                            property->type->kind == TYPE_ARRAY;
        if (member != NULL)
            wrong =
                inside(examiner, property->name, wrong_with(examiner, property->type, member, STANDING_JSON));
        else if (!absent)
            wrong = inside(examiner, property->name, "it is missing");
    }
    for (const struct json_value *item = value->items; wrong == NULL && item != NULL; item = item->next) {
        bool known = tag != NULL && strcmp(tag, item->key) == 0;
        for (size_t i = 0; i < declaration->properties_count; i++)
            known = known || strcmp(declaration->properties[i].name, item->key) == 0;
        if (!known)
            wrong = inside(examiner, item->key, "the type has no such member");
    }
    return wrong;
}

static const char *wrong_union(struct examiner *examiner, const struct declaration *declaration,
                               const struct json_value *value)
{
    const struct json_value *const tag = find_member(value, declaration->tag);

    if (tag == NULL || tag->kind != JSON_STRING)
        return inside(examiner, declaration->tag, "the tag is missing");
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const arm = &declaration->properties[i];
        if (strcmp(arm->name, tag->text) == 0)
            return wrong_object(examiner, arm->type->declaration, value, declaration->tag);
    }
    return inside(examiner, declaration->tag, "the union has no such arm");
}

static const char *wrong_items(struct examiner *examiner, const struct type *type,
                               const struct json_value *value, enum standing standing)
{
    const char *wrong = wrong_length(type, value->count);
    size_t index = 0;

    for (const struct json_value *item = value->items; wrong == NULL && item != NULL; item = item->next)
        wrong =
            inside(examiner, item->key != NULL ? item->key : arena_format(examiner->arena, "%zu", index++),
                   wrong_with(examiner, type->element, item, standing));
    return wrong;
}

static const char *wrong_with(struct examiner *examiner, const struct type *type,
                              const struct json_value *value, enum standing standing)
{
    if (value->kind == JSON_NULL && type->kind != TYPE_RAW_JSON)
        return type->optional ? NULL : "null is no value of it";
    if (type->kind == TYPE_RAW_JSON || type->kind == TYPE_STRUCT || type->kind == TYPE_FILE)
        return NULL;
    if (type->kind == TYPE_BOOL)
        return value->kind == JSON_BOOL ? NULL : "true or false is expected";
    if (type_is_number(type->kind)) {
        if (value->kind !=
            (type->constraints.as_text && standing == STANDING_JSON ? JSON_STRING : JSON_NUMBER))
            return type->constraints.as_text ? "a number as text is expected" : "a number is expected";
        return wrong_number(type, value->text);
    }
    if (type->kind == TYPE_ARRAY)
        return value->kind == JSON_ARRAY ? wrong_items(examiner, type, value, standing)
                                         : "an array is expected";
    if (type->kind == TYPE_OBJECT || type->kind == TYPE_UNION || type->kind == TYPE_MAP) {
        if (value->kind != JSON_OBJECT)
            return "an object is expected";
        return type->kind == TYPE_MAP     ? wrong_items(examiner, type, value, standing)
               : type->kind == TYPE_UNION ? wrong_union(examiner, type->declaration, value)
                                          : wrong_object(examiner, type->declaration, value, NULL);
    }
    if (value->kind != JSON_STRING)
        return "a string is expected";
    return type->kind == TYPE_ENUM ? wrong_member(type->declaration, value)
                                   : wrong_text(examiner, type, value, standing);
}

/* ---- where they stand -------------------------------------------------------------------------- */

/* The example's own place: its text is in the comment above the thing. */
static struct place place_of_example(struct place thing, const char *example)
{
    const size_t length = strlen(example);
    const struct source *const source = thing.source;

    for (uint32_t at = thing.start; length != 0 && at > 0; at--) {
        if (source->length - at >= length && memcmp(source->text + at, example, length) == 0 && at >= 9 &&
            memcmp(source->text + at - 9, "@example", 8) == 0)
            return (struct place){source, at, (uint32_t)length};
    }
    return thing;
}

static void examine(struct examiner *examiner, const char *doc, struct place place, const struct type *type,
                    enum standing standing)
{
    for (const char *example, *at = doc; (example = doc_example(examiner->arena, &at)) != NULL;) {
        const char *why = NULL;
        const struct json_value *const value = json_value_parse(examiner->arena, example, &why);
        const struct place own = place_of_example(place, example);

        if (value == NULL) {
            struct diagnostic *const diagnostic =
                diag_report(examiner->diags, CODE_BAD_EXAMPLE, own, "this example is not JSON");
            diag_label(diagnostic, "%s", why);
            diag_help(diagnostic, "write the value as JSON on the same line: text goes in quotes");
        } else if (type == NULL) {
            diag_help(diag_report(examiner->diags, CODE_BAD_EXAMPLE, own, "nothing here has a value to show"),
                      "give the example to a type, a field, an input or a reply of JSON");
        } else if ((why = wrong_with(examiner, type, value, standing)) != NULL) {
            diag_label(diag_report(examiner->diags, CODE_BAD_EXAMPLE, own,
                                   "this example is no value of its type, %s", type->written),
                       "%s", why);
        }
    }
}

static void examine_declaration(struct examiner *examiner, const struct declaration *declaration)
{
    static const enum type_kind kinds[] = {[DECLARATION_ENUM] = TYPE_ENUM,
                                           [DECLARATION_OBJECT] = TYPE_OBJECT,
                                           [DECLARATION_ALIAS] = TYPE_STRING,
                                           [DECLARATION_UNION] = TYPE_UNION};
    const struct type own = {
        .kind = kinds[declaration->kind], .written = declaration->name, .declaration = declaration};

    examine(examiner, declaration->doc, declaration->place,
            declaration->kind == DECLARATION_ALIAS ? declaration->aliased : &own, STANDING_JSON);
    for (size_t i = 0; i < declaration->members_count; i++)
        examine(examiner, declaration->members[i].doc, declaration->members[i].place, NULL, STANDING_JSON);
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        examine(examiner, property->doc, property->place, property->type, STANDING_JSON);
    }
}

/* What an example of a reply is of: JSON and events have their types, and content without one is a text. */
static const struct type *type_of_content(const struct reply *reply)
{
    static const struct type text = {.kind = TYPE_STRING, .written = "string"};

    switch (reply->content) {
    case CONTENT_JSON:
    case CONTENT_SSE:
    case CONTENT_HTML:
        return reply->type;
    case CONTENT_TEXT:
    case CONTENT_BYTES:
    case CONTENT_STREAM:
    case CONTENT_FILE:
        return &text;
    case CONTENT_EMPTY:
    case CONTENT_PROBLEM:
        break;
    }
    return NULL;
}

static void examine_replies(struct examiner *examiner, const struct reply *replies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        examine(examiner, replies[i].doc, replies[i].place, type_of_content(&replies[i]), STANDING_JSON);
        for (size_t k = 0; k < replies[i].headers_count; k++)
            examine(examiner, replies[i].headers[k].doc, replies[i].headers[k].place,
                    replies[i].headers[k].type, STANDING_TEXT);
    }
}

static void examine_inputs(struct examiner *examiner, const struct input *inputs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        examine(examiner, inputs[i].doc, inputs[i].place, inputs[i].type, STANDING_TEXT);
}

/* An input of a group is one of each of its routes, and told once. */
static bool told_before(const struct model *model, size_t route, const struct input *input)
{
    for (size_t i = 0; i < route; i++) {
        for (size_t k = 0; k < model->routes[i].inputs_count; k++) {
            if (model->routes[i].inputs[k].place.source == input->place.source &&
                model->routes[i].inputs[k].place.start == input->place.start)
                return true;
        }
    }
    return false;
}

void examples_check(struct arena *arena, const struct model *model, const struct plan *plan,
                    struct diags *diags)
{
    struct examiner examiner = {arena, plan, diags};

    examine(&examiner, model->doc, model->place, NULL, STANDING_JSON);
    for (size_t i = 0; i < model->declarations_count; i++)
        examine_declaration(&examiner, model->declarations[i]);
    for (size_t i = 0; i < model->guards_count; i++) {
        examine_inputs(&examiner, model->guards[i]->inputs, model->guards[i]->inputs_count);
        examine_replies(&examiner, model->guards[i]->replies, model->guards[i]->replies_count);
    }
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];

        examine(&examiner, route->doc, route->place, NULL, STANDING_JSON);
        for (size_t k = 0; k < route->inputs_count; k++) {
            if (route->inputs[k].doc != NULL && !told_before(model, i, &route->inputs[k]))
                examine_inputs(&examiner, &route->inputs[k], 1);
        }
        examine_replies(&examiner, route->replies, route->replies_count);
    }
}
