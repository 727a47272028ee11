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

/* A type whose fields are query keys of their own. */
static bool spread_allowed(struct check *check, const struct statement *statement, const struct type *type)
{
    const struct declaration *const declaration = type->declaration;
    const char *const what = declaration->patch         ? "a patch"
                             : type->optional           ? "optional"
                             : declaration->strict      ? "strict"
                             : statement->value != NULL ? "given a default"
                                                        : NULL;

    if (what != NULL) {
        diag_help(diag_report(check->diags, CODE_INPUT_TYPE, statement->type->place,
                              "what is spread over query keys can't be %s", what),
                  "each field is a key of its own: say it there");
        return false;
    }
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        const struct type *const one =
            property->type->kind == TYPE_ARRAY ? property->type->element : property->type;
        if (type_is_scalar(one))
            continue;
        struct diagnostic *const diagnostic =
            diag_report(check->diags, CODE_INPUT_TYPE, statement->type->place,
                        "the field '%s' of '%s' can't be a query key", property->name, declaration->name);
        diag_also(diagnostic, property->place, "%s", type_words(property->type));
        diag_help(diagnostic, "a key holds single values, repeated ones in an array");
        return false;
    }
    return true;
}

static bool type_allowed(struct check *check, const struct statement *statement, const struct input *input)
{
    const struct type *const type = input->type;
    const struct place place = statement->type->place;
    struct diagnostic *diagnostic;

    if (input->kind == INPUT_QUERY && type->kind == TYPE_OBJECT)
        return spread_allowed(check, statement, type);
    if (type->kind == TYPE_STRUCT && type->parse == NULL) {
        diag_help(diag_report(check->diags, CODE_INPUT_TYPE, place, "nothing makes 'struct %s' of text",
                              type->struct_tag),
                  "name a function of yours: struct %s(parse: %s_parse)", type->struct_tag, type->struct_tag);
        return false;
    }
    if (type_is_of_head(type) && statement->value != NULL) {
        diag_help(diag_report(check->diags, CODE_INPUT_TYPE, statement->value->place, "%s has no default",
                              type_words(type)),
                  "write '?' for one that may be absent");
        return false;
    }
    if ((type->kind == TYPE_BEARER || type->kind == TYPE_ETAG || type->kind == TYPE_BASIC) &&
        input->kind != INPUT_HEADER) {
        diag_help(diag_report(check->diags, CODE_INPUT_TYPE, place, "a %s can't hold %s",
                              kind_words[input->kind], type_words(type)),
                  "it is the value of a header, such as %s",
                  type->kind == TYPE_ETAG ? "If-Match" : "Authorization");
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
    const bool spread = input->type != NULL && input->type->kind == TYPE_OBJECT;
    char *const key = arena_format(arena, "%d%s %s", (int)input->kind, spread ? " spread" : "", input->name);

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

/* The keys that a type is spread over are inputs of their own. */
static void declare_keys(struct check *check, const struct input *input, struct scope *scope)
{
    const struct declaration *const declaration = input->type->declaration;

    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        const struct input key = {
            .kind = INPUT_QUERY,
            .name = property->name,
            .c_name = arena_format(check->arena, "%s.%s", input->c_name, property->c_name),
            .place = input->place,
            .type = property->type,
        };
        declared_before(check, &key, scope);
    }
}

void input_add(struct check *check, const struct statement *statement, struct scope *scope)
{
    static const char *const none[] = {NULL};
    struct input input = {
        .kind = kind_of(statement->kind), .name = statement->name.text, .place = statement->name.place};

    if (statement->args.written)
        arguments_known(check, &statement->args, "an input", none);
    if (statement->type == NULL) {
        diag_help(diag_report(check->diags, CODE_MISPLACED, statement->place,
                              "a %s without a type stands in a reply", kind_words[input.kind]),
                  "an input has a type: %s %s: string;", statement_word(statement), input.name);
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
    if (good && input.type->kind == TYPE_OBJECT)
        declare_keys(check, &input, scope);
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
