/* redis/reply.h - replies as hiredis's reader finds them: made into values, of bounded size. */
#ifndef FLAREI_REDIS_REPLY_H
#define FLAREI_REDIS_REPLY_H

#include <flare/arena.h>
#include <flare/redis.h>

#include <hiredis/hiredis.h>

/** What a connection's bytes become. */
struct flarei_redis_replies {
    redisReader *reader;
    flare_redis_value value; /* of the reply that is being read */
    flare_arena arena;       /* its memory */
    size_t bytes;            /* of it so far */
    size_t max_bytes;
    bool too_large;
};

/** Prepares to read. @return false without memory; it may be cleared all the same */
bool flarei_redis_replies_init(struct flarei_redis_replies *replies, size_t max_bytes) FLARE_MUST_USE;
void flarei_redis_replies_clear(struct flarei_redis_replies *replies);

/** Adds what was received. @return FLARE_OK, FLARE_ERR_MEMORY */
flare_err flarei_redis_replies_feed(struct flarei_redis_replies *replies, const char *bytes,
                                    size_t count) FLARE_MUST_USE;

/** Is there a whole reply? Then take or drop it. @return FLARE_OK; FLARE_ERR_AGAIN; FLARE_ERR_LIMIT (it is
 * too large); FLARE_ERR_SYNTAX (it is none); FLARE_ERR_MEMORY: after these the bytes are of no more use */
flare_err flarei_redis_replies_next(struct flarei_redis_replies *replies) FLARE_MUST_USE;

/** Makes it a handler's. */
void flarei_redis_replies_take(struct flarei_redis_replies *replies, flare_redis_reply *reply);
void flarei_redis_replies_drop(struct flarei_redis_replies *replies);

/** Fills a reply that never came. */
void flarei_redis_reply_fail(flare_redis_reply *reply, flare_err err);

/** What an error of the server's is. @param text such as "NOAUTH Authentication required." */
flare_err flarei_redis_error_of(flare_str text);

#endif
