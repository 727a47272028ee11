/* server/body.h - a request's body: found whole in the input, collected for a parked request, or dropped. */
#ifndef FLAREI_SERVER_BODY_H
#define FLAREI_SERVER_BODY_H

#include "server/exchange.h"

/** Results beside an enum flarei_h1_refusal (< 0). UPLOAD_REFUSED: rq.body_refusal says how. */
enum {
    FLAREI_BODY_WAIT = 0,
    FLAREI_BODY_WHOLE = 1,
    FLAREI_BODY_NO_MEMORY = -100,
    FLAREI_BODY_UPLOAD_REFUSED = -101
};

/** Is the socket to be read straight into exchange->body? Else into the input: a chunked body is decoded
 * there, and a multipart one is read from there as it comes. */
static inline bool flarei_body_direct(const struct flarei_exchange *exchange)
{
    return !exchange->chunked && exchange->rq.upload == NULL;
}

/** Takes the body out of the input if all of it is there; else leaves the input alone.
 *  @return WHOLE with rq.body set, WAIT, or a refusal of a malformed chunked body */
int flarei_body_take(struct flarei_exchange *exchange, const struct flarei_h1_limits *limits,
                     struct flarei_in_buffer *input);

/** Prepares to collect the body of a request that parked, at most rq.body_max_bytes, and takes what the input
 * holds.
 *  @return WHOLE, WAIT, NO_MEMORY or a refusal */
int flarei_body_begin(struct flarei_exchange *exchange, const struct flarei_h1_limits *limits,
                      struct flarei_in_buffer *input);

/** Goes on collecting after more was received. @return as flarei_body_begin() */
int flarei_body_collect(struct flarei_exchange *exchange, struct flarei_in_buffer *input);

/** Prepares to drop what is left of the body. @param max_bytes the most of it that is worth reading */
void flarei_body_discard_begin(struct flarei_exchange *exchange, const struct flarei_h1_limits *limits,
                               uint64_t max_bytes);

/** Drops what the input holds of it. @return WHOLE when it is over, WAIT, or a refusal */
int flarei_body_discard(struct flarei_exchange *exchange, struct flarei_in_buffer *input);

/** How long the body of a request that parked may take: the route's own limits stand before the service's. */
uint32_t flarei_body_time_ms(const struct flarei_exchange *exchange);

/** Gives what is collected so much memory. @return false without it: what there is stays */
bool flarei_body_resize(struct flarei_exchange *exchange, size_t capacity) FLARE_MUST_USE;

/** Frees what was collected. */
void flarei_body_free(struct flarei_exchange *exchange);

#endif
