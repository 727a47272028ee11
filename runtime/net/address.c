#include <flare/net.h>

#include "net/sys.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>

static flare_err refuse(const char **reason, flare_err err, const char *text)
{
    if (reason)
        *reason = text;
    return err;
}

/* Decimal digits only; leading zeros are harmless. */
static bool parse_decimal(flare_str text, uint32_t max, uint32_t *value, bool *too_large)
{
    uint64_t sum = 0;
    *too_large = false;
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        if (!*too_large)
            sum = sum * 10 + (uint64_t)(text.ptr[i] - '0');
        *too_large = sum > max;
    }
    *value = *too_large ? max : (uint32_t)sum;
    return true;
}

static flare_err parse_port(flare_str text, flare_address *address, const char **reason)
{
    uint32_t port;
    bool too_large;
    if (!parse_decimal(text, UINT16_MAX, &port, &too_large))
        return refuse(reason, FLARE_ERR_SYNTAX,
                      "the port must be a decimal number, such as in 127.0.0.1:8080");
    if (too_large)
        return refuse(reason, FLARE_ERR_RANGE, "the port is above 65535");
    address->port = (uint16_t)port;
    return FLARE_OK;
}

/* Copies to a C string; false if it does not fit or holds a NUL. */
static bool copy_text(char *out, size_t room, flare_str text)
{
    if (text.len >= room || (text.len && memchr(text.ptr, '\0', text.len)))
        return false;
    if (text.len)
        memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return true;
}

static flare_err parse_zone(flare_str zone, flare_address *address, const char **reason)
{
    char name[IF_NAMESIZE];
    bool too_large;
    if (parse_decimal(zone, UINT32_MAX, &address->scope, &too_large) && !too_large && address->scope != 0)
        return FLARE_OK;
    if (zone.len == 0 || !copy_text(name, sizeof name, zone))
        return refuse(reason, FLARE_ERR_SYNTAX, "the zone after % must be an interface's name or number");
    address->scope = flarei_sys.if_nametoindex(name);
    if (address->scope == 0)
        return refuse(reason, FLARE_ERR_NOT_FOUND, "there is no interface of the name after %");
    return FLARE_OK;
}

/* `text` is what stands between the brackets. */
static flare_err parse_ipv6(flare_str text, flare_address *address, const char **reason)
{
    char host[INET6_ADDRSTRLEN];
    const char *percent = text.len ? memchr(text.ptr, '%', text.len) : NULL;
    flare_str ip = {text.ptr, percent ? (size_t)(percent - text.ptr) : text.len};

    address->family = FLARE_ADDRESS_IPV6;
    if (!copy_text(host, sizeof host, ip) || inet_pton(AF_INET6, host, address->ip) != 1)
        return refuse(reason, FLARE_ERR_SYNTAX, "what stands in brackets is not an IPv6 address");
    if (!percent)
        return FLARE_OK;
    flare_str zone = {percent + 1, text.len - ip.len - 1};
    return parse_zone(zone, address, reason);
}

static flare_err parse_ipv4(flare_str text, flare_address *address, const char **reason)
{
    char host[INET_ADDRSTRLEN];
    for (size_t i = 0; i < text.len; i++)
        if ((text.ptr[i] < '0' || text.ptr[i] > '9') && text.ptr[i] != '.')
            return refuse(reason, FLARE_ERR_SYNTAX,
                          "host names are not looked up: write an address, such as 127.0.0.1, [::1] or *");
    address->family = FLARE_ADDRESS_IPV4;
    if (!copy_text(host, sizeof host, text) || inet_pton(AF_INET, host, address->ip) != 1)
        return refuse(reason, FLARE_ERR_SYNTAX,
                      "not an IPv4 address: four numbers from 0 to 255, without leading zeros");
    return FLARE_OK;
}

static flare_err parse_unix(flare_str path, flare_address *address, const char **reason)
{
    address->family = FLARE_ADDRESS_UNIX;
    if (path.len == 0)
        return refuse(reason, FLARE_ERR_SYNTAX, "no path after unix:");
    if (path.len > FLARE_ADDRESS_PATH_MAX_BYTES)
        return refuse(reason, FLARE_ERR_LIMIT,
                      "the path is longer than the 107 bytes that a unix socket can have");
    if (!copy_text(address->path, sizeof address->path, path))
        return refuse(reason, FLARE_ERR_SYNTAX, "the path holds a NUL byte");
    return FLARE_OK;
}

static flare_err parse_host_and_port(flare_str text, flare_address *address, const char **reason)
{
    const char *end = text.ptr + text.len;

    if (*text.ptr == '[') {
        const char *bracket = memchr(text.ptr, ']', text.len);
        if (!bracket)
            return refuse(reason, FLARE_ERR_SYNTAX, "no ] after [");
        flare_str ip = {text.ptr + 1, (size_t)(bracket - text.ptr) - 1};
        flare_err err = parse_ipv6(ip, address, reason);
        if (err != FLARE_OK)
            return err;
        if (bracket + 1 == end || bracket[1] != ':')
            return refuse(reason, FLARE_ERR_SYNTAX, "no port: write one after the ], such as [::1]:8080");
        return parse_port((flare_str){bracket + 2, (size_t)(end - bracket) - 2}, address, reason);
    }

    const char *colon = memchr(text.ptr, ':', text.len);
    if (!colon) {
        uint32_t ignored;
        bool too_large;
        address->family = FLARE_ADDRESS_ANY;
        if (!parse_decimal(text, UINT16_MAX, &ignored, &too_large))
            return refuse(reason, FLARE_ERR_SYNTAX, "no port: write ADDRESS:PORT, such as 127.0.0.1:8080");
        return parse_port(text, address, reason);
    }
    flare_str host = {text.ptr, (size_t)(colon - text.ptr)};
    flare_str port = {colon + 1, (size_t)(end - colon) - 1};
    if (port.len && memchr(port.ptr, ':', port.len))
        return refuse(reason, FLARE_ERR_SYNTAX, "an IPv6 address goes into brackets, such as [::1]:8080");
    if (host.len == 0 || (host.len == 1 && host.ptr[0] == '*')) {
        address->family = FLARE_ADDRESS_ANY;
    } else {
        flare_err err = parse_ipv4(host, address, reason);
        if (err != FLARE_OK)
            return err;
    }
    return parse_port(port, address, reason);
}

flare_err flare_address_parse(flare_str text, flare_address *address, const char **reason)
{
    static const flare_str unix_prefix = FLARE_STR_INIT("unix:");
    flare_address result = {.family = FLARE_ADDRESS_NONE};
    flare_err err;

    if (text.len == 0)
        return refuse(reason, FLARE_ERR_SYNTAX, "the address is empty");
    if (text.len >= unix_prefix.len && memcmp(text.ptr, unix_prefix.ptr, unix_prefix.len) == 0)
        err =
            parse_unix((flare_str){text.ptr + unix_prefix.len, text.len - unix_prefix.len}, &result, reason);
    else
        err = parse_host_and_port(text, &result, reason);
    if (err != FLARE_OK)
        return err;
    *address = result;
    return refuse(reason, FLARE_OK, NULL);
}

size_t flare_address_format(const flare_address *address, char *buffer, size_t bytes)
{
    char host[INET6_ADDRSTRLEN];
    int length = 0;

    switch (address->family) {
    case FLARE_ADDRESS_NONE:
        length = snprintf(buffer, bytes, "-");
        break;
    case FLARE_ADDRESS_ANY:
        length = snprintf(buffer, bytes, "*:%u", address->port);
        break;
    case FLARE_ADDRESS_IPV4:
        inet_ntop(AF_INET, address->ip, host, sizeof host);
        length = snprintf(buffer, bytes, "%s:%u", host, address->port);
        break;
    case FLARE_ADDRESS_IPV6:
        inet_ntop(AF_INET6, address->ip, host, sizeof host);
        length = address->scope ? snprintf(buffer, bytes, "[%s%%%lu]:%u", host, (unsigned long)address->scope,
                                           address->port)
                                : snprintf(buffer, bytes, "[%s]:%u", host, address->port);
        break;
    case FLARE_ADDRESS_UNIX:
        length = snprintf(buffer, bytes, "unix:%.*s", FLARE_ADDRESS_PATH_MAX_BYTES, address->path);
        break;
    }
    return length < 0 ? 0 : (size_t)length;
}

bool flare_address_equal(const flare_address *a, const flare_address *b)
{
    if (a->family != b->family)
        return false;
    switch (a->family) {
    case FLARE_ADDRESS_NONE:
        return true;
    case FLARE_ADDRESS_ANY:
        return a->port == b->port;
    case FLARE_ADDRESS_IPV4:
        return a->port == b->port && memcmp(a->ip, b->ip, 4) == 0;
    case FLARE_ADDRESS_IPV6:
        return a->port == b->port && a->scope == b->scope && memcmp(a->ip, b->ip, 16) == 0;
    case FLARE_ADDRESS_UNIX:
        return strncmp(a->path, b->path, sizeof a->path) == 0;
    }
    return false;
}
