/* find.h - what stands at an offset of a document, and where a name is declared. From the tree and, where a
 * statement did not parse, from the word alone. */
#ifndef FLAREC_LSP_FIND_H
#define FLAREC_LSP_FIND_H

#include "lsp/document.h"

struct lsp_spot {
    const struct statement *statement; /* the innermost that holds the offset, or NULL */
    const struct field *field;         /* of that statement, or NULL */
    const struct type_node *type;      /* the innermost reference there, or NULL */
    const struct value *value;         /* a default's name, or NULL */
    const struct type_node *value_type;
    bool on_name; /* the name that the statement or field declares */
};

struct lsp_spot lsp_find(const struct lsp_document *document, size_t offset);

/* The word around the offset; length 0 where there is none. */
struct place lsp_word(const struct lsp_document *document, size_t offset);

/* Whether the statement declares a type: enum, type, alias, union or session. */
bool lsp_declares_type(const struct statement *statement);
/* What declares the type, enum, union or session (or the guard) of a name, or NULL. */
const struct statement *lsp_declaration(const struct tree *tree, const char *name);
const struct statement *lsp_guard(const struct tree *tree, const char *name);
/* The member or field of a declaration, or NULL. */
const struct field *lsp_field(const struct statement *declaration, const char *name);
/* The tree of an import; that of the library of a name; NULL where there is none. */
const struct tree *lsp_import(struct lsp_document *document, const struct statement *import);
const struct tree *lsp_module(struct lsp_document *document, const char *module);
/* What a reference names, aliases not followed. */
const struct statement *lsp_referred(struct lsp_document *document, const struct type_node *type);

/* The guard, or session, that a `use` names, or NULL. */
const struct statement *lsp_used(struct lsp_document *document, const struct statement *use);

/* Where what stands at the offset is declared; source NULL where that is nowhere. */
struct place lsp_definition(struct lsp_document *document, size_t offset);

#endif
