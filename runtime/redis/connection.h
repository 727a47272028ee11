/* redis/connection.h - one connection to the server, and the orders in line on it. */
#ifndef FLAREI_REDIS_CONNECTION_H
#define FLAREI_REDIS_CONNECTION_H

#include "redis/pool.h"
#include "redis/reply.h"

#include <flare/buffer.h>
#include <flare/stream.h>

struct flarei_redis_connection {
    struct flarei_line line;
    struct flare_redis *pool;
    flare_stream *stream;
    struct flarei_redis_replies replies;
    flare_buffer out;  /* written, and not sent */
    uint32_t greeting; /* replies to what is sent when it opens */
    bool open;
    bool blocked; /* the peer takes no more for now */
};

/* What its pool calls: see struct flarei_orders_calls. */
void flarei_redis_connection_open(struct flarei_orders *orders);
void flarei_redis_connection_close(struct flarei_line *line);
void flarei_redis_connection_give_up(struct flarei_line *line);
bool flarei_redis_connection_takes(struct flarei_line *line);
void flarei_redis_connection_send(struct flarei_line *line, struct flarei_order *base);

/** Sends what was written. @return false: the connection is gone */
bool flarei_redis_connection_flush(struct flarei_redis_connection *connection);

#endif
