/* source.h - the text of one spec file, and places in it. */
#ifndef FLAREC_SOURCE_H
#define FLAREC_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* One file's bytes. A NUL stands behind the last one, and is not counted. */
struct source {
    const char *name;   /* as the user wrote it: what diagnostics print */
    const char *text;   /* `length` bytes, then NUL; a leading byte order mark is skipped */
    size_t length;      /* never over SOURCE_MAX_BYTES */
    uint32_t *lines;    /* offset of the first byte of each line */
    size_t lines_count; /* at least 1 */
};

#define SOURCE_MAX_BYTES ((size_t)16 << 20)

/* A stretch of text. `source` is NULL only in a place that was never set. */
struct place {
    const struct source *source;
    uint32_t start;  /* offset of the first byte */
    uint32_t length; /* in bytes; 0 points between two */
};

/* Line and column count from 1; the column counts code points, a tab as one, as editors do. */
struct position {
    unsigned line;
    unsigned column;
};

/* Reads `path` ("-" is standard input) into the arena. NULL, with a line on standard error, where that fails.
 */
const struct source *source_read(struct arena *arena, const char *path);

/* The same, but where it fails the reason is left in *why. */
const struct source *source_open(struct arena *arena, const char *path, const char **why);

/* The same over bytes at hand, which are copied. */
const struct source *source_from_bytes(struct arena *arena, const char *name, const char *bytes,
                                       size_t length);

struct position source_position(struct place place);

/* From the start of `first` to the end of `last`. Either may be unset. */
struct place place_join(struct place first, struct place last);

/* The bytes of `count` at `start` within a place: where a token's text maps one to one. */
struct place place_part(struct place place, size_t start, size_t count);

#endif
