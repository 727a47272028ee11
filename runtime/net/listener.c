#include <flare/net.h>

#include "net/sockaddr.h"
#include "net/sys.h"
#include "net/unix_file.h"

#include <errno.h>
#include <netinet/tcp.h>

#define BACKLOG_DEFAULT 4096

static const flare_listener closed_listener = {.fd = -1};

static bool set_option(int fd, int level, int name, int value)
{
    return flarei_sys.setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/* All that must be set before the bind. */
static bool prepare_tcp(int fd, int domain, flare_address_family family, flare_listener_group group)
{
    if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) || !set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1))
        return false;
    if (domain == AF_INET6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, family == FLARE_ADDRESS_IPV6))
        return false;
    return group != FLARE_LISTENER_JOIN || set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

/* All that comes between bind and listen. The first of a group binds without SO_REUSEPORT, so that the bind
 * fails if anyone is there, and opens the port to its group only then. */
static bool finish_tcp(int fd, const flare_listener_options *options)
{
    if (options->group == FLARE_LISTENER_FIRST && !set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1))
        return false;
#if defined(TCP_DEFER_ACCEPT)
    int seconds = options->defer_accept_s < 3600 ? (int)options->defer_accept_s : 3600;
    if (seconds > 0 && !set_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, seconds))
        return false;
#endif
    return true;
}

static int backlog_of(const flare_listener_options *options)
{
    return options->backlog > 0 ? options->backlog : BACKLOG_DEFAULT;
}

/* Returns the descriptor, or -1 with errno set. */
static int listen_tcp(const flare_address *address, flare_address_family family,
                      const flare_listener_options *options)
{
    union flarei_sockaddr name;
    socklen_t bytes = flarei_sockaddr_from_address(&name, address);
    int fd = flarei_sys.socket(name.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (prepare_tcp(fd, name.any.sa_family, family, options->group) &&
        flarei_sys.bind(fd, &name.any, bytes) == 0 && finish_tcp(fd, options) &&
        flarei_sys.listen(fd, backlog_of(options)) == 0)
        return fd;
    int number = errno;
    flare_socket_close(fd);
    errno = number;
    return -1;
}

static flare_err open_tcp(flare_listener *listener, const flare_address *address,
                          const flare_listener_options *options)
{
    int fd = listen_tcp(address, address->family, options);
    if (fd < 0 && address->family == FLARE_ADDRESS_ANY && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
        const flare_address ipv4_only = {.family = FLARE_ADDRESS_IPV4, .port = address->port};
        fd = listen_tcp(&ipv4_only, address->family, options);
    }
    if (fd < 0)
        return flarei_err_from_errno(errno);

    flare_address bound;
    flare_err err = flare_socket_local(fd, &bound);
    if (err != FLARE_OK) {
        flare_socket_close(fd);
        return err;
    }
    listener->fd = fd;
    listener->address = *address;
    listener->address.port = bound.port;
    return FLARE_OK;
}

static flare_err open_unix(flare_listener *listener, const flare_address *address,
                           const flare_listener_options *options)
{
    union flarei_sockaddr name;
    socklen_t bytes = flarei_sockaddr_from_address(&name, address);
    struct stat status;
    bool bound = false;
    flare_err err = FLARE_OK;

    int fd = flarei_sys.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return flarei_err_from_errno(errno);
    int lock = flarei_unix_file_lock(address->path);
    bound = flarei_sys.bind(fd, &name.any, bytes) == 0;
    if (!bound && errno == EADDRINUSE && lock >= 0) {
        if (flarei_unix_file_is_stale(address->path) && flarei_sys.unlink(address->path) == 0)
            bound = flarei_sys.bind(fd, &name.any, bytes) == 0;
        else
            errno = EADDRINUSE;
    }
    if (bound && flarei_sys.listen(fd, backlog_of(options)) == 0 &&
        flarei_sys.lstat(address->path, &status) == 0) {
        listener->fd = fd;
        listener->address = *address;
        listener->file_device = (uint64_t)status.st_dev;
        listener->file_inode = (uint64_t)status.st_ino;
    } else {
        err = flarei_err_from_errno(errno);
        if (bound)
            (void)flarei_sys.unlink(address->path);
        flare_socket_close(fd);
    }
    flarei_unix_file_unlock(lock);
    return err;
}

flare_err flare_listener_open(flare_listener *listener, const flare_address *address,
                              const flare_listener_options *options)
{
    static const flare_listener_options defaults = {.group = FLARE_LISTENER_ALONE};
    union flarei_sockaddr ignored;

    *listener = closed_listener;
    if (!options)
        options = &defaults;
    if (flarei_sockaddr_from_address(&ignored, address) == 0)
        return FLARE_ERR_ADDRESS;
    if (address->family != FLARE_ADDRESS_UNIX)
        return open_tcp(listener, address, options);
    if (options->group != FLARE_LISTENER_ALONE)
        return FLARE_ERR_UNSUPPORTED;
    return open_unix(listener, address, options);
}

static bool has_option(int fd, int name, int value)
{
    int got = 0;
    socklen_t bytes = sizeof got;

    return flarei_sys.getsockopt(fd, SOL_SOCKET, name, &got, &bytes) == 0 && got == value;
}

flare_err flare_listener_adopt(flare_listener *listener, int fd)
{
    flare_address address;
    flare_err err;

    *listener = closed_listener;
    if (!has_option(fd, SO_TYPE, SOCK_STREAM) || !has_option(fd, SO_ACCEPTCONN, 1))
        return FLARE_ERR_ARGUMENT;
    err = flare_socket_local(fd, &address);
    if (err != FLARE_OK)
        return err;
    if (flarei_sys.adopt(fd) != 0)
        return flarei_err_from_errno(errno);
    if (address.family == FLARE_ADDRESS_IPV4 || address.family == FLARE_ADDRESS_IPV6)
        (void)set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    listener->fd = fd;
    listener->address = address;
    return FLARE_OK;
}

void flare_listener_close(flare_listener *listener)
{
    if (listener->fd < 0)
        return;
    if (listener->file_inode != 0)
        flarei_unix_file_remove(listener->address.path, listener->file_device, listener->file_inode);
    flare_socket_close(listener->fd);
    *listener = closed_listener;
}

/* A connection that failed while it waited: accept took it from the queue, and there may be more behind it.
 */
static bool died_in_queue(int number)
{
    switch (number) {
    case ECONNABORTED:
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ETIMEDOUT:
#if defined(ENONET)
    case ENONET:
#endif
        return true;
    default:
        return false;
    }
}

int flare_listener_accept(const flare_listener *listener, flare_address *peer)
{
    union flarei_sockaddr name = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t bytes = sizeof name;
    int fd;

    for (;;) {
        fd = flarei_sys.accept4(listener->fd, peer ? &name.any : NULL, peer ? &bytes : NULL,
                                SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (FLARE_LIKELY(fd >= 0))
            break;
        if (errno != EINTR && !died_in_queue(errno))
            return flarei_err_from_errno(errno);
        bytes = sizeof name;
    }
    if (peer && flarei_sockaddr_to_address(&name, bytes, peer) != FLARE_OK)
        *peer = (flare_address){.family = FLARE_ADDRESS_NONE};
    return fd;
}
