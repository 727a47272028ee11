/* segment.c - how far a segment of a path goes. Nothing outside of the path is read: where less than a block
 * is left, its last block is looked at. */
#include <flare/gen.h>

#if defined(__SSE2__)
#include <emmintrin.h>

/* Bit n: byte n of 16 is a '/'. */
static inline unsigned slashes(const char *p)
{
    const __m128i block = _mm_loadu_si128((const __m128i *)(const void *)p);

    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8('/')));
}
#endif

const char *flarei_segment_end(flare_str path, const char *at)
{
    const char *const end = flarei_str_end(path);

#if defined(__SSE2__)
    if (FLARE_LIKELY(path.len >= 16)) {
        for (; end - at >= 16; at += 16) {
            const unsigned found = slashes(at);

            if (found != 0)
                return at + __builtin_ctz(found);
        }
        const unsigned left = (unsigned)(end - at);

        return at + __builtin_ctz(slashes(end - 16) >> (16 - left) | 1u << left);
    }
#endif
    while (at != end && *at != '/')
        at++;
    return at;
}
