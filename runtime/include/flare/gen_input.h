/* flare/gen_input.h - how emitted C reads inputs: scalars, captures, query, fields, cookies; a part of gen.h.
 */
#ifndef FLARE_GEN_INPUT_H
#define FLARE_GEN_INPUT_H

#include <flare/gen.h>

FLARE_BEGIN

/* ---- Scalars ---- */

/** X(name, type): numbers, which have a range. */
#define FLAREI_NUMBERS(X)                                                                                    \
    X(i8, int8_t)                                                                                            \
    X(i16, int16_t)                                                                                          \
    X(i32, int32_t)                                                                                          \
    X(i64, int64_t)                                                                                          \
    X(u8, uint8_t)                                                                                           \
    X(u16, uint16_t)                                                                                         \
    X(u32, uint32_t)                                                                                         \
    X(u64, uint64_t)                                                                                         \
    X(f32, float)                                                                                            \
    X(f64, double)

/** X(name, type): texts, which have a length. A string is valid UTF-8 without NUL, its length in scalar
 * values; bytes are not looked at; of a bearer it is the token's. */
#define FLAREI_TEXTS(X)                                                                                      \
    X(string, flare_str)                                                                                     \
    X(bytes, flare_str)                                                                                      \
    X(bearer, flare_str)

/** X(name, type): those that are as they are. */
#define FLAREI_FORMATS(X)                                                                                    \
    X(bool, bool)                                                                                            \
    X(uuid, flare_uuid)                                                                                      \
    X(date, flare_date)                                                                                      \
    X(datetime, flare_time)                                                                                  \
    X(ipv4, flare_ipv4)                                                                                      \
    X(ipv6, flare_ipv6)                                                                                      \
    X(email, flare_str)                                                                                      \
    X(url, flare_str)                                                                                        \
    X(etag, flare_str)

/** flarei_take_X parses a value without escapes, checks its range or length, and returns FLAREI_FINE or the
 * rule that failed. flarei_read_X finds an input of query, fields or cookies, takes it and notes what is
 * wrong. @return was there one value to take? */
#define FLAREI_DECLARE_NUMBER(name, type)                                                                    \
    enum flarei_rule flarei_take_##name(flare_str raw, type min, type max, type *out);                       \
    bool flarei_read_##name(flare_request *rq, const struct flarei_input *input, type min, type max,         \
                            type *out);
#define FLAREI_DECLARE_TEXT(name, type)                                                                      \
    enum flarei_rule flarei_take_##name(flare_str raw, size_t min, size_t max, type *out);                   \
    bool flarei_read_##name(flare_request *rq, const struct flarei_input *input, size_t min, size_t max,     \
                            type *out);
#define FLAREI_DECLARE_FORMAT(name, type)                                                                    \
    enum flarei_rule flarei_take_##name(flare_str raw, type *out);                                           \
    bool flarei_read_##name(flare_request *rq, const struct flarei_input *input, type *out);
FLAREI_NUMBERS(FLAREI_DECLARE_NUMBER)
FLAREI_TEXTS(FLAREI_DECLARE_TEXT)
FLAREI_FORMATS(FLAREI_DECLARE_FORMAT)
#undef FLAREI_DECLARE_NUMBER
#undef FLAREI_DECLARE_TEXT
#undef FLAREI_DECLARE_FORMAT

/** Finds Basic credentials in a field, and decodes them into the request's memory; notes what is wrong.
 *  @return was there one value to take? */
bool flarei_read_basic(flare_request *rq, const struct flarei_input *input, flare_basic *out);

/** A url of other schemes than http and https. @param schemes in lower case, a blank between two
 *  @return FLAREI_FINE, FLAREI_RULE_TYPE, or FLAREI_RULE_SCHEME where only its scheme is another */
enum flarei_rule flarei_take_url_of(flare_str raw, flare_str schemes, flare_str *out);

/** How items of an array are compared. */
enum flarei_items {
    FLAREI_ITEMS_PLAIN, /* by their bytes: whole numbers, enums, formats */
    FLAREI_ITEMS_TEXTS, /* by the flare_str that each begins with */
    FLAREI_ITEMS_F32,   /* 0.0 and -0.0 are one */
    FLAREI_ITEMS_F64
};
/** Are no two items alike? In n log n steps. @param count of `item_bytes` each
 *  @param arena for 4 bytes an item where there are many, which it gives back
 *  @return FLAREI_FINE, FLAREI_RULE_UNIQUE, or FLAREI_RULE_MEMORY */
enum flarei_rule flarei_check_unique(flare_arena *arena, const void *items, size_t count, size_t item_bytes,
                                     enum flarei_items kind);

/** The length of a value that was taken already, in scalar values: min to max. */
enum flarei_rule flarei_check_length(flare_str value, size_t min, size_t max);

/* A pattern as an automaton over bytes. State 0 is the dead one, 1 the first. */
struct flarei_pattern {
    const uint8_t *class_of; /* by byte */
    const uint16_t *next;    /* [state * class_count + class] */
    const bool *accepting;   /* by state */
    uint32_t class_count;
};

/** Does the pattern match the whole text? One step a byte, whatever the pattern. */
static inline bool flarei_pattern_matches(const struct flarei_pattern *pattern, flare_str text)
{
    size_t state = 1;

    for (size_t i = 0; i < text.len && state != 0; i++)
        state = pattern->next[state * pattern->class_count + pattern->class_of[(unsigned char)text.ptr[i]]];
    return pattern->accepting[state];
}

/* ---- Captures of the path ---- */

/** Unescapes a capture in place, into the request's memory. @return FLAREI_FINE, or what is wrong */
enum flarei_rule flarei_unescape_path(flare_request *rq, flare_str *text);
/** The same for a value of the query, in which '+' is a space. */
enum flarei_rule flarei_unescape_form(flare_request *rq, flare_str *text);
/** Unescapes a capture and checks it as a string; notes what is wrong. */
FLARE_NOINLINE_COLD void flarei_path_string_escaped(flare_request *rq, const struct flarei_input *input,
                                                    size_t min, size_t max, flare_str *text);

/** A capture as text without escapes, for a check that follows. @return false: a failure was noted */
static inline bool flarei_path_text(flare_request *rq, const struct flarei_input *input, flare_str raw,
                                    flare_str *text)
{
    enum flarei_rule rule;

    *text = raw;
    if (FLARE_LIKELY(rq->path_plain))
        return true;
    rule = flarei_unescape_path(rq, text);
    flarei_note(rq, input, rule);
    return rule == FLAREI_FINE;
}

/** A capture as a string. Of a plain path, it is one already, and its bytes are its length. */
static inline void flarei_path_string(flare_request *rq, const struct flarei_input *input, flare_str raw,
                                      size_t min, size_t max, flare_str *out)
{
    *out = raw;
    if (FLARE_UNLIKELY(!rq->path_plain || raw.len < min || raw.len > max))
        flarei_path_string_escaped(rq, input, min, max, out);
}

/* ---- Query, fields, cookies ---- */

/** Finds the value of an input that comes once, unescaped. Notes where it must come and does not, where it
 * comes again (of a cookie, the first counts), and a bad escape. @return is there a value? */
bool flarei_find(flare_request *rq, const struct flarei_input *input, flare_str *value);

/* Walks the values of one name in the query, unescaped ('+' is a space), in the request's memory where they
 * held escapes. */
struct flarei_query_walk {
    flare_request *rq;
    flare_str name;
    const char *at;
    const char *end;
    flare_str value;
    enum flarei_rule rule; /* of the value: a bad escape, or no memory */
};

static inline struct flarei_query_walk flarei_query_walk_of(flare_request *rq,
                                                            const struct flarei_input *input)
{
    struct flarei_query_walk walk;

    walk.rq = rq;
    walk.name = input->name;
    walk.at = rq->query.ptr;
    walk.end = flarei_str_end(rq->query);
    walk.rule = FLAREI_FINE;
    return walk;
}
/** Steps to the next value. @return false at the end */
bool flarei_query_next(struct flarei_query_walk *walk);

/* A value of the query as it stands there, and the next one of its name. */
struct flarei_query_value {
    flare_str text;
    const struct flarei_query_value *next;
};

/* All values of one name. */
struct flarei_query_values {
    struct flarei_query_value first; /* if there is one; the others are in the request's memory */
    struct flarei_query_value *last;
    size_t count;
};

/* Finds the values of several names in one pass over the query:
 *
 *     struct flarei_query_scan scan = flarei_query_scan_of(rq, inputs, values, 2);
 *     while (flarei_query_pair(&scan))
 *         flarei_query_keep(&scan, member_of(scan.name));
 */
struct flarei_query_scan {
    flare_request *rq;
    const struct flarei_input *const *inputs;
    struct flarei_query_values *values; /* of each input */
    size_t count;
    const char *at;
    const char *end;
    flare_str name; /* of the pair at hand, as it stands there */
    flare_str value;
    bool plain; /* the name has no escapes */
};

static inline struct flarei_query_scan flarei_query_scan_of(flare_request *rq,
                                                            const struct flarei_input *const *inputs,
                                                            struct flarei_query_values *values, size_t count)
{
    struct flarei_query_scan scan;

    for (size_t i = 0; i < count; i++)
        values[i].count = 0;
    scan.rq = rq;
    scan.inputs = inputs;
    scan.values = values;
    scan.count = count;
    scan.at = rq->query.ptr;
    scan.end = flarei_str_end(rq->query);
    return scan;
}
/** Steps to the next pair. @return false at the end */
bool flarei_query_pair(struct flarei_query_scan *scan);
/** Keeps the value of the pair at hand, if its name is one of the inputs'. @param member the number of the
 * only input that a name without escapes can be, from 1; 0 if it can be none */
void flarei_query_keep(struct flarei_query_scan *scan, unsigned member);
/** The value of an input that comes once, as flarei_find() has it, from what was kept. */
bool flarei_query_find(flare_request *rq, const struct flarei_input *input,
                       const struct flarei_query_values *values, flare_str *value);

/* Walks the values that were kept of one name, unescaped. */
struct flarei_query_items {
    flare_request *rq;
    const struct flarei_query_values *values;
    const struct flarei_query_value *at;
    flare_str value;
    enum flarei_rule rule; /* of the value: a bad escape, or no memory */
};

static inline struct flarei_query_items flarei_query_items_of(flare_request *rq,
                                                              const struct flarei_query_values *values)
{
    struct flarei_query_items items;

    items.rq = rq;
    items.values = values;
    items.at = NULL;
    items.rule = FLAREI_FINE;
    return items;
}
/** Steps to the next value. @return false at the end */
bool flarei_query_item(struct flarei_query_items *items);

/** A hash for names that no simple one tells apart. @param seed picks one of many */
static inline uint32_t flarei_name_hash(flare_str name, uint32_t seed)
{
    uint32_t hash = seed;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.ptr[i]) * UINT32_C(0x01000193);
    hash ^= hash >> 15;
    hash *= UINT32_C(0x2c1b3c6d);
    return hash ^ hash >> 13;
}

/** Steps through a list field's members (RFC 9110 section 5.6.1): true with the next one, quotes kept. */
bool flarei_list_next(flare_str *rest, flare_str *member);

/* Collects the items of a repeated input in the request's memory; how many there may be is known beforehand.
 */
/** @return the array with room for one more of `item_bytes`, or NULL: no memory. `items` NULL, or what it
 * returned last. */
void *flarei_array_grow(flare_request *rq, void *items, size_t count, size_t item_bytes);

FLARE_END

#endif
