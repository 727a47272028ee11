/* compare.c - whether a type's values still fit: for input the new type must hold what the old one did, for
 * output the old one what the new one does. */
#include <string.h>

#include "check/check.h"
#include "publish/compare.h"

/* `given` must fit `wanted`: of input the old and the new type, of output the new and the old one. */
struct fit {
    struct comparison *comparison;
    enum direction direction;
    const char *where;
    struct place place; /* in the new spec */
    const struct type *given, *wanted;
};

static void refuse(const struct fit *fit, const char *input, const char *output)
{
    difference_add(fit->comparison, VERDICT_BREAKING, fit->place, fit->where, "%s",
                   fit->direction == DIRECTION_INPUT ? input : output);
}

/* ---- numbers and lengths ----------------------------------------------------------------------- */

static bool is_real(enum type_kind kind)
{
    return kind == TYPE_F32 || kind == TYPE_F64;
}

static struct number least_of(const struct type *type)
{
    if (type->constraints.has_min)
        return type->constraints.min;
    if (is_real(type->kind))
        return (struct number){.negative = true,
                               .real =
                                   type->kind == TYPE_F32 ? -3.4028234663852886e38 : -1.7976931348623157e308};
    return type_least(type->kind);
}

static struct number greatest_of(const struct type *type)
{
    if (type->constraints.has_max)
        return type->constraints.max;
    if (is_real(type->kind))
        return (struct number){.real =
                                   type->kind == TYPE_F32 ? 3.4028234663852886e38 : 1.7976931348623157e308};
    return type_greatest(type->kind);
}

static int compare_bounds(const struct fit *fit, struct number left, struct number right)
{
    if (is_real(fit->given->kind) || is_real(fit->wanted->kind))
        return left.real < right.real ? -1 : left.real > right.real;
    return number_compare(left, right);
}

static void fit_range(const struct fit *fit)
{
    if (compare_bounds(fit, least_of(fit->given), least_of(fit->wanted)) < 0)
        refuse(fit, "the minimum was raised", "the minimum was lowered");
    if (compare_bounds(fit, greatest_of(fit->given), greatest_of(fit->wanted)) > 0)
        refuse(fit, "the maximum was lowered", "the maximum was raised");
}

static void fit_length(const struct fit *fit)
{
    const struct constraints *const given = &fit->given->constraints, *const wanted =
                                                                          &fit->wanted->constraints;

    if (wanted->has_length_min && wanted->length_min != 0 &&
        (!given->has_length_min || given->length_min < wanted->length_min))
        refuse(fit, "the least length was raised", "the least length was lowered");
    if (wanted->has_length_max && (!given->has_length_max || given->length_max > wanted->length_max))
        refuse(fit, "the greatest length was lowered", "the greatest length was raised");
}

/* ---- texts ------------------------------------------------------------------------------------- */

static bool has_text(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(texts[i], text) == 0)
            return true;
    }
    return false;
}

static bool has_pattern(const struct constraints *constraints, const struct pattern *pattern)
{
    for (size_t i = 0; i < constraints->patterns_count; i++) {
        if (strcmp(constraints->patterns[i]->text, pattern->text) == 0)
            return true;
    }
    return false;
}

static void fit_text(const struct fit *fit)
{
    const struct constraints *const given = &fit->given->constraints, *const wanted =
                                                                          &fit->wanted->constraints;

    for (size_t i = 0; i < wanted->patterns_count; i++) {
        if (!has_pattern(given, wanted->patterns[i]))
            refuse(fit, "a pattern was added or changed", "a pattern was removed or changed");
    }
    for (size_t i = 0; i < wanted->checks_count; i++) {
        if (!has_text(given->checks, given->checks_count, wanted->checks[i]))
            refuse(fit, "a check was added or changed", "a check was removed or changed");
    }
    for (size_t i = 0; wanted->schemes_count != 0 && i < given->schemes_count; i++) {
        if (!has_text(wanted->schemes, wanted->schemes_count, given->schemes[i]))
            refuse(fit, "a scheme was removed", "a scheme was added");
    }
    for (size_t i = 0; wanted->media_types_count != 0 && i < given->media_types_count; i++) {
        if (!has_text(wanted->media_types, wanted->media_types_count, given->media_types[i]))
            refuse(fit, "a media type was removed", "a media type was added");
    }
    if (wanted->schemes_count != 0 && given->schemes_count == 0)
        refuse(fit, "the schemes were narrowed", "the schemes were widened");
    if (wanted->media_types_count != 0 && given->media_types_count == 0)
        refuse(fit, "the media types were narrowed", "the media types were widened");
}

/* ---- declared types ---------------------------------------------------------------------------- */

static void fit_types(const struct fit *fit, const char *where, const struct type *given,
                      const struct type *wanted)
{
    if (fit->direction == DIRECTION_INPUT)
        types_compare(fit->comparison, fit->direction, where, given, wanted);
    else
        types_compare(fit->comparison, fit->direction, where, wanted, given);
}

static void fit_enum(const struct fit *fit)
{
    const struct declaration *const given = fit->given->declaration, *const wanted = fit->wanted->declaration;

    if (wanted->open)
        return;
    if (given->open)
        refuse(fit, "the enum was closed", "the enum was opened");
    for (size_t i = 0; i < given->members_count; i++) {
        bool found = false;
        for (size_t k = 0; k < wanted->members_count; k++)
            found = found || strcmp(given->members[i].name, wanted->members[k].name) == 0;
        if (!found)
            difference_add(fit->comparison, VERDICT_BREAKING, fit->place, fit->where,
                           fit->direction == DIRECTION_INPUT ? "the member %s was removed"
                                                             : "the member %s was added",
                           given->members[i].name);
    }
}

static const struct property *find_property(const struct declaration *declaration, const char *name)
{
    for (size_t i = 0; i < declaration->properties_count; i++) {
        if (strcmp(declaration->properties[i].name, name) == 0)
            return &declaration->properties[i];
    }
    return NULL;
}

static bool may_be_absent(const struct fit *fit, const struct declaration *declaration,
                          const struct property *property)
{
    const struct type *const type = property->type;

    if (declaration->patch || type->optional)
        return true;
    if (fit->direction == DIRECTION_OUTPUT)
        return false;
    /* As schemas have it: a form says by its absence that an array is empty. */
    return property->fallback != NULL ||
           (type->kind == TYPE_ARRAY &&
            (!type->constraints.has_length_min || type->constraints.length_min == 0) &&
            (form_brings(fit->comparison->from, declaration) ||
             form_brings(fit->comparison->to, declaration)));
}

static void fit_property(const struct fit *fit, const struct property *wanted)
{
    const struct property *const given = find_property(fit->given->declaration, wanted->name);
    const char *const where = arena_format(fit->comparison->arena, "%s.%s", fit->where, wanted->name);
    const bool needed = !may_be_absent(fit, fit->wanted->declaration, wanted);

    if (given == NULL) {
        if (fit->direction == DIRECTION_OUTPUT)
            difference_add(fit->comparison, VERDICT_BREAKING, fit->place, where, "the member was removed");
        else
            difference_add(fit->comparison, needed ? VERDICT_BREAKING : VERDICT_COMPATIBLE, wanted->place,
                           where, needed ? "a required member was added" : "a member was added");
        return;
    }
    struct fit inner = *fit;
    inner.where = where;
    inner.place = fit->direction == DIRECTION_INPUT ? wanted->place : given->place;
    if (needed && may_be_absent(fit, fit->given->declaration, given))
        refuse(&inner, "the member was made required", "the member was made optional");
    /* Presence was told; null is the other half of what may be absent. */
    struct type given_type = *given->type, wanted_type = *wanted->type;
    if (needed)
        given_type.optional = wanted_type.optional = false;
    fit_types(fit, where, &given_type, &wanted_type);
}

static void fit_object(const struct fit *fit)
{
    const struct declaration *const given = fit->given->declaration, *const wanted = fit->wanted->declaration;

    for (size_t i = 0; i < wanted->properties_count; i++)
        fit_property(fit, &wanted->properties[i]);
    for (size_t i = 0; i < given->properties_count; i++) {
        const struct property *const property = &given->properties[i];
        const char *const where = arena_format(fit->comparison->arena, "%s.%s", fit->where, property->name);
        if (find_property(wanted, property->name) != NULL)
            continue;
        if (fit->direction == DIRECTION_OUTPUT)
            difference_add(fit->comparison, VERDICT_COMPATIBLE, property->place, where, "a member was added");
        else
            difference_add(fit->comparison, wanted->strict ? VERDICT_BREAKING : VERDICT_COMPATIBLE,
                           fit->place, where,
                           wanted->strict ? "the member was removed, and unknown ones are refused"
                                          : "the member was removed: it is ignored");
    }
    if (fit->direction == DIRECTION_INPUT && wanted->strict && !given->strict)
        refuse(fit, "unknown members are refused now", "");
}

static void fit_union(const struct fit *fit)
{
    const struct declaration *const given = fit->given->declaration, *const wanted = fit->wanted->declaration;

    if (strcmp(given->tag, wanted->tag) != 0) {
        refuse(fit, "the tag was renamed", "the tag was renamed");
        return;
    }
    for (size_t i = 0; i < given->properties_count; i++) {
        const struct property *const arm = &given->properties[i];
        const struct property *const other = find_property(wanted, arm->name);
        if (other == NULL)
            difference_add(fit->comparison, VERDICT_BREAKING, fit->place, fit->where,
                           fit->direction == DIRECTION_INPUT ? "the arm %s was removed"
                                                             : "the arm %s was added",
                           arm->name);
        else
            fit_types(fit, arena_format(fit->comparison->arena, "%s(%s)", fit->where, arm->name), arm->type,
                      other->type);
    }
}

/* ---- kinds ------------------------------------------------------------------------------------- */

static bool is_text(enum type_kind kind)
{
    return kind == TYPE_STRING || kind == TYPE_UUID || kind == TYPE_DATE || kind == TYPE_DATETIME ||
           kind == TYPE_EMAIL || kind == TYPE_URL || kind == TYPE_IPV4 || kind == TYPE_IPV6 ||
           kind == TYPE_ENUM;
}

static bool is_free(const struct type *type)
{
    const struct constraints *const constraints = &type->constraints;

    return type->kind == TYPE_STRING && !constraints->has_length_max &&
           (!constraints->has_length_min || constraints->length_min == 0) &&
           constraints->patterns_count == 0 && constraints->checks_count == 0;
}

/* Whether values of one kind can be values of the other; what they must obey is compared then. */
static bool kinds_fit(const struct type *given, const struct type *wanted)
{
    if (wanted->kind == TYPE_RAW_JSON)
        return given->kind != TYPE_FILE;
    if (type_is_number(given->kind) && type_is_number(wanted->kind))
        return given->constraints.as_text == wanted->constraints.as_text &&
               (is_real(wanted->kind) || !is_real(given->kind));
    if (given->kind == wanted->kind)
        return given->kind != TYPE_STRUCT || strcmp(given->struct_tag, wanted->struct_tag) == 0;
    return is_text(given->kind) && is_free(wanted);
}

static void fit_declared(const struct fit *fit)
{
    struct comparison *const comparison = fit->comparison;
    const struct visit visit = {comparison->visits, fit->given->declaration, fit->wanted->declaration};

    for (const struct visit *outer = comparison->visits; outer != NULL; outer = outer->outer) {
        if (outer->from == visit.from && outer->to == visit.to)
            return;
    }
    comparison->visits = &visit;
    if (fit->wanted->kind == TYPE_OBJECT)
        fit_object(fit);
    else
        fit_union(fit);
    comparison->visits = visit.outer;
}

static void fit_kind(const struct fit *fit)
{
    const struct type *const given = fit->given, *const wanted = fit->wanted;

    if (wanted->kind == TYPE_RAW_JSON || given->kind != wanted->kind) {
        if (type_is_number(given->kind) && type_is_number(wanted->kind))
            fit_range(fit);
        return;
    }
    if (type_is_number(wanted->kind))
        fit_range(fit);
    else if (wanted->kind == TYPE_ENUM)
        fit_enum(fit);
    else if (wanted->kind == TYPE_OBJECT || wanted->kind == TYPE_UNION)
        fit_declared(fit);
    else
        fit_length(fit);
    fit_text(fit);
    if (wanted->element != NULL)
        fit_types(
            fit,
            arena_format(fit->comparison->arena, "%s%s", fit->where, wanted->kind == TYPE_MAP ? ".*" : "[]"),
            given->element, wanted->element);
    if (wanted->constraints.unique && !given->constraints.unique)
        refuse(fit, "items must be unique now", "items may be alike now");
}

void types_compare(struct comparison *comparison, enum direction direction, const char *where,
                   const struct type *from, const struct type *to)
{
    const bool input = direction == DIRECTION_INPUT;
    const struct fit fit = {
        .comparison = comparison,
        .direction = direction,
        .where = where,
        .place = to->place,
        .given = input ? from : to,
        .wanted = input ? to : from,
    };

    if (fit.given->optional && !fit.wanted->optional)
        refuse(&fit, "null is no longer taken", "it may be null now");
    if (kinds_fit(fit.given, fit.wanted))
        fit_kind(&fit);
    else
        difference_add(comparison, VERDICT_BREAKING, to->place, where, "the type was changed from %s to %s",
                       from->written, to->written);
}
