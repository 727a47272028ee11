/* writer.h - writes JSON, two blanks an indent, members in the order in which they come. */
#ifndef FLAREC_PUBLISH_WRITER_H
#define FLAREC_PUBLISH_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "outputs.h"

struct writer {
    struct output *out;
    unsigned depth;
    unsigned line; /* depth at which a container on one line was opened; 0 outside */
    bool started;  /* the container at hand has something in it */
};

/* In all of these the key is NULL for an item of an array. The bracket is '{' or '['. */
void writer_open(struct writer *writer, const char *key, char bracket);
/* The same on one line, up to its writer_close(). */
void writer_open_line(struct writer *writer, const char *key, char bracket);
/* '}' or ']' */
void writer_close(struct writer *writer, char bracket);
void writer_text(struct writer *writer, const char *key, const char *text);
void writer_text_of(struct writer *writer, const char *key, const char *text, size_t length);
void writer_whole(struct writer *writer, const char *key, uint64_t value);
void writer_bool(struct writer *writer, const char *key, bool value);
/* JSON as it is. */
void writer_raw(struct writer *writer, const char *key, const char *json);

#endif
