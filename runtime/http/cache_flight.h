/* http/cache_flight.h - replies that are being made for the first time, so that who asks for the same waits
 * for them; and what was found not to be kept, so that nobody waits for that. Of a store's thread alone.
 *
 * They are known by a hash. Where two fall on the same one, somebody waits in vain, as he is told then: what
 * is kept is looked for by all of its key.
 */
#ifndef FLAREI_HTTP_CACHE_FLIGHT_H
#define FLAREI_HTTP_CACHE_FLIGHT_H

#include "base/link.h"

/** Part of what its owner remembers. */
struct flarei_cache_flight {
    struct flarei_link place;
    uint64_t hash;
    int64_t began_ns; /**< monotonic */
};

struct flarei_cache_flights;

/** @return NULL without memory */
struct flarei_cache_flights *flarei_cache_flights_new(void) FLARE_MUST_USE;
/** Those that are under way are in no ring then. */
void flarei_cache_flights_free(struct flarei_cache_flights *flights);

/** One that is under way, and began at this time or later. @return NULL: there is none */
struct flarei_cache_flight *flarei_cache_flight_find(struct flarei_cache_flights *flights, uint64_t hash,
                                                     int64_t since_ns);
/** It is under way from now on, until flarei_cache_flight_end(). @param flight its owner's, with its hash and
 * a place that is alone */
void flarei_cache_flight_begin(struct flarei_cache_flights *flights, struct flarei_cache_flight *flight,
                               int64_t now_ns);
static inline void flarei_cache_flight_end(struct flarei_cache_flight *flight)
{
    flarei_link_take(&flight->place);
}

/** Was a reply to it, or to one that falls on the same place, found not to be kept, not long ago? */
bool flarei_cache_flight_is_vain(const struct flarei_cache_flights *flights, uint64_t hash, int64_t now_ns);
/** Remembers that, or forgets it. */
void flarei_cache_flight_in_vain(struct flarei_cache_flights *flights, uint64_t hash, int64_t now_ns);
void flarei_cache_flight_of_use(struct flarei_cache_flights *flights, uint64_t hash);

#endif
