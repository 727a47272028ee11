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

/* The block at `offset`, or the last one of `left` bytes where that comes earlier. */
static inline uint64_t slashes_at(const char *at, size_t left, size_t offset)
{
    if (offset > left - 16)
        offset = left - 16;
    return slashes(at + offset) << offset;
}
#endif

/* Bit n: at[n] is a '/', or the end. At most 64 bytes are looked at, always by the same few steps, since how
 * long a segment is can't be foreseen. */
static uint64_t ends_of_segments(flare_str path, const char *at)
{
    const size_t left = (size_t)(flarei_str_end(path) - at);
    const size_t window = left < 64 ? left : 64;
    uint64_t found = 0;

#if defined(__SSE2__)
    if (FLARE_LIKELY(path.len >= 16)) {
        if (left >= 16)
            found = slashes(at) | slashes_at(at, window, 16) | slashes_at(at, window, 32) |
                    slashes_at(at, window, 48);
        else
            found = slashes(at + left - 16) >> (16 - left);
        return left < 64 ? found | UINT64_C(1) << left : found;
    }
#endif
    for (size_t i = 0; i < window; i++)
        found |= (uint64_t)(at[i] == '/') << i;
    return left < 64 ? found | UINT64_C(1) << left : found;
}

const char *flarei_segment_find(struct flarei_segments *segments, flare_str path, const char *at)
{
    uint64_t ends;

    while ((ends = ends_of_segments(path, at)) == 0)
        at += 64;
    segments->base = at;
    segments->ends = ends;
    return at + __builtin_ctzll(ends);
}

const char *flarei_segment_end(flare_str path, const char *at)
{
    struct flarei_segments segments;

    return flarei_segment_find(&segments, path, at);
}
