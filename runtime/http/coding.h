/* http/coding.h - content codings (RFC 9110 section 8.4.1), each a constant that a service names: the code of
 * one that no service names is not linked. */
#ifndef FLAREI_HTTP_CODING_H
#define FLAREI_HTTP_CODING_H

#include <flare/gen.h>

/** How far coded content must reach. */
enum flarei_coding_step {
    FLAREI_CODING_MORE,  /**< as far as is good for its size */
    FLAREI_CODING_FLUSH, /**< all that was given can be read */
    FLAREI_CODING_END
};

/** One way to make content smaller. */
struct flarei_encoder {
    flare_str name; /**< as in Content-Encoding */
    /** Appends the coded content. @return false: it could not, send it plainly */
    bool (*encode)(flare_str content, int level, flare_buffer *out);

    /* Content that comes in pieces. */

    /** @return what next() and end() are given; NULL without memory */
    void *(*begin)(int level);
    /** Appends what the piece gives. @return false: without memory; the content can't be finished */
    bool (*next)(void *state, flare_str piece, enum flarei_coding_step step, flare_buffer *out);
    void (*end)(void *state);
};

/** The coding of a reply that is streamed. In the request's memory, what it holds is not. */
struct flarei_coder {
    const struct flarei_encoder *encoder;
    void *state;
    flare_buffer out;
};

enum {
    FLAREI_CODER_PIECE_BYTES = 16384,    /**< at most coded at once */
    FLAREI_CODER_OUT_MAX_BYTES = 1 << 20 /**< far more than comes of that */
};

/** The way back. */
struct flarei_decoder {
    flare_str name;
    /** Appends the content, at most out->max bytes in all. @return FLARE_OK, FLARE_ERR_LIMIT (it is larger),
     * FLARE_ERR_SYNTAX (it is not of this coding, or cut short), FLARE_ERR_MEMORY */
    flare_err (*decode)(flare_str content, flare_buffer *out);
};

/** zlib's form (RFC 1950), of whole contents alone: no service offers it. */
extern const struct flarei_encoder flarei_encoder_deflate;

/** A coding as a call for memory, see <flare/coding.h>. */
flare_err flarei_coded(const struct flarei_encoder *encoder, flare_str content, int level, flare_str *coded);
flare_err flarei_decoded(const struct flarei_decoder *decoder, flare_str coded, size_t max_bytes,
                         flare_str *content);

#endif
