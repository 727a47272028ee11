/* inputs.c - what a route reads from path, query, header and cookie. */
#include <string.h>

#include "check/check.h"

static const char *const kind_words[] = {[INPUT_PATH] = "path parameter",
                                         [INPUT_QUERY] = "query key",
                                         [INPUT_HEADER] = "header",
                                         [INPUT_COOKIE] = "cookie"};

bool is_http_token(const char *name)
{
    if (*name == '\0')
        return false;
    for (; *name != '\0'; name++) {
        const bool letter = (*name | 32) >= 'a' && (*name | 32) <= 'z';
        const bool digit = *name >= '0' && *name <= '9';
        if (!letter && !digit && strchr("!#$%&'*+-.^_`|~", *name) == NULL)
            return false;
    }
    return true;
}

static enum input_kind kind_of(enum statement_kind kind)
{
    if (kind == STATEMENT_PATH)
        return INPUT_PATH;
    if (kind == STATEMENT_QUERY)
        return INPUT_QUERY;
    return kind == STATEMENT_HEADER ? INPUT_HEADER : INPUT_COOKIE;
}

static bool type_allowed(struct check *check, const struct statement *statement, const struct input *input)
{
    const struct type *const type = input->type;
    const struct place place = statement->type->place;
    struct diagnostic *diagnostic;

    if (input->kind == INPUT_QUERY && type->kind == TYPE_OBJECT) {
        check_later(check, FEATURE_SPREAD, NULL, place);
        return false;
    }
    if (type->kind == TYPE_STRUCT || (type->kind == TYPE_ARRAY && type->element->kind == TYPE_STRUCT)) {
        check_later(check, FEATURE_STRUCT, NULL, place);
        return false;
    }
    if (type->kind == TYPE_UNION || type->kind == TYPE_MAP || type->kind == TYPE_RAW_JSON) {
        diag_help(diag_report(check->diags, CODE_INPUT_TYPE, place, "a %s can't hold %s",
                              kind_words[input->kind], type_words(type)),
                  "it comes in a body of JSON");
        return false;
    }
    if (type->kind == TYPE_OBJECT) {
        diagnostic = diag_report(check->diags, CODE_INPUT_TYPE, place, "a %s can't hold a type with fields",
                                 kind_words[input->kind]);
        diag_help(diagnostic, "declare each field as an input of its own");
        return false;
    }
    if (type->kind == TYPE_ARRAY && (input->kind == INPUT_PATH || input->kind == INPUT_COOKIE)) {
        diag_help(diag_report(check->diags, CODE_INPUT_TYPE, place, "a %s holds one value",
                              kind_words[input->kind]),
                  "arrays are read from query keys and headers");
        return false;
    }
    if (type->kind == TYPE_ARRAY && !type_is_scalar(type->element)) {
        diag_report(check->diags, CODE_INPUT_TYPE, place, "an input's array holds single values");
        return false;
    }
    if (input->kind == INPUT_PATH && (type->optional || statement->value != NULL)) {
        diag_help(diag_report(check->diags, CODE_PATH_PRESENCE,
                              type->optional ? place : statement->value->place,
                              "a path parameter is never absent"),
                  "remove the '?' or the default");
        return false;
    }
    return true;
}

static bool name_allowed(struct check *check, const struct statement *statement, enum input_kind kind)
{
    if ((kind != INPUT_HEADER && kind != INPUT_COOKIE) || is_http_token(statement->name.text))
        return true;
    diag_help(diag_report(check->diags, CODE_HEADER_NAME, statement->name.place,
                          "'%s' can't be the name of a %s", statement->name.text, kind_words[kind]),
              "names are letters, digits and !#$%%&'*+-.^_`|~");
    return false;
}

/* What two inputs may not share: the kind and, for headers in lower case, the name. */
static const char *wire_key(struct arena *arena, const struct input *input)
{
    char *const key = arena_format(arena, "%d %s", (int)input->kind, input->name);

    for (char *at = key; *at != '\0' && input->kind == INPUT_HEADER; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + 32);
    }
    return key;
}

static const struct input *find_in(const struct scope *scope, const char *wire, const char *c_name,
                                   bool *same)
{
    for (; scope != NULL; scope = scope->parent) {
        const struct input *other = table_find(&scope->wire_names, wire);
        *same = other != NULL;
        if (other == NULL)
            other = table_find(&scope->c_names, c_name);
        if (other != NULL)
            return other;
    }
    return NULL;
}

static bool declared_before(struct check *check, const struct input *input, struct scope *scope)
{
    const char *const wire = wire_key(check->arena, input);
    bool same;
    const struct input *const other = find_in(scope, wire, input->c_name, &same);
    struct diagnostic *diagnostic;

    if (other == NULL) {
        struct input *const copy = ARENA_NEW(check->arena, struct input);
        *copy = *input;
        table_add(&scope->wire_names, check->arena, wire, copy);
        table_add(&scope->c_names, check->arena, input->c_name, copy);
        return false;
    }
    if (same)
        diagnostic = diag_report(check->diags, CODE_INPUT_TWICE, input->place,
                                 "the %s '%s' is declared twice", kind_words[input->kind], input->name);
    else
        diagnostic = diag_report(check->diags, CODE_C_NAME_CLASH, input->place, "two inputs are '%s' in C",
                                 input->c_name);
    diag_also(diagnostic, other->place, "first declared here");
    if (!same)
        diag_help(diagnostic, "name one of them with 'as'");
    return true;
}

void input_add(struct check *check, const struct statement *statement, struct scope *scope)
{
    struct input input = {
        .kind = kind_of(statement->kind), .name = statement->name.text, .place = statement->name.place};

    if (statement->args.written)
        check_later(check, FEATURE_SETTINGS, NULL, statement->args.place);
    if (statement->type == NULL) {
        diag_help(diag_report(check->diags, CODE_MISPLACED, statement->place,
                              "a constant header stands in a reply"),
                  "an input has a type: header %s: string;", input.name);
        return;
    }
    input.doc = statement->doc != NULL ? statement->doc->text : NULL;
    input.c_name = name_in_c(check, &statement->name, &statement->c_name);
    input.type = type_resolve(check, statement->type);
    /* An input whose type is wrong still declares its name: the path is not wrong as well. */
    const bool good = name_allowed(check, statement, input.kind) && input.c_name != NULL &&
                      input.type != NULL && type_allowed(check, statement, &input);
    if (good && statement->value != NULL)
        input.fallback = constant_of(check, input.type, statement->value);
    if (input.c_name != NULL && declared_before(check, &input, scope))
        return;
    if (input.c_name == NULL)
        input.c_name = "";
    VECTOR_ADD(check->arena, scope->inputs, input);
}

void input_adopt(struct check *check, const struct input *input, struct scope *scope)
{
    if (!declared_before(check, input, scope))
        VECTOR_ADD(check->arena, scope->inputs, *input);
}

const struct input *path_input_find(const struct scope *scope, const char *name)
{
    for (; scope != NULL; scope = scope->parent) {
        for (size_t i = 0; i < scope->inputs.count; i++) {
            if (scope->inputs.items[i].kind == INPUT_PATH && strcmp(scope->inputs.items[i].name, name) == 0)
                return &scope->inputs.items[i];
        }
    }
    return NULL;
}
