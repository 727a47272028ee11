/* Any value, checked to be JSON and passed over: unknown members, values of a wrong type, raw values. */
#include "http/json_scan.h"

#if FLAREI_JSON_SIMD
/* Which of 16 bytes are no blanks. */
static inline unsigned others(const char *at)
{
    const __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
    const __m128i usual =
        _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\n')));
    const __m128i rare =
        _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('\t')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\r')));

    return 0xffffu ^ (unsigned)_mm_movemask_epi8(_mm_or_si128(usual, rare));
}
#endif

const char *flarei_json_blanks_slow(const char *at, const char *end)
{
#if FLAREI_JSON_SIMD
    while (end - at >= 16) {
        const unsigned other = others(at);

        if (other != 0)
            return at + __builtin_ctz(other);
        at += 16;
    }
#endif
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

const char *flarei_json_gap_slow(struct flarei_json *json, const char *at, size_t *gap, const size_t *outer)
{
    static const char tabs[16] = "\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t";
    const char *behind;

    if (*at == ' ' && (unsigned char)at[1] > ' ')
        return at + 1;
    behind = flarei_json_blanks_slow(at, json->end);
    if (*at != '\n' || behind - at >= 16)
        return behind;
    *gap = (size_t)(behind - at);
    if (outer != NULL && *gap > *outer) {
        json->step = *gap - *outer;
        if (at[1] == '\t')
            memcpy(json->blanks.bytes, tabs, sizeof tabs);
    }
    return behind;
}

struct flarei_json_turn flarei_json_comma_slow(struct flarei_json *json, const char *at, size_t *outer)
{
    if ((unsigned char)*at <= ' ')
        at = flarei_json_gap_slow(json, at, outer, NULL);
    if (*at != ',')
        return (struct flarei_json_turn){at, false};
    at++;
    if ((unsigned char)*at <= ' ')
        at = flarei_json_gap_slow(json, at, &json->gap, NULL);
    return (struct flarei_json_turn){at, true};
}

static const char *skip_blanks(const char *at, const char *end)
{
    return at < end && (unsigned char)*at <= ' ' ? flarei_json_blanks_slow(at, end) : at;
}

/* A string of the grammar in valid UTF-8; its escapes may say anything. `at` is at the quote. */
static const char *skip_string(const char *first, const char *at, const char *end)
{
    size_t ignored = 0;

    at = skip_text(first, at + 1, end, &ignored);
    while (at != NULL && at < end && *at != '"') {
        if (*at != '\\' || end - at < 2) {
            return NULL;
        } else if (at[1] == 'u') {
            if (hex_unit(at + 2, end) < 0)
                return NULL;
            at += 6;
        } else {
            if (short_escape(at[1]) == 0)
                return NULL;
            at += 2;
        }
        at = skip_text(first, at, end, &ignored);
    }
    return at != NULL && at < end ? at + 1 : NULL;
}

static const char *skip_scalar(const char *first, const char *at, const char *end)
{
    switch (*at) {
    case '"':
        return skip_string(first, at, end);
    case 't':
        return FLAREI_JSON_TRY(at, end, "true") ? at : NULL;
    case 'f':
        return FLAREI_JSON_TRY(at, end, "false") ? at : NULL;
    case 'n':
        return FLAREI_JSON_TRY(at, end, "null") ? at : NULL;
    default:
        return skip_number(at, end);
    }
}

/* A name, its colon and the blanks around it. */
static const char *skip_name(const char *first, const char *at, const char *end)
{
    if (at == end || *at != '"' || (at = skip_string(first, at, end)) == NULL)
        return NULL;
    at = skip_blanks(at, end);
    return at < end && *at == ':' ? skip_blanks(at + 1, end) : NULL;
}

const char *flarei_json_skip(struct flarei_json *json, const char *at, unsigned depth)
{
    const char *const end = json->end;
    uint64_t objects = 0; /* a bit for each open container, the innermost lowest */
    unsigned level = 0;

    for (;;) {
        if (at >= end)
            return NULL;
        if (*at == '{' || *at == '[') {
            const bool object = *at == '{';

            if (level == depth)
                return flarei_json_stop(json, FLAREI_JSON_TOO_DEEP);
            level++;
            objects = objects << 1 | object;
            at = skip_blanks(at + 1, end);
            if (at == end)
                return NULL;
            if (*at != (object ? '}' : ']')) {
                if (object && (at = skip_name(json->start, at, end)) == NULL)
                    return NULL;
                continue;
            }
        } else {
            at = skip_scalar(json->start, at, end);
            if (at == NULL)
                return NULL;
        }
        for (; level > 0; level--, objects >>= 1) {
            at = skip_blanks(at, end);
            if (at == end)
                return NULL;
            if (*at == ',')
                break;
            if (*at != ((objects & 1) != 0 ? '}' : ']'))
                return NULL;
            at++;
        }
        if (level == 0)
            return at;
        at = skip_blanks(at + 1, end);
        if ((objects & 1) != 0 && (at = skip_name(json->start, at, end)) == NULL)
            return NULL;
    }
}

const char *flarei_json_find(struct flarei_json *json, const char *at, flare_str name, unsigned depth)
{
    flare_str key;
    size_t outer;

    if (*at != '{')
        return NULL;
    at = flarei_json_open(json, at, &outer);
    if (*at == '}')
        return NULL;
    do {
        at = flarei_json_key(json, at, &key);
        if (at == NULL || flare_str_equal(key, name))
            return at;
        at = flarei_json_skip(json, at, depth);
    } while (at != NULL && flarei_json_comma(json, &at, &outer));
    return NULL;
}
