/* values.c - is this constant a value of that type? */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "check/check.h"

/* A larger enum is not searched for near misses. */
#define MEMBERS_SUGGESTED_MAX 1000

uint64_t text_length(const char *text, size_t length)
{
    uint64_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

static const struct constant *wrong(struct check *check, const struct type *type, const struct value *value)
{
    struct diagnostic *const diagnostic = diag_report(check->diags, CODE_BAD_DEFAULT, value->place,
                                                      "this is not a value of %s", type_words(type));

    if (type->kind == TYPE_BOOL)
        diag_help(diagnostic, "write 'true' or 'false'");
    else if (type->kind == TYPE_ARRAY)
        diag_help(diagnostic, "write a list: [a, b]");
    else if (type->kind == TYPE_ENUM)
        diag_help(diagnostic, "write a member's name");
    else if (type->kind == TYPE_FILE)
        diag_help(diagnostic, "a file has no default; make it optional with '?'");
    else if (!type_is_scalar(type))
        diag_help(diagnostic, "%s has no default; make it optional with '?'",
                  type->kind == TYPE_OBJECT  ? "a type with fields"
                  : type->kind == TYPE_UNION ? "a union"
                  : type->kind == TYPE_MAP   ? "a map"
                                             : "raw JSON");
    else if (!type_is_number(type->kind) && value->kind != VALUE_STRING)
        diag_help(diagnostic, "write it in double quotes");
    return NULL;
}

static const struct constant *refused(struct check *check, const struct type *type, const struct value *value,
                                      const char *why)
{
    struct diagnostic *const diagnostic = diag_report(check->diags, CODE_DEFAULT_REFUSED, value->place,
                                                      "this default is refused by its own type");

    diag_label(diagnostic, "%s", why);
    if (type->place.source != NULL)
        diag_also(diagnostic, type->place, "the type");
    return NULL;
}

bool real_fits(enum type_kind kind, double real)
{
    return isfinite(real) && (kind != TYPE_F32 || fabs(real) <= 3.4028234663852886e38);
}

static const struct constant *number_constant(struct check *check, const struct type *type,
                                              const struct value *value, struct constant *constant)
{
    const struct constraints *const limits = &type->constraints;
    const bool integer = type_is_integer(type->kind);

    if (value->kind != VALUE_INTEGER && (integer || value->kind != VALUE_FLOAT))
        return wrong(check, type, value);
    constant->number = number_of(value);
    if (integer) {
        if (number_compare(constant->number, type_least(type->kind)) < 0 ||
            number_compare(constant->number, type_greatest(type->kind)) > 0)
            return refused(check, type, value, "the type can't hold it");
        if (limits->has_min && number_compare(constant->number, limits->min) < 0)
            return refused(check, type, value, "below the least");
        if (limits->has_max && number_compare(constant->number, limits->max) > 0)
            return refused(check, type, value, "above the greatest");
        return constant;
    }
    if (!real_fits(type->kind, value->real))
        return refused(check, type, value, "the type can't hold it");
    if (limits->has_min && value->real < limits->min.real)
        return refused(check, type, value, "below the least");
    if (limits->has_max && value->real > limits->max.real)
        return refused(check, type, value, "above the greatest");
    return constant;
}

static const char *length_refuses(const struct type *type, uint64_t length)
{
    if (type->constraints.has_length_min && length < type->constraints.length_min)
        return "shorter than the least length";
    if (type->constraints.has_length_max && length > type->constraints.length_max)
        return "longer than the greatest length";
    return NULL;
}

/* Is it one of the schemes that the type takes? */
static bool scheme_fits(const struct type *type, const char *text)
{
    const size_t length = strcspn(text, ":");

    for (size_t i = 0; i < type->constraints.schemes_count; i++) {
        const char *const scheme = type->constraints.schemes[i];
        if (strlen(scheme) == length && strncasecmp(scheme, text, length) == 0)
            return true;
    }
    return type->constraints.schemes_count == 0;
}

bool text_fits(const struct type *type, const char *text)
{
    return type->kind == TYPE_URL && type->constraints.schemes_count != 0
               ? url_fits(text) && scheme_fits(type, text)
               : format_fits(type->kind, text);
}

static const struct constant *text_constant(struct check *check, const struct type *type,
                                            const struct value *value, struct constant *constant)
{
    int64_t nanoseconds;
    const char *why;

    if (value->kind != VALUE_STRING)
        return wrong(check, type, value);
    constant->text = value->text;
    constant->length = value->length;
    if (!(type->constraints.schemes_count != 0 ? url_fits(value->text)
                                               : format_fits(type->kind, value->text)))
        return refused(check, type, value, "not of this form");
    if (type->kind == TYPE_DATETIME && !datetime_read(value->text, &nanoseconds))
        return refused(check, type, value, "a datetime is from the year 1677 to 2262");
    if (!scheme_fits(type, value->text))
        return refused(check, type, value, "of another scheme");
    why = length_refuses(type,
                         type->kind == TYPE_BYTES ? value->length : text_length(value->text, value->length));
    if (why != NULL)
        return refused(check, type, value, why);
    if (type->constraints.patterns_count != 0)
        VECTOR_ADD(check->arena, check->patterned, ((struct patterned){type, constant}));
    return constant;
}

static const struct constant *enum_constant(struct check *check, const struct type *type,
                                            const struct value *value, struct constant *constant)
{
    const struct declaration *const declaration = type->declaration;
    const struct entity *const entity = entity_of(check, declaration);
    const char **names;
    struct diagnostic *diagnostic;

    if (value->kind != VALUE_NAME && value->kind != VALUE_STRING)
        return wrong(check, type, value);
    constant->member = table_find(&entity->members, value->text);
    if (constant->member != NULL || check->broken)
        return constant->member != NULL ? constant : NULL;
    diagnostic = diag_report(check->diags, CODE_BAD_DEFAULT, value->place, "'%s' is no member of %s",
                             value->text, declaration->name);
    diag_also(diagnostic, declaration->place, "declared here");
    if (declaration->members_count > MEMBERS_SUGGESTED_MAX)
        return NULL;
    names = ARENA_ARRAY(check->arena, declaration->members_count + 1, const char *);
    for (size_t i = 0; i < declaration->members_count; i++)
        names[i] = declaration->members[i].name;
    const char *const near = check_nearest(check, value->text, names, declaration->members_count);
    if (near != NULL)
        diag_help(diagnostic, "did you mean '%s'?", near);
    return NULL;
}

/* Texts that are the same for values that are alike. */
static const char *likeness(struct arena *arena, const struct type *type, const struct constant *constant)
{
    if (type->kind == TYPE_BOOL)
        return constant->boolean ? "true" : "false";
    if (type_is_integer(type->kind))
        return arena_format(arena, "%d%llu", constant->number.negative,
                            (unsigned long long)constant->number.magnitude);
    if (type_is_number(type->kind))
        return arena_format(arena, "%a", constant->number.real + 0.0); /* 0 for -0 */
    return type->kind == TYPE_ENUM ? constant->member->name : constant->text;
}

static bool has_twins(struct check *check, const struct type *element, struct constant *items, size_t count)
{
    struct table seen = {0};

    for (size_t i = 0; i < count; i++) {
        if (table_add(&seen, check->arena, likeness(check->arena, element, &items[i]), &items[i]) != NULL)
            return true;
    }
    return false;
}

static const struct constant *list_constant(struct check *check, const struct type *type,
                                            const struct value *value, struct constant *constant)
{
    struct constant *items;
    size_t count = 0;
    const char *why;

    if (value->kind != VALUE_LIST)
        return wrong(check, type, value);
    for (const struct value *item = value->items; item != NULL; item = item->next)
        count++;
    items = ARENA_ARRAY(check->arena, count + 1, struct constant);
    for (const struct value *item = value->items; item != NULL; item = item->next) {
        const struct constant *const one = constant_of(check, type->element, item);
        if (one == NULL)
            return NULL;
        items[constant->items_count++] = *one;
    }
    constant->items = items;
    why = length_refuses(type, count);
    if (why == NULL && type->constraints.unique && has_twins(check, type->element, items, count))
        why = "two items are alike";
    return why != NULL ? refused(check, type, value, why) : constant;
}

const struct constant *constant_of(struct check *check, const struct type *type, const struct value *value)
{
    struct constant *const constant = ARENA_NEW(check->arena, struct constant);

    constant->place = value->place;
    constant->written = place_text(check->arena, value->place);
    if (type->optional) {
        diag_help(diag_report(check->diags, CODE_OPTIONAL_DEFAULT, value->place,
                              "what may be absent has no default as well"),
                  "remove the '?' or the default");
        return NULL;
    }
    if (type_is_number(type->kind))
        return number_constant(check, type, value, constant);
    if (type->kind == TYPE_ENUM)
        return enum_constant(check, type, value, constant);
    if (type->kind == TYPE_ARRAY)
        return list_constant(check, type, value, constant);
    if (!type_is_scalar(type) || type->kind == TYPE_FILE)
        return wrong(check, type, value);
    if (type->kind != TYPE_BOOL)
        return text_constant(check, type, value, constant);
    if (value->kind != VALUE_NAME || (strcmp(value->text, "true") != 0 && strcmp(value->text, "false") != 0))
        return wrong(check, type, value);
    constant->boolean = value->text[0] == 't';
    return constant;
}
