/* segment.c - where the segments of a path end. Nothing outside of the path is read: where less than a block
 * is left, its last block is looked at. */
#include <flare/gen.h>

#if defined(__SSE2__)
#include <emmintrin.h>

/* Bit n: byte n of 16 is a '/'. */
static inline uint64_t slashes(const char *p)
{
    const __m128i block = _mm_loadu_si128((const __m128i *)(const void *)p);

    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8('/')));
}

/* Bit n: p[n] of 16 to 64 bytes is a '/'. Blocks overlap rather than vary in number: a loop's end could not
 * be foreseen. */
static inline uint64_t slashes_in(const char *p, size_t length)
{
    const size_t last = length - 16;
    uint64_t found = slashes(p) | slashes(p + last) << last;

    if (length > 32)
        found |= slashes(p + 16) << 16 | slashes(p + last - 16) << (last - 16);
    return found;
}
#endif

static uint64_t slashes_scalar(const char *p, size_t length)
{
    uint64_t found = 0;

    for (size_t i = 0; i < length; i++)
        found |= (uint64_t)(p[i] == '/') << i;
    return found;
}

const char *flarei_segment_find(struct flarei_segments *segments, flare_str path, const char *at)
{
    const char *const end = flarei_str_end(path);

    for (;; at += 64) {
        const char *const base = path.len >= 16 && end - at < 16 ? end - 16 : at;
        const size_t left = (size_t)(end - base), window = left < 64 ? left : 64;
        const size_t offset = (size_t)(at - base);
        uint64_t ends;

#if defined(__SSE2__)
        ends = FLARE_LIKELY(window >= 16) ? slashes_in(base, window) : slashes_scalar(base, window);
#else
        ends = slashes_scalar(base, window);
#endif
        if (left < 64)
            ends |= UINT64_C(1) << left;
        if (FLARE_LIKELY(ends >> offset != 0)) {
            segments->base = base;
            segments->ends = ends;
            return at + __builtin_ctzll(ends >> offset);
        }
    }
}

const char *flarei_segment_end(flare_str path, const char *at)
{
    struct flarei_segments segments;

    return flarei_segment_find(&segments, path, at);
}
