/* http/upload.h - a multipart body on its way: parts in memory or, where they are large files, on disk. The
 * wire gives the bytes as they come; see request.h for its side. */
#ifndef FLAREI_HTTP_UPLOAD_H
#define FLAREI_HTTP_UPLOAD_H

#include "http/multipart.h"

#include <flare/gen_form.h>

/** A part whose name the form's type has. */
struct flarei_part {
    struct flarei_part *next;
    uint32_t field; /* from 1; 0: none has its name, and its content was dropped */
    bool is_file;
    enum flarei_rule rule; /* what is wrong with it already: its content is dropped */
    flare_file file;       /* of a text the bytes */
    char *memory;
    size_t capacity;
};

struct flarei_upload {
    const struct flarei_form_rule *rule;
    struct flarei_part *first;
    struct flarei_part **end;
    struct flarei_part *open;
    uint32_t count;
    bool borrows; /* the bytes stay where they are until the request ends */
    struct flarei_multipart parser;
};

#endif
