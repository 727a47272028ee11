/* wire/h1_scan.h - runs of bytes of one class, 16 at a time where SSE2 or NEON is there.
 *
 * Each scan returns the first byte in [at, end) that is not of its class, or end. `start` is the first byte
 * that may be read: a run's last, partial block is read from before `at`, never from beyond `end`.
 * With FLARE_NO_SIMD only the bytewise twins remain, which the tests hold against the others.
 */
#ifndef FLAREI_H1_SCAN_H
#define FLAREI_H1_SCAN_H

#include <flare/str.h>

/* Classes of a byte, as bits. */
enum {
    H1_TOKEN = 1,   /* tchar (RFC 9110, section 5.6.2) */
    H1_TARGET = 2,  /* visible ASCII without '#' */
    H1_VALUE = 4,   /* what a field value may hold, HTAB included (RFC 9110, section 5.5) */
    H1_HOST = 8,    /* of a reg-name: unreserved, sub-delims, '%' (RFC 3986, section 3.2.2) */
    H1_ADDRESS = 16 /* of an IP-literal between its brackets */
};

extern const uint8_t flarei_h1_classes[256];

static inline bool is_class(char byte, unsigned class_bit)
{
    return (flarei_h1_classes[(uint8_t)byte] & class_bit) != 0;
}

static inline const char *scan_bytes(const char *at, const char *end, unsigned class_bit)
{
    while (at < end && is_class(*at, class_bit))
        at++;
    return at;
}

/* What a scan of a request target saw on its way. */
struct target_marks {
    const char *question; /* the first '?', or NULL */
    bool percent;         /* a '%' before it */
    bool dot;             /* a "/." before it */
};

static inline void mark_target_byte(struct target_marks *marks, const char *target, const char *at)
{
    if (marks->question)
        return;
    if (*at == '?')
        marks->question = at;
    else if (*at == '%')
        marks->percent = true;
    else if (*at == '.' && at > target && at[-1] == '/')
        marks->dot = true;
}

#if !defined(FLARE_NO_SIMD) && defined(__SSE2__)
#include <emmintrin.h>
#define H1_SIMD       1
#define H1_LANE_BITS  1
#define H1_EVERY_LANE 0xffffu
typedef __m128i h1_block;
typedef unsigned h1_mask;
#define h1_load(at)      _mm_loadu_si128((const __m128i *)(const void *)(at))
#define h1_all(byte)     _mm_set1_epi8((char)(byte))
#define h1_or(a, b)      _mm_or_si128(a, b)
#define h1_equal(a, b)   _mm_cmpeq_epi8(a, b)
#define h1_sub(a, b)     _mm_sub_epi8(a, b)
#define h1_at_most(a, b) _mm_cmpeq_epi8(_mm_min_epu8(a, b), a)
#define h1_mask_of(a)    ((h1_mask)_mm_movemask_epi8(a))
#define h1_first(mask)   ((unsigned)__builtin_ctz(mask))
#elif !defined(FLARE_NO_SIMD) && defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#define H1_SIMD          1
#define H1_LANE_BITS     4
#define H1_EVERY_LANE    0x1111111111111111u
typedef uint8x16_t h1_block;
typedef uint64_t h1_mask;
#define h1_load(at)      vld1q_u8((const uint8_t *)(at))
#define h1_all(byte)     vdupq_n_u8((uint8_t)(byte))
#define h1_or(a, b)      vorrq_u8(a, b)
#define h1_equal(a, b)   vceqq_u8(a, b)
#define h1_sub(a, b)     vsubq_u8(a, b)
#define h1_at_most(a, b) vcleq_u8(a, b)
#define h1_mask_of(a)                                                                                        \
    (vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(a), 4)), 0) & H1_EVERY_LANE)
#define h1_first(mask) ((unsigned)__builtin_ctzll(mask) / H1_LANE_BITS)
#else
#define H1_SIMD 0
#endif

#if H1_SIMD

#define H1_BLOCK 16

/* Letters, digits and '-': every byte of nearly every field name. */
static inline h1_mask plain_name_stops(h1_block block)
{
    h1_block letter = h1_sub(h1_or(block, h1_all(0x20)), h1_all('a'));
    h1_block digit = h1_sub(block, h1_all('0'));
    h1_block plain = h1_or(h1_at_most(letter, h1_all(25)), h1_at_most(digit, h1_all(9)));
    return h1_mask_of(h1_or(plain, h1_equal(block, h1_all('-')))) ^ H1_EVERY_LANE;
}

/* Letters, digits, '-' and '.'. */
static inline h1_mask plain_host_stops(h1_block block)
{
    h1_block letter = h1_sub(h1_or(block, h1_all(0x20)), h1_all('a'));
    h1_block low = h1_sub(block, h1_all('-')); /* '-', '.', '/', digits */
    h1_block plain = h1_or(h1_at_most(letter, h1_all(25)), h1_at_most(low, h1_all('9' - '-')));
    return (h1_mask_of(plain) ^ H1_EVERY_LANE) | h1_mask_of(h1_equal(block, h1_all('/')));
}

/* Controls; HTAB too, which the caller steps over. */
static inline h1_mask value_stops(h1_block block)
{
    return h1_mask_of(h1_or(h1_at_most(block, h1_all(0x1f)), h1_equal(block, h1_all(0x7f))));
}

static inline h1_mask target_stops(h1_block block)
{
    h1_block visible = h1_at_most(h1_sub(block, h1_all(0x21)), h1_all(0x7e - 0x21));
    return (h1_mask_of(visible) ^ H1_EVERY_LANE) | h1_mask_of(h1_equal(block, h1_all('#')));
}

static inline h1_mask target_specials(h1_block block)
{
    h1_block special = h1_or(h1_equal(block, h1_all('?')), h1_equal(block, h1_all('%')));
    return h1_mask_of(h1_or(special, h1_equal(block, h1_all('.'))));
}

/* The first stop in [at, end), or end. */
static inline const char *scan_blocks(const char *at, const char *end, const char *start,
                                      h1_mask (*stops)(h1_block), unsigned class_bit)
{
    while (end - at >= H1_BLOCK) {
        h1_mask found = stops(h1_load(at));
        if (found)
            return at + h1_first(found);
        at += H1_BLOCK;
    }
    if (at == end)
        return end;
    if (end - start < H1_BLOCK)
        return scan_bytes(at, end, class_bit);
    h1_mask found = stops(h1_load(end - H1_BLOCK)) >> ((at - (end - H1_BLOCK)) * H1_LANE_BITS);
    return found ? at + h1_first(found) : end;
}

static inline const char *scan_name(const char *at, const char *end, const char *start)
{
    at = scan_blocks(at, end, start, plain_name_stops, H1_TOKEN);
    if (at < end && *at == ':')
        return at;
    return scan_bytes(at, end, H1_TOKEN);
}

static inline const char *scan_value(const char *at, const char *end, const char *start)
{
    for (;;) {
        at = scan_blocks(at, end, start, value_stops, H1_VALUE);
        if (FLARE_LIKELY(at == end || *at != '\t'))
            return at;
        at++;
    }
}

static inline const char *scan_host(const char *at, const char *end, const char *start)
{
    return scan_bytes(scan_blocks(at, end, start, plain_host_stops, H1_HOST), end, H1_HOST);
}

static inline const char *scan_target(const char *at, const char *end, const char *start,
                                      struct target_marks *marks)
{
    const char *target = at;

    while (at < end) {
        const char *from = at;
        unsigned skipped = 0;
        if (end - at < H1_BLOCK) {
            if (end - start < H1_BLOCK)
                break;
            from = end - H1_BLOCK;
            skipped = (unsigned)(at - from);
        }
        h1_block block = h1_load(from);
        h1_mask stop = target_stops(block) >> (skipped * H1_LANE_BITS);
        h1_mask special = target_specials(block) >> (skipped * H1_LANE_BITS);
        special &= (stop & (~stop + 1)) - 1; /* those before the first stop */
        for (; FLARE_UNLIKELY(special != 0); special &= special - 1)
            mark_target_byte(marks, target, at + h1_first(special));
        if (stop)
            return at + h1_first(stop);
        at = from + H1_BLOCK;
    }
    for (; at < end && is_class(*at, H1_TARGET); at++)
        mark_target_byte(marks, target, at);
    return at;
}

#else

static inline const char *scan_name(const char *at, const char *end, const char *start)
{
    (void)start;
    return scan_bytes(at, end, H1_TOKEN);
}

static inline const char *scan_value(const char *at, const char *end, const char *start)
{
    (void)start;
    return scan_bytes(at, end, H1_VALUE);
}

static inline const char *scan_host(const char *at, const char *end, const char *start)
{
    (void)start;
    return scan_bytes(at, end, H1_HOST);
}

static inline const char *scan_target(const char *at, const char *end, const char *start,
                                      struct target_marks *marks)
{
    const char *target = at;

    (void)start;
    for (; at < end && is_class(*at, H1_TARGET); at++)
        mark_target_byte(marks, target, at);
    return at;
}

#endif
#endif
