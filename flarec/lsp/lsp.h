/* lsp.h - `flarec lsp`: a language server (LSP 3.17) that takes a client's bytes and writes its answers.
 *
 *   frame.c      bytes -> messages
 *   server.c     messages -> requests: the life of a session, what it offers
 *   document.c   open documents: their text, edits, positions in UTF-16; what the compiler finds in them
 *   find.c       what stands at an offset, and where a name is declared
 *   hover.c complete.c symbols.c tokens.c   one request each
 */
#ifndef FLAREC_LSP_LSP_H
#define FLAREC_LSP_LSP_H

#include <stdbool.h>
#include <stdio.h>

struct lsp;

/* Answers go to `out`. */
struct lsp *lsp_new(FILE *out);
/* Takes bytes in pieces of any size. False: the session is over, by `exit` or by bytes that are no message.
 */
bool lsp_feed(struct lsp *lsp, const char *bytes, size_t length);
/* 0 after an orderly end, else 1. */
int lsp_exit_code(const struct lsp *lsp);
void lsp_free(struct lsp *lsp);

/* The command: standard input to standard output. Returns the exit code. */
int lsp_run(void);

#endif
