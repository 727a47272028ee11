#include <flare/gen_json.h>
#include <flare/log.h>

#include <math.h>

/* Which bytes of a string can't stand as they are (RFC 8259, section 7): the letter of a short escape, or
 * 'u'. */
static const char escapes[256] = {
    ['\0'] = 'u', [1] = 'u',    [2] = 'u',    [3] = 'u',    [4] = 'u',   [5] = 'u',    [6] = 'u',
    [7] = 'u',    ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', [11] = 'u',  ['\f'] = 'f', ['\r'] = 'r',
    [14] = 'u',   [15] = 'u',   [16] = 'u',   [17] = 'u',   [18] = 'u',  [19] = 'u',   [20] = 'u',
    [21] = 'u',   [22] = 'u',   [23] = 'u',   [24] = 'u',   [25] = 'u',  [26] = 'u',   [27] = 'u',
    [28] = 'u',   [29] = 'u',   [30] = 'u',   [31] = 'u',   ['"'] = '"', ['\\'] = '\\'};

/* A string with bytes that are not plain ASCII. */
static FLARE_NOINLINE_COLD void put_odd_string(flare_buffer *out, flare_str value)
{
    static const char hex[] = "0123456789abcdef";
    size_t scalars, done = 0, i = 0;

    if (FLARE_UNLIKELY(!flare_utf8_count(value, FLARE_UTF8_ANY, &scalars))) {
        flarei_put_failed(out, "a string of the reply is not UTF-8");
        return;
    }
    flarei_put(out, "\"", 1);
    for (; i < value.len; i++) {
        const unsigned char byte = (unsigned char)value.ptr[i];

        if (FLARE_LIKELY(escapes[byte] == 0))
            continue;
        flarei_put(out, value.ptr + done, i - done);
        if (escapes[byte] == 'u') {
            const char code[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};

            flarei_put(out, code, sizeof code);
        } else {
            const char code[2] = {'\\', escapes[byte]};

            flarei_put(out, code, sizeof code);
        }
        done = i + 1;
    }
    flarei_put(out, value.ptr + done, value.len - done);
    flarei_put(out, "\"", 1);
}

#if FLAREI_JSON_SIMD
/* Copies `length` bytes in whole blocks, the last of them overlapping. @return are they all plain? Else what
 * `to` holds is undefined. */
static inline bool copy_plain(char *to, const char *from, size_t length)
{
    if (length < 4) {
        for (size_t i = 0; i < length; i++) {
            if ((signed char)from[i] < 0x20 || escapes[(unsigned char)from[i]] != 0)
                return false;
            to[i] = from[i];
        }
        return true;
    }
    if (length < 16) {
        const size_t half = length < 8 ? 4 : 8, last = length - half;
        char both[16];

        memset(both, ' ', sizeof both);
        if (half == 4) {
            memcpy(both, from, 4);
            memcpy(both + 4, from + last, 4);
            memcpy(to, both, 4);
            memcpy(to + last, both + 4, 4);
        } else {
            memcpy(both, from, 8);
            memcpy(both + 8, from + last, 8);
            memcpy(to, both, 8);
            memcpy(to + last, both + 8, 8);
        }
        return flarei_json_stops(both) == 0;
    }
    for (size_t at = 0; at + 16 <= length; at += 16) {
        if (flarei_json_stops(from + at) != 0)
            return false;
        memcpy(to + at, from + at, 16);
    }
    memcpy(to + length - 16, from + length - 16, 16);
    return flarei_json_stops(from + length - 16) == 0;
}
#endif

void flarei_put_string(flare_buffer *out, flare_str value)
{
#if FLAREI_JSON_SIMD
    char *const start = value.len <= SIZE_MAX - 2 ? flarei_buffer_reserve(out, value.len + 2) : NULL;

    if (FLARE_UNLIKELY(start == NULL))
        return;
    if (FLARE_LIKELY(copy_plain(start + 1, value.ptr, value.len))) {
        start[0] = start[value.len + 1] = '"';
        flarei_buffer_commit(out, value.len + 2);
        return;
    }
#endif
    put_odd_string(out, value);
}

void flarei_put_bool(flare_buffer *out, bool value)
{
    if (value)
        FLAREI_PUT(out, "true");
    else
        FLAREI_PUT(out, "false");
}

/* Formats straight into the buffer. `quote` is 1 for a value that stands in quotes. */
#define PUT_FORMATTED(out, max_bytes, quote, call)                                                           \
    do {                                                                                                     \
        char *const start = flarei_buffer_reserve((out), (max_bytes) + 2);                                   \
        char *const to = start + (quote);                                                                    \
                                                                                                             \
        if (start == NULL)                                                                                   \
            return;                                                                                          \
        const size_t length = (call);                                                                        \
        if (quote)                                                                                           \
            start[0] = to[length] = '"';                                                                     \
        flarei_buffer_commit((out), length + 2 * (quote));                                                   \
    } while (0)

void flarei_put_u64(flare_buffer *out, uint64_t value)
{
    PUT_FORMATTED(out, FLARE_U64_MAX_BYTES, 0, flare_u64_format(value, to));
}

void flarei_put_i64(flare_buffer *out, int64_t value)
{
    PUT_FORMATTED(out, FLARE_I64_MAX_BYTES, 0, flare_i64_format(value, to));
}

void flarei_put_f64(flare_buffer *out, double value)
{
    if (FLARE_UNLIKELY(!isfinite(value))) {
        flarei_put_failed(out, "a number of the reply is not finite");
        return;
    }
    PUT_FORMATTED(out, FLARE_F64_MAX_BYTES, 0, flare_f64_format(value, to));
}

void flarei_put_raw(flare_buffer *out, flare_str value)
{
    if (FLARE_UNLIKELY(value.len == 0))
        flarei_put_failed(out, "raw JSON of the reply was never set");
    else
        flarei_put(out, value.ptr, value.len);
}

void flarei_put_f32(flare_buffer *out, float value)
{
    if (FLARE_UNLIKELY(!isfinite(value))) {
        flarei_put_failed(out, "a number of the reply is not finite");
        return;
    }
    PUT_FORMATTED(out, FLARE_F32_MAX_BYTES, 0, flare_f32_format(value, to));
}

void flarei_put_bytes(flare_buffer *out, flare_str value)
{
    const size_t most = flare_base64_encoded_max(value.len);

    if (most > SIZE_MAX - 2) {
        flarei_put_failed(out, "bytes of the reply are too long");
        return;
    }
    PUT_FORMATTED(out, most, 1, flare_base64_encode(FLARE_BASE64, value.ptr, value.len, to));
}

void flarei_put_uuid(flare_buffer *out, flare_uuid value)
{
    PUT_FORMATTED(out, FLARE_UUID_BYTES, 1, flare_uuid_format(value, to));
}

void flarei_put_date(flare_buffer *out, flare_date value)
{
    if (FLARE_UNLIKELY(!flare_date_valid(value))) {
        flarei_put_failed(out, "a date of the reply is not of the calendar");
        return;
    }
    PUT_FORMATTED(out, FLARE_DATE_BYTES, 1, flare_date_format(value, to));
}

void flarei_put_datetime(flare_buffer *out, flare_time value)
{
    PUT_FORMATTED(out, FLARE_TIME_MAX_BYTES, 1, flare_time_format(value, to));
}

void flarei_put_ipv4(flare_buffer *out, flare_ipv4 value)
{
    PUT_FORMATTED(out, FLARE_IPV4_MAX_BYTES, 1, flare_ipv4_format(value, to));
}

void flarei_put_ipv6(flare_buffer *out, flare_ipv6 value)
{
    PUT_FORMATTED(out, FLARE_IPV6_MAX_BYTES, 1, flare_ipv6_format(value, to));
}

bool flarei_put_enter(flare_buffer *out)
{
    if (FLARE_UNLIKELY(out->failed))
        return false;
    if (FLARE_UNLIKELY(out->depth == FLAREI_JSON_DEPTH_MAX)) {
        flarei_put_failed(out, "a value of the reply is nested too deeply");
        return false;
    }
    out->depth++;
    return true;
}

void flarei_put_failed(flare_buffer *out, const char *why)
{
    if (!out->failed)
        flare_log(FLARE_LOG_ERROR, "%s", why);
    flarei_buffer_fail(out);
}
