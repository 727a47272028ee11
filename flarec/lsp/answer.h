/* answer.h - what each request of a client is answered with. Each writes one value under the key. */
#ifndef FLAREC_LSP_ANSWER_H
#define FLAREC_LSP_ANSWER_H

#include "lsp/find.h"

void lsp_put_hover(struct text *text, const char *key, struct lsp_document *document, size_t offset);
void lsp_put_completion(struct text *text, const char *key, struct lsp_document *document, size_t offset);
void lsp_put_symbols(struct text *text, const char *key, const struct lsp_document *document);
void lsp_put_formatting(struct text *text, const char *key, struct lsp_document *document);
/* Semantic tokens, and their legend. */
void lsp_put_tokens(struct text *text, const char *key, struct lsp_document *document);
void lsp_put_legend(struct text *text, const char *key);

/* The words of the language that are types, with their C; the last has a NULL word. */
struct lsp_builtin {
    const char *word;
    const char *c_type;
    const char *stem;
    const char *meaning;
};
extern const struct lsp_builtin lsp_builtins[];

/* "string(1..40)?": aliases followed. */
const char *lsp_resolved(struct lsp_document *document, const struct type_node *type);
/* "uint32_t", "shop_product_array": what it is in C; NULL where it is unknown. */
const char *lsp_c_type(struct lsp_document *document, const struct type_node *type);

#endif
