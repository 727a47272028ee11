/* mock.h - what the files of the mock pass share. It emits the handlers of a service that replies examples.
 *
 *   mock.c    the pass: handlers, guards, and what else is the user's own
 *   reply.c   one reply: its content, headers and cookies, and the call of its constructor
 *   sample.c  a value of a type: an `@example`, a default, or one made from its constraints
 *   text.c    text that patterns, lengths and formats allow
 *   value.c   such a value as an initialiser in C
 */
#ifndef FLAREC_MOCK_MOCK_H
#define FLAREC_MOCK_MOCK_H

#include "emit/emit.h"
#include "publish/json_value.h"
#include "publish/publish.h"

/* Types that hold each other are sampled so deep. */
#define MOCK_DEPTH_MAX 200

struct mock {
    struct emitter *emitter;
    struct arena *arena;
    const struct declaration *open[MOCK_DEPTH_MAX]; /* those that are being sampled */
    size_t open_count;
    const struct type *stuck; /* the last that no value was found for */
    struct mock_told *told;   /* those that were reported */
    struct diags *diags;
    struct mock_search *search;
};

/* ---- sample.c ---------------------------------------------------------------------------------- */

/* What a value is of, beside its type. */
struct sampled {
    const char *doc;                 /* may have examples; or NULL */
    const struct constant *fallback; /* or NULL */
    enum standing standing;
};

/* A value of a type; those of other numbers differ where they can. NULL where there is none, or none was
 * found. */
const struct json_value *mock_sample(struct mock *mock, const struct type *type,
                                     const struct sampled *sampled, unsigned number);
const struct json_value *mock_string(struct mock *mock, const char *text, size_t length);

/* ---- text.c ------------------------------------------------------------------------------------ */

/* A text of a type that stands as text, or NULL. */
const char *mock_text(struct mock *mock, const struct type *type, unsigned number);

/* ---- value.c ----------------------------------------------------------------------------------- */

/* A value as an initialiser of its type; `before` takes what must stand above. */
const char *mock_initializer(struct mock *mock, struct text *before, const struct type *type,
                             const struct json_value *value, enum standing standing);
/* Declares a constant of a type. */
void mock_declare(struct mock *mock, struct text *out, const struct type *type, const char *name,
                  const struct json_value *value, enum standing standing);

/* ---- reply.c ----------------------------------------------------------------------------------- */

/* The statements that make a reply of a handler or guard, and end in one with its value, `$` in `give` being
 * that: "return $;". False where no example was found. */
bool mock_reply(struct mock *mock, struct text *out, const struct reply *reply, const char *handler,
                const char *give);

#endif
