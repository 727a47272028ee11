/* expressions.c - terms to typed expressions: what does a name mean, and what may be done with it? */
#include <string.h>

#include "template/compile.h"

static const struct type bool_type = {.kind = TYPE_BOOL, .written = "bool"};
static const struct type u64_type = {.kind = TYPE_U64, .written = "u64"};
static const struct type string_type = {.kind = TYPE_STRING, .written = "string"};

static struct expression *expression_new(struct compiler *compiler, enum expression_kind kind,
                                         struct place place, const struct type *type)
{
    struct expression *const expression = ARENA_NEW(compiler->templates->arena, struct expression);

    expression->kind = kind;
    expression->place = place;
    expression->type = type;
    return expression;
}

static const char *words_of(const struct type *type)
{
    return type->declaration != NULL ? type->declaration->name : type->written;
}

/* ---- names --------------------------------------------------------------------------------------------- */

#define NAMES_MAX 200

static void unknown_name(struct compiler *compiler, const struct word *word, const struct type *of)
{
    struct templates *const templates = compiler->templates;
    const char *names[NAMES_MAX];
    size_t count = 0;
    struct diagnostic *diagnostic;
    const char *near;

    if (of == compiler->page->type) {
        for (const struct loop_name *name = compiler->names; name != NULL && count < NAMES_MAX;
             name = name->next)
            names[count++] = name->text;
    }
    for (size_t i = 0; of != NULL && i < of->declaration->properties_count && count < NAMES_MAX; i++)
        names[count++] = of->declaration->properties[i].name;
    near = diag_nearest(word->text, names, count);
    diagnostic = compiler_report(compiler, CODE_TEMPLATE_NAME, word->place, "%s%s has no member '%s'",
                                 of == NULL ? "this page has no value, so it" : "the type ",
                                 of == NULL ? "" : words_of(of), word->text);
    if (near != NULL)
        compiler_help(diagnostic, arena_format(templates->arena, "did you mean '%s'?", near));
    else if (of == NULL)
        compiler_help(diagnostic, "name its type in the spec: html(\"views/page.html\") T");
}

static const struct property *property_of(const struct declaration *declaration, const char *name)
{
    for (size_t i = 0; i < declaration->properties_count; i++) {
        if (strcmp(declaration->properties[i].name, name) == 0)
            return &declaration->properties[i];
    }
    return NULL;
}

static bool is_known(const struct compiler *compiler, const char *key)
{
    for (const struct known *known = compiler->known; known != NULL; known = known->next) {
        if (strcmp(known->key, key) == 0)
            return true;
    }
    return false;
}

static bool may_lack(const struct expression *expression)
{
    if (expression->kind == EXPRESSION_ARM)
        return true;
    return expression->kind == EXPRESSION_MEMBER &&
           (expression->property->type->optional || expression->of->type->declaration->patch);
}

/* A value that may be absent is refused where nothing says that it is there. */
static bool is_there(struct compiler *compiler, struct expression *expression)
{
    if (!may_lack(expression) || expression->unwrapped)
        return true;
    if (!is_known(compiler, expression->key)) {
        compiler_help(compiler_report(compiler, CODE_TEMPLATE_ABSENT, expression->place,
                                      expression->kind == EXPRESSION_ARM ? "this may be another arm"
                                                                         : "this value may be absent"),
                      arena_format(compiler->templates->arena,
                                   "put it into {%% if %.*s is present %%} … {%% endif %%}",
                                   (int)expression->place.length,
                                   expression->place.source->text + expression->place.start));
        return false;
    }
    expression->unwrapped = true;
    return true;
}

static const struct type *plain(struct compiler *compiler, const struct type *type)
{
    struct type *copy;

    if (!type->optional)
        return type;
    copy = ARENA_NEW(compiler->templates->arena, struct type);
    *copy = *type;
    copy->optional = false;
    return copy;
}

static struct expression *counter_of(struct compiler *compiler, const struct word *word)
{
    static const char *const counters[] = {"index", "index0", "first", "last", "length"};
    const struct word *const name = word->next;
    struct expression *expression;

    for (size_t i = 0; name != NULL && i < sizeof counters / sizeof *counters; i++) {
        if (strcmp(name->text, counters[i]) != 0)
            continue;
        expression = expression_new(compiler, EXPRESSION_LOOP, place_join(word->place, name->place),
                                    i == COUNTER_FIRST || i == COUNTER_LAST ? &bool_type : &u64_type);
        expression->loop = compiler->loop;
        expression->counter = (enum counter)i;
        if (name->next == NULL)
            return expression;
    }
    compiler_help(compiler_report(compiler, CODE_TEMPLATE_NAME, (name != NULL ? name : word)->place,
                                  "a loop tells its index, index0, first, last and length"),
                  "write 'loop.index'");
    return NULL;
}

static struct expression *member_of(struct compiler *compiler, struct expression *of, const struct word *word)
{
    const struct type *const type = of->type;
    const struct property *property;
    struct expression *member;

    if ((type->kind == TYPE_ARRAY || type->kind == TYPE_MAP) && strcmp(word->text, "length") == 0) {
        member = expression_new(compiler, EXPRESSION_LENGTH, place_join(of->place, word->place), &u64_type);
        member->of = of;
        return member;
    }
    if (type->kind != TYPE_OBJECT && type->kind != TYPE_UNION) {
        compiler_help(
            compiler_report(compiler, CODE_TEMPLATE_TYPE, word->place, "%s has no members", type->written),
            type->kind == TYPE_ARRAY ? "go through it: {% for item in … %}" : NULL);
        return NULL;
    }
    property = property_of(type->declaration, word->text);
    if (property == NULL) {
        unknown_name(compiler, word, type);
        return NULL;
    }
    member = expression_new(compiler, type->kind == TYPE_UNION ? EXPRESSION_ARM : EXPRESSION_MEMBER,
                            of->kind == EXPRESSION_ROOT ? word->place : place_join(of->place, word->place),
                            plain(compiler, property->type));
    member->of = of;
    member->property = property;
    member->key = arena_format(compiler->templates->arena, "%s.%s", of->key, property->name);
    return member;
}

/* The first word; *next is the one behind what it took. */
static struct expression *start_of(struct compiler *compiler, const struct word *word,
                                   const struct word **next)
{
    struct expression root = {.kind = EXPRESSION_ROOT, .key = "", .type = compiler->page->type};
    struct expression *expression;

    *next = word->next;
    for (const struct loop_name *name = compiler->names; name != NULL; name = name->next) {
        if (strcmp(name->text, word->text) != 0)
            continue;
        expression = expression_new(compiler, name->is_key ? EXPRESSION_KEY : EXPRESSION_ITEM, word->place,
                                    name->type);
        expression->loop = name->loop;
        expression->key =
            arena_format(compiler->templates->arena, "%u%s", name->loop->number, name->is_key ? "k" : "");
        if (name->is_key)
            name->loop->key_used = true;
        else
            name->loop->item_used = true;
        return expression;
    }
    if (compiler->loop != NULL && strcmp(word->text, "loop") == 0) {
        *next = NULL;
        return counter_of(compiler, word);
    }
    if (root.type == NULL) {
        unknown_name(compiler, word, NULL);
        return NULL;
    }
    expression = ARENA_NEW(compiler->templates->arena, struct expression);
    *expression = root;
    compiler->page->value_used = true;
    return member_of(compiler, expression, word);
}

/* Of names with dots. The last one may be absent. */
static struct expression *path_value(struct compiler *compiler, const struct term *term)
{
    const struct word *word = term->path;
    struct expression *expression = start_of(compiler, word, &word);

    for (; expression != NULL && word != NULL; word = word->next) {
        if (!is_there(compiler, expression))
            return NULL;
        expression = member_of(compiler, expression, word);
    }
    return expression;
}

/* ---- values -------------------------------------------------------------------------------------------- */

const struct expression *expression_value(struct compiler *compiler, const struct term *term)
{
    struct expression *expression;

    switch (term->kind) {
    case TERM_PATH:
        expression = path_value(compiler, term);
        return expression != NULL && is_there(compiler, expression) ? expression : NULL;
    case TERM_TEXT:
        expression = expression_new(compiler, EXPRESSION_TEXT, term->place, &string_type);
        expression->text = term->text;
        expression->length = term->length;
        return expression;
    case TERM_NUMBER:
        expression = expression_new(compiler, EXPRESSION_NUMBER, term->place, &u64_type);
        expression->number = term->number;
        return expression;
    case TERM_BOOL:
        expression = expression_new(compiler, EXPRESSION_BOOL, term->place, &bool_type);
        expression->boolean = term->boolean;
        return expression;
    case TERM_RAW:
        compiler_report(compiler, CODE_TEMPLATE_TYPE, term->place,
                        "raw() writes text into a page, and can't be part of something else");
        return NULL;
    case TERM_PRESENT:
    case TERM_NOT:
    case TERM_AND:
    case TERM_OR:
    case TERM_COMPARE:
        return expression_condition(compiler, term);
    }
    return NULL;
}

/* ---- comparisons --------------------------------------------------------------------------------------- */

static bool is_whole(enum type_kind kind)
{
    return kind >= TYPE_I8 && kind <= TYPE_U64;
}

static bool is_signed(enum type_kind kind)
{
    return kind <= TYPE_I64;
}

static bool is_number(enum type_kind kind)
{
    return kind >= TYPE_I8 && kind <= TYPE_F64;
}

static bool is_text(enum type_kind kind)
{
    return kind == TYPE_STRING || kind == TYPE_EMAIL || kind == TYPE_URL;
}

/* Can the type hold the number, and more than it on the side that is asked for? Else the answer is always
 * one. */
static bool number_fits(enum type_kind kind, struct number number, const char *sign)
{
    static const unsigned bits[] = {[TYPE_I8] = 7, [TYPE_I16] = 15, [TYPE_I32] = 31, [TYPE_I64] = 63,
                                    [TYPE_U8] = 8, [TYPE_U16] = 16, [TYPE_U32] = 32, [TYPE_U64] = 64};
    uint64_t greatest, least;

    if (!is_whole(kind))
        return true;
    greatest = bits[kind] == 64 ? UINT64_MAX : (UINT64_C(1) << bits[kind]) - 1;
    least = is_signed(kind) ? greatest + 1 : 0; /* below zero */
    if (number.magnitude > (number.negative ? least : greatest))
        return false;
    if (sign[0] == '=' || sign[0] == '!')
        return true;
    if (!number.negative && number.magnitude == greatest)
        return strcmp(sign, ">") != 0 && strcmp(sign, "<=") != 0;
    if (number.magnitude == least && (number.negative || least == 0))
        return strcmp(sign, "<") != 0 && strcmp(sign, ">=") != 0;
    return true;
}

static void cant_compare(struct compiler *compiler, const struct term *term, const struct expression *left,
                         const struct expression *right)
{
    compiler_help(compiler_report(compiler, CODE_TEMPLATE_TYPE, term->place,
                                  "%s can't be compared with %s by '%s'", words_of(left->type),
                                  words_of(right->type), term->sign),
                  "numbers compare with numbers, text with text by == and !=, and an enum's value with the "
                  "name of a member in quotes");
}

/* "shipped" beside an enum. */
static const struct expression *choice_of(struct compiler *compiler, const struct expression *text,
                                          const struct type *type)
{
    const struct declaration *const declaration = type->declaration;
    const char *names[NAMES_MAX];
    size_t count = 0;
    struct expression *choice;
    struct diagnostic *diagnostic;
    const char *near;

    for (size_t i = 0; i < declaration->members_count; i++) {
        if (strcmp(declaration->members[i].name, text->text) == 0) {
            choice = expression_new(compiler, EXPRESSION_CHOICE, text->place, type);
            choice->member = &declaration->members[i];
            return choice;
        }
        if (count < NAMES_MAX)
            names[count++] = declaration->members[i].name;
    }
    diagnostic = compiler_report(compiler, CODE_TEMPLATE_NAME, text->place, "the enum %s has no member '%s'",
                                 declaration->name, text->text);
    near = diag_nearest(text->text, names, count);
    if (near != NULL)
        compiler_help(diagnostic, arena_format(compiler->templates->arena, "did you mean '%s'?", near));
    return NULL;
}

static const struct expression *number_of(struct compiler *compiler, const struct expression *number,
                                          const struct type *type, const char *sign)
{
    struct expression *copy;

    if (!number_fits(type->kind, number->number, sign)) {
        compiler_report(compiler, CODE_TEMPLATE_TYPE, number->place,
                        "%s is always, or never, '%s' this number", type->written, sign);
        return NULL;
    }
    copy = expression_new(compiler, EXPRESSION_NUMBER, number->place, type);
    copy->number = number->number;
    return copy;
}

static bool comparable(enum type_kind left, enum type_kind right, bool equality)
{
    if (is_number(left) && is_number(right))
        return is_whole(left) == is_whole(right) && (!is_whole(left) || is_signed(left) == is_signed(right));
    return equality && ((is_text(left) && is_text(right)) || (left == TYPE_BOOL && right == TYPE_BOOL));
}

static const struct expression *comparison(struct compiler *compiler, const struct term *term)
{
    const struct expression *left = expression_value(compiler, term->left);
    const struct expression *right = expression_value(compiler, term->right);
    const bool equality = term->sign[0] == '=' || term->sign[0] == '!';
    struct expression *expression;

    if (left == NULL || right == NULL)
        return NULL;
    if (left->kind == EXPRESSION_NUMBER || left->kind == EXPRESSION_TEXT || left->kind == EXPRESSION_BOOL) {
        compiler_help(
            compiler_report(compiler, CODE_TEMPLATE_TYPE, left->place, "a constant stands on the right"),
            "write the value first");
        return NULL;
    }
    if (right->kind == EXPRESSION_NUMBER && is_number(left->type->kind))
        right = number_of(compiler, right, left->type, term->sign);
    else if (right->kind == EXPRESSION_TEXT && left->type->kind == TYPE_ENUM && equality)
        right = choice_of(compiler, right, left->type);
    else if (!comparable(left->type->kind, right->type->kind, equality) &&
             !(equality && left->type->kind == TYPE_ENUM && right->type->kind == TYPE_ENUM &&
               left->type->declaration == right->type->declaration)) {
        cant_compare(compiler, term, left, right);
        return NULL;
    }
    if (right == NULL)
        return NULL;
    expression = expression_new(compiler, EXPRESSION_COMPARE, term->place, &bool_type);
    expression->left = left;
    expression->right = right;
    expression->sign = term->sign;
    return expression;
}

/* ---- conditions ---------------------------------------------------------------------------------------- */

static const struct expression *presence(struct compiler *compiler, const struct term *term)
{
    struct expression *expression;
    struct expression *of;

    if (term->left->kind != TERM_PATH) {
        compiler_report(compiler, CODE_TEMPLATE_TYPE, term->place, "only a name can be present or absent");
        return NULL;
    }
    of = path_value(compiler, term->left);
    if (of == NULL)
        return NULL;
    if (!may_lack(of)) {
        compiler_help(
            compiler_report(compiler, CODE_TEMPLATE_TYPE, term->place, "this value is never absent"),
            "only what is declared with '?', or the arm of a union, may be absent");
        return NULL;
    }
    expression = expression_new(compiler, EXPRESSION_PRESENT, term->place, &bool_type);
    expression->of = of;
    return expression;
}

static const struct expression *both_or_one(struct compiler *compiler, const struct term *term)
{
    const struct known *const before = compiler->known;
    const struct expression *const left = expression_condition(compiler, term->left);
    const struct expression *right;
    struct expression *expression;

    if (left != NULL)
        compiler->known = expression_known(compiler, left, term->kind == TERM_AND);
    right = expression_condition(compiler, term->right);
    compiler->known = before;
    if (left == NULL || right == NULL)
        return NULL;
    expression = expression_new(compiler, term->kind == TERM_AND ? EXPRESSION_AND : EXPRESSION_OR,
                                term->place, &bool_type);
    expression->left = left;
    expression->right = right;
    return expression;
}

static const char *condition_help(const struct type *type)
{
    if (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP)
        return "write '….length > 0', or use the 'else' of a for";
    if (is_text(type->kind))
        return "write '… != \"\"'";
    return is_number(type->kind) ? "write '… != 0'" : NULL;
}

const struct expression *expression_condition(struct compiler *compiler, const struct term *term)
{
    const struct expression *value;
    struct expression *expression;

    switch (term->kind) {
    case TERM_PRESENT:
        return presence(compiler, term);
    case TERM_COMPARE:
        return comparison(compiler, term);
    case TERM_AND:
    case TERM_OR:
        return both_or_one(compiler, term);
    case TERM_NOT:
        value = expression_condition(compiler, term->left);
        if (value == NULL)
            return NULL;
        expression = expression_new(compiler, EXPRESSION_NOT, term->place, &bool_type);
        expression->left = value;
        return expression;
    case TERM_PATH:
    case TERM_TEXT:
    case TERM_NUMBER:
    case TERM_BOOL:
    case TERM_RAW:
        break;
    }
    value = expression_value(compiler, term);
    if (value == NULL || value->type->kind == TYPE_BOOL)
        return value;
    compiler_help(compiler_report(compiler, CODE_TEMPLATE_TYPE, term->place, "a condition is a bool, not %s",
                                  words_of(value->type)),
                  condition_help(value->type));
    return NULL;
}

const struct known *expression_known(struct compiler *compiler, const struct expression *condition,
                                     bool truth)
{
    const struct known *const before = compiler->known;
    const struct known *after = before;
    struct known *known;

    if (condition->kind == EXPRESSION_PRESENT && truth) {
        known = ARENA_NEW(compiler->templates->arena, struct known);
        known->next = before;
        known->key = condition->of->key;
        after = known;
    } else if (condition->kind == EXPRESSION_NOT) {
        after = expression_known(compiler, condition->left, !truth);
    } else if ((condition->kind == EXPRESSION_AND && truth) || (condition->kind == EXPRESSION_OR && !truth)) {
        compiler->known = expression_known(compiler, condition->left, truth);
        after = expression_known(compiler, condition->right, truth);
        compiler->known = before;
    }
    return after;
}
