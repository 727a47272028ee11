/* publish.h - what a checked spec tells the world: its OpenAPI document, tables of its routes, a plain page,
 * and whether another version of it breaks its clients.
 *
 *   openapi.c    the document: info, components, security
 *   operation.c  paths; of one route: parameters and body; replies.c its responses; security.c who may
 *   schema.c     types as JSON Schema; constant.c their defaults; ecma.c, decimal.c: patterns in the dialect
 * that it wants page.c       a plain page table.c      routes as JSON and as a tree; memory.c what a request
 * of each can take breaking.c   two versions of a service; compare.c two types; difference.c what is told of
 * them example.c    `@example` lines of doc comments, checked against their types
 */
#ifndef FLAREC_PUBLISH_PUBLISH_H
#define FLAREC_PUBLISH_PUBLISH_H

#include "arena.h"
#include "diag.h"
#include "model.h"
#include "plan/plan.h"
#include "publish/writer.h"

/* ---- the products -------------------------------------------------------------------------- */

/* An OpenAPI 3.1 document. */
void openapi_write(const struct model *model, struct output *out);
/* What differs between two versions of a service, as text or JSON. Whether that breaks clients. */
bool breaking_write(const struct model *from, const struct model *to, bool json, struct output *out);
/* The routes as JSON; the tree of the dispatch for Graphviz; the most memory that a request can take. */
void routes_json(const struct model *model, struct output *out);
void routes_dot(const struct plan *plan, struct output *out);
void routes_memory(struct arena *arena, const struct model *model, bool json, struct output *out);
/* What is found out about the types of a service for that. */
struct memory *memory_make(struct arena *arena, const struct model *model);
/* How many bytes of a request's own memory the inputs of a route can take at most. */
uint64_t memory_bound(struct memory *memory, const struct route *route);
/* A page of HTML without scripts: routes with their inputs and replies, and types. */
void page_write(const struct model *model, struct output *out);
/* Reports each `@example` that its type refuses. Runs after plan/, which has the patterns' automata. */
void examples_check(struct arena *arena, const struct model *model, const struct plan *plan,
                    struct diags *diags);

/* ---- shared -------------------------------------------------------------------------------- */

struct publisher {
    struct arena *arena;
    const struct model *model;
    struct writer writer;
};

/* Whether some route's form or multipart body is of this type. */
bool form_brings(const struct model *model, const struct declaration *declaration);

/* Where a value stands. */
enum standing { STANDING_JSON, STANDING_TEXT };

/* A number as JSON has it, and a constant of a type. */
const char *number_text(struct arena *arena, enum type_kind kind, const struct number *number);
/* Bytes as base64 (RFC 4648 section 4). */
const char *base64_text(struct arena *arena, const char *bytes, size_t length);
void constant_write(struct publisher *publisher, const char *key, const struct type *type,
                    const struct constant *constant, enum standing standing);
/* Writes a type as the members of an object that is open: a reference, or its constraints. */
void schema_members(struct publisher *publisher, const struct type *type, enum standing standing);
/* The same with braces. */
void schema_write(struct publisher *publisher, const char *key, const struct type *type,
                  enum standing standing);
/* Of a field or input: with its words, default and examples. */
void schema_described(struct publisher *publisher, const char *key, const struct type *type, const char *doc,
                      const struct constant *fallback, enum standing standing);
/* components/schemas: of each declaration that a route reaches. */
void schema_components(struct publisher *publisher);
/* As it is called in components: "Amount", "money.Amount". */
const char *schema_name(struct publisher *publisher, const struct declaration *declaration);

/* paths */
void operations_write(struct publisher *publisher);
/* The responses of a route. */
void replies_write(struct publisher *publisher, const struct route *route);
/* Of a route of WebSockets: the responses to its handshake, and `x-websocket`, what its messages are. */
/* builtin.c: the replies of handlers that are built in; and that somebody answers what they like. */
void builtin_replies_write(struct writer *writer, const struct route *route);
void open_end_write(struct writer *writer, const char *description);
void websocket_reply_write(struct publisher *publisher, const struct route *route);
void websocket_write(struct publisher *publisher, const struct route *route);
/* components/responses of the runtime itself, and in components/schemas their problems. */
void replies_components(struct publisher *publisher);
void replies_schemas(struct publisher *publisher);
/* securitySchemes, if there are any. */
void security_schemes(struct publisher *publisher);
/* The `security` of a route, if it has one. */
void security_write(struct publisher *publisher, const struct route *route);
/* Whether an input is told as a security scheme: then it is no parameter. */
bool security_has(const struct guard *guard, const struct input *input);

/* A pattern as ECMA-262 has it, anchored. */
const char *ecma_pattern(struct arena *arena, const struct pattern *pattern);
/* One that the whole numbers of a range match, and nothing else: numbers that are texts have no minimum. */
const char *decimal_pattern(struct arena *arena, struct number least, struct number greatest);

/* The words of a doc comment without its `@example` lines; NULL where nothing is left. */
const char *doc_words(struct arena *arena, const char *doc);
/* Steps through the examples of a doc comment: `at` starts as the comment. NULL at the end. */
const char *doc_example(struct arena *arena, const char **at);
/* The first line, and all of it where there is more; each may come out NULL. */
void doc_split(struct arena *arena, const char *doc, const char **summary, const char **description);

#endif
