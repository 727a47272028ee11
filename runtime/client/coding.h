/* client/coding.h - content that comes coded (RFC 9110, section 8.4), decoded as it comes. */
#ifndef FLAREI_CLIENT_CODING_H
#define FLAREI_CLIENT_CODING_H

#include <flare/client.h>

/** A decoder of one content. */
struct flarei_coding {
    const struct flare_content_coding *coding;
    void *state;
    bool began;
    bool over;
};

/** Chooses what decodes a Content-Encoding.
 *  @param more a further coding, or NULL @return FLARE_OK, with a NULL `coding->coding` for identity;
 * FLARE_ERR_UNSUPPORTED; FLARE_ERR_MEMORY */
flare_err flarei_coding_begin(struct flarei_coding *coding, flare_str value,
                              const struct flare_content_coding *more);

/** Decodes a step. @param input advanced past what is done with @param room at least 1 @param written set
 *  @return FLARE_OK; FLARE_ERR_SYNTAX (not of this coding, or bytes behind its end); FLARE_ERR_MEMORY */
flare_err flarei_coding_step(struct flarei_coding *coding, flare_str *input, char *output, size_t room,
                             size_t *written);

/** @return whether the content may end here */
bool flarei_coding_complete(const struct flarei_coding *coding);

void flarei_coding_end(struct flarei_coding *coding);

#endif
