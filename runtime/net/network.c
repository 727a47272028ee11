#include <flare/network.h>

#include <flare/formats.h>

#include <stdio.h>

static const uint8_t carried_ipv4[12] = {[10] = 0xff, [11] = 0xff};

/* Do the first `bits` of both agree? */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    const unsigned whole = bits / 8, rest = bits % 8;

    return memcmp(a, b, whole) == 0 && (rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

/* The bytes of an IP address, IPv4 where it is carried in IPv6. @return its family, else NONE */
static flare_address_family plain(flare_address_family family, const uint8_t *ip, const uint8_t **bytes)
{
    *bytes = ip;
    if (family != FLARE_ADDRESS_IPV6)
        return family == FLARE_ADDRESS_IPV4 ? family : FLARE_ADDRESS_NONE;
    if (memcmp(ip, carried_ipv4, sizeof carried_ipv4) != 0)
        return family;
    *bytes = ip + sizeof carried_ipv4;
    return FLARE_ADDRESS_IPV4;
}

/* ---- Kinds ---- */

struct range {
    uint8_t ip[16];
    uint8_t bits;
    flare_address_kind kind;
};

/* The narrower before the wider. */
static const struct range ipv4_ranges[] = {
    {{255, 255, 255, 255}, 32, FLARE_ADDRESS_BROADCAST},
    {{0}, 8, FLARE_ADDRESS_UNSPECIFIED},
    {{127}, 8, FLARE_ADDRESS_LOOPBACK},
    {{10}, 8, FLARE_ADDRESS_PRIVATE},
    {{172, 16}, 12, FLARE_ADDRESS_PRIVATE},
    {{192, 168}, 16, FLARE_ADDRESS_PRIVATE},
    {{169, 254}, 16, FLARE_ADDRESS_LINK_LOCAL},
    {{100, 64}, 10, FLARE_ADDRESS_SHARED},
    {{224}, 4, FLARE_ADDRESS_MULTICAST},
    {{192, 0, 2}, 24, FLARE_ADDRESS_DOCUMENTATION},
    {{198, 51, 100}, 24, FLARE_ADDRESS_DOCUMENTATION},
    {{203, 0, 113}, 24, FLARE_ADDRESS_DOCUMENTATION},
    {{198, 18}, 15, FLARE_ADDRESS_RESERVED},
    {{192, 0, 0}, 24, FLARE_ADDRESS_RESERVED},
    {{240}, 4, FLARE_ADDRESS_RESERVED},
};

static const struct range ipv6_ranges[] = {
    {{0}, 128, FLARE_ADDRESS_UNSPECIFIED},
    {{[15] = 1}, 128, FLARE_ADDRESS_LOOPBACK},
    {{0xfc}, 7, FLARE_ADDRESS_PRIVATE},
    {{0xfe, 0x80}, 10, FLARE_ADDRESS_LINK_LOCAL},
    {{0xff}, 8, FLARE_ADDRESS_MULTICAST},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, FLARE_ADDRESS_DOCUMENTATION},
    {{0x3f, 0xff}, 20, FLARE_ADDRESS_DOCUMENTATION},
    {{0x01}, 64, FLARE_ADDRESS_RESERVED},
};

static flare_address_kind find(const struct range *ranges, size_t count, const uint8_t *ip)
{
    for (size_t i = 0; i < count; i++)
        if (same_bits(ranges[i].ip, ip, ranges[i].bits))
            return ranges[i].kind;
    return FLARE_ADDRESS_GLOBAL;
}

flare_address_kind flare_address_kind_of(const flare_address *address)
{
    const uint8_t *ip;
    const flare_address_family family = plain(address->family, address->ip, &ip);

    if (address->family == FLARE_ADDRESS_UNIX)
        return FLARE_ADDRESS_LOOPBACK;
    if (family == FLARE_ADDRESS_IPV4)
        return find(ipv4_ranges, sizeof ipv4_ranges / sizeof *ipv4_ranges, ip);
    if (family == FLARE_ADDRESS_IPV6)
        return find(ipv6_ranges, sizeof ipv6_ranges / sizeof *ipv6_ranges, ip);
    return FLARE_ADDRESS_UNSPECIFIED;
}

/* ---- Networks ---- */

/* `/` and a decimal number without leading zeros. */
static flare_err parse_bits(flare_str text, unsigned most, unsigned *bits)
{
    unsigned value = 0;

    if (text.len == 0 || text.len > 3 || (text.len > 1 && text.ptr[0] == '0'))
        return FLARE_ERR_SYNTAX;
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned)(text.ptr[i] - '0') > 9)
            return FLARE_ERR_SYNTAX;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *bits = value;
    return value <= most ? FLARE_OK : FLARE_ERR_RANGE;
}

flare_err flare_network_parse(flare_str text, flare_network *network)
{
    const char *const slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
    const flare_str ip = {text.ptr, slash ? (size_t)(slash - text.ptr) : text.len};
    flare_network read = {.family = FLARE_ADDRESS_IPV4};
    static const uint8_t zero[16];
    unsigned bits = 32;
    flare_ipv4 ipv4;
    flare_ipv6 ipv6;

    if (flare_ipv4_parse(ip, &ipv4) == FLARE_OK) {
        memcpy(read.ip, ipv4.bytes, sizeof ipv4.bytes);
    } else if (flare_ipv6_parse(ip, &ipv6) == FLARE_OK) {
        read.family = FLARE_ADDRESS_IPV6;
        memcpy(read.ip, ipv6.bytes, sizeof ipv6.bytes);
        bits = 128;
    } else {
        return FLARE_ERR_SYNTAX;
    }
    if (slash != NULL) {
        const flare_err err = parse_bits((flare_str){slash + 1, text.len - ip.len - 1}, bits, &bits);

        if (err != FLARE_OK)
            return err;
    }
    read.bits = (uint8_t)bits;
    if (bits % 8 != 0 && (uint8_t)(read.ip[bits / 8] << (bits % 8)) != 0)
        return FLARE_ERR_RANGE;
    if (memcmp(read.ip + (bits + 7) / 8, zero, sizeof read.ip - (bits + 7) / 8) != 0)
        return FLARE_ERR_RANGE;
    *network = read;
    return FLARE_OK;
}

size_t flare_network_format(const flare_network *network, char *buffer, size_t bytes)
{
    char text[FLARE_IPV6_MAX_BYTES];
    flare_ipv4 ipv4;
    flare_ipv6 ipv6;
    size_t length;

    if (network->family == FLARE_ADDRESS_IPV4) {
        memcpy(ipv4.bytes, network->ip, sizeof ipv4.bytes);
        length = flare_ipv4_format(ipv4, text);
    } else {
        memcpy(ipv6.bytes, network->ip, sizeof ipv6.bytes);
        length = flare_ipv6_format(ipv6, text);
    }
    return (size_t)snprintf(buffer, bytes, "%.*s/%u", (int)length, text, (unsigned)network->bits);
}

bool flare_network_holds(const flare_network *network, const flare_address *address)
{
    const uint8_t *ip;
    const flare_address_family family = plain(address->family, address->ip, &ip);

    if (network->family == FLARE_ADDRESS_IPV6 && address->family == FLARE_ADDRESS_IPV6)
        return same_bits(network->ip, address->ip, network->bits);
    return family == network->family && family != FLARE_ADDRESS_NONE &&
           same_bits(network->ip, ip, network->bits);
}
