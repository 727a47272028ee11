/* rate_limit.c - rate_limit(): so many requests of a client in so much time, by the generic cell rate
 * algorithm: of each client one time is kept, the one at which its next request would be due if all had come
 * evenly. The table is bounded and shared by all workers, threads or processes; a slot is one word, so a step
 * is one compare and swap. */
#include "base/hash.h"
#include "base/shared.h"
#include "http/reply.h"

#include <stdatomic.h>
#include <stdio.h>

/* A slot: a tag of the client above its time in microseconds. Zero is free. */
enum { TIME_BITS = 44, WAYS = 8, FIELD_BYTES = 96 };
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)

typedef atomic_uint_least64_t slot;

/* Who asks: by a header's value, where there is one, else by address; of IPv6 the 64 bits of a network. */
static uint64_t client_of(const flare_request *rq, const struct flarei_rate_limit *limit)
{
    flare_str value;

    if (limit->header.len != 0 && flarei_request_field(rq, limit->header, &value))
        return flarei_hash64_seeded(0, value);
    if (rq->peer_ip == NULL)
        return flarei_hash64_seeded(0, FLARE_STR(""));
    return flarei_hash64_seeded(
        0, (flare_str){(const char *)rq->peer_ip, rq->peer_ip_bytes > 8 ? 8 : rq->peer_ip_bytes});
}

static slot *slots_of(const struct flarei_rate_limit *limit, uint64_t client)
{
    const size_t sets = limit->slot_count / WAYS;
    void *slots = flarei_shared_make(limit->slots, 0, limit->slot_count * sizeof(slot));

    if (FLARE_LIKELY(slots == NULL))
        slots = limit->slots;
    return (slot *)slots + (size_t)(client % sets) * WAYS;
}

/* The client's slot; else a free one, or that of who is least under way. */
static slot *find(slot *ways, uint64_t tag, uint64_t *value)
{
    slot *oldest = ways;
    uint64_t oldest_value = atomic_load_explicit(ways, memory_order_relaxed);

    for (size_t i = 0; i < WAYS; i++) {
        const uint64_t held = atomic_load_explicit(&ways[i], memory_order_relaxed);

        if (held != 0 && held >> TIME_BITS == tag) {
            *value = held;
            return &ways[i];
        }
        if ((held & TIME_MASK) < (oldest_value & TIME_MASK)) {
            oldest = &ways[i];
            oldest_value = held;
        }
    }
    *value = oldest_value;
    return oldest;
}

/* Takes one request. @return microseconds until it may come again; 0: it may pass. @param due set to when the
 * client's next one would be, from now */
static uint64_t take(const struct flarei_rate_limit *limit, uint64_t client, uint64_t now, uint64_t *due)
{
    const uint64_t tag = client >> TIME_BITS, tolerance = limit->interval_us * (limit->burst - 1);
    slot *const ways = slots_of(limit, client);

    for (;;) {
        uint64_t held;
        slot *const at = find(ways, tag, &held);
        const uint64_t time = held >> TIME_BITS == tag && held != 0 ? held & TIME_MASK : 0;
        const uint64_t base = time > now ? time : now;

        *due = base - now;
        if (base - now > tolerance)
            return base - now - tolerance;
        *due += limit->interval_us;
        if (atomic_compare_exchange_weak_explicit(
                at, &held, tag << TIME_BITS | ((base + limit->interval_us) & TIME_MASK), memory_order_relaxed,
                memory_order_relaxed))
            return 0;
    }
}

static flare_str field(flare_request *rq, const char *format, uint64_t first, uint64_t second)
{
    char *const text = (char *)flarei_arena_alloc(rq->arena, FIELD_BYTES);
    const int length = text != NULL ? snprintf(text, FIELD_BYTES, format, (unsigned long long)first,
                                               (unsigned long long)second)
                                    : 0;

    return (flare_str){text, length > 0 ? (size_t)length : 0};
}

static uint64_t seconds_up(uint64_t us)
{
    return (us + 999999) / 1000000;
}

bool flarei_use_rate_limit(flare_request *rq, const struct flarei_rate_limit *limit)
{
    uint64_t wait, due, left;

    wait = take(limit, client_of(rq, limit), ((uint64_t)flarei_clock_monotonic() / 1000) & TIME_MASK, &due);
    left = wait != 0 ? 0 : (limit->interval_us * limit->burst - due) / limit->interval_us;
    (void)flarei_reply_field_kept(rq, FLARE_STR("RateLimit-Policy"), limit->policy);
    (void)flarei_reply_field_kept(rq, FLARE_STR("RateLimit"),
                                  field(rq, "\"default\";r=%llu;t=%llu", left, seconds_up(due)));
    if (FLARE_LIKELY(wait == 0))
        return true;
    (void)flarei_reply_field_kept(rq, FLARE_STR("Retry-After"), field(rq, "%llu", seconds_up(wait), 0));
    return false;
}

flare_reply flarei_reply_too_many(flare_request *rq)
{
    return flarei_reply_problem_of(rq, 429, FLARE_STR(""), FLARE_STR("too many requests"));
}
