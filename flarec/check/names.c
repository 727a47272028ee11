/* names.c - what is declared, once each; and what names are in C. */
#include <string.h>

#include "check/check.h"

/* Of C11, C23 and C++20, and the macros that standard headers make of them. */
static const char *const c_keywords[] = {
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "assert",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "complex",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "errno",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "imaginary",
    "inline",
    "int",
    "linux",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "noreturn",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "typeof_unqual",
    "union",
    "unix",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
};

static bool is_c_keyword(const char *name)
{
    for (size_t i = 0; i < sizeof c_keywords / sizeof *c_keywords; i++) {
        if (strcmp(c_keywords[i], name) == 0)
            return true;
    }
    return false;
}

static bool is_upper(char letter)
{
    return letter >= 'A' && letter <= 'Z';
}

static bool is_lower_or_digit(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
}

const char *name_snake(struct arena *arena, const char *name)
{
    char *const snake = arena_alloc(arena, strlen(name) * 2 + 1);
    size_t at = 0;

    for (size_t i = 0; name[i] != '\0'; i++) {
        const bool word_ends = i > 0 && is_upper(name[i]) &&
                               (is_lower_or_digit(name[i - 1]) ||
                                (is_upper(name[i - 1]) && name[i + 1] >= 'a' && name[i + 1] <= 'z'));
        if (word_ends)
            snake[at++] = '_';
        snake[at++] = name[i] == '-' ? '_' : is_upper(name[i]) ? (char)(name[i] + 32) : name[i];
    }
    return snake;
}

/* Letters, digits and single underscores, no digit first. */
static bool is_c_identifier(const char *name)
{
    if (*name == '\0' || (*name >= '0' && *name <= '9') || strstr(name, "__") != NULL)
        return false;
    for (; *name != '\0'; name++) {
        if (!is_upper(*name) && !is_lower_or_digit(*name) && *name != '_')
            return false;
    }
    return true;
}

void name_reserved(struct check *check, const struct name *name, const char *c_name)
{
    if (strcmp(c_name, "flare") == 0 || strcmp(c_name, "flarei") == 0)
        diag_help(diag_report(check->diags, CODE_RESERVED_NAME, name->place, "'%s' is the runtime's own name",
                              name->text),
                  "give it another name");
}

bool name_is_c(const char *name)
{
    return is_c_identifier(name) && name[0] != '_' && !is_c_keyword(name);
}

static const char *name_checked(struct check *check, const struct name *name, const struct name *c_name)
{
    const struct name *const from = c_name->text != NULL ? c_name : name;
    const char *const snake = c_name->text != NULL ? c_name->text : name_snake(check->arena, name->text);
    struct diagnostic *diagnostic;

    if (is_c_identifier(snake) && snake[0] != '_')
        return snake;
    diagnostic =
        diag_report(check->diags, CODE_BAD_NAME, from->place, "'%s' can't be a name in C", from->text);
    diag_help(diagnostic, "C names here are letters, digits and single underscores, and start with a letter");
    return NULL;
}

const char *name_in_c(struct check *check, const struct name *name, const struct name *c_name)
{
    const char *const checked = name_checked(check, name, c_name);

    if (checked == NULL || !is_c_keyword(checked))
        return checked;
    return arena_format(check->arena, "%s_", checked);
}

const char *name_complete(struct check *check, const struct name *name, const char *prefix)
{
    const struct name none = {0};
    const char *const checked = name_checked(check, name, &none);

    return checked == NULL ? NULL : arena_format(check->arena, "%s_%s", prefix, checked);
}

bool name_taken(struct check *check, struct table *scope, const char *c_name, const struct name *name,
                const char *what)
{
    struct name *const copy = ARENA_NEW(check->arena, struct name);
    const struct name *first;
    struct diagnostic *diagnostic;

    *copy = *name;
    first = table_add(scope, check->arena, c_name, copy);
    if (first == NULL)
        return false;
    if (strcmp(first->text, name->text) == 0) {
        diagnostic = diag_report(check->diags, CODE_DUPLICATE, name->place, "%s '%s' is declared twice", what,
                                 name->text);
        diag_label(diagnostic, "declared again here");
    } else {
        diagnostic = diag_report(check->diags, CODE_C_NAME_CLASH, name->place,
                                 "'%s' and '%s' are both '%s' in C", first->text, name->text, c_name);
        diag_help(diagnostic, "name one of them with 'as'");
    }
    if (first->place.source != NULL)
        diag_also(diagnostic, first->place, "first declared here");
    return true;
}

struct entity *entity_of(const struct check *check, const struct declaration *declaration)
{
    return check->declared.items[declaration->index];
}

static bool declares_entity(enum statement_kind kind)
{
    return kind == STATEMENT_ENUM || kind == STATEMENT_TYPE || kind == STATEMENT_ALIAS ||
           kind == STATEMENT_UNION || kind == STATEMENT_SESSION;
}

static void declared_twice(struct check *check, const struct statement *statement,
                           const struct statement *first)
{
    struct diagnostic *const diagnostic = diag_report(check->diags, CODE_DUPLICATE, statement->name.place,
                                                      "'%s' is declared twice", statement->name.text);

    diag_label(diagnostic, "declared again here");
    diag_also(diagnostic, first->name.place, "first declared here");
}

static void declare_guard(struct check *check, const struct statement *statement);

static void declare(struct check *check, const struct statement *statement)
{
    struct entity *const entity = ARENA_NEW(check->arena, struct entity);
    const struct entity *first;
    struct declaration *declaration;

    entity->statement = statement;
    first = table_add(&check->entities, check->arena, statement->name.text, entity);
    if (first != NULL) {
        declared_twice(check, statement, first->statement);
        return;
    }
    VECTOR_ADD(check->arena, check->order, entity);
    entity->used = type_is_builtin(statement->name.text); /* one mistake, one message */
    if (entity->used)
        diag_help(diag_report(check->diags, CODE_RESERVED_NAME, statement->name.place,
                              "'%s' is a type of the language", statement->name.text),
                  "give it another name");
    declaration = ARENA_NEW(check->arena, struct declaration);
    declaration->kind = statement->kind == STATEMENT_ENUM    ? DECLARATION_ENUM
                        : statement->kind == STATEMENT_ALIAS ? DECLARATION_ALIAS
                        : statement->kind == STATEMENT_UNION ? DECLARATION_UNION
                                                             : DECLARATION_OBJECT;
    declaration->index = (unsigned)check->declared.count;
    VECTOR_ADD(check->arena, check->declared, entity);
    declaration->library = check->library;
    declaration->name = statement->name.text;
    declaration->place = statement->name.place;
    declaration->doc = statement->doc != NULL ? statement->doc->text : NULL;
    declaration->c_name = name_complete(check, &statement->name, check->prefix);
    entity->declaration = declaration;
    /* A session is a type, and what reads it is a guard. */
    if (statement->kind != STATEMENT_SESSION)
        return;
    entity->used = true;
    declare_guard(check, statement);
}

static void declare_guard(struct check *check, const struct statement *statement)
{
    struct entity *const entity = ARENA_NEW(check->arena, struct entity);
    struct guard *const guard = ARENA_NEW(check->arena, struct guard);
    const struct entity *first;

    entity->statement = statement;
    entity->guard = guard;
    guard->name = statement->name.text;
    guard->place = statement->name.place;
    guard->doc = statement->doc != NULL ? statement->doc->text : NULL;
    guard->library = check->library;
    guard->c_name = name_complete(check, &statement->name, check->prefix);
    first = table_add(&check->guards, check->arena, statement->name.text, entity);
    if (first != NULL)
        declared_twice(check, statement, first->statement);
}

void check_names(struct check *check)
{
    for (const struct statement *statement = check->tree->first; statement != NULL;
         statement = statement->next) {
        if (declares_entity(statement->kind))
            declare(check, statement);
        else if (statement->kind == STATEMENT_GUARD)
            declare_guard(check, statement);
    }
}
