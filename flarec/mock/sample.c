/* sample.c - a value of a type: an `@example`, a default, or one made from its constraints. */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "mock/mock.h"

static struct json_value *value_new(struct mock *mock, enum json_kind kind)
{
    struct json_value *const value = ARENA_NEW(mock->arena, struct json_value);

    value->kind = kind;
    value->text = "";
    return value;
}

const struct json_value *mock_string(struct mock *mock, const char *text, size_t length)
{
    struct json_value *const value = value_new(mock, JSON_STRING);

    value->text = arena_copy(mock->arena, text, length);
    value->length = length;
    return value;
}

/* Adds a copy of an item, under a key or none. */
static void add_item(struct mock *mock, struct json_value *container, const char *key,
                     const struct json_value *item)
{
    struct json_value *const copy = ARENA_NEW(mock->arena, struct json_value);
    struct json_value **end = &container->items;

    *copy = *item;
    copy->key = key;
    copy->next = NULL;
    while (*end != NULL)
        end = &(*end)->next;
    *end = copy;
    container->count++;
}

/* The example of a comment, or NULL. */
static const struct json_value *example_of(struct mock *mock, const char *doc, unsigned number)
{
    const char *why = NULL, *example = NULL;

    for (unsigned i = 0; i <= number; i++) {
        example = doc_example(mock->arena, &doc);
        if (example == NULL)
            return NULL;
    }
    return json_value_parse(mock->arena, example, &why);
}

/* ---- numbers and texts -------------------------------------------------------------------------- */

static double real_in(const struct constraints *constraints, unsigned number)
{
    const double found = (double)number + 1;
    const bool above = constraints->has_max && found > constraints->max.real;
    double start, next;

    if (!above && !(constraints->has_min && found < constraints->min.real))
        return found;
    start = above ? constraints->max.real : constraints->min.real;
    next = above ? start - number : start + number;
    return (constraints->has_min && next < constraints->min.real) ||
                   (constraints->has_max && next > constraints->max.real)
               ? start
               : next;
}

/* 1 and up where they are allowed, else from a bound on. */
static struct number number_in(const struct type *type, unsigned number)
{
    const struct constraints *const constraints = &type->constraints;
    const struct number least = constraints->has_min ? constraints->min : type_least(type->kind);
    const struct number most = constraints->has_max ? constraints->max : type_greatest(type->kind);
    const struct number found = {.magnitude = (uint64_t)number + 1};
    struct number start, next;

    if (type->kind == TYPE_F32 || type->kind == TYPE_F64)
        return (struct number){.real = real_in(constraints, number)};
    if (number_compare(found, least) >= 0 && number_compare(found, most) <= 0)
        return found;
    start = next = number_compare(found, most) > 0 ? most : least;
    if (start.negative || number_compare(found, least) < 0)
        next.magnitude += number;
    else
        next.magnitude -= next.magnitude < number ? next.magnitude : number;
    return number_compare(next, least) >= 0 && number_compare(next, most) <= 0 ? next : start;
}

static const struct json_value *number_value(struct mock *mock, const struct type *type,
                                             const struct number *number, enum standing standing)
{
    const char *const text = number_text(mock->arena, type->kind, number);
    struct json_value *value;

    if (type->constraints.as_text && standing == STANDING_JSON)
        return mock_string(mock, text, strlen(text));
    value = value_new(mock, JSON_NUMBER);
    value->text = text;
    value->length = strlen(text);
    return value;
}

static const struct json_value *bytes_value(struct mock *mock, const char *bytes, size_t length,
                                            enum standing standing)
{
    if (standing == STANDING_TEXT)
        return mock_string(mock, bytes, length);
    const char *const text = base64_text(mock->arena, bytes, length);
    return mock_string(mock, text, strlen(text));
}

static const struct json_value *text_value(struct mock *mock, const struct type *type, enum standing standing,
                                           unsigned number)
{
    const char *const text = mock_text(mock, type, number);

    if (text == NULL) {
        mock->stuck = type;
        return NULL;
    }
    return type->kind == TYPE_BYTES ? bytes_value(mock, text, strlen(text), standing)
                                    : mock_string(mock, text, strlen(text));
}

static const struct json_value *constant_value(struct mock *mock, const struct type *type,
                                               const struct constant *constant, enum standing standing)
{
    struct json_value *value;

    if (type->kind == TYPE_ARRAY) {
        value = value_new(mock, JSON_ARRAY);
        for (size_t i = 0; i < constant->items_count; i++)
            add_item(mock, value, NULL, constant_value(mock, type->element, &constant->items[i], standing));
        return value;
    }
    if (type->kind == TYPE_BOOL) {
        value = value_new(mock, JSON_BOOL);
        value->boolean = constant->boolean;
        return value;
    }
    if (type->kind == TYPE_ENUM)
        return mock_string(mock, constant->member->name, strlen(constant->member->name));
    if (type_is_number(type->kind))
        return number_value(mock, type, &constant->number, standing);
    if (type->kind == TYPE_BYTES)
        return bytes_value(mock, constant->text, constant->length, standing);
    return mock_string(mock, constant->text, constant->length);
}

/* ---- what holds others ---------------------------------------------------------------------------- */

/* Is the last item, of one piece, there before? */
static bool is_repeated(const struct json_value *container)
{
    const struct json_value *last = container->items;

    while (last->next != NULL)
        last = last->next;
    for (const struct json_value *item = container->items; item != last; item = item->next) {
        if (item->boolean == last->boolean && strcmp(item->text, last->text) == 0)
            return true;
    }
    return false;
}

static const struct json_value *sample_items(struct mock *mock, const struct type *type, unsigned number,
                                             enum standing standing)
{
    const struct constraints *const constraints = &type->constraints;
    const uint64_t least = constraints->has_length_min ? constraints->length_min : 0;
    const uint64_t most = constraints->has_length_max ? constraints->length_max : UINT64_MAX;
    struct json_value *const value = value_new(mock, type->kind == TYPE_MAP ? JSON_OBJECT : JSON_ARRAY);

    for (unsigned i = 0; i < (least > 1 ? least : 1) && i < most; i++) {
        const struct sampled sampled = {.standing = standing};
        const struct json_value *const item = mock_sample(mock, type->element, &sampled, number + i);

        /* What would hold itself ends here. */
        if (item == NULL)
            return i < least || mock->stuck != NULL ? NULL : value;
        add_item(mock, value,
                 type->kind != TYPE_MAP ? NULL
                 : i == 0               ? "example"
                                        : arena_format(mock->arena, "example%u", i + 1),
                 item);
        if (constraints->unique && is_repeated(value)) {
            mock->stuck = type;
            return NULL;
        }
    }
    return value;
}

static const struct json_value *sample_object(struct mock *mock, const struct declaration *declaration,
                                              unsigned number)
{
    struct json_value *const value = value_new(mock, JSON_OBJECT);

    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        const struct sampled sampled = {property->doc, property->fallback, STANDING_JSON};
        const struct json_value *const member = mock_sample(mock, property->type, &sampled, number);

        if (member == NULL && (mock->stuck != NULL || !(property->type->optional || declaration->patch)))
            return NULL;
        if (member != NULL)
            add_item(mock, value, property->name, member);
    }
    return value;
}

/* An object with the member that tells the arm. */
static const struct json_value *sample_arm(struct mock *mock, const struct declaration *declaration,
                                           const struct property *arm, unsigned number)
{
    const struct sampled sampled = {arm->doc, NULL, STANDING_JSON};
    const struct json_value *const inner = mock_sample(mock, arm->type, &sampled, number);
    struct json_value *value;

    if (inner == NULL)
        return NULL;
    value = value_new(mock, JSON_OBJECT);
    add_item(mock, value, declaration->tag, mock_string(mock, arm->name, strlen(arm->name)));
    for (const struct json_value *item = inner->items; item != NULL; item = item->next)
        add_item(mock, value, item->key, item);
    return value;
}

static const struct json_value *sample_declared(struct mock *mock, const struct type *type, unsigned number)
{
    const struct declaration *const declaration = type->declaration;
    const struct json_value *value = NULL;

    for (size_t i = 0; i < mock->open_count; i++) {
        if (mock->open[i] == declaration)
            return NULL;
    }
    if (mock->open_count == MOCK_DEPTH_MAX)
        return NULL;
    mock->open[mock->open_count++] = declaration;
    if (type->kind == TYPE_OBJECT)
        value = sample_object(mock, declaration, number);
    for (size_t i = 0; type->kind == TYPE_UNION && value == NULL && mock->stuck == NULL &&
                       i < declaration->properties_count;
         i++)
        value = sample_arm(mock, declaration,
                           &declaration->properties[(i + number) % declaration->properties_count], number);
    mock->open_count--;
    return value;
}

/* ---- any ------------------------------------------------------------------------------------------- */

static const struct json_value *made(struct mock *mock, const struct type *type, enum standing standing,
                                     unsigned number)
{
    const struct declaration *const declaration = type->declaration;
    struct json_value *value;
    struct number found;

    if (type->kind == TYPE_BOOL) {
        value = value_new(mock, JSON_BOOL);
        value->boolean = number % 2 == 0;
        return value;
    }
    if (type->kind == TYPE_ENUM) {
        const char *const name = declaration->members[number % declaration->members_count].name;
        return mock_string(mock, name, strlen(name));
    }
    if (type->kind == TYPE_OBJECT || type->kind == TYPE_UNION)
        return sample_declared(mock, type, number);
    if (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP)
        return sample_items(mock, type, number, standing);
    if (type->kind == TYPE_RAW_JSON)
        return value_new(mock, JSON_OBJECT);
    if (type->kind == TYPE_STRUCT || type->kind == TYPE_FILE || type->kind == TYPE_BEARER ||
        type->kind == TYPE_BASIC) {
        mock->stuck = type;
        return NULL;
    }
    if (!type_is_number(type->kind))
        return text_value(mock, type, standing, number);
    found = number_in(type, number);
    return number_value(mock, type, &found, standing);
}

const struct json_value *mock_sample(struct mock *mock, const struct type *type,
                                     const struct sampled *sampled, unsigned number)
{
    const struct json_value *value = example_of(mock, sampled->doc, number);

    if (value == NULL && type->alias != NULL)
        value = example_of(mock, type->alias->doc, number);
    if (value == NULL && type->declaration != NULL && type->declaration != type->alias)
        value = example_of(mock, type->declaration->doc, number);
    if (value == NULL && sampled->fallback != NULL && number == 0)
        value = constant_value(mock, type, sampled->fallback, sampled->standing);
    return value != NULL ? value : made(mock, type, sampled->standing, number);
}
