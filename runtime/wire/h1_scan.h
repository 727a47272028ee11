/* wire/h1_scan.h - runs of bytes of one class, 16 at a time where SSE2 or NEON is there.
 *
 * The bytewise functions know every byte of a class. The block functions pass what is usual in it and leave
 * the rest to them; without blocks, or with FLARE_NO_SIMD, the bytewise ones do all, which is what tests hold
 * the others against. No byte outside a span is touched: its last, partial block is read from further ahead.
 */
#ifndef FLAREI_H1_SCAN_H
#define FLAREI_H1_SCAN_H

#include <flare/str.h>

#define H1_INLINE FLARE_ALWAYS_INLINE
#if defined(__GNUC__)
#define H1_NOINLINE __attribute__((noinline))
#else
#define H1_NOINLINE
#endif

/* Classes of a byte, as bits. */
enum {
    H1_TOKEN = 1,   /* tchar (RFC 9110, section 5.6.2) */
    H1_TARGET = 2,  /* visible ASCII without '#' */
    H1_VALUE = 4,   /* what a field value may hold, HTAB included (RFC 9110, section 5.5) */
    H1_HOST = 8,    /* of a reg-name: unreserved, sub-delims (RFC 3986, section 3.2.2) */
    H1_ADDRESS = 16 /* of an IP-literal between its brackets */
};

extern const uint8_t flarei_h1_classes[256];

static inline bool is_class(char byte, unsigned class_bit)
{
    return (flarei_h1_classes[(uint8_t)byte] & class_bit) != 0;
}

#define H1_BLOCK 16

/* Bytes that may be read, and up to where two blocks may start so that two bytes more follow them: what stops
 * a run can then be looked at, with the byte behind it. 0 if the span is too short for that. */
struct span {
    const char *end;
    uintptr_t last_pair;
};

static inline struct span span_of(const char *start, size_t length)
{
    uintptr_t last_pair = (uintptr_t)start + length - 2 * H1_BLOCK - 2;

    return (struct span){start + length, length >= 2 * H1_BLOCK + 2 ? last_pair : 0};
}

/* The same for one block. */
static inline bool block_fits(struct span span, const char *at)
{
    return (uintptr_t)at <= span.last_pair + H1_BLOCK;
}

/* The first byte in [at, end) that is not of a class, or end. */
static inline const char *skip_bytes(const char *at, const char *end, unsigned class_bit)
{
    while (at < end && is_class(*at, class_bit))
        at++;
    return at;
}

/* A block is 16 bytes; h1_run says how many of its first lanes are true. */
#if !defined(FLARE_NO_SIMD) && defined(__SSE2__)

#include <emmintrin.h>
#define H1_SIMD 1
typedef __m128i h1_block;
#define h1_load(at)      _mm_loadu_si128((const __m128i *)(const void *)(at))
#define h1_all(byte)     _mm_set1_epi8((char)(byte))
#define h1_or(a, b)      _mm_or_si128(a, b)
#define h1_and_not(a, b) _mm_andnot_si128(b, a)
#define h1_add(a, b)     _mm_add_epi8(a, b)
#define h1_equal(a, b)   _mm_cmpeq_epi8(a, b)
#define h1_above(a, b)   _mm_cmpgt_epi8(a, b) /* of signed bytes */

static inline size_t h1_run(h1_block lanes)
{
    return (size_t)__builtin_ctzll(~(uint64_t)(unsigned)_mm_movemask_epi8(lanes));
}

/* The run over two blocks, without the first `skipped` lanes, which is below 32. */
static inline size_t h1_run_of_pair(h1_block first, h1_block second, unsigned skipped)
{
    uint64_t mask = (uint64_t)(unsigned)_mm_movemask_epi8(first) +
                    ((uint64_t)(unsigned)_mm_movemask_epi8(second) << H1_BLOCK);

    return (size_t)__builtin_ctzll((mask >> skipped) + 1); /* the carry stops where the run does */
}

#elif !defined(FLARE_NO_SIMD) && defined(__ARM_NEON) && defined(__aarch64__)

#include <arm_neon.h>
#define H1_SIMD          1
typedef uint8x16_t h1_block;
#define h1_load(at)      vld1q_u8((const uint8_t *)(at))
#define h1_all(byte)     vdupq_n_u8((uint8_t)(byte))
#define h1_or(a, b)      vorrq_u8(a, b)
#define h1_and_not(a, b) vbicq_u8(a, b)
#define h1_add(a, b)     vaddq_u8(a, b)
#define h1_equal(a, b)   vceqq_u8(a, b)
#define h1_above(a, b)   vcgtq_s8(vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b))

/* Narrowing leaves four bits of each lane. */
static inline size_t h1_run_of_rest(h1_block lanes, unsigned skipped)
{
    uint64_t stops = ~vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(lanes), 4)), 0);

    stops >>= 4 * skipped;
    return stops ? (size_t)__builtin_ctzll(stops) / 4 : H1_BLOCK - skipped;
}

static inline size_t h1_run(h1_block lanes)
{
    return h1_run_of_rest(lanes, 0);
}

static inline size_t h1_run_of_pair(h1_block first, h1_block second, unsigned skipped)
{
    if (skipped >= H1_BLOCK)
        return h1_run_of_rest(second, skipped - H1_BLOCK);
    size_t run = h1_run_of_rest(first, skipped);
    return run < H1_BLOCK - skipped ? run : run + h1_run(second);
}

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
    return h1_or(letters(block), h1_and_not(within(block, '-', '9'), h1_equal(block, h1_all('/'))));
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

/* Skips bytes that pass, as long as blocks fit: what stopped it may be the want of them. */
static inline const char *skip_blocks(struct span span, const char *at, h1_block (*passes)(h1_block))
{
    size_t run = H1_BLOCK;

    while (run == H1_BLOCK && block_fits(span, at)) {
        run = h1_run(passes(h1_load(at)));
        at += run;
    }
    return at;
}

#endif
#endif
