/* http/coding.h - content codings (RFC 9110 section 8.4.1), each a constant that a service names: the code of
 * one that no service names is not linked. */
#ifndef FLAREI_HTTP_CODING_H
#define FLAREI_HTTP_CODING_H

#include <flare/gen.h>

/** One way to make content smaller. */
struct flarei_encoder {
    flare_str name; /**< as in Content-Encoding */
    /** Appends the coded content. @return false: it could not, send it plainly */
    bool (*encode)(flare_str content, int level, flare_buffer *out);
};

/** The way back. */
struct flarei_decoder {
    flare_str name;
    /** Appends the content, at most out->max bytes in all. @return FLARE_OK, FLARE_ERR_LIMIT (it is larger),
     * FLARE_ERR_SYNTAX (it is not of this coding, or cut short), FLARE_ERR_MEMORY */
    flare_err (*decode)(flare_str content, flare_buffer *out);
};

#endif
