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
    const char *const end = p + length;
    uint64_t found;

    if (FLARE_UNLIKELY(length < 16))
        return slashes_scalar(p, length);
    found = slashes_in_block(p) | slashes_in_block(end - 16) << (length - 16);
    if (length > 32)
        found |= slashes_in_block(p + 16) << 16 | slashes_in_block(end - 32) << (length - 32);
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
    const char *base = path.ptr;
    uint64_t ends, ahead;

    if (path.len <= 32) {
        ends = slashes(base, path.len) | UINT64_C(1) << path.len;
    } else {
        const size_t window = path.len < WINDOW_MAX ? path.len : WINDOW_MAX;
        const char *const last = path.ptr + (path.len - window);

        base = at < last ? at : last;
        ends = slashes(base, window) | (uint64_t)(base == last) << window;
    }
    segments->base = base;
    segments->ends = ends;
    ahead = ends >> (at - base);
    return FLARE_LIKELY(ahead != 0) ? at + __builtin_ctzll(ahead) : find_beyond(segments, path, at);
}

const char *flarei_segment_end(flare_str path, const char *at)
{
    struct flarei_segments segments;

    return flarei_segment_find(&segments, path, at);
}
