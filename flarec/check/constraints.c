/* constraints.c - which settings a type takes, and what they leave of it. */
#include <string.h>

#include "check/check.h"

/* ---- numbers ------------------------------------------------------------------------------------------ */

struct number number_of(const struct value *value)
{
    return (struct number){.negative = value->negative, .magnitude = value->whole, .real = value->real};
}

static struct number whole(bool negative, uint64_t magnitude)
{
    return (struct number){negative, magnitude, negative ? -(double)magnitude : (double)magnitude};
}

static unsigned bits_of(enum type_kind kind)
{
    if (kind == TYPE_I8 || kind == TYPE_U8)
        return 8;
    if (kind == TYPE_I16 || kind == TYPE_U16)
        return 16;
    return kind == TYPE_I32 || kind == TYPE_U32 ? 32 : 64;
}

struct number type_least(enum type_kind kind)
{
    return kind >= TYPE_U8 ? whole(false, 0) : whole(true, (uint64_t)1 << (bits_of(kind) - 1));
}

struct number type_greatest(enum type_kind kind)
{
    const unsigned bits = bits_of(kind) - (kind < TYPE_U8);

    return whole(false, UINT64_MAX >> (64 - bits));
}

int number_compare(struct number left, struct number right)
{
    if (left.negative != right.negative)
        return left.negative ? -1 : 1;
    if (left.magnitude == right.magnitude)
        return 0;
    return (left.magnitude < right.magnitude) != left.negative ? -1 : 1;
}

static int compare(enum type_kind kind, struct number left, struct number right)
{
    if (type_is_integer(kind))
        return number_compare(left, right);
    return left.real < right.real ? -1 : left.real > right.real;
}

static void empty_range(struct check *check, struct place place)
{
    diag_label(diag_report(check->diags, CODE_EMPTY_RANGE, place, "nothing is in this range"),
               "its end is below its start");
}

/* A bound of a number: of the right kind, and within the type. */
static bool bound_fits(struct check *check, const struct type *type, const struct value *value)
{
    const char *const words = type_words(type);
    const bool integer = type_is_integer(type->kind);

    if (value->kind != VALUE_INTEGER && (integer || value->kind != VALUE_FLOAT)) {
        diag_report(check->diags, CODE_BAD_CONSTRAINT, value->place, "a bound of %s is %s", words,
                    integer ? "a whole number" : "a number");
        return false;
    }
    if (integer && (number_compare(number_of(value), type_least(type->kind)) < 0 ||
                    number_compare(number_of(value), type_greatest(type->kind)) > 0)) {
        diag_help(
            diag_report(check->diags, CODE_OUT_OF_TYPE, value->place, "%s can't hold this bound", words),
            "%s reaches from %s%llu to %llu", words, type_least(type->kind).negative ? "-" : "",
            (unsigned long long)type_least(type->kind).magnitude,
            (unsigned long long)type_greatest(type->kind).magnitude);
        return false;
    }
    if (!integer && !real_fits(type->kind, value->real)) {
        diag_report(check->diags, CODE_OUT_OF_TYPE, value->place, "%s can't hold this bound", words);
        return false;
    }
    return true;
}

static void apply_range(struct check *check, struct type *type, const struct value *value)
{
    struct constraints *const to = &type->constraints;

    if (value->kind != VALUE_RANGE) {
        diag_help(diag_report(check->diags, CODE_BAD_CONSTRAINT, value->place, "%s takes a range here",
                              type_words(type)),
                  "write 'low..high', where either may be left out");
        return;
    }
    if ((value->low != NULL && !bound_fits(check, type, value->low)) ||
        (value->high != NULL && !bound_fits(check, type, value->high)))
        return;
    if (value->low != NULL && (!to->has_min || compare(type->kind, number_of(value->low), to->min) > 0)) {
        to->has_min = true;
        to->min = number_of(value->low);
    }
    if (value->high != NULL && (!to->has_max || compare(type->kind, number_of(value->high), to->max) < 0)) {
        to->has_max = true;
        to->max = number_of(value->high);
    }
    if (to->has_min && to->has_max && compare(type->kind, to->min, to->max) > 0)
        empty_range(check, value->place);
    if (type_is_integer(type->kind)) {
        to->has_min = to->has_min && number_compare(to->min, type_least(type->kind)) > 0;
        to->has_max = to->has_max && number_compare(to->max, type_greatest(type->kind)) < 0;
    }
}

/* ---- lengths ------------------------------------------------------------------------------------------- */

static bool is_length(struct check *check, const struct type *type, const struct value *value)
{
    const bool good = (value->kind == VALUE_INTEGER && !value->negative) ||
                      (value->kind == VALUE_SIZE && (type->kind == TYPE_BYTES || type->kind == TYPE_FILE));

    if (!good)
        diag_help(diag_report(check->diags, CODE_BAD_CONSTRAINT, value->place, "this is not a length"),
                  "a length of %s is a number of %s", type_words(type),
                  type->kind == TYPE_ARRAY                              ? "items"
                  : type->kind == TYPE_MAP                              ? "keys"
                  : type->kind == TYPE_BYTES || type->kind == TYPE_FILE ? "bytes"
                                                                        : "characters");
    return good;
}

static void apply_length(struct check *check, struct type *type, const struct value *value)
{
    struct constraints *const to = &type->constraints;
    const struct value *const low = value->kind == VALUE_RANGE ? value->low : value;
    const struct value *const high = value->kind == VALUE_RANGE ? value->high : value;

    if ((low != NULL && !is_length(check, type, low)) ||
        (high != NULL && high != low && !is_length(check, type, high)))
        return;
    if (low != NULL && (!to->has_length_min || low->whole > to->length_min)) {
        to->has_length_min = low->whole > 0;
        to->length_min = low->whole;
    }
    if (high != NULL && (!to->has_length_max || high->whole < to->length_max)) {
        to->has_length_max = true;
        to->length_max = high->whole;
    }
    if (to->has_length_min && to->has_length_max && to->length_min > to->length_max)
        empty_range(check, value->place);
}

struct scheme_vector {
    const char **items;
    size_t count, capacity;
};

/* ---- patterns and words ------------------------------------------------------------------------ */

#define PATTERNS_MAX 8

static const struct pattern *pattern_of(struct check *check, const struct value *value)
{
    struct pattern *pattern = table_find(&check->patterns, value->text);

    if (pattern != NULL)
        return pattern;
    pattern = ARENA_NEW(check->arena, struct pattern);
    pattern->index = (unsigned)check->pattern_list.count;
    pattern->text = value->text;
    pattern->length = value->length;
    pattern->place = place_part(value->place, 1, value->length);
    table_add(&check->patterns, check->arena, pattern->text, pattern);
    VECTOR_ADD(check->arena, check->pattern_list, pattern);
    return pattern;
}

static void apply_pattern(struct check *check, struct type *type, const struct value *value)
{
    struct constraints *const to = &type->constraints;

    if (to->patterns_count == PATTERNS_MAX) {
        diag_report(check->diags, CODE_BAD_CONSTRAINT, value->place, "a type takes at most 8 patterns");
        return;
    }
    const struct pattern **const patterns =
        ARENA_ARRAY(check->arena, to->patterns_count + 1, const struct pattern *);

    for (size_t i = 0; i < to->patterns_count; i++)
        patterns[i] = to->patterns[i];
    patterns[to->patterns_count++] = pattern_of(check, value);
    to->patterns = patterns;
}

static bool has_length(enum type_kind kind)
{
    return kind == TYPE_STRING || kind == TYPE_BYTES || kind == TYPE_EMAIL || kind == TYPE_URL ||
           kind == TYPE_BEARER || kind == TYPE_ARRAY || kind == TYPE_MAP || kind == TYPE_FILE;
}

/* Items are compared in the order of their bytes: only values of one piece are. */
static void apply_unique(struct check *check, struct type *type, const struct value *value)
{
    if (type_is_scalar(type->element))
        type->constraints.unique = true;
    else
        diag_help(diag_report(check->diags, CODE_BAD_CONSTRAINT, value->place,
                              "items that are %s can't be compared", type_words(type->element)),
                  "'unique' is for arrays of single values");
}

static bool is_scheme(const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        const bool letter = (text[i] | 32) >= 'a' && (text[i] | 32) <= 'z';
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (!letter && (i == 0 || (!digit && text[i] != '-')))
            return false;
    }
    return true;
}

/* `allowed` are those of the settings at hand. */
static void apply_scheme(struct check *check, const struct value *value, struct scheme_vector *allowed)
{
    char *const scheme = arena_copy(check->arena, value->text, value->length);

    if (!is_scheme(scheme)) {
        diag_report(check->diags, CODE_BAD_CONSTRAINT, value->place, "'%s' is not a scheme", scheme);
        return;
    }
    for (char *at = scheme; *at != '\0'; at++)
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at;
    VECTOR_ADD(check->arena, *allowed, scheme);
}

/* What the alias allowed already, cut to what is allowed here. */
static void narrow_schemes(struct check *check, struct type *type, const struct scheme_vector *allowed,
                           struct place place)
{
    struct constraints *const to = &type->constraints;
    struct scheme_vector both = {0};

    for (size_t i = 0; i < allowed->count; i++) {
        bool known = to->schemes_count == 0;
        for (size_t k = 0; k < to->schemes_count; k++)
            known = known || strcmp(to->schemes[k], allowed->items[i]) == 0;
        if (known)
            VECTOR_ADD(check->arena, both, allowed->items[i]);
    }
    if (both.count == 0)
        diag_report(check->diags, CODE_EMPTY_RANGE, place, "no scheme is left that the type takes");
    to->schemes = both.items;
    to->schemes_count = both.count;
}

static void apply_word(struct check *check, struct type *type, const struct value *value,
                       struct scheme_vector *schemes)
{
    const bool integer = type->kind == TYPE_I64 || type->kind == TYPE_U64;

    if (strcmp(value->text, "unique") == 0 && type->kind == TYPE_ARRAY)
        apply_unique(check, type, value);
    else if (strcmp(value->text, "secret") == 0 && has_length(type->kind) && type_is_scalar(type) &&
             type->kind != TYPE_FILE)
        type->constraints.secret = true;
    else if (strcmp(value->text, "text") == 0 && integer)
        type->constraints.as_text = true;
    else if (type->kind == TYPE_URL)
        apply_scheme(check, value, schemes);
    else
        diag_report(check->diags, CODE_BAD_CONSTRAINT, value->place, "%s does not take '%s'",
                    type_words(type), value->text);
}

/* ---- functions of the user's own --------------------------------------------------------------- */

/* Texts of all kinds are one type in C. */
static bool same_in_c(const struct type *left, const struct type *right)
{
    const bool left_text = left->kind == TYPE_STRING || left->kind == TYPE_BYTES ||
                           left->kind == TYPE_EMAIL || left->kind == TYPE_URL;
    const bool right_text = right->kind == TYPE_STRING || right->kind == TYPE_BYTES ||
                            right->kind == TYPE_EMAIL || right->kind == TYPE_URL;

    return (left->kind == right->kind && left->declaration == right->declaration) ||
           (left_text && right_text);
}

static void note_call(struct check *check, const struct type *type, const struct value *value)
{
    const struct call *const first = table_find(&check->calls_by_name, value->text);
    struct call *call;
    struct diagnostic *diagnostic;

    if (first == NULL) {
        struct type *const plain = ARENA_NEW(check->arena, struct type);
        plain->kind = type->kind;
        plain->declaration = type->declaration;
        call = ARENA_NEW(check->arena, struct call);
        *call = (struct call){
            .name = value->text, .place = value->place, .type = plain, .library = check->library};
        table_add(&check->calls_by_name, check->arena, call->name, call);
        VECTOR_ADD(check->arena, check->calls, call);
        return;
    }
    if (same_in_c(first->type, type))
        return;
    diagnostic = diag_report(check->diags, CODE_CALL_CLASH, value->place,
                             "'%s' checks values of another type already", value->text);
    diag_label(diagnostic, "%s here", type_words(type));
    diag_also(diagnostic, first->place, "%s here", type_words(first->type));
    diag_help(diagnostic, "write a function for each type");
}

static const char *function_named(struct check *check, const struct argument *argument)
{
    if (argument->value->kind == VALUE_NAME && name_is_c(argument->value->text))
        return argument->value->text;
    diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, argument->value->place,
                          "this is not the name of a C function"),
              "write '%s: name', as in C", argument->label.text);
    return NULL;
}

#define CHECKS_MAX 8

static void apply_call(struct check *check, struct type *type, const struct argument *argument)
{
    struct constraints *const to = &type->constraints;
    const bool parse = strcmp(argument->label.text, "parse") == 0;
    const char *const name = function_named(check, argument);
    const char **checks;

    if (parse != (type->kind == TYPE_STRUCT) || (!parse && !type_is_scalar(type))) {
        diag_help(diag_report(check->diags, CODE_BAD_CONSTRAINT, argument->place, "%s does not take '%s'",
                              type_words(type), argument->label.text),
                  "'check' is for single values, 'parse' for a struct of C");
        return;
    }
    if (name == NULL)
        return;
    if (parse) {
        type->parse = name;
        return;
    }
    if (to->checks_count == CHECKS_MAX) {
        diag_report(check->diags, CODE_BAD_CONSTRAINT, argument->place, "a type takes at most 8 checks");
        return;
    }
    checks = ARENA_ARRAY(check->arena, to->checks_count + 1, const char *);
    for (size_t i = 0; i < to->checks_count; i++)
        checks[i] = to->checks[i];
    checks[to->checks_count++] = name;
    to->checks = checks;
    note_call(check, type, argument->value);
}

/* ---- all settings -------------------------------------------------------------------------------------- */

static void wrong_kind(struct check *check, const struct type *type, const struct value *value)
{
    struct diagnostic *const diagnostic = diag_report(check->diags, CODE_BAD_CONSTRAINT, value->place,
                                                      "%s does not take this", type_words(type));

    if (type_is_number(type->kind))
        diag_help(diagnostic, "it takes a range, such as 1..100");
    else if (type->kind == TYPE_STRING)
        diag_help(diagnostic, "it takes a length, such as 1..80, and a pattern, such as /[a-z]+/");
    else if (type->kind == TYPE_FILE)
        diag_help(diagnostic, "it takes a size, such as ..10MiB, and media types, such as \"image/png\"");
    else if (has_length(type->kind))
        diag_help(diagnostic, "it takes a length, such as 1..80");
    else if (type->kind == TYPE_BASIC)
        diag_help(diagnostic, "it takes a realm: basic(realm: \"Staff only\")");
    else
        diag_help(diagnostic, "it takes no settings");
}

/* It is sent in quotes, without escapes. */
static void apply_realm(struct check *check, struct type *type, const struct value *value)
{
    bool good = value->kind == VALUE_STRING && value->length != 0;

    for (size_t i = 0; good && i < value->length; i++)
        good =
            value->text[i] >= ' ' && value->text[i] < 0x7f && value->text[i] != '"' && value->text[i] != '\\';
    if (good)
        type->constraints.realm = value->text;
    else
        diag_help(diag_report(check->diags, CODE_BAD_CONSTRAINT, value->place, "this can't be a realm"),
                  "write what people are to log in to, in ASCII: basic(realm: \"Staff only\")");
}

static void apply(struct check *check, struct type *type, const struct argument *argument,
                  struct scheme_vector *schemes)
{
    const struct value *const value = argument->value;

    if (argument->label.text != NULL) {
        if (strcmp(argument->label.text, "check") == 0 || strcmp(argument->label.text, "parse") == 0)
            apply_call(check, type, argument);
        else if (strcmp(argument->label.text, "realm") == 0 && type->kind == TYPE_BASIC)
            apply_realm(check, type, value);
        else
            diag_help(diag_report(check->diags, CODE_UNKNOWN_ARGUMENT, argument->label.place,
                                  "a type has no setting '%s'", argument->label.text),
                      "its settings by name are 'check' and 'parse'");
        return;
    }
    switch (value->kind) {
    case VALUE_INTEGER:
    case VALUE_FLOAT:
    case VALUE_SIZE:
    case VALUE_RANGE:
        if (type_is_number(type->kind))
            apply_range(check, type, value);
        else if (has_length(type->kind))
            apply_length(check, type, value);
        else
            wrong_kind(check, type, value);
        break;
    case VALUE_REGEX:
        if (type->kind == TYPE_STRING)
            apply_pattern(check, type, value);
        else
            wrong_kind(check, type, value);
        break;
    case VALUE_NAME:
        apply_word(check, type, value, schemes);
        break;
    case VALUE_STRING:
        if (type->kind == TYPE_FILE)
            file_media_type(check, type, value);
        else
            wrong_kind(check, type, value);
        break;
    case VALUE_DURATION:
    case VALUE_LIST:
        wrong_kind(check, type, value);
        break;
    }
}

void constraints_apply(struct check *check, struct type *type, const struct arguments *args)
{
    struct scheme_vector schemes = {0};

    for (const struct argument *argument = args->first; argument != NULL; argument = argument->next)
        apply(check, type, argument, &schemes);
    if (schemes.count > 0)
        narrow_schemes(check, type, &schemes, args->place);
}
