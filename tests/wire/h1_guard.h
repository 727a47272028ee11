/* h1_guard.h - memory whose next byte can't be read, and the codec's bytewise twin. */
#ifndef H1_GUARD_H
#define H1_GUARD_H

#include "wire/h1.h"

enum { GUARDED_BYTES = 1 << 17 };

/* Copies `length` bytes, at most GUARDED_BYTES, flush against an unreadable page; the copy lives until the
 * next call. What is in front of them is unreadable too if `length` is a multiple of the page size. */
char *guarded(const char *bytes, size_t length);

ptrdiff_t bytewise_h1_parse_head(const struct flarei_h1_limits *limits, const char *bytes, size_t length,
                                 struct flarei_h1_head *head);

/* One line of a table: what the RFC says where, the bytes, and what is to come of them. */
struct head_row {
    const char *section;
    const char *bytes; /* without embedded NUL, unless `length` is given */
    size_t length;
    int refusal;      /* 0, or why it is refused */
    const char *want; /* else the head in short, see describe() */
};

extern const struct head_row accepted_heads[], refused_heads[];
extern const size_t accepted_head_count, refused_head_count;

#endif
