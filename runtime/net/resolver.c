#include "net/resolver.h"

#include "net/sockaddr.h"

#include <errno.h>
#include <netdb.h>

#define SYSTEM_RESOLVER                                                                                      \
    {                                                                                                        \
        .getaddrinfo = getaddrinfo, .freeaddrinfo = freeaddrinfo                                             \
    }

struct flarei_resolver flarei_resolver = SYSTEM_RESOLVER;

void flarei_resolver_reset(void)
{
    flarei_resolver = (struct flarei_resolver)SYSTEM_RESOLVER;
}

static flare_err error_of(int code, int number)
{
    switch (code) {
    case EAI_MEMORY:
        return FLARE_ERR_MEMORY;
    case EAI_AGAIN:
        return FLARE_ERR_UNREACHABLE;
    case EAI_SYSTEM:
        return number != 0 ? flarei_err_from_errno(number) : FLARE_ERR_IO;
    default:
        return FLARE_ERR_NOT_FOUND;
    }
}

flare_err flarei_resolve(const char *host, uint16_t port, flare_address *addresses, size_t room,
                         size_t *count)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const int code = flarei_resolver.getaddrinfo(host, NULL, &hints, &found);

    *count = 0;
    if (code != 0)
        return error_of(code, errno);
    for (const struct addrinfo *one = found; one != NULL && *count < room; one = one->ai_next) {
        union flarei_sockaddr name = {.any = {.sa_family = AF_UNSPEC}};
        flare_address *const address = &addresses[*count];

        if (one->ai_addrlen > sizeof name)
            continue;
        memcpy(&name, one->ai_addr, one->ai_addrlen);
        if (flarei_sockaddr_to_address(&name, one->ai_addrlen, address) != FLARE_OK)
            continue;
        address->port = port;
        ++*count;
    }
    flarei_resolver.freeaddrinfo(found);
    return *count != 0 ? FLARE_OK : FLARE_ERR_NOT_FOUND;
}
