/* outputs.h - the files that a build writes, held in memory until all of them are complete. */
#ifndef FLAREC_OUTPUTS_H
#define FLAREC_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct arena;

enum output_kind {
    OUTPUT_HEADER,        /* X.flare.h */
    OUTPUT_SOURCE,        /* X.flare.c, and with parts X.flare.2.c … */
    OUTPUT_MAIN,          /* X.flare.main.c */
    OUTPUT_STUBS,         /* where the user said; never written over */
    OUTPUT_LIBRARY,       /* the header of a library that the spec imports */
    OUTPUT_CLIENT_HEADER, /* X.client.h; this and the next are the pass's of clients */
    OUTPUT_CLIENT_SOURCE, /* X.client.c */
    OUTPUT_MOCK,          /* X.mock.c: of the pass of mocks */
    OUTPUT_DEPENDS        /* what the build read, as make and ninja want it; not the emitter's */
};

/* One file's text, which grows. */
struct output {
    struct output *next;
    enum output_kind kind;
    unsigned part;    /* SOURCE: from 1; LIBRARY: which of the model's, from 1 */
    const char *name; /* as another file includes it: "hello.flare.h" */
    const char *path; /* folder included */
    char *text;
    size_t length;
    size_t capacity;
    /* while it is committed: */
    const char *target;    /* the file behind the path; NULL where nothing is written */
    const char *temporary; /* what is renamed to it; NULL where it is written in place */
    mode_t mode;           /* that it had; or 0 */
};

/* The list is made from the command line before the emitter runs, which fills each of it. */
/* Of fewer routes all code is where a processor has it at hand; then the tree alone is faster. */
#define INDEX_ROUTES_MIN 1000

struct outputs {
    struct output *first;
    unsigned parts;      /* number of SOURCE outputs, at least 1 */
    unsigned index_from; /* so many routes have an index; outputs_plan() sets what is usual */
    const char *folder;
    const char *spec_name; /* the spec's file name without folders: "hello.flare" */
};

/* The output of a kind (and part, from 1, for sources), or NULL where it was not asked for. */
struct output *outputs_find(struct outputs *outputs, enum output_kind kind, unsigned part);
/* Makes the list: X.flare.h, X.flare.c …, and X.flare.main.c with `with_main`; `stubs` may be NULL. */
void outputs_plan(struct outputs *outputs, struct arena *arena, const char *spec, const char *folder,
                  unsigned parts, bool with_main, const char *stubs);
/* The same for a client: X.flare.h, X.client.h and X.client.c. */
void outputs_plan_client(struct outputs *outputs, struct arena *arena, const char *spec, const char *folder);
/* The same for a mock: X.flare.h, X.flare.c, X.flare.main.c and X.mock.c. */
void outputs_plan_mock(struct outputs *outputs, struct arena *arena, const char *spec, const char *folder);
/* One more file. The path is not copied. */
struct output *outputs_add(struct outputs *outputs, struct arena *arena, enum output_kind kind,
                           const char *path);

/* Leaves out all but the header and the depfile: a library has no more. */
void outputs_keep_header(struct outputs *outputs);

void output_write(struct output *output, const char *bytes, size_t length);
void output_text(struct output *output, const char *text);
void output_format(struct output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes each to a temporary name beside it, then renames all; one whose content is unchanged is left alone.
 * On failure says so on standard error and returns false: no temporary file stays, and unless a renaming
 * failed each file has its old content. */
bool outputs_commit(struct outputs *outputs);
void outputs_free(struct outputs *outputs);

#endif
