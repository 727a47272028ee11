#include "wire/hop.h"

#include <flare/formats.h>
#include <flare/number.h>

void flarei_hop_normalize(struct flarei_hop *hop)
{
    static const uint8_t carried[12] = {[10] = 0xff, [11] = 0xff};

    if (hop->kind != FLAREI_HOP_IPV6 || memcmp(hop->ip, carried, sizeof carried) != 0)
        return;
    memmove(hop->ip, hop->ip + 12, 4);
    memset(hop->ip + 4, 0, 12);
    hop->kind = FLAREI_HOP_IPV4;
}

static bool read_ip(flare_str text, struct flarei_hop *hop)
{
    flare_ipv4 ipv4;
    flare_ipv6 ipv6;

    if (flare_ipv4_parse(text, &ipv4) == FLARE_OK) {
        hop->kind = FLAREI_HOP_IPV4;
        memcpy(hop->ip, ipv4.bytes, sizeof ipv4.bytes);
        return true;
    }
    if (flare_ipv6_parse(text, &ipv6) != FLARE_OK)
        return false;
    hop->kind = FLAREI_HOP_IPV6;
    memcpy(hop->ip, ipv6.bytes, sizeof ipv6.bytes);
    flarei_hop_normalize(hop);
    return true;
}

struct flarei_hop flarei_hop_parse(flare_str text)
{
    static const struct flarei_hop unknown = {.kind = FLAREI_HOP_UNKNOWN};
    struct flarei_hop hop = unknown;
    flare_str ip = text, port = {NULL, 0};
    const char *end;

    if (text.len == 0)
        return unknown;
    if (text.ptr[0] == '[') {
        end = memchr(text.ptr, ']', text.len);
        if (end == NULL)
            return unknown;
        ip = (flare_str){text.ptr + 1, (size_t)(end - text.ptr) - 1};
        port = (flare_str){end + 1, (size_t)(flarei_str_end(text) - end) - 1};
        if (memchr(ip.ptr, ':', ip.len) == NULL)
            return unknown;
    } else if ((end = memchr(text.ptr, ':', text.len)) != NULL &&
               memchr(end + 1, ':', (size_t)(flarei_str_end(text) - end) - 1) == NULL) {
        ip.len = (size_t)(end - text.ptr);
        port = (flare_str){end, text.len - ip.len};
    }
    if (!read_ip(ip, &hop))
        return unknown;
    if (port.len != 0 && (port.ptr[0] != ':' ||
                          flare_u16_parse((flare_str){port.ptr + 1, port.len - 1}, &hop.port) != FLARE_OK))
        return unknown;
    return hop;
}
