#include "net/sockaddr.h"

#include <arpa/inet.h>

socklen_t flarei_sockaddr_from_address(union flarei_sockaddr *out, const flare_address *address)
{
    memset(out, 0, sizeof *out);
    switch (address->family) {
    case FLARE_ADDRESS_NONE:
        break;
    case FLARE_ADDRESS_IPV4:
        out->ipv4.sin_family = AF_INET;
        out->ipv4.sin_port = htons(address->port);
        memcpy(&out->ipv4.sin_addr, address->ip, 4);
        return sizeof out->ipv4;
    case FLARE_ADDRESS_ANY:
        out->ipv6.sin6_family = AF_INET6;
        out->ipv6.sin6_port = htons(address->port);
        return sizeof out->ipv6;
    case FLARE_ADDRESS_IPV6:
        out->ipv6.sin6_family = AF_INET6;
        out->ipv6.sin6_port = htons(address->port);
        out->ipv6.sin6_scope_id = address->scope;
        memcpy(&out->ipv6.sin6_addr, address->ip, 16);
        return sizeof out->ipv6;
    case FLARE_ADDRESS_UNIX: {
        const char *end = memchr(address->path, '\0', sizeof address->path);
        if (!end || end == address->path)
            return 0;
        size_t bytes = (size_t)(end - address->path) + 1;
        out->local.sun_family = AF_UNIX;
        memcpy(out->local.sun_path, address->path, bytes);
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes);
    }
    }
    return 0;
}

flare_err flarei_sockaddr_to_address(const union flarei_sockaddr *in, socklen_t bytes, flare_address *address)
{
    static const uint8_t carried_ipv4[12] = {[10] = 0xff, [11] = 0xff};
    flare_address result = {.family = FLARE_ADDRESS_NONE};

    switch (in->any.sa_family) {
    case AF_INET:
        result.family = FLARE_ADDRESS_IPV4;
        result.port = ntohs(in->ipv4.sin_port);
        memcpy(result.ip, &in->ipv4.sin_addr, 4);
        break;
    case AF_INET6: {
        const uint8_t *ip = in->ipv6.sin6_addr.s6_addr;
        result.port = ntohs(in->ipv6.sin6_port);
        if (memcmp(ip, carried_ipv4, sizeof carried_ipv4) == 0) {
            result.family = FLARE_ADDRESS_IPV4;
            memcpy(result.ip, ip + 12, 4);
        } else {
            result.family = FLARE_ADDRESS_IPV6;
            result.scope = in->ipv6.sin6_scope_id;
            memcpy(result.ip, ip, 16);
        }
        break;
    }
    case AF_UNIX: {
        size_t head = offsetof(struct sockaddr_un, sun_path);
        size_t room = bytes > head ? bytes - head : 0;
        size_t length = room ? strnlen(in->local.sun_path, room) : 0;
        if (length == 0)
            break;
        if (length >= sizeof result.path)
            return FLARE_ERR_UNSUPPORTED;
        result.family = FLARE_ADDRESS_UNIX;
        memcpy(result.path, in->local.sun_path, length);
        break;
    }
    default:
        return FLARE_ERR_UNSUPPORTED;
    }
    *address = result;
    return FLARE_OK;
}
