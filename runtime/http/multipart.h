/* http/multipart.h - multipart/form-data, RFC 7578 over RFC 2046 section 5.1: bytes in, events out, no memory
 * of its own to take and none to free. However the bytes are split, the events are the same, but that the
 * content of a part may come in other pieces.
 *
 *     if (!flarei_multipart_begin(&parser, content_type)) ...400
 *     while ((event = flarei_multipart_next(&parser, &bytes, &out)) > 0) ...
 *     ... at the end of the body: flarei_multipart_ended(&parser), else it is cut short
 */
#ifndef FLAREI_HTTP_MULTIPART_H
#define FLAREI_HTTP_MULTIPART_H

#include <flare/text.h>

/** RFC 2046 section 5.1.1. */
#define FLAREI_BOUNDARY_MAX_BYTES 70
/** The field lines of one part. */
#define FLAREI_PART_HEAD_MAX_BYTES 4096

enum flarei_multipart_event {
    FLAREI_MULTIPART_HEAD_TOO_LARGE = -2,
    FLAREI_MULTIPART_MALFORMED = -1,
    FLAREI_MULTIPART_MORE = 0, /* all bytes are used up */
    FLAREI_MULTIPART_PART,     /* `part` is set: one begins */
    FLAREI_MULTIPART_DATA,     /* `data` is set: some of its content */
    FLAREI_MULTIPART_PART_END,
    FLAREI_MULTIPART_END /* what follows is dropped */
};

enum flarei_multipart_state {
    FLAREI_MULTIPART_IN_PREAMBLE,
    FLAREI_MULTIPART_IN_DATA,
    FLAREI_MULTIPART_AFTER_BOUNDARY,
    FLAREI_MULTIPART_AFTER_PADDING,
    FLAREI_MULTIPART_AFTER_HYPHEN,
    FLAREI_MULTIPART_AFTER_CR,
    FLAREI_MULTIPART_IN_HEAD,
    FLAREI_MULTIPART_IN_EPILOGUE,
    FLAREI_MULTIPART_FAILED
};

struct flarei_multipart {
    uint8_t state;
    uint8_t failure; /* FAILED: the event, negated */
    uint8_t delimiter_length;
    uint8_t matched; /* bytes of the delimiter that were withheld */
    uint8_t unsent;  /* of these, how many were never there: the line start where content begins */
    uint16_t head_length;
    char delimiter[4 + FLAREI_BOUNDARY_MAX_BYTES];
    char head[FLAREI_PART_HEAD_MAX_BYTES];
};

/** What an event gives; it lives until the next call, data as long as the bytes too. */
struct flarei_multipart_out {
    flare_str name;         /* PART: unescaped */
    flare_str filename;     /* PART: unescaped */
    flare_str content_type; /* PART: "text/plain" where there is none */
    flare_str data;         /* DATA: never empty */
    bool has_filename;      /* PART: it is a file */
};

/** @param content_type of the request, multipart/form-data @return false: it has no usable boundary */
bool flarei_multipart_begin(struct flarei_multipart *parser, flare_str content_type) FLARE_MUST_USE;

/** The next event. @param bytes is cut by what was used @return an event; after one < 0 always that */
int flarei_multipart_next(struct flarei_multipart *parser, flare_str *bytes,
                          struct flarei_multipart_out *out) FLARE_MUST_USE;

/** Was the last boundary there? */
static inline bool flarei_multipart_ended(const struct flarei_multipart *parser)
{
    return parser->state == FLAREI_MULTIPART_IN_EPILOGUE;
}

/** Reads the field lines of a part, the empty one included, and unescapes in place. @return false: they are
 * malformed, or say no name */
bool flarei_multipart_head(char *head, size_t length, struct flarei_multipart_out *out) FLARE_MUST_USE;

/** The boundary of a Content-Type. @return false: none, two, or one that RFC 2046 does not allow */
bool flarei_multipart_boundary(flare_str content_type, flare_str *boundary) FLARE_MUST_USE;

#endif
