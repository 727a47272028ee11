#include "wire/proxy.h"

#include <flare/formats.h>
#include <flare/number.h>

enum {
    V1_MAX_BYTES = 107, /* the longest line, its end counted */
    V2_FIXED_BYTES = 16,
    V2_IPV4_BYTES = 12,
    V2_IPV6_BYTES = 36,
    V2_UNIX_BYTES = 216,
    TLV_CRC32C = 3,
    TLV_HEAD_BYTES = 3
};

static const char v2_signature[12] = "\r\n\r\n\0\r\nQUIT\n";

static unsigned two_bytes(const char *at)
{
    return (unsigned)(unsigned char)at[0] << 8 | (unsigned char)at[1];
}

/* ---- Version 1 ---- */

/* Cuts the next word and the one space behind it; the last one has none. */
static bool cut_word(flare_str *line, flare_str *word)
{
    const char *space = line->len != 0 ? memchr(line->ptr, ' ', line->len) : NULL;

    if (space == NULL) {
        *word = *line;
        *line = (flare_str){NULL, 0};
        return word->len != 0;
    }
    *word = (flare_str){line->ptr, (size_t)(space - line->ptr)};
    *line = (flare_str){space + 1, line->len - word->len - 1};
    return word->len != 0 && line->len != 0;
}

static bool read_ip(flare_str word, enum flarei_hop_kind kind, uint8_t ip[16])
{
    flare_ipv4 ipv4;
    flare_ipv6 ipv6;

    if (kind == FLAREI_HOP_IPV4) {
        if (flare_ipv4_parse(word, &ipv4) != FLARE_OK)
            return false;
        memcpy(ip, ipv4.bytes, sizeof ipv4.bytes);
        return true;
    }
    if (flare_ipv6_parse(word, &ipv6) != FLARE_OK)
        return false;
    memcpy(ip, ipv6.bytes, sizeof ipv6.bytes);
    return true;
}

static bool read_port(flare_str word, uint16_t *port)
{
    return word.len != 0 && (word.ptr[0] != '0' || word.len == 1) && flare_u16_parse(word, port) == FLARE_OK;
}

/* What stands behind `PROXY `. */
static bool read_line(flare_str line, struct flarei_hop *source)
{
    struct flarei_hop hop = {.kind = FLAREI_HOP_UNKNOWN};
    flare_str words[5] = {{NULL, 0}};
    uint8_t destination[16];
    uint16_t destination_port;

    if (!cut_word(&line, &words[0]))
        return flare_str_equal(words[0], FLARE_STR("UNKNOWN"));
    if (flare_str_equal(words[0], FLARE_STR("UNKNOWN")))
        return true;
    if (flare_str_equal(words[0], FLARE_STR("TCP4")))
        hop.kind = FLAREI_HOP_IPV4;
    else if (flare_str_equal(words[0], FLARE_STR("TCP6")))
        hop.kind = FLAREI_HOP_IPV6;
    else
        return false;
    for (int i = 1; i < 5; i++)
        if (!cut_word(&line, &words[i]))
            return false;
    if (line.ptr != NULL || !read_ip(words[1], hop.kind, hop.ip) ||
        !read_ip(words[2], hop.kind, destination) || !read_port(words[3], &hop.port) ||
        !read_port(words[4], &destination_port))
        return false;
    *source = hop;
    return true;
}

static ptrdiff_t parse_v1(flare_str bytes, struct flarei_hop *source)
{
    static const flare_str start = FLARE_STR_INIT("PROXY ");
    const size_t seen = bytes.len < V1_MAX_BYTES ? bytes.len : V1_MAX_BYTES;
    const char *end;

    if (memcmp(bytes.ptr, start.ptr, seen < start.len ? seen : start.len) != 0)
        return -1;
    end = memchr(bytes.ptr, '\n', seen);
    if (end == NULL)
        return seen == V1_MAX_BYTES ? -1 : 0;
    if (end[-1] != '\r' || (size_t)(end - bytes.ptr) <= start.len)
        return -1;
    if (!read_line((flare_str){bytes.ptr + start.len, (size_t)(end - bytes.ptr) - 1 - start.len}, source))
        return -1;
    return end - bytes.ptr + 1;
}

/* ---- Version 2 ---- */

/* Castagnoli's polynomial, a bit at a time: a header is short and comes once a connection. The four bytes at
 * `zero` count as zeros, since the sum stands there. */
static uint32_t crc32c(flare_str bytes, const char *zero)
{
    uint32_t crc = UINT32_MAX;

    for (const char *at = bytes.ptr; at < flarei_str_end(bytes); at++) {
        crc ^= at >= zero && at < zero + 4 ? 0 : (unsigned char)*at;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (UINT32_C(0x82f63b78) & (UINT32_C(0) - (crc & 1)));
    }
    return ~crc;
}

/* Extensions: their framing, and the checksum where there is one. What the others say is not asked for. */
static bool read_extensions(flare_str header, size_t at)
{
    while (at < header.len) {
        size_t bytes;

        if (header.len - at < TLV_HEAD_BYTES)
            return false;
        bytes = two_bytes(header.ptr + at + 1);
        if (header.len - at - TLV_HEAD_BYTES < bytes)
            return false;
        if (header.ptr[at] == TLV_CRC32C) {
            const char *sum = header.ptr + at + TLV_HEAD_BYTES;

            if (bytes != 4 || ((uint32_t)two_bytes(sum) << 16 | two_bytes(sum + 2)) != crc32c(header, sum))
                return false;
        }
        at += TLV_HEAD_BYTES + bytes;
    }
    return true;
}

/* How many bytes the addresses of a family take, by its high nibble. */
static size_t addresses_bytes(unsigned family)
{
    static const uint8_t bytes[] = {0, V2_IPV4_BYTES, V2_IPV6_BYTES, V2_UNIX_BYTES};

    return bytes[family];
}

static bool read_addresses(flare_str header, struct flarei_hop *source)
{
    const unsigned command = (unsigned char)header.ptr[12] & 0x0f, family = (unsigned char)header.ptr[13];
    const char *const at = header.ptr + V2_FIXED_BYTES;
    const size_t left = header.len - V2_FIXED_BYTES;

    if (command > 1 || family >> 4 > 3 || (family & 0x0f) > 2 || left < addresses_bytes(family >> 4))
        return false;
    if (!read_extensions(header, V2_FIXED_BYTES + addresses_bytes(family >> 4)))
        return false;
    if (command == 0 || (family != 0x11 && family != 0x21))
        return true;
    if (family == 0x11) {
        source->kind = FLAREI_HOP_IPV4;
        memcpy(source->ip, at, 4);
        source->port = (uint16_t)two_bytes(at + 8);
    } else {
        source->kind = FLAREI_HOP_IPV6;
        memcpy(source->ip, at, 16);
        source->port = (uint16_t)two_bytes(at + 32);
    }
    return true;
}

static ptrdiff_t parse_v2(flare_str bytes, struct flarei_hop *source)
{
    const size_t seen = bytes.len < sizeof v2_signature ? bytes.len : sizeof v2_signature;
    size_t length;

    if (memcmp(bytes.ptr, v2_signature, seen) != 0)
        return -1;
    if (bytes.len < V2_FIXED_BYTES)
        return 0;
    length = V2_FIXED_BYTES + two_bytes(bytes.ptr + 14);
    if ((unsigned char)bytes.ptr[12] >> 4 != 2 || length > FLAREI_PROXY_MAX_BYTES)
        return -1;
    if (bytes.len < length)
        return 0;
    return read_addresses((flare_str){bytes.ptr, length}, source) ? (ptrdiff_t)length : -1;
}

ptrdiff_t flarei_proxy_parse(flare_str bytes, struct flarei_hop *source)
{
    ptrdiff_t length;

    *source = (struct flarei_hop){.kind = FLAREI_HOP_UNKNOWN};
    if (bytes.len == 0)
        return 0;
    length = bytes.ptr[0] == 'P' ? parse_v1(bytes, source) : parse_v2(bytes, source);
    flarei_hop_normalize(source);
    return length;
}
