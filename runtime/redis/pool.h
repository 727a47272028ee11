/* redis/pool.h - the connections of one worker, and what handlers order of them: see fiber/orders.h.
 *
 * What a handler asks for first is sent at once; what comes while its connection is busy is written behind
 * it, and leaves together at the end of the loop's turn.
 */
#ifndef FLAREI_REDIS_POOL_H
#define FLAREI_REDIS_POOL_H

#include "fiber/orders.h"
#include "redis/place.h"

#include <flare/redis.h>

struct flarei_redis_order {
    struct flarei_order order;
    flare_redis_command *commands; /* the handler's */
};

struct flare_redis {
    struct flarei_orders orders;
    struct flarei_redis_place place;
    flare_tls_connector *tls; /* or NULL */
    uint32_t reply_max_bytes;
    bool dialled; /* an attempt was given up: a lookup's answer may be on the way to the loop */
};

#endif
