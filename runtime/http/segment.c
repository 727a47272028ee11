/* segment.c - where the segments of a path end. Nothing outside of the path is read: where less than a block
 * is left, its last block is looked at. */
#include <flare/gen.h>

/* Bytes that are looked at together: one bit less than there are, for the end behind them. */
#define WINDOW_MAX 63

/* Bit n: p[n] is a '/'. */
static uint64_t slashes_scalar(const char *p, size_t length)
{
    uint64_t found = 0;

    for (size_t i = 0; i < length; i++)
        found |= (uint64_t)(p[i] == '/') << i;
    return found;
}

#if defined(__SSE2__)
#include <emmintrin.h>

static inline uint64_t slashes_in_block(const char *p)
{
    const __m128i block = _mm_loadu_si128((const __m128i *)(const void *)p);

    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8('/')));
}

/* By blocks that overlap: how many there would be can't be foreseen, so a loop would cost more. */
static inline uint64_t slashes(const char *p, size_t length)
{
    const size_t last = length - 16;
    uint64_t found;

    if (FLARE_UNLIKELY(length < 16))
        return slashes_scalar(p, length);
    found = slashes_in_block(p) | slashes_in_block(p + last) << last;
    if (length > 32)
        found |= slashes_in_block(p + 16) << 16 | slashes_in_block(p + last - 16) << (last - 16);
    return found;
}
#else
#define slashes slashes_scalar
#endif

/* A window without an end begins at the segment. */
FLARE_NOINLINE_COLD static const char *find_beyond(struct flarei_segments *segments, flare_str path,
                                                   const char *at)
{
    return flarei_segment_find(segments, path, at + WINDOW_MAX);
}

const char *flarei_segment_find(struct flarei_segments *segments, flare_str path, const char *at)
{
    const size_t window = path.len < WINDOW_MAX ? path.len : WINDOW_MAX;
    const size_t last = path.len - window;
    const size_t offset = (size_t)(at - path.ptr), first = offset < last ? offset : last;
    const uint64_t ends = slashes(path.ptr + first, window) | (uint64_t)(first == last) << window;

    segments->base = path.ptr + first;
    segments->ends = ends;
    if (FLARE_UNLIKELY(ends >> (offset - first) == 0))
        return find_beyond(segments, path, at);
    return at + __builtin_ctzll(ends >> (offset - first));
}

const char *flarei_segment_end(flare_str path, const char *at)
{
    struct flarei_segments segments;

    return flarei_segment_find(&segments, path, at);
}
