#include "http/reply.h"

#include <flare/random.h>

#define MADE_BYTES  32
#define TAKEN_BYTES 128

/* Ids only have to differ: a thread draws a random start once and counts on, spread by a mixer (splitmix64).
 */
static _Thread_local uint64_t series, count;

static uint64_t mix(uint64_t value)
{
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

/* Letters, digits and - _ . of a modest length: safe in every log and header. */
static bool acceptable(flare_str id)
{
    if (id.len == 0 || id.len > TAKEN_BYTES)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        const unsigned char c = (unsigned char)id.ptr[i];
        const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
            return false;
    }
    return true;
}

void flarei_unique(uint64_t words[static 2])
{
    if (series == 0 && !flarei_random_bytes(&series, sizeof series))
        series = (uint64_t)flarei_clock_wall() ^ (uint64_t)(uintptr_t)&series;
    words[0] = mix(series);
    words[1] = mix(series ^ mix(++count));
}

static flare_str make(flare_request *rq)
{
    char *text = (char *)flarei_arena_alloc(rq->arena, MADE_BYTES);
    uint64_t words[2];

    if (text == NULL)
        return FLARE_STR("");
    flarei_unique(words);
    flarei_hex_encode(words, sizeof words, text);
    return (flare_str){text, MADE_BYTES};
}

void flarei_use_request_id(flare_request *rq)
{
    const flare_str name = FLARE_STR("X-Request-Id");
    flare_str id;

    if (!flarei_request_field(rq, name, &id) || !acceptable(id))
        id = make(rq);
    rq->id = id;
    /* A reply without its id is better than none. */
    if (id.len != 0)
        (void)flarei_reply_field_kept(rq, name, id);
}
