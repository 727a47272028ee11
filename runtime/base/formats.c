#include <flare/formats.h>
#include <flare/number.h>
#include <flare/random.h>
#include <flare/text.h>

/* ---- UUID ---- */

/* Where the pairs of digits begin in 8-4-4-4-12. */
static const uint8_t uuid_pairs[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

flare_err flare_uuid_parse(flare_str text, flare_uuid *uuid)
{
    const char *const p = text.ptr;
    flare_uuid parsed;

    if (text.len != FLARE_UUID_BYTES || p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-')
        return FLARE_ERR_SYNTAX;
    for (size_t i = 0; i < 16; i++) {
        const int high = flarei_hex_value(p[uuid_pairs[i]]), low = flarei_hex_value(p[uuid_pairs[i] + 1]);

        if (high < 0 || low < 0)
            return FLARE_ERR_SYNTAX;
        parsed.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *uuid = parsed;
    return FLARE_OK;
}

size_t flare_uuid_format(flare_uuid uuid, char *out)
{
    out[8] = out[13] = out[18] = out[23] = '-';
    for (size_t i = 0; i < 16; i++)
        flarei_hex_encode(&uuid.bytes[i], 1, out + uuid_pairs[i]);
    return FLARE_UUID_BYTES;
}

flare_err flare_uuid_make(flare_uuid *uuid)
{
    flare_uuid made;

    if (!flarei_random_bytes(made.bytes, sizeof made.bytes))
        return FLARE_ERR_IO;
    made.bytes[6] = (uint8_t)((made.bytes[6] & 0x0f) | 0x40); /* version 4 */
    made.bytes[8] = (uint8_t)((made.bytes[8] & 0x3f) | 0x80); /* variant of RFC 9562 */
    *uuid = made;
    return FLARE_OK;
}

/* ---- IP addresses ---- */

flare_err flare_ipv4_parse(flare_str text, flare_ipv4 *address)
{
    const char *p = text.ptr, *const end = flarei_str_end(text);
    flare_ipv4 parsed;

    for (int i = 0; i < 4; i++) {
        const char *const start = p;
        unsigned value = 0;

        if (i > 0 && (p == end || *p++ != '.'))
            return FLARE_ERR_SYNTAX;
        const char *const digits = i > 0 ? start + 1 : start;

        while (p < end && p - digits < 3 && (unsigned)(unsigned char)*p - '0' <= 9u)
            value = value * 10 + (unsigned)(*p++ - '0');
        if (p == digits || value > 255 || (p - digits > 1 && *digits == '0'))
            return FLARE_ERR_SYNTAX;
        parsed.bytes[i] = (uint8_t)value;
    }
    if (p != end)
        return FLARE_ERR_SYNTAX;
    *address = parsed;
    return FLARE_OK;
}

size_t flare_ipv4_format(flare_ipv4 address, char *out)
{
    char *p = out;

    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *p++ = '.';
        p += flare_u64_format(address.bytes[i], p);
    }
    return (size_t)(p - out);
}

flare_err flare_ipv6_parse(flare_str text, flare_ipv6 *address)
{
    const char *p = text.ptr, *const end = flarei_str_end(text);
    flare_ipv6 parsed = {{0}};
    size_t count = 0, gap = SIZE_MAX; /* bytes so far; where `::` stood */

    if (end - p >= 2 && p[0] == ':' && p[1] == ':') {
        gap = 0;
        p += 2;
    }
    while (p < end) {
        const char *const group = p;
        unsigned value = 0;

        while (p < end && p - group < 4 && flarei_hex_value(*p) >= 0)
            value = value << 4 | (unsigned)flarei_hex_value(*p++);
        if (p < end && *p == '.' && count <= 12) {
            flare_ipv4 tail;

            if (flare_ipv4_parse((flare_str){group, (size_t)(end - group)}, &tail) != FLARE_OK)
                return FLARE_ERR_SYNTAX;
            memcpy(parsed.bytes + count, tail.bytes, 4);
            count += 4;
            break;
        }
        if (p == group || count > 14)
            return FLARE_ERR_SYNTAX;
        parsed.bytes[count++] = (uint8_t)(value >> 8);
        parsed.bytes[count++] = (uint8_t)(value & 0xff);
        if (p == end)
            break;
        if (*p++ != ':' || p == end)
            return FLARE_ERR_SYNTAX;
        if (*p == ':') {
            if (gap != SIZE_MAX)
                return FLARE_ERR_SYNTAX;
            gap = count;
            p++;
        }
    }
    if (gap == SIZE_MAX ? count != 16 : count > 14)
        return FLARE_ERR_SYNTAX;
    if (gap != SIZE_MAX) {
        memmove(parsed.bytes + 16 - (count - gap), parsed.bytes + gap, count - gap);
        memset(parsed.bytes + gap, 0, 16 - count);
    }
    *address = parsed;
    return FLARE_OK;
}

static unsigned ipv6_group(const flare_ipv6 *address, int i)
{
    return (unsigned)address->bytes[2 * i] << 8 | address->bytes[2 * i + 1];
}

size_t flare_ipv6_format(flare_ipv6 address, char *out)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    int gap = -1, gap_groups = 1; /* the first of the longest runs of at least two zero groups */
    char *p = out;

    if (memcmp(address.bytes, mapped, sizeof mapped) == 0) {
        flare_ipv4 tail;

        memcpy(tail.bytes, address.bytes + 12, 4);
        memcpy(p, "::ffff:", 7);
        return 7 + flare_ipv4_format(tail, p + 7);
    }
    for (int i = 0, run = 0; i < 8; i++) {
        run = ipv6_group(&address, i) == 0 ? run + 1 : 0;
        if (run > gap_groups) {
            gap = i - run + 1;
            gap_groups = run;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == gap) {
            *p++ = ':';
            *p++ = ':';
            i += gap_groups - 1;
            continue;
        }
        if (i > 0 && p[-1] != ':')
            *p++ = ':';
        p += flarei_u64_format_hex(ipv6_group(&address, i), p);
    }
    return (size_t)(p - out);
}

/* ---- E-mail and URL ---- */

static bool is_alphanumeric(char byte)
{
    return (unsigned)((unsigned char)byte | 0x20) - 'a' < 26u || (unsigned)(unsigned char)byte - '0' < 10u;
}

static bool is_one_of(char byte, const char *set, size_t count)
{
    return memchr(set, byte, count) != NULL;
}
#define IS_ONE_OF(byte, literal) is_one_of(byte, literal, sizeof(literal) - 1)

static bool domain_valid(const char *p, const char *end)
{
    const char *label = p;
    bool letters = false;
    size_t labels = 0;

    for (;; p++) {
        if (p < end && *p != '.') {
            if (!is_alphanumeric(*p) && *p != '-')
                return false;
            letters = letters || (unsigned)(unsigned char)*p - '0' > 9u;
            continue;
        }
        if (p == label || p - label > 63 || *label == '-' || p[-1] == '-')
            return false;
        labels++;
        if (p == end)
            return labels >= 2 && letters;
        label = p + 1;
        letters = false;
    }
}

bool flare_email_valid(flare_str text)
{
    const char *p = text.ptr, *const end = flarei_str_end(text);
    bool dot = true; /* no atom yet */

    if (text.len > 254)
        return false;
    for (; p < end && *p != '@'; p++) {
        if (*p == '.' ? dot : !is_alphanumeric(*p) && !IS_ONE_OF(*p, "!#$%&'*+-/=?^_`{|}~"))
            return false;
        dot = *p == '.';
    }
    return p < end && !dot && p - text.ptr <= 64 && domain_valid(p + 1, end);
}

/* Skips unreserved and sub-delims characters, escapes, and those of `more`; stops at any other. */
static const char *skip_uri(const char *p, const char *end, const char *more, size_t more_count)
{
    while (p < end) {
        if (is_alphanumeric(*p) || IS_ONE_OF(*p, "-._~!$&'()*+,;=") || is_one_of(*p, more, more_count))
            p++;
        else if (*p == '%' && end - p >= 3 && flarei_hex_value(p[1]) >= 0 && flarei_hex_value(p[2]) >= 0)
            p += 3;
        else
            break;
    }
    return p;
}

/* The host at p, or NULL. */
static const char *skip_host(const char *p, const char *end)
{
    const char *const start = p;

    if (p < end && *p == '[') {
        const char *const close = (const char *)memchr(p, ']', (size_t)(end - p));
        flare_ipv6 ignored;

        if (close == NULL ||
            flare_ipv6_parse((flare_str){p + 1, (size_t)(close - p - 1)}, &ignored) != FLARE_OK)
            return NULL;
        return close + 1;
    }
    p = skip_uri(p, end, "", 0);
    return p == start ? NULL : p;
}

/* The scheme at p (RFC 3986 section 3.1), or NULL. */
static const char *skip_scheme(const char *p, const char *end)
{
    const char *const start = p;

    while (p < end && (is_alphanumeric(*p) || IS_ONE_OF(*p, "+-.")))
        p++;
    return p == start || (unsigned)((unsigned char)*start | 0x20) - 'a' >= 26u ? NULL : p;
}

bool flarei_url_split(flare_str text, flare_str *scheme)
{
    const char *const end = flarei_str_end(text);
    const char *p = skip_scheme(text.ptr, end);

    if (p == NULL || end - p < 3 || memcmp(p, "://", 3) != 0)
        return false;
    *scheme = (flare_str){text.ptr, (size_t)(p - text.ptr)};
    p = skip_host(p + 3, end);
    if (p == NULL)
        return false;
    if (p < end && *p == ':') {
        unsigned port = 0;

        for (p++; p < end && (unsigned)(unsigned char)*p - '0' <= 9u && port <= 65535; p++)
            port = port * 10 + (unsigned)(*p - '0');
        if (port > 65535)
            return false;
    }
    if (p < end && *p == '/')
        p = skip_uri(p, end, ":@/", 3);
    if (p < end && *p == '?')
        p = skip_uri(p + 1, end, ":@/?", 4);
    if (p < end && *p == '#')
        p = skip_uri(p + 1, end, ":@/?", 4);
    return p == end;
}

bool flare_url_valid(flare_str text)
{
    flare_str scheme;

    return flarei_url_split(text, &scheme) && (flare_str_equal_nocase(scheme, FLARE_STR("https")) ||
                                               flare_str_equal_nocase(scheme, FLARE_STR("http")));
}
