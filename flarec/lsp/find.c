#include "lsp/find.h"

#include <string.h>
#include <sys/stat.h>

#include "passes.h"

static bool holds(struct place place, size_t offset)
{
    return place.source != NULL && offset >= place.start && offset <= (size_t)place.start + place.length;
}

/* ---- the tree --------------------------------------------------------------------------------- */

static void find_type(const struct type_node *type, size_t offset, struct lsp_spot *spot)
{
    while (type != NULL && holds(type->place, offset)) {
        if (holds(type->name.place, offset) || holds(type->module.place, offset))
            spot->type = type;
        type = type->element;
    }
}

static void find_value(const struct value *value, const struct type_node *type, size_t offset,
                       struct lsp_spot *spot)
{
    for (; value != NULL; value = value->next) {
        if (!holds(value->place, offset))
            continue;
        if (value->kind == VALUE_LIST) {
            if (type != NULL)
                find_value(value->items, type->element, offset, spot);
        } else if (value->kind == VALUE_NAME) {
            spot->value = value;
            spot->value_type = type;
        }
        return;
    }
}

static void find_fields(const struct field *field, size_t offset, struct lsp_spot *spot)
{
    for (; field != NULL; field = field->next) {
        if (!holds(field->place, offset))
            continue;
        spot->field = field;
        spot->on_name = holds(field->name.place, offset);
        find_type(field->type, offset, spot);
        find_value(field->fallback, field->type, offset, spot);
    }
}

static void find_statement(const struct statement *statement, size_t offset, struct lsp_spot *spot)
{
    while (statement != NULL) {
        if (!holds(statement->place, offset)) {
            statement = statement->next;
            continue;
        }
        *spot = (struct lsp_spot){.statement = statement, .on_name = holds(statement->name.place, offset)};
        find_type(statement->type, offset, spot);
        find_value(statement->value, statement->type, offset, spot);
        find_fields(statement->fields, offset, spot);
        if (statement->content != NULL)
            find_type(statement->content->type, offset, spot);
        statement = statement->block != NULL && holds(statement->block->place, offset)
                        ? statement->block->first
                        : NULL;
    }
}

struct lsp_spot lsp_find(const struct lsp_document *document, size_t offset)
{
    struct lsp_spot spot = {0};

    find_statement(document->tree->first, offset, &spot);
    return spot;
}

static bool is_word(char letter)
{
    return (letter >= '0' && letter <= '9') || ((letter | 32) >= 'a' && (letter | 32) <= 'z') ||
           letter == '_' || letter == '-';
}

struct place lsp_word(const struct lsp_document *document, size_t offset)
{
    const struct source *const source = document->source;
    size_t start = offset;
    size_t end = offset;

    while (start > 0 && is_word(source->text[start - 1]))
        start--;
    while (end < source->length && is_word(source->text[end]))
        end++;
    return (struct place){source, (uint32_t)start, (uint32_t)(end - start)};
}

/* ---- declarations -------------------------------------------------------------------------------- */

bool lsp_declares_type(const struct statement *statement)
{
    return statement->kind == STATEMENT_ENUM || statement->kind == STATEMENT_TYPE ||
           statement->kind == STATEMENT_ALIAS || statement->kind == STATEMENT_UNION ||
           statement->kind == STATEMENT_SESSION;
}

const struct statement *lsp_declaration(const struct tree *tree, const char *name)
{
    for (const struct statement *at = tree->first; at != NULL; at = at->next) {
        if (lsp_declares_type(at) && strcmp(at->name.text, name) == 0)
            return at;
    }
    return NULL;
}

const struct statement *lsp_guard(const struct tree *tree, const char *name)
{
    for (const struct statement *at = tree->first; at != NULL; at = at->next) {
        if (at->kind == STATEMENT_GUARD && strcmp(at->name.text, name) == 0)
            return at;
    }
    return NULL;
}

const struct field *lsp_field(const struct statement *declaration, const char *name)
{
    for (const struct field *field = declaration->fields; field != NULL; field = field->next) {
        if (strcmp(field->name.text, name) == 0)
            return field;
    }
    return NULL;
}

/* ---- imports ----------------------------------------------------------------------------------------- */

/* Whether the file's name is the module's. */
static bool names_module(const char *path, const char *module)
{
    const char *const slash = strrchr(path, '/');
    const char *const name = slash != NULL ? slash + 1 : path;
    const size_t length = strlen(module);

    return strncmp(name, module, length) == 0 && strcmp(name + length, ".flare") == 0;
}

/* The imported file, read; NULL where there is none. */
static const struct source *import_source(struct lsp_document *document, const struct statement *import)
{
    const char *const base = document->source->name;
    const char *const slash = strrchr(base, '/');
    const char *path = import->value->text;
    struct stat info;

    if (*path != '/' && slash == NULL)
        return NULL;
    if (*path != '/')
        path = arena_format(&document->arena, "%.*s/%s", (int)(slash - base), base, path);
    /* Not a pipe or a terminal: reading must end. */
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return NULL;
    return source_read(&document->arena, path);
}

const struct tree *lsp_import(struct lsp_document *document, const struct statement *import)
{
    struct diags unused = {.arena = &document->arena};
    const struct source *const source = import_source(document, import);

    return source != NULL ? parse_source(&document->arena, source, &unused) : NULL;
}

const struct tree *lsp_module(struct lsp_document *document, const char *module)
{
    for (const struct statement *at = document->tree->first; at != NULL; at = at->next) {
        if (at->kind != STATEMENT_IMPORT || !names_module(at->value->text, module))
            continue;
        return lsp_import(document, at);
    }
    return NULL;
}

const struct statement *lsp_referred(struct lsp_document *document, const struct type_node *type)
{
    const struct tree *tree = document->tree;

    if (type == NULL || type->form != FORM_NAME)
        return NULL;
    if (type->module.text != NULL)
        tree = lsp_module(document, type->module.text);
    return tree != NULL ? lsp_declaration(tree, type->name.text) : NULL;
}

/* ---- definition -------------------------------------------------------------------------------- */

const struct statement *lsp_used(struct lsp_document *document, const struct statement *use)
{
    const struct tree *const tree =
        use->module.text != NULL ? lsp_module(document, use->module.text) : document->tree;
    const struct statement *guard = tree != NULL ? lsp_guard(tree, use->name.text) : NULL;

    if (guard == NULL && tree != NULL)
        guard = lsp_declaration(tree, use->name.text);
    return guard;
}

static struct place word_definition(struct lsp_document *document, size_t offset)
{
    const struct place word = lsp_word(document, offset);
    const char *const name = arena_copy(&document->arena, word.source->text + word.start, word.length);
    const struct statement *found = lsp_declaration(document->tree, name);

    if (found == NULL)
        found = lsp_guard(document->tree, name);
    return found != NULL ? found->name.place : (struct place){0};
}

struct place lsp_definition(struct lsp_document *document, size_t offset)
{
    const struct lsp_spot spot = lsp_find(document, offset);
    const struct statement *declaration;
    const struct field *member;

    if (spot.type != NULL && holds(spot.type->name.place, offset)) {
        declaration = lsp_referred(document, spot.type);
        return declaration != NULL ? declaration->name.place : (struct place){0};
    }
    if (spot.value != NULL) {
        declaration = lsp_referred(document, spot.value_type);
        member = declaration != NULL ? lsp_field(declaration, spot.value->text) : NULL;
        return member != NULL ? member->name.place : (struct place){0};
    }
    if (spot.statement != NULL && spot.statement->kind == STATEMENT_USE && !spot.statement->args.written) {
        declaration = lsp_used(document, spot.statement);
        return declaration != NULL ? declaration->name.place : (struct place){0};
    }
    if (spot.statement != NULL && spot.statement->kind == STATEMENT_IMPORT) {
        const struct source *const source = import_source(document, spot.statement);
        return (struct place){source, 0, 0};
    }
    if (spot.on_name)
        return spot.field != NULL ? spot.field->name.place : spot.statement->name.place;
    return word_definition(document, offset);
}
