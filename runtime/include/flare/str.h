/* flare/str.h - the slice: a pointer and a length, borrowed, never owned.
 *
 *     flare_str name = FLARE_STR("flare");
 *     printf("%.*s\n", FLARE_STR_ARG(name));
 *
 * A slice is not terminated by a NUL and does not own what it points at; each function that hands one
 * out says how long it lives. `ptr` may be NULL only when `len` is 0.
 */
#ifndef FLARE_STR_H
#define FLARE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
#define FLARE_BEGIN     extern "C" {
#define FLARE_END       }
#define FLARE_LIT(type) type
#else
#define FLARE_BEGIN
#define FLARE_END
/** A compound literal that is also C++: `FLARE_LIT(flare_str){ptr, len}`. */
#define FLARE_LIT(type) (type)
#endif

#if defined(__GNUC__)
#define FLARE_MUST_USE __attribute__((warn_unused_result))
/** Parameter `f` is a format as printf's, and `a` its first argument. */
#define FLARE_PRINTF(f, a) __attribute__((format(printf, f, a)))
/** `x`, which is nearly always true. */
#define FLARE_LIKELY(x) __builtin_expect(!!(x), 1)
/** `x`, which is nearly always false. */
#define FLARE_UNLIKELY(x)   __builtin_expect(!!(x), 0)
#define FLARE_NOINLINE_COLD __attribute__((noinline, cold))
#define FLAREI_NOINLINE     __attribute__((noinline))
/** For a function that a hot caller is to hold whole. */
#define FLARE_ALWAYS_INLINE static inline __attribute__((always_inline))
/** For a function that several services of a program define alike: the program has one of it. */
#define FLAREI_SHARED __attribute__((weak))
#else
#define FLARE_MUST_USE
#define FLARE_PRINTF(f, a)
#define FLARE_LIKELY(x)   (x)
#define FLARE_UNLIKELY(x) (x)
#define FLARE_NOINLINE_COLD
#define FLAREI_NOINLINE
#define FLARE_ALWAYS_INLINE static inline
#define FLAREI_SHARED
#endif

FLARE_BEGIN

/** A borrowed run of bytes. */
typedef struct flare_str {
    const char *ptr; /**< first byte; NULL only when len is 0 */
    size_t len;      /**< bytes */
} flare_str;

/** A slice of a string literal, as an expression. */
#define FLARE_STR(literal) (FLARE_LIT(flare_str){("" literal), sizeof(literal) - 1})
/** The same as an initialiser of a static object. */
#define FLARE_STR_INIT(literal)                                                                              \
    {                                                                                                        \
        ("" literal), sizeof(literal) - 1                                                                    \
    }
/** The two arguments of "%.*s", length first. */
#define FLARE_STR_ARG(s) (int)(s).len, (s).ptr

/** The struct `type` that holds `*pointer` as its field `member`. */
#define FLARE_OWNER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/** `name` becomes an optional `type`: reading `value` without looking at `has` is always visible. */
#define FLARE_OPTIONAL(name, type)                                                                           \
    typedef struct name {                                                                                    \
        bool has;                                                                                            \
        type value;                                                                                          \
    } name
/** `name` becomes a borrowed array of `type`. */
#define FLARE_ARRAY(name, type)                                                                              \
    typedef struct name {                                                                                    \
        const type *items;                                                                                   \
        size_t count;                                                                                        \
    } name

/** `name` becomes what a patch (RFC 7396) says of a `type` that may be null: `has` sets it to `value`,
 * `clear` to null, neither leaves it as it is. */
#define FLARE_PATCHED(name, type)                                                                            \
    typedef struct name {                                                                                    \
        bool has;                                                                                            \
        bool clear;                                                                                          \
        type value;                                                                                          \
    } name
/** `name` becomes a borrowed map of texts to `type`, in the order of the text: its items are `name_entry`. */
#define FLARE_MAP(name, type)                                                                                \
    FLARE_MAP_OF(name);                                                                                      \
    FLARE_MAP_ENTRY(name, type)
/** The same in two steps, for a map in a type that it leads to again: first the map, which only points at its
 * entries, then what an entry is. */
#define FLARE_MAP_OF(name)                                                                                   \
    typedef struct name##_entry name##_entry;                                                                \
    typedef struct name {                                                                                    \
        const name##_entry *items;                                                                           \
        size_t count;                                                                                        \
    } name
/** What an entry of the map `name` is: a text and a `type`, which is complete here. */
#define FLARE_MAP_ENTRY(name, type)                                                                          \
    struct name##_entry {                                                                                    \
        flare_str key;                                                                                       \
        type value;                                                                                          \
    }

FLARE_OPTIONAL(flare_str_opt, flare_str);
FLARE_OPTIONAL(flare_bool_opt, bool);
FLARE_OPTIONAL(flare_i8_opt, int8_t);
FLARE_OPTIONAL(flare_i16_opt, int16_t);
FLARE_OPTIONAL(flare_i32_opt, int32_t);
FLARE_OPTIONAL(flare_i64_opt, int64_t);
FLARE_OPTIONAL(flare_u8_opt, uint8_t);
FLARE_OPTIONAL(flare_u16_opt, uint16_t);
FLARE_OPTIONAL(flare_u32_opt, uint32_t);
FLARE_OPTIONAL(flare_u64_opt, uint64_t);
FLARE_OPTIONAL(flare_f32_opt, float);
FLARE_OPTIONAL(flare_f64_opt, double);
FLARE_ARRAY(flare_str_array, flare_str);
FLARE_ARRAY(flare_bool_array, bool);
FLARE_ARRAY(flare_i8_array, int8_t);
FLARE_ARRAY(flare_i16_array, int16_t);
FLARE_ARRAY(flare_i32_array, int32_t);
FLARE_ARRAY(flare_i64_array, int64_t);
FLARE_ARRAY(flare_u8_array, uint8_t);
FLARE_ARRAY(flare_u16_array, uint16_t);
FLARE_ARRAY(flare_u32_array, uint32_t);
FLARE_ARRAY(flare_u64_array, uint64_t);
FLARE_ARRAY(flare_f32_array, float);
FLARE_ARRAY(flare_f64_array, double);

/** Are two slices the same bytes? Any thread; no errors.
 *  @param a a slice @param b a slice @return are they? */
static inline bool flare_str_equal(flare_str a, flare_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/** @return the place behind the last byte; `ptr` itself where that may be NULL, to which C lets nobody add 0.
 */
static inline const char *flarei_str_end(flare_str text)
{
    return text.len ? text.ptr + text.len : text.ptr;
}

/** A slice of a C string. @param text terminated by NUL, must outlive the slice; NULL gives the empty slice
 *  @return the borrowed slice. Any thread; no errors. */
static inline flare_str flare_str_of(const char *text)
{
    return FLARE_LIT(flare_str){text, text ? strlen(text) : 0};
}

FLARE_END
#endif
