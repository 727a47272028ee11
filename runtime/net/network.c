#include "net/network.h"

#include <flare/formats.h>
#include <flare/number.h>

static flare_err refuse(const char **reason, const char *text)
{
    *reason = text;
    return FLARE_ERR_SYNTAX;
}

/* Do the first `bits` agree? */
static bool same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    const unsigned whole = bits / 8, rest = bits % 8;

    if (memcmp(a, b, whole) != 0)
        return false;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

static bool clear_behind(const uint8_t ip[16], unsigned bits, unsigned size)
{
    for (unsigned bit = bits; bit < size; bit++)
        if ((ip[bit / 8] >> (7 - bit % 8) & 1) != 0)
            return false;
    return true;
}

flare_err flarei_network_parse(flare_str text, struct flarei_network *network, const char **reason)
{
    const char *const slash = text.len != 0 ? memchr(text.ptr, '/', text.len) : NULL;
    const flare_str ip = {text.ptr, slash ? (size_t)(slash - text.ptr) : text.len};
    struct flarei_network parsed = {.family = FLARE_ADDRESS_NONE};
    unsigned size = 32;
    flare_ipv4 ipv4;
    flare_ipv6 ipv6;

    if (flare_str_equal(text, FLARE_STR("unix"))) {
        *network = (struct flarei_network){.family = FLARE_ADDRESS_UNIX};
        return FLARE_OK;
    }
    if (flare_ipv4_parse(ip, &ipv4) == FLARE_OK) {
        parsed.family = FLARE_ADDRESS_IPV4;
        memcpy(parsed.ip, ipv4.bytes, sizeof ipv4.bytes);
    } else if (flare_ipv6_parse(ip, &ipv6) == FLARE_OK) {
        parsed.family = FLARE_ADDRESS_IPV6;
        memcpy(parsed.ip, ipv6.bytes, sizeof ipv6.bytes);
        size = 128;
    } else {
        return refuse(reason, "not an address or range, such as 10.0.0.0/8, 2001:db8::/32 or unix");
    }
    parsed.bits = (uint8_t)size;
    if (slash != NULL &&
        (flare_u8_parse((flare_str){slash + 1, text.len - ip.len - 1}, &parsed.bits) != FLARE_OK ||
         parsed.bits > size))
        return refuse(reason, "what stands behind / is not a number of the address's bits");
    if (!clear_behind(parsed.ip, parsed.bits, size))
        return refuse(reason, "bits behind the prefix are set: that is no range");
    *network = parsed;
    return FLARE_OK;
}

bool flarei_network_holds(const struct flarei_network *networks, size_t count, flare_address_family family,
                          const uint8_t ip[16])
{
    if (family == FLARE_ADDRESS_NONE)
        family = FLARE_ADDRESS_UNIX;
    for (size_t i = 0; i < count; i++)
        if (networks[i].family == family && same_prefix(networks[i].ip, ip, networks[i].bits))
            return true;
    return false;
}
