/* wire/h1_scan.h - runs of bytes of one class, 16 at a time where SSE2 or NEON is there.
 *
 * The bytewise functions know every byte of a class. The block functions pass what is usual in it and leave
 * the rest to them; without blocks, or with FLARE_NO_SIMD, the bytewise ones do all, which is what tests hold
 * the others against. No byte outside a span is touched: its last, partial block is read from further ahead.
 */
#ifndef FLAREI_H1_SCAN_H
#define FLAREI_H1_SCAN_H

#include <flare/str.h>

#if defined(__GNUC__)
#define H1_INLINE static inline __attribute__((always_inline))
#else
#define H1_INLINE static inline
#endif

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

/* Bytes that may be read. */
struct span {
    const char *start;
    const char *end;
    uintptr_t last_block; /* where the last whole block starts; 0 if there is none */
};

#define H1_BLOCK 16

static inline struct span span_of(const char *start, size_t length)
{
    uintptr_t last_block = length >= H1_BLOCK ? (uintptr_t)start + length - H1_BLOCK : 0;

    return (struct span){start, start + length, last_block};
}

/* The first byte in [at, end) that is not of a class, or end. */
static inline const char *skip_bytes(const char *at, const char *end, unsigned class_bit)
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
#define h1_and(a, b)     _mm_and_si128(a, b)
#define h1_and_not(a, b) _mm_andnot_si128(b, a)
#define h1_add(a, b)     _mm_add_epi8(a, b)
#define h1_equal(a, b)   _mm_cmpeq_epi8(a, b)
#define h1_above(a, b)   _mm_cmpgt_epi8(a, b) /* of signed bytes */
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
#define h1_and(a, b)     vandq_u8(a, b)
#define h1_and_not(a, b) vbicq_u8(a, b)
#define h1_and_not(a, b) vbicq_u8(a, b)
#define h1_add(a, b)     vaddq_u8(a, b)
#define h1_equal(a, b)   vceqq_u8(a, b)
#define h1_above(a, b)   vcgtq_s8(vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b))
#define h1_mask_of(a)                                                                                        \
    (vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(a), 4)), 0) & H1_EVERY_LANE)
#define h1_first(mask) ((unsigned)__builtin_ctzll(mask) / H1_LANE_BITS)

#else
#define H1_SIMD 0
#endif

#if H1_SIMD

/* Lanes of `block` in [first, last]: moved up so that `last` is the largest signed byte and what is beyond it
 * is negative. `last` - `first` is below 128. */
static inline h1_block within(h1_block block, int first, int last)
{
    return h1_above(h1_add(block, h1_all(127 - last)), h1_all(126 - last + first));
}

static inline h1_block letters(h1_block block)
{
    return within(h1_or(block, h1_all(0x20)), 'a', 'z');
}

/* Letters and '-': every byte of nearly every field name. */
static inline h1_block plain_name(h1_block block)
{
    return h1_or(letters(block), h1_equal(block, h1_all('-')));
}

/* What nearly every field line is made of. */
static inline h1_block plain_line(h1_block block)
{
    return within(block, 0x20, 0x7e);
}

/* Letters, digits, '-' and '.'. */
static inline h1_block plain_host(h1_block block)
{
    return h1_or(letters(block), h1_or(within(block, '-', '.'), within(block, '0', '9')));
}

static inline h1_block digits(h1_block block)
{
    return within(block, '0', '9');
}

/* Of a target, what needs no mark. */
static inline h1_block plain_target(h1_block block)
{
    h1_block marked = h1_or(h1_equal(block, h1_all('?')), h1_equal(block, h1_all('%')));
    marked = h1_or(marked, h1_or(h1_equal(block, h1_all('.')), h1_equal(block, h1_all('#'))));
    return h1_and_not(within(block, 0x21, 0x7e), marked);
}

static inline h1_mask stops_of(h1_block passed)
{
    return h1_mask_of(passed) ^ H1_EVERY_LANE;
}

/* The first byte from `at` on that does not pass, or NULL. The span has a block. */
H1_INLINE const char *scan_blocks(struct span span, const char *at, h1_block (*passes)(h1_block))
{
    for (; FLARE_LIKELY((uintptr_t)at <= span.last_block); at += H1_BLOCK) {
        h1_mask stops = stops_of(passes(h1_load(at)));
        if (FLARE_LIKELY(stops != 0))
            return at + h1_first(stops);
    }
    if (at == span.end)
        return NULL;
    const char *last = span.end - H1_BLOCK;
    h1_mask stops = stops_of(passes(h1_load(last))) >> ((at - last) * H1_LANE_BITS);
    return stops ? at + h1_first(stops) : NULL;
}

/* As scan_blocks for plain_line, by two blocks where it takes more than that. */
H1_INLINE const char *scan_line(struct span span, const char *at)
{
    while ((uintptr_t)at + H1_BLOCK <= span.last_block) {
        h1_block passed = h1_and(plain_line(h1_load(at)), plain_line(h1_load(at + H1_BLOCK)));
        if (stops_of(passed))
            break;
        at += 2 * H1_BLOCK;
    }
    return scan_blocks(span, at, plain_line);
}

#endif

/* The first byte from `at` on that a target can't hold, or NULL; marks the bytes before it. */
static inline const char *scan_target(struct span span, const char *at, struct target_marks *marks)
{
    const char *target = at;

#if H1_SIMD
    if (FLARE_LIKELY(span.last_block != 0))
        at = scan_blocks(span, at, plain_target);
    if (FLARE_UNLIKELY(!at))
        return NULL;
#endif
    for (; FLARE_UNLIKELY(at < span.end && is_class(*at, H1_TARGET)); at++)
        mark_target_byte(marks, target, at);
    return at < span.end ? at : NULL;
}

#endif
