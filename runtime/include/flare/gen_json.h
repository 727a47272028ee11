/* flare/gen_json.h - what emitted JSON decoders are made of. For emitted code only, as gen.h is.
 *
 * A decoder is one function a type: `const char *read_T(json, at, path, out)`. It takes the place of the
 * value's first byte and returns the place behind the value, or NULL when the text is malformed and reading
 * must stop. A value that breaks its type is noted, skipped, and reading goes on.
 *
 * The last byte of a text is always '}' or ']' (flarei_json_begin() sees to it), and no token but a close or
 * the inside of a string can hold it. So behind any other token there is a byte to read without a look at the
 * end: only flarei_json_comma() and _close(), literals and strings compare with it.
 *
 * A member's place is known without storing it: a path is a list of frames on the C stack, one a container
 * inside the root, and is looked at only when something failed.
 */
#ifndef FLARE_GEN_JSON_H
#define FLARE_GEN_JSON_H

#include <flare/gen.h>

#if !defined(FLARE_NO_SIMD) && defined(__SSE2__)
#include <emmintrin.h>
#define FLAREI_JSON_SIMD 1
#else
#define FLAREI_JSON_SIMD 0
#endif

#if defined(__GNUC__)
#define FLAREI_INLINE static inline __attribute__((always_inline))
#else
#define FLAREI_INLINE static inline
#endif

/** How deep containers may nest, in typed values and in those that are skipped or kept raw. */
#define FLAREI_JSON_DEPTH_MAX 64
/** The longest name that a member may have, in bytes. */
#define FLAREI_JSON_KEY_MAX_BYTES 255
/** Bytes for the pointers of all failures of a text; one that has no room names the container around it. */
#define FLAREI_JSON_POINTERS_MAX_BYTES 2048

FLARE_BEGIN

enum flarei_json_verdict {
    FLAREI_JSON_FINE = 0,
    FLAREI_JSON_INVALID,   /* well-formed, breaks its type: 422 with the failures */
    FLAREI_JSON_MALFORMED, /* not JSON: 400 */
    FLAREI_JSON_TOO_DEEP,  /* nested over depth_max: 400 */
    FLAREI_JSON_NO_MEMORY  /* a request may have no more: 413; or there is none: 503 */
};

/* One failure, its JSON Pointer (RFC 6901) in `pointers`. */
struct flarei_json_failure {
    enum flarei_rule rule;
    uint16_t start;
    uint16_t length;
};

struct flarei_json {
    const char *end;        /* behind the last byte that is not blank */
    const char *start;      /* the text's first byte */
    const char *last_block; /* where its last 16 bytes start; NULL if there are fewer */
    flare_arena *arena;
    enum flarei_json_verdict verdict; /* what made a decoder return NULL, if not malformed text */
    bool bounded;                     /* the arena, until the text ends */
    uint32_t depth_max;               /* how deep containers may nest; set behind a begin, where it is less
                                         than FLAREI_JSON_DEPTH_MAX */
    uint32_t count;                   /* of failures */
    uint32_t pointers_bytes;
    /* Text that is indented has the same blanks before each member of a container, its gap, and those of the
     * one around it before its close. With a guess at them, the place of what comes next waits for no byte of
     * the text. A gap is the length of a newline and the blanks behind it, below 16: one word, since one that
     * was just stored in parts can't be loaded as a whole without a wait. */
    size_t gap;  /* of the innermost container, as far as its members or items so far tell */
    size_t step; /* how much longer it is one container further in, as far as known */
    union {
        char bytes[16];
#if FLAREI_JSON_SIMD
        __m128i block;
#endif
    } blanks; /* a newline and 15 of what the text is indented with */
    struct flarei_json_failure failures[FLAREI_REFUSALS_MAX];
    char pointers[FLAREI_JSON_POINTERS_MAX_BYTES];
    char key[FLAREI_JSON_KEY_MAX_BYTES + 1]; /* a name that was unescaped */
};

/* Where a container stands in the one around it; NULL is the root. */
struct flarei_json_path {
    const struct flarei_json_path *outer;
    const char *key; /* "/name", escaped as RFC 6901 says; NULL for an item of an array; "" for one of a map,
                        whose keys are the client's: the pointer ends before it */
    size_t index;    /* of an item */
};

/* ---- The text ---- */

/** Prepares to read a text. Copies it only if it is a lone scalar.
 *  @param json to fill @param text outlives what is decoded @param arena for unescaped strings and arrays
 *  @return the place of the first value, or NULL: go on to flarei_json_end() */
const char *flarei_json_begin(struct flarei_json *json, flare_str text, flare_arena *arena) FLARE_MUST_USE;
/** The same for a further text whose failures come behind those of the texts before. */
const char *flarei_json_begin_next(struct flarei_json *json, flare_str text) FLARE_MUST_USE;
/** Ends a text. @param at where the root's decoder stopped, or NULL @return what is to be answered */
enum flarei_json_verdict flarei_json_end(struct flarei_json *json, const char *at) FLARE_MUST_USE;
/** @return the JSON Pointer of a failure: plain text, of static names and numbers only. Lives as `json`. */
static inline flare_str flarei_json_pointer(const struct flarei_json *json, uint32_t number)
{
    const struct flarei_json_failure *failure = &json->failures[number];

    return FLARE_LIT(flare_str){json->pointers + failure->start, failure->length};
}

/* ---- Failures: all of these are the cold way ---- */

/** Notes that a value breaks a rule; the 33rd and later are dropped.
 *  @param path of the container @param key "/name" of the member in it, NULL for the container itself */
FLARE_NOINLINE_COLD void flarei_json_fail(struct flarei_json *json, const struct flarei_json_path *path,
                                          const char *key, enum flarei_rule rule);
/** Notes FLAREI_RULE_REQUIRED for each bit of `missing`; keys[i] is of bit i. */
FLARE_NOINLINE_COLD void flarei_json_missing(struct flarei_json *json, const struct flarei_json_path *path,
                                             const char *const *keys, uint64_t missing);
/** Notes a rule and skips the value at `at`. @return the place behind it, or NULL */
FLARE_NOINLINE_COLD const char *flarei_json_drop(struct flarei_json *json, const char *at,
                                                 const struct flarei_json_path *path, const char *key,
                                                 enum flarei_rule rule);
/** Notes FLAREI_RULE_MAX_ITEMS at `path` and skips the items from `at` on. @return the place of the close, or
 * NULL */
FLARE_NOINLINE_COLD const char *flarei_json_drop_items(struct flarei_json *json, const char *at,
                                                       const struct flarei_json_path *path);
/** Stops reading. @return NULL */
FLARE_NOINLINE_COLD const char *flarei_json_stop(struct flarei_json *json, enum flarei_json_verdict why);

/** @return how many containers are open inside a value at `path`, itself included if it is one. A type that
 * holds itself compares it with json->depth_max, and stops with FLAREI_JSON_TOO_DEEP above. */
static inline unsigned flarei_json_depth(const struct flarei_json_path *path)
{
    unsigned depth = 1;

    for (; path != NULL; path = path->outer)
        depth++;
    return depth;
}

/* ---- Between values ---- */

/** The way of flarei_json_blanks() when there are blanks. */
const char *flarei_json_blanks_slow(const char *at, const char *end) FLARE_MUST_USE;

/** Skips blanks. @param at before the end */
FLAREI_INLINE const char *flarei_json_blanks(const char *at, const char *end)
{
    if (FLARE_LIKELY((unsigned char)*at > ' '))
        return at;
    /* One blank, as behind a colon. */
    if (*at == ' ' && (unsigned char)at[1] > ' ')
        return at + 1;
    return flarei_json_blanks_slow(at, end);
}

/** Skips blanks that were not guessed, at least one, and remembers them. @param outer NULL, or the gap around
 * the container that is opened */
const char *flarei_json_gap_slow(struct flarei_json *json, const char *at, size_t *gap,
                                 const size_t *outer) FLARE_MUST_USE;

/* Is there a gap as guessed, and no other byte of its kind? @param at at most json->last_block */
FLAREI_INLINE bool flarei_json_guessed(const struct flarei_json *json, const char *at, size_t gap)
{
#if FLAREI_JSON_SIMD
    const __m128i here = _mm_loadu_si128((const __m128i *)(const void *)at);
    const unsigned alike = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(here, json->blanks.block));

    return (size_t)__builtin_ctz(~alike) == gap;
#else
    return memcmp(at, json->blanks.bytes, gap) == 0;
#endif
}

/** Opens a container whose '{' or '[' stands at `at`: past it and blanks. @param outer the gap to give to
 * flarei_json_comma() and flarei_json_close() */
FLAREI_INLINE const char *flarei_json_open(struct flarei_json *json, const char *at, size_t *outer)
{
    *outer = json->gap;
    at++;
    if ((unsigned char)*at > ' ')
        return at;
    json->gap = (*outer + json->step) & 15;
    if (FLARE_LIKELY(at <= json->last_block && flarei_json_guessed(json, at, json->gap) &&
                     (unsigned char)at[json->gap] > ' '))
        return at + json->gap;
    return flarei_json_gap_slow(json, at, &json->gap, outer);
}

/* A place behind a value, and whether it is behind a comma. */
struct flarei_json_turn {
    const char *at;
    bool more;
};

/** The way of flarei_json_comma() at a comma or blanks, if what was guessed is not there. */
struct flarei_json_turn flarei_json_comma_slow(struct flarei_json *json, const char *at,
                                               size_t *outer) FLARE_MUST_USE;

/** Behind a value: past a comma and the blanks around it.
 *  @return false if there is none; *at is then where a close should be */
FLAREI_INLINE bool flarei_json_comma(struct flarei_json *json, const char **at, size_t *outer)
{
    const char *p = *at;
    struct flarei_json_turn turn;

    if (FLARE_UNLIKELY(p == json->end))
        return false;
    if (*p == ',') {
        p++;
        if ((unsigned char)*p > ' ') {
            *at = p;
            return true;
        }
        if (FLARE_LIKELY(p <= json->last_block && flarei_json_guessed(json, p, json->gap) &&
                         (unsigned char)p[json->gap] > ' ')) {
            *at = p + json->gap;
            return true;
        }
        p--;
    } else {
        if ((unsigned char)*p > ' ')
            return false;
        /* A close is above a comma, and a blank below. The last one is at the very end. */
        if (FLARE_LIKELY(p <= json->last_block)) {
            if (FLARE_LIKELY(flarei_json_guessed(json, p, *outer) && (unsigned char)p[*outer] > ',')) {
                *at = p + *outer;
                return false;
            }
        } else if (*outer == 1 && *p == '\n' && (unsigned char)p[1] > ',') {
            *at = p + 1;
            return false;
        }
    }
    turn = flarei_json_comma_slow(json, p, outer);
    *at = turn.at;
    return turn.more;
}

/** Where flarei_json_comma() found none. @return the place behind the close, or NULL if it is not there */
FLAREI_INLINE const char *flarei_json_close(struct flarei_json *json, const char *at, char close,
                                            const size_t *outer)
{
    json->gap = *outer;
    return FLARE_LIKELY(at != json->end && *at == close) ? at + 1 : NULL;
}

/** Goes past a literal if it stands at *at. */
FLAREI_INLINE bool flarei_json_try(const char **at, const char *end, const char *literal, size_t length)
{
    if ((size_t)(end - *at) < length || memcmp(*at, literal, length) != 0)
        return false;
    *at += length;
    return true;
}
/** `FLAREI_JSON_TRY(at, end, "\"name\":")` is the guess at the next member. */
#define FLAREI_JSON_TRY(at, end, literal) flarei_json_try(&(at), (end), "" literal, sizeof(literal) - 1)

#if FLAREI_JSON_SIMD
/* Which of 16 bytes end a run of plain ones: quotes, backslashes, control characters, and what is not ASCII.
 */
FLAREI_INLINE unsigned flarei_json_stops(const char *at)
{
    const __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
    const __m128i named =
        _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
    const __m128i odd = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20)); /* signed, so the bytes over 0x7f too */

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(named, odd));
}
#endif

/** A name that shows at once, for the perfect hash of a type's names; an empty slice if it needs
 * flarei_json_key(). It may be the beginning of a name only. @param at where a name should be */
FLAREI_INLINE flare_str flarei_json_peek(const char *at, const char *end)
{
    size_t length = 0;

    if (FLARE_UNLIKELY(*at != '"'))
        return FLARE_LIT(flare_str){at, 0};
#if FLAREI_JSON_SIMD
    if (FLARE_LIKELY(end - at > 16)) {
        const unsigned stops = flarei_json_stops(at + 1);

        if (FLARE_LIKELY(stops != 0))
            return FLARE_LIT(flare_str){at + 1, (size_t)__builtin_ctz(stops)};
    }
#endif
    while (length < 64 && at + 1 + length < end && at[1 + length] != '"')
        length++;
    return FLARE_LIT(flare_str){at + 1, length};
}
/** Reads any name, the colon behind it and blanks. @param key borrowed until the next name; a name too long
 * for a member comes as an empty slice of NULL
 *  @return the place of the value, or NULL */
const char *flarei_json_key(struct flarei_json *json, const char *at, flare_str *key) FLARE_MUST_USE;
/** Is a name this member's? @param member "/name", escaped as RFC 6901 says */
bool flarei_json_key_is(flare_str key, const char *member) FLARE_MUST_USE;
/** Skips the value of an unknown member. @param path of the object @return the place behind it, or NULL */
const char *flarei_json_unknown(struct flarei_json *json, const char *at,
                                const struct flarei_json_path *path) FLARE_MUST_USE;
/** Skips any one value, checked to be JSON. @param depth how deep containers may nest in it
 *  @return the place behind it, or NULL */
const char *flarei_json_skip(struct flarei_json *json, const char *at, unsigned depth) FLARE_MUST_USE;

/* ---- Values. Each returns the place behind it, or NULL; where a rule is broken it is noted and *out is left
 * as it was. `path` and `key` name it. ---- */

/** @return is the value null? Then *at is past it. */
FLAREI_INLINE bool flarei_json_null(const char **at, const char *end)
{
    return **at == 'n' && flarei_json_try(at, end, "null", 4);
}

FLAREI_INLINE const char *flarei_json_bool(struct flarei_json *json, const char *at,
                                           const struct flarei_json_path *path, const char *key, bool *out)
{
    if (flarei_json_try(&at, json->end, "true", 4)) {
        *out = true;
        return at;
    }
    if (flarei_json_try(&at, json->end, "false", 5)) {
        *out = false;
        return at;
    }
    return flarei_json_drop(json, at, path, key, FLAREI_RULE_TYPE);
}

const char *flarei_json_u64_slow(struct flarei_json *json, const char *at,
                                 const struct flarei_json_path *path, const char *key, uint64_t min,
                                 uint64_t max, uint64_t *out);
const char *flarei_json_i64_slow(struct flarei_json *json, const char *at,
                                 const struct flarei_json_path *path, const char *key, int64_t min,
                                 int64_t max, int64_t *out);

/* Reads up to 18 digits. @return the place behind them; `at` itself unless they are a whole number that a
 * comma, a close or a blank ends */
FLAREI_INLINE const char *flarei_json_digits(const char *at, uint64_t *out)
{
    const char *p = at;
    unsigned digit = (unsigned)(unsigned char)*p - '0';
    uint64_t sum = digit;

    if (FLARE_UNLIKELY(digit > 9))
        return at;
    p++;
    if (FLARE_LIKELY(digit != 0)) {
        while ((digit = (unsigned)(unsigned char)*p - '0') <= 9) {
            sum = sum * 10 + digit;
            p++;
        }
    }
    *out = sum;
    if (FLARE_LIKELY(*p == ',' || *p == '}' || *p == ']' || (unsigned char)*p <= ' '))
        return FLARE_LIKELY(p - at <= 18) ? p : at;
    return at;
}

FLAREI_INLINE const char *flarei_json_u64(struct flarei_json *json, const char *at,
                                          const struct flarei_json_path *path, const char *key, uint64_t min,
                                          uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    const char *const behind = flarei_json_digits(at, &value);

    if (FLARE_UNLIKELY(behind == at || value < min || value > max))
        return flarei_json_u64_slow(json, at, path, key, min, max, out);
    *out = value;
    return behind;
}

FLAREI_INLINE const char *flarei_json_i64(struct flarei_json *json, const char *at,
                                          const struct flarei_json_path *path, const char *key, int64_t min,
                                          int64_t max, int64_t *out)
{
    const bool negative = *at == '-';
    uint64_t magnitude = 0;
    const char *const behind = flarei_json_digits(at + negative, &magnitude);
    const int64_t value = (int64_t)(negative ? 0 - magnitude : magnitude);

    if (FLARE_UNLIKELY(behind == at + negative || value < min || value > max || (negative && value == 0)))
        return flarei_json_i64_slow(json, at, path, key, min, max, out);
    *out = value;
    return behind;
}

#define FLAREI_JSON_SMALL(name, wide, type)                                                                  \
    FLAREI_INLINE const char *flarei_json_##name(struct flarei_json *json, const char *at,                   \
                                                 const struct flarei_json_path *path, const char *key,       \
                                                 type min, type max, type *out)                              \
    {                                                                                                        \
        wide##64_t value = 0;                                                                                \
                                                                                                             \
        at = flarei_json_##name##_wide(json, at, path, key, min, max, &value);                               \
        *out = (type)value;                                                                                  \
        return at;                                                                                           \
    }
#define flarei_json_i8_wide  flarei_json_i64
#define flarei_json_i16_wide flarei_json_i64
#define flarei_json_i32_wide flarei_json_i64
#define flarei_json_u8_wide  flarei_json_u64
#define flarei_json_u16_wide flarei_json_u64
#define flarei_json_u32_wide flarei_json_u64
FLAREI_JSON_SMALL(i8, int, int8_t)
FLAREI_JSON_SMALL(i16, int, int16_t)
FLAREI_JSON_SMALL(i32, int, int32_t)
FLAREI_JSON_SMALL(u8, uint, uint8_t)
FLAREI_JSON_SMALL(u16, uint, uint16_t)
FLAREI_JSON_SMALL(u32, uint, uint32_t)
#undef flarei_json_i8_wide
#undef flarei_json_i16_wide
#undef flarei_json_i32_wide
#undef flarei_json_u8_wide
#undef flarei_json_u16_wide
#undef flarei_json_u32_wide
#undef FLAREI_JSON_SMALL

const char *flarei_json_f64(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                            const char *key, double min, double max, double *out) FLARE_MUST_USE;
const char *flarei_json_f32(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                            const char *key, float min, float max, float *out) FLARE_MUST_USE;

const char *flarei_json_string_slow(struct flarei_json *json, const char *at,
                                    const struct flarei_json_path *path, const char *key, size_t min,
                                    size_t max, flare_str *out);

/** A string of `min` to `max` scalar values, valid UTF-8 without U+0000. Borrowed from the text unless it
 * holds escapes, else of at most 4 * max bytes in the arena. *out has no NULL once it was taken. */
FLAREI_INLINE const char *flarei_json_string(struct flarei_json *json, const char *at,
                                             const struct flarei_json_path *path, const char *key, size_t min,
                                             size_t max, flare_str *out)
{
#if FLAREI_JSON_SIMD
    if (FLARE_LIKELY(at < json->last_block && *at == '"')) {
        const unsigned stops = flarei_json_stops(at + 1);

        if (FLARE_LIKELY(stops != 0)) {
            const size_t length = (size_t)__builtin_ctz(stops);

            if (FLARE_LIKELY(at[length + 1] == '"' && length >= min && length <= max)) {
                out->ptr = at + 1;
                out->len = length;
                return at + length + 2;
            }
        }
    }
#endif
    return flarei_json_string_slow(json, at, path, key, min, max, out);
}

/** Notes what a check of a value returned, unless that is FLAREI_FINE. */
static inline void flarei_json_note(struct flarei_json *json, const struct flarei_json_path *path,
                                    const char *key, enum flarei_rule rule)
{
    if (FLARE_UNLIKELY(rule != FLAREI_FINE))
        flarei_json_fail(json, path, key, rule);
}

/** flarei_json_X reads a string and takes it as flarei_take_X does. */
#define FLAREI_JSON_DECLARE_FORMAT(name, type)                                                               \
    const char *flarei_json_##name(struct flarei_json *json, const char *at,                                 \
                                   const struct flarei_json_path *path, const char *key, type *out);
FLAREI_JSON_DECLARE_FORMAT(uuid, flare_uuid)
FLAREI_JSON_DECLARE_FORMAT(date, flare_date)
FLAREI_JSON_DECLARE_FORMAT(datetime, flare_time)
FLAREI_JSON_DECLARE_FORMAT(ipv4, flare_ipv4)
FLAREI_JSON_DECLARE_FORMAT(ipv6, flare_ipv6)
FLAREI_JSON_DECLARE_FORMAT(email, flare_str)
FLAREI_JSON_DECLARE_FORMAT(url, flare_str)
#undef FLAREI_JSON_DECLARE_FORMAT

/** A string of base64 (RFC 4648 section 4) of `min` to `max` bytes, which go into the arena. */
const char *flarei_json_bytes(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                              const char *key, size_t min, size_t max, flare_str *out);

/** Any value, as the text that it is. @param depth how deep containers may nest in it */
static inline const char *flarei_json_raw(struct flarei_json *json, const char *at, unsigned depth,
                                          flare_str *out)
{
    const char *const behind = flarei_json_skip(json, at, depth);

    if (behind != NULL)
        *out = FLARE_LIT(flare_str){at, (size_t)(behind - at)};
    return behind;
}

/** Finds the value of the member `name` of an object without reading the others: a union's tag.
 *  @param at where the object starts @return the place of its value, or NULL if there is none before the end
 * of the object or of what is well-formed */
const char *flarei_json_find(struct flarei_json *json, const char *at, flare_str name,
                             unsigned depth) FLARE_MUST_USE;

/** Makes room for more items: in place if nothing was taken from the arena since, else elsewhere.
 *  @param items NULL, or what it returned last @param room in items; raised to at most `max`
 *  @return the items, or NULL: no memory, flarei_json_stop() was called */
void *flarei_json_grow(struct flarei_json *json, void *items, size_t *room, size_t max,
                       size_t item_bytes) FLARE_MUST_USE;

/** Gives room for one value: a type that may hold itself is held by pointer.
 *  @return not zeroed, or NULL: no memory, flarei_json_stop() was called */
void *flarei_json_hold(struct flarei_json *json, size_t bytes) FLARE_MUST_USE;
/** Notes `rule` at `path` if two of `count` items are alike, or two entries of a map have one key.
 *  @param failed json->count before the items: does nothing if one of them failed
 *  @return `at`, or NULL: no memory */
const char *flarei_json_distinct(struct flarei_json *json, const char *at,
                                 const struct flarei_json_path *path, const void *items, size_t item_bytes,
                                 enum flarei_items kind, size_t count, uint32_t failed,
                                 enum flarei_rule rule) FLARE_MUST_USE;

/* ---- Maps and unions ---- */

/** Reads a map's key, the colon and blanks. @param path of the map @return the place of the value, or NULL */
const char *flarei_json_map_key(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                                flare_str *key) FLARE_MUST_USE;
/** As flarei_json_drop_items(), of a map's members. */
FLARE_NOINLINE_COLD const char *flarei_json_drop_members(struct flarei_json *json, const char *at,
                                                         const struct flarei_json_path *path);
/** Finds the tag of a union whose '{' is at `at`, wherever it stands. @param tag borrowed until the next name
 *  @return false: there is none, or it is no string */
bool flarei_json_tag(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                     flare_str name, flare_str *tag) FLARE_MUST_USE;
/** Notes FLAREI_RULE_TAG and skips the union at `at`. @param key "/tag" @return the place behind it, or NULL
 */
FLARE_NOINLINE_COLD const char *flarei_json_drop_union(struct flarei_json *json, const char *at,
                                                       const struct flarei_json_path *path, const char *key);
/** Any value, as the text that it is, nested as deep as its place allows. */
const char *flarei_json_raw_value(struct flarei_json *json, const char *at,
                                  const struct flarei_json_path *path, const char *key, flare_str *out);

/* ---- A request's body ---- */

/** What is decoded may take so much memory for each byte of the text: lists of numbers do. */
#define FLAREI_JSON_MEMORY_PER_BYTE 8u

/** Prepares to read a request's body, which may take memory in proportion to its length beyond what a request
 * may have. @param bound bytes that the inputs of its route can take, as flarec computed them: more is a bug
 * of ours, and a 500 @return as flarei_json_begin() */
const char *flarei_json_begin_body(struct flarei_json *json, flare_request *rq, size_t bound) FLARE_MUST_USE;
/** The reply to a body that was not taken: 400 for malformed text, 422 with the failures, 413 where a request
 * may have no more memory, 503 where there is none, 500 where it took more than it can. @param verdict of
 * flarei_json_end() */
FLARE_NOINLINE_COLD flare_reply flarei_reply_json_refused(flare_request *rq, const struct flarei_json *json,
                                                          enum flarei_json_verdict verdict) FLARE_MUST_USE;

/* ---- NDJSON: a text of JSON on each line; lines of blanks alone are passed over ---- */

/* The lines of a body. */
struct flarei_lines {
    flare_request *rq;
    struct flarei_json *json; /* its failures are those of all lines */
    const char *at;
    const char *end;
    flare_str line;
    size_t number; /* of the line, from 1 */
    enum flarei_json_verdict verdict;
    flarei_arena_mark mark;
};

/** Begins to check a request's body. */
struct flarei_lines flarei_lines_of(flare_request *rq, struct flarei_json *json);
/** Steps to the next line. @return false behind the last */
bool flarei_lines_next(struct flarei_lines *lines) FLARE_MUST_USE;
/** Begins its text. @return as flarei_json_begin() */
const char *flarei_lines_begin(struct flarei_lines *lines) FLARE_MUST_USE;
/** Ends it, and gives the memory back that it took. @return false: it was no JSON, or can't be read */
bool flarei_lines_end(struct flarei_lines *lines, const char *at) FLARE_MUST_USE;
/** The reply to a line that ended so: 400 that names it, or 413. */
FLARE_NOINLINE_COLD flare_reply flarei_reply_lines_refused(flare_request *rq,
                                                           const struct flarei_lines *lines) FLARE_MUST_USE;
/** Begins the next line of a body that was checked, whose place is kept in the request.
 *  @return the place of its value, or NULL behind the last */
const char *flarei_lines_take(flare_request *rq, struct flarei_json *json) FLARE_MUST_USE;
/** Ends it. @return false if there was no memory for it, which flarei_lines_judge() remembers */
bool flarei_lines_took(flare_request *rq, struct flarei_json *json, const char *at) FLARE_MUST_USE;
/** Judges what a handler returned that may have taken a line that there was no memory for as the end of the
 *  lines. @return its reply, or a 413 or 503 in its place */
flare_reply flarei_lines_judge(flare_request *rq, flare_reply reply) FLARE_MUST_USE;

FLARE_END
#endif
