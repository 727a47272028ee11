/* symbols.c - the outline of a document, and its formatting. */
#include <string.h>

#include "fmt.h"
#include "lsp/answer.h"

enum symbol_kind {
    SYMBOL_NONE = 0,
    SYMBOL_MODULE = 2,
    SYMBOL_NAMESPACE = 3,
    SYMBOL_CLASS = 5,
    SYMBOL_METHOD = 6,
    SYMBOL_FIELD = 8,
    SYMBOL_ENUM = 10,
    SYMBOL_INTERFACE = 11,
    SYMBOL_MEMBER = 22
};

static void open_symbol(struct text *text, const char *name, enum symbol_kind kind, struct place all,
                        struct place part)
{
    json_open(text, NULL, '{');
    json_text(text, "name", *name != '\0' ? name : "?");
    json_whole(text, "kind", (unsigned long)kind);
    lsp_put_range(text, "range", all);
    lsp_put_range(text, "selectionRange", part);
    json_open(text, "children", '[');
}

static void close_symbol(struct text *text)
{
    json_close(text, ']');
    json_close(text, '}');
}

static enum symbol_kind kind_of(const struct statement *statement)
{
    static const struct {
        enum statement_kind statement;
        enum symbol_kind symbol;
    } kinds[] = {
        {STATEMENT_SERVICE, SYMBOL_MODULE},  {STATEMENT_LIBRARY, SYMBOL_MODULE},
        {STATEMENT_GROUP, SYMBOL_NAMESPACE}, {STATEMENT_ENUM, SYMBOL_ENUM},
        {STATEMENT_GUARD, SYMBOL_INTERFACE}, {STATEMENT_ROUTE, SYMBOL_METHOD},
        {STATEMENT_TYPE, SYMBOL_CLASS},      {STATEMENT_ALIAS, SYMBOL_CLASS},
        {STATEMENT_UNION, SYMBOL_CLASS},     {STATEMENT_SESSION, SYMBOL_CLASS},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].statement == statement->kind)
            return kinds[i].symbol;
    }
    return SYMBOL_NONE;
}

/* Groups in groups are as deep as the grammar lets them be. */
static void put_statements(struct text *text, const struct statement *statement)
{
    for (; statement != NULL; statement = statement->next) {
        if (kind_of(statement) == SYMBOL_NONE)
            continue;
        const bool path = statement->path.text != NULL;
        const char *name = statement->name.text;
        if (path)
            name = arena_format(text->arena, "%s %s", name != NULL ? name : "group", statement->path.text);
        open_symbol(text, name, kind_of(statement), statement->place,
                    path ? statement->path.place : statement->name.place);
        for (const struct field *field = statement->fields; field != NULL; field = field->next) {
            open_symbol(text, field->name.text, field->type != NULL ? SYMBOL_FIELD : SYMBOL_MEMBER,
                        field->place, field->name.place);
            close_symbol(text);
        }
        if (statement->kind == STATEMENT_GROUP)
            put_statements(text, statement->block->first);
        close_symbol(text);
    }
}

void lsp_put_symbols(struct text *text, const char *key, const struct lsp_document *document)
{
    json_open(text, key, '[');
    put_statements(text, document->tree->first);
    json_close(text, ']');
}

void lsp_put_formatting(struct text *text, const char *key, struct lsp_document *document)
{
    const struct source *const source = document->source;
    size_t length;

    json_open(text, key, '[');
    if (!document->tree->broken) {
        const char *const formatted = fmt_text(&document->arena, source, &length);
        if (length != source->length || memcmp(formatted, source->text, length) != 0) {
            json_open(text, NULL, '{');
            lsp_put_range(text, "range", (struct place){source, 0, (uint32_t)source->length});
            json_bytes(text, "newText", formatted, length);
            json_close(text, '}');
        }
    }
    json_close(text, ']');
}
