/* document.h - a document that a client has open. */
#ifndef FLAREC_LSP_DOCUMENT_H
#define FLAREC_LSP_DOCUMENT_H

#include "arena.h"
#include "ast.h"
#include "diag.h"
#include "tools/json_read.h"
#include "tools/json_write.h"

struct lsp_document {
    struct lsp_document *next;
    char *uri;
    char *text;
    size_t length;
    /* What the compiler made of the text; anew after each change. */
    struct arena arena;
    struct diags diags;
    const struct source *source;
    const struct tree *tree;
};

/* Lines and UTF-16 code units, from 0. */
struct lsp_position {
    size_t line, character;
};

struct lsp_document *lsp_document_new(const char *uri);
void lsp_document_free(struct lsp_document *document);
/* Replaces bytes start..end of the text. False where it would be larger than a spec may be. */
bool lsp_document_edit(struct lsp_document *document, size_t start, size_t end, const char *bytes,
                       size_t length);
/* Applies an item of `contentChanges`. */
bool lsp_document_change(struct lsp_document *document, const struct json *change);
void lsp_document_analyse(struct lsp_document *document);

/* Of the text; positions behind a line's end are at it. */
size_t lsp_offset(const char *text, size_t length, struct lsp_position position);
struct lsp_position lsp_position(const struct source *source, size_t offset);
/* `position` of a request's parameters as an offset in the source that was analysed. */
size_t lsp_offset_of(const struct lsp_document *document, const struct json *position);

void lsp_put_range(struct text *text, const char *key, struct place place);
/* {uri, range}. */
void lsp_put_location(struct text *text, const char *key, const struct lsp_document *document,
                      struct place place);
/* The diagnostics of the document, as an array. */
void lsp_put_diagnostics(struct text *text, const char *key, const struct lsp_document *document);

/* The path of a file: URI, else the URI itself. */
const char *lsp_path_of(struct arena *arena, const char *uri);

#endif
