/* client/upload.h - content of a request that is read as it is sent. */
#ifndef FLAREI_CLIENT_UPLOAD_H
#define FLAREI_CLIENT_UPLOAD_H

#include <flare/client.h>

struct flarei_upload {
    flare_fetch_source source;
    uint64_t left;    /* of a length that was said */
    flare_str part;   /* what flare_fetch_write() waits with */
    flare_err err;    /* of the source */
    bool is;          /* there is one */
    bool chunked;     /* nobody knows its length */
    bool began;       /* it was asked for bytes */
    bool over;        /* it gave all */
    bool waits;       /* it has none at the moment */
    bool written;     /* by flare_fetch_write() */
    bool all_written; /* flare_fetch_finish() was called */
};

/** Copies what the options say. */
void flarei_upload_prepare(struct flarei_upload *upload, const flare_fetch_source *source);

/** Can it be sent once more? */
bool flarei_upload_may_repeat(const struct flarei_upload *upload);

/** Goes back to its beginning, before it is sent. @return whether it could */
bool flarei_upload_rewind(struct flarei_upload *upload);

/** The next bytes. @return how many; 0: that was all; FLARE_ERR_AGAIN: none at the moment; or an error, which
 * is kept. */
ptrdiff_t flarei_upload_read(flare_fetch *fetch, void *buffer, size_t bytes);

#endif
