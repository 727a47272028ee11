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

static const char *find_from(struct flarei_segments *segments, flare_str path, const char *at)
{
    const char *const end = flarei_str_end(path);

    for (;; at += 64) {
        const size_t left = (size_t)(end - at), window = left < 64 ? left : 64;
        uint64_t ends;

#if defined(__SSE2__)
        ends = window >= 16 ? slashes_in(at, window) : slashes_scalar(at, window);
#else
        ends = slashes_scalar(at, window);
#endif
        if (left < 64)
            ends |= UINT64_C(1) << left;
        if (ends != 0) {
            segments->base = at;
            segments->ends = ends;
            return at + __builtin_ctzll(ends);
        }
    }
}

const char *flarei_segment_find(struct flarei_segments *segments, flare_str path, const char *at)
{
#if defined(__SSE2__)
    if (FLARE_LIKELY(path.len >= 16 && path.len < 64)) {
        const uint64_t ends = slashes_in(path.ptr, path.len) | UINT64_C(1) << path.len;

        segments->base = path.ptr;
        segments->ends = ends;
        return at + __builtin_ctzll(ends >> (at - path.ptr));
    }
#endif
    return find_from(segments, path, at);
}

const char *flarei_segment_end(flare_str path, const char *at)
{
    struct flarei_segments segments;

    return flarei_segment_find(&segments, path, at);
}
