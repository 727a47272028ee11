#include <flare/assert.h>
#include <flare/net.h>

#include "net/sockaddr.h"
#include "net/sys.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

/* The result of a call that returned -1: 0 says "call again". */
static flare_err failure(void)
{
    return errno == EINTR ? FLARE_OK : flarei_err_from_errno(errno);
}

static inline ptrdiff_t receive(int fd, void *buffer, size_t bytes, int flags)
{
    if (!FLARE_ASSERT(bytes > 0, "a receive needs room, else it looks like the end of the stream"))
        return FLARE_ERR_ARGUMENT;
    for (;;) {
        ssize_t got = flarei_sys.recv(fd, buffer, bytes, flags);
        if (FLARE_LIKELY(got > 0))
            return got;
        if (got == 0)
            return FLARE_ERR_CLOSED;
        flare_err err = failure();
        if (err != FLARE_OK)
            return err;
    }
}

ptrdiff_t flare_socket_receive(int fd, void *buffer, size_t bytes)
{
    return receive(fd, buffer, bytes, 0);
}

/* Linux drops what comes by TCP without a copy; elsewhere it is copied, and nobody looks. */
ptrdiff_t flare_socket_discard(int fd, void *buffer, size_t bytes)
{
    return receive(fd, buffer, bytes, MSG_TRUNC);
}

ptrdiff_t flare_socket_send(int fd, const void *data, size_t bytes)
{
    if (!FLARE_ASSERT(bytes > 0, "a send needs bytes"))
        return FLARE_ERR_ARGUMENT;
    for (;;) {
        ssize_t sent = flarei_sys.send(fd, data, bytes, MSG_NOSIGNAL);
        if (FLARE_LIKELY(sent >= 0))
            return sent > 0 ? sent : FLARE_ERR_AGAIN;
        flare_err err = failure();
        if (err != FLARE_OK)
            return err;
    }
}

/* Several at once; those that are empty are left out. */
struct parts {
    struct iovec items[FLARE_SOCKET_SLICES_MAX];
    size_t count;
};

static void add_part(struct parts *parts, const char *bytes, size_t length)
{
    if (length != 0)
        parts->items[parts->count++] =
            (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
}

static struct msghdr message_of(struct parts *parts)
{
    return (struct msghdr){.msg_iov = parts->items, .msg_iovlen = parts->count};
}

ptrdiff_t flare_socket_send_slices(int fd, const flare_str *slices, size_t count)
{
    struct parts parts;

    parts.count = 0;
    for (size_t i = 0; i < count && i < FLARE_SOCKET_SLICES_MAX; i++)
        add_part(&parts, slices[i].ptr, slices[i].len);
    if (!FLARE_ASSERT(parts.count > 0, "a send needs bytes"))
        return FLARE_ERR_ARGUMENT;

    const struct msghdr message = message_of(&parts);
    for (;;) {
        ssize_t sent = flarei_sys.sendmsg(fd, &message, MSG_NOSIGNAL);
        if (FLARE_LIKELY(sent >= 0))
            return sent > 0 ? sent : FLARE_ERR_AGAIN;
        flare_err err = failure();
        if (err != FLARE_OK)
            return err;
    }
}

ptrdiff_t flare_socket_receive_rooms(int fd, const flare_room *rooms, size_t count)
{
    struct parts parts;

    parts.count = 0;
    for (size_t i = 0; i < count && i < FLARE_SOCKET_SLICES_MAX; i++)
        add_part(&parts, rooms[i].ptr, rooms[i].len);
    if (!FLARE_ASSERT(parts.count > 0, "a receive needs room, else it looks like the end of the stream"))
        return FLARE_ERR_ARGUMENT;

    struct msghdr message = message_of(&parts);
    for (;;) {
        ssize_t got = flarei_sys.recvmsg(fd, &message, 0);
        if (FLARE_LIKELY(got > 0))
            return got;
        if (got == 0)
            return FLARE_ERR_CLOSED;
        flare_err err = failure();
        if (err != FLARE_OK)
            return err;
    }
}

flare_err flare_socket_shutdown(int fd)
{
    if (flarei_sys.shutdown(fd, SHUT_WR) == 0)
        return FLARE_OK;
    return errno == ENOTCONN ? FLARE_ERR_CLOSED : flarei_err_from_errno(errno);
}

flare_err flare_socket_abort(int fd)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    if (flarei_sys.setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0)
        return FLARE_OK;
    return flarei_err_from_errno(errno);
}

void flare_socket_close(int fd)
{
    /* EINTR and EIO leave the descriptor closed on Linux: closing again could hit another one's. */
    bool closed = flarei_sys.close(fd) == 0 || errno != EBADF;
    (void)FLARE_ASSERT(closed, "a descriptor is closed once, by its owner");
}

flare_err flare_socket_error(int fd)
{
    int pending = 0;
    socklen_t bytes = sizeof pending;
    if (flarei_sys.getsockopt(fd, SOL_SOCKET, SO_ERROR, &pending, &bytes) != 0)
        return flarei_err_from_errno(errno);
    return flarei_err_from_errno(pending);
}

flare_err flare_socket_local(int fd, flare_address *address)
{
    union flarei_sockaddr name = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t bytes = sizeof name;
    if (flarei_sys.getsockname(fd, &name.any, &bytes) != 0)
        return flarei_err_from_errno(errno);
    return flarei_sockaddr_to_address(&name, bytes, address);
}

flare_err flare_socket_peer(int fd, flare_address *address)
{
    union flarei_sockaddr name = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t bytes = sizeof name;
    if (flarei_sys.getpeername(fd, &name.any, &bytes) != 0)
        return errno == ENOTCONN ? FLARE_ERR_CLOSED : flarei_err_from_errno(errno);
    return flarei_sockaddr_to_address(&name, bytes, address);
}

int flare_socket_connect(const flare_address *address)
{
    static const int on = 1;
    union flarei_sockaddr name;
    socklen_t bytes = flarei_sockaddr_from_address(&name, address);
    bool tcp = address->family != FLARE_ADDRESS_UNIX;
    flare_err err;

    if (bytes == 0 || address->family == FLARE_ADDRESS_ANY || (tcp && address->port == 0))
        return FLARE_ERR_ARGUMENT;
    int fd = flarei_sys.socket(name.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return flarei_err_from_errno(errno);
    if (tcp && flarei_sys.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        goto failed;
    /* An attempt that a signal interrupted goes on by itself (POSIX connect, EINTR). */
    if (flarei_sys.connect(fd, &name.any, bytes) != 0 && errno != EINPROGRESS && errno != EINTR)
        goto failed;
    return fd;
failed:
    err = flarei_err_from_errno(errno);
    flare_socket_close(fd);
    return err;
}
