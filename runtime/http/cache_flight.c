#include "http/cache_flight.h"

#include <flare/memory.h>
#include <flare/time.h>

/* How long nobody waits for what was not kept. */
enum { VAIN_S = 120 };

enum { RINGS = 256, VAIN = 4096 };

struct vain {
    uint32_t tag;     /* of the hash, what does not say where it stands */
    uint32_t until_s; /* monotonic; 0: nothing */
};

struct flarei_cache_flights {
    struct flarei_link rings[RINGS];
    struct vain vain[VAIN];
};

struct flarei_cache_flights *flarei_cache_flights_new(void)
{
    struct flarei_cache_flights *const flights =
        (struct flarei_cache_flights *)flarei_calloc(1, sizeof *flights);

    for (size_t i = 0; flights != NULL && i < RINGS; i++)
        flarei_link_init(&flights->rings[i]);
    return flights;
}

void flarei_cache_flights_free(struct flarei_cache_flights *flights)
{
    flarei_free(flights);
}

static struct flarei_link *ring_of(struct flarei_cache_flights *flights, uint64_t hash)
{
    return &flights->rings[hash % RINGS];
}

struct flarei_cache_flight *flarei_cache_flight_find(struct flarei_cache_flights *flights, uint64_t hash,
                                                     int64_t since_ns)
{
    struct flarei_link *const ring = ring_of(flights, hash);

    for (struct flarei_link *at = ring->next; at != ring; at = at->next) {
        struct flarei_cache_flight *const flight = FLARE_OWNER(at, struct flarei_cache_flight, place);

        if (flight->hash == hash && flight->began_ns >= since_ns)
            return flight;
    }
    return NULL;
}

void flarei_cache_flight_begin(struct flarei_cache_flights *flights, struct flarei_cache_flight *flight,
                               int64_t now_ns)
{
    flight->began_ns = now_ns;
    flarei_link_before(ring_of(flights, flight->hash), &flight->place);
}

/* ---- in vain ---- */

static size_t place_of(uint64_t hash)
{
    return hash % VAIN;
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static uint32_t seconds(int64_t now_ns)
{
    return (uint32_t)(now_ns / FLARE_TIME_SECOND);
}

bool flarei_cache_flight_is_vain(const struct flarei_cache_flights *flights, uint64_t hash, int64_t now_ns)
{
    const struct vain *const vain = &flights->vain[place_of(hash)];

    return vain->tag == tag_of(hash) && seconds(now_ns) < vain->until_s;
}

void flarei_cache_flight_in_vain(struct flarei_cache_flights *flights, uint64_t hash, int64_t now_ns)
{
    flights->vain[place_of(hash)] = (struct vain){tag_of(hash), seconds(now_ns) + VAIN_S};
}

void flarei_cache_flight_of_use(struct flarei_cache_flights *flights, uint64_t hash)
{
    struct vain *const vain = &flights->vain[place_of(hash)];

    if (vain->tag == tag_of(hash))
        vain->until_s = 0;
}
