/* redis/place.h - where a server is, and who one is there: what a URL says. */
#ifndef FLAREI_REDIS_PLACE_H
#define FLAREI_REDIS_PLACE_H

#include <flare/net.h>

struct flarei_redis_place {
    char *text;            /* what the slices point into */
    bool secure;           /* TLS */
    flare_address address; /* of a unix socket; else none */
    flare_str host;        /* without the brackets of an IPv6 address */
    uint16_t port;
    flare_str user; /* maybe empty */
    flare_str password;
    bool has_password;
    uint32_t database;
};

/** Reads a URL as <flare/redis.h> has it. @param place cleared by its owner with flarei_redis_place_clear()
 *  @return FLARE_OK, FLARE_ERR_SYNTAX, FLARE_ERR_MEMORY; after these it holds nothing */
flare_err flarei_redis_place_read(struct flarei_redis_place *place, const char *url) FLARE_MUST_USE;

/** Frees what it holds, having wiped the password. */
void flarei_redis_place_clear(struct flarei_redis_place *place);

#endif
