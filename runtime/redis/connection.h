/* redis/connection.h - one connection to the server, and the orders in line on it. */
#ifndef FLAREI_REDIS_CONNECTION_H
#define FLAREI_REDIS_CONNECTION_H

#include "redis/pool.h"
#include "redis/reply.h"

#include <flare/buffer.h>
#include <flare/stream.h>

struct flarei_redis_connection {
    struct flare_redis *pool;
    struct flarei_redis_connection *next;
    flare_stream *stream;
    flare_timer timer; /* while it opens: its time; then: how long what nobody waits for is let run */
    struct flarei_redis_replies replies;
    flare_buffer out;                 /* written, and not sent */
    struct flarei_redis_order *first; /* in line */
    struct flarei_redis_order *last;
    uint32_t in_line;  /* orders */
    uint32_t greeting; /* replies to what is sent when it opens */
    bool open;
    bool blocked; /* the peer takes no more for now */
};

/** Begins to open one: it becomes the pool's `opening`, and then flarei_redis_pool_opened() or _not_opened()
 * is called, maybe within this call. */
void flarei_redis_connection_open(struct flare_redis *pool);

/** Closes it; no order is left on it. */
void flarei_redis_connection_close(struct flarei_redis_connection *connection);

/** Sends an order, which is in line from then on; it may be done, and the connection gone, when this returns.
 */
void flarei_redis_connection_send(struct flarei_redis_connection *connection,
                                  struct flarei_redis_order *order);

/** Sends what was written. @return false: the connection is gone */
bool flarei_redis_connection_flush(struct flarei_redis_connection *connection);

/** May an order go behind what is there? One whose first order is abandoned may be slow to answer, so nobody
 * goes behind that; nor behind much that the peer does not take. */
bool flarei_redis_connection_takes(const struct flarei_redis_connection *connection);

/** An order in line was abandoned. */
void flarei_redis_connection_abandoned(struct flarei_redis_connection *connection);

#endif
