#include "loop/wheel.h"

/* Index of the lowest set bit; bits is not 0. */
static unsigned lowest(uint64_t bits)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(bits);
#else
    unsigned index = 0;
    while (!(bits & 1))
        bits >>= 1, index++;
    return index;
#endif
}

/* Index of the highest set bit; bits is not 0. */
static unsigned highest(uint64_t bits)
{
#if defined(__GNUC__)
    return 63U - (unsigned)__builtin_clzll(bits);
#else
    unsigned index = 0;
    while (bits >>= 1)
        index++;
    return index;
#endif
}

/* When a ring's span begins; `time` is any that shares the groups of bits above that level with it. */
static uint64_t ring_start(uint64_t time, unsigned level, unsigned slot)
{
    unsigned shift = level * FLAREI_WHEEL_BITS;
    /* In two steps, since one of 66 bits is not defined. */
    return (time >> shift >> FLAREI_WHEEL_BITS << FLAREI_WHEEL_BITS | slot) << shift;
}

/* Every timer of a lower level comes before all of a higher one, so the first ring is found by two bit maps.
 */
static void find_next(struct flarei_wheel *wheel)
{
    wheel->next_ms = FLAREI_WHEEL_NEVER;
    if (wheel->levels) {
        unsigned level = lowest(wheel->levels);
        wheel->next_ms = ring_start(wheel->now_ms, level, lowest(wheel->slots[level]));
    }
}

void flarei_wheel_init(struct flarei_wheel *wheel, uint64_t now_ms)
{
    wheel->next_ms = FLAREI_WHEEL_NEVER;
    wheel->now_ms = now_ms;
    wheel->levels = 0;
    for (unsigned level = 0; level < FLAREI_WHEEL_LEVELS; level++) {
        wheel->slots[level] = 0;
        for (unsigned slot = 0; slot < FLAREI_WHEEL_SLOTS; slot++) {
            flare_timer_link *ring = &wheel->rings[level][slot];
            ring->next = ring->previous = ring;
        }
    }
}

void flarei_wheel_add(struct flarei_wheel *wheel, flare_timer *timer, uint64_t due_ms)
{
    timer->due_ms = due_ms;
    if (due_ms < wheel->now_ms)
        due_ms = wheel->now_ms;
    uint64_t differing = due_ms ^ wheel->now_ms;
    unsigned level = differing ? highest(differing) / FLAREI_WHEEL_BITS : 0;
    unsigned slot = (unsigned)(due_ms >> (level * FLAREI_WHEEL_BITS)) % FLAREI_WHEEL_SLOTS;
    uint64_t start = ring_start(due_ms, level, slot);
    flare_timer_link *ring = &wheel->rings[level][slot];

    timer->link.next = ring;
    timer->link.previous = ring->previous;
    ring->previous->next = &timer->link;
    ring->previous = &timer->link;
    wheel->slots[level] |= UINT64_C(1) << slot;
    wheel->levels |= 1U << level;
    if (start < wheel->next_ms)
        wheel->next_ms = start;
}

void flarei_wheel_remove(struct flarei_wheel *wheel, flare_timer *timer)
{
    flare_timer_link *next = timer->link.next;
    flare_timer_link *previous = timer->link.previous;

    next->previous = previous;
    previous->next = next;
    timer->link.next = timer->link.previous = NULL;
    if (next != previous)
        return;
    /* It was alone, so both neighbours are the ring's head, which tells the place. */
    unsigned place = (unsigned)(next - &wheel->rings[0][0]);
    unsigned level = place / FLAREI_WHEEL_SLOTS;
    wheel->slots[level] &= ~(UINT64_C(1) << place % FLAREI_WHEEL_SLOTS);
    if (wheel->slots[level] == 0)
        wheel->levels &= ~(1U << level);
    find_next(wheel);
}

flare_timer *flarei_wheel_expire(struct flarei_wheel *wheel, uint64_t now_ms)
{
    while (wheel->next_ms <= now_ms && wheel->levels) {
        unsigned level = lowest(wheel->levels);
        flare_timer_link *ring = &wheel->rings[level][lowest(wheel->slots[level])];
        wheel->now_ms = wheel->next_ms;
        flare_timer *timer = FLARE_OWNER(ring->next, flare_timer, link);
        if (level == 0) {
            flarei_wheel_remove(wheel, timer);
            return timer;
        }
        while (ring->next != ring) {
            timer = FLARE_OWNER(ring->next, flare_timer, link);
            flarei_wheel_remove(wheel, timer);
            flarei_wheel_add(wheel, timer, timer->due_ms);
        }
    }
    flarei_wheel_follow(wheel, now_ms);
    return NULL;
}
