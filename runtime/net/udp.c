/* recvmmsg and sendmmsg are Linux's and some BSDs': where the seam has none, a batch is one call each. */
#include <flare/assert.h>
#include <flare/udp.h>

#include "net/sockaddr.h"
#include "net/sys.h"

#include <errno.h>

/* What the kernel wants of a batch. */
struct messages {
    struct mmsghdr headers[FLARE_UDP_BATCH_MAX];
    struct iovec parts[FLARE_UDP_BATCH_MAX];
    union flarei_sockaddr names[FLARE_UDP_BATCH_MAX];
};

/* ---- Opening ---- */

static flare_err set(int fd, int level, int name, int value)
{
    return flarei_sys.setsockopt(fd, level, name, &value, sizeof value) == 0 ? FLARE_OK
                                                                             : flarei_err_from_errno(errno);
}

static flare_err prepare(int fd, const flare_address *address, const flare_udp_options *options)
{
    const int most = options->receive_bytes < INT32_MAX ? (int)options->receive_bytes : INT32_MAX;
    flare_err err = FLARE_OK;

    if (address->family != FLARE_ADDRESS_IPV4)
        err = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, address->family == FLARE_ADDRESS_IPV6);
    if (err == FLARE_OK && options->share_port)
        err = set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (err == FLARE_OK && options->broadcast)
        err = set(fd, SOL_SOCKET, SO_BROADCAST, 1);
    if (err == FLARE_OK && most > 0)
        err = set(fd, SOL_SOCKET, SO_RCVBUF, most);
    return err;
}

int flare_udp_open(const flare_address *address, const flare_udp_options *options)
{
    static const flare_udp_options defaults = {.broadcast = false};
    union flarei_sockaddr name;
    const socklen_t bytes = flarei_sockaddr_from_address(&name, address);
    flare_err err;
    int fd;

    if (bytes == 0 || address->family == FLARE_ADDRESS_UNIX)
        return FLARE_ERR_ARGUMENT;
    fd = flarei_sys.socket(name.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 && errno == EAFNOSUPPORT && address->family == FLARE_ADDRESS_ANY) {
        const flare_address ipv4 = {.family = FLARE_ADDRESS_IPV4, .port = address->port};

        return flare_udp_open(&ipv4, options);
    }
    if (fd < 0)
        return flarei_err_from_errno(errno);
    err = prepare(fd, address, options ? options : &defaults);
    if (err == FLARE_OK && flarei_sys.bind(fd, &name.any, bytes) != 0)
        err = flarei_err_from_errno(errno);
    if (err == FLARE_OK)
        return fd;
    flare_socket_close(fd);
    return err;
}

flare_err flare_udp_connect(int fd, const flare_address *peer)
{
    union flarei_sockaddr name;
    const socklen_t bytes = flarei_sockaddr_from_address(&name, peer);

    if (bytes == 0 || peer->port == 0 || peer->family == FLARE_ADDRESS_ANY ||
        peer->family == FLARE_ADDRESS_UNIX)
        return FLARE_ERR_ARGUMENT;
    return flarei_sys.connect(fd, &name.any, bytes) == 0 ? FLARE_OK : flarei_err_from_errno(errno);
}

/* ---- One ---- */

static flare_err failure(void)
{
    return errno == EMSGSIZE ? FLARE_ERR_LIMIT : flarei_err_from_errno(errno);
}

/* @return whether the peer is one that can be sent to */
static bool address_to(struct msghdr *header, union flarei_sockaddr *name, const flare_datagram *datagram)
{
    header->msg_name = NULL;
    header->msg_namelen = 0;
    if (datagram->peer.family == FLARE_ADDRESS_NONE)
        return true;
    header->msg_namelen = flarei_sockaddr_from_address(name, &datagram->peer);
    header->msg_name = name;
    return header->msg_namelen > 0 && datagram->peer.port != 0 &&
           datagram->peer.family != FLARE_ADDRESS_ANY && datagram->peer.family != FLARE_ADDRESS_UNIX;
}

static void take(flare_datagram *datagram, const struct msghdr *header, const union flarei_sockaddr *name,
                 size_t length)
{
    datagram->length = length;
    datagram->cut = (header->msg_flags & MSG_TRUNC) != 0;
    if (header->msg_namelen == 0 ||
        flarei_sockaddr_to_address(name, header->msg_namelen, &datagram->peer) != FLARE_OK)
        datagram->peer = (flare_address){.family = FLARE_ADDRESS_NONE};
}

flare_err flare_udp_receive(int fd, flare_datagram *datagram)
{
    union flarei_sockaddr name = {.any = {.sa_family = AF_UNSPEC}};
    struct iovec part = {.iov_base = datagram->bytes, .iov_len = datagram->capacity};
    struct msghdr header = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = &part, .msg_iovlen = 1};
    ssize_t got;

    do
        got = flarei_sys.recvmsg(fd, &header, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return failure();
    take(datagram, &header, &name, (size_t)got);
    return FLARE_OK;
}

flare_err flare_udp_send(int fd, const flare_datagram *datagram)
{
    union flarei_sockaddr name;
    struct iovec part = {.iov_base = datagram->bytes, .iov_len = datagram->length};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t sent;

    if (!address_to(&header, &name, datagram))
        return FLARE_ERR_ARGUMENT;
    do
        sent = flarei_sys.sendmsg(fd, &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? failure() : FLARE_OK;
}

/* ---- A batch ---- */

static int receive_each(int fd, flare_datagram *batch, size_t count)
{
    size_t done = 0;

    while (done < count) {
        const flare_err err = flare_udp_receive(fd, &batch[done]);

        if (err != FLARE_OK)
            return done > 0 ? (int)done : err;
        done++;
    }
    return (int)done;
}

static int send_each(int fd, const flare_datagram *batch, size_t count)
{
    size_t done = 0;

    while (done < count) {
        const flare_err err = flare_udp_send(fd, &batch[done]);

        if (err != FLARE_OK)
            return done > 0 ? (int)done : err;
        done++;
    }
    return (int)done;
}

/* @return as recvmmsg, but a negative flare_err, and how many by single calls where there is no other */
static int receive_some(int fd, flare_datagram *batch, size_t count)
{
    struct messages messages;
    int got;

    for (size_t i = 0; i < count; i++) {
        messages.parts[i] = (struct iovec){.iov_base = batch[i].bytes, .iov_len = batch[i].capacity};
        messages.headers[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &messages.names[i],
                                                           .msg_namelen = sizeof messages.names[i],
                                                           .msg_iov = &messages.parts[i],
                                                           .msg_iovlen = 1}};
    }
    do
        got = flarei_sys.recvmmsg(fd, messages.headers, (unsigned)count, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == ENOSYS ? receive_each(fd, batch, count) : (int)failure();
    for (int i = 0; i < got; i++)
        take(&batch[i], &messages.headers[i].msg_hdr, &messages.names[i], messages.headers[i].msg_len);
    return got;
}

static int send_some(int fd, const flare_datagram *batch, size_t count)
{
    struct messages messages;
    size_t fit = 0;
    int sent;

    for (; fit < count; fit++) {
        messages.parts[fit] = (struct iovec){.iov_base = batch[fit].bytes, .iov_len = batch[fit].length};
        messages.headers[fit] =
            (struct mmsghdr){.msg_hdr = {.msg_iov = &messages.parts[fit], .msg_iovlen = 1}};
        if (!address_to(&messages.headers[fit].msg_hdr, &messages.names[fit], &batch[fit]))
            break;
    }
    if (fit == 0)
        return FLARE_ERR_ARGUMENT;
    do
        sent = flarei_sys.sendmmsg(fd, messages.headers, (unsigned)fit, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == ENOSYS ? send_each(fd, batch, fit) : (int)failure();
    return sent;
}

static size_t step_of(size_t left)
{
    return left < FLARE_UDP_BATCH_MAX ? left : FLARE_UDP_BATCH_MAX;
}

int flare_udp_receive_batch(int fd, flare_datagram *batch, size_t count)
{
    size_t done = 0;

    if (!FLARE_ASSERT(count > 0, "a batch has room for one datagram or more"))
        return FLARE_ERR_ARGUMENT;
    while (done < count) {
        const size_t step = step_of(count - done);
        const int got = receive_some(fd, batch + done, step);

        if (got < 0)
            return done > 0 ? (int)done : got;
        done += (size_t)got;
        if ((size_t)got < step)
            break;
    }
    return (int)done;
}

int flare_udp_send_batch(int fd, const flare_datagram *batch, size_t count)
{
    size_t done = 0;

    if (!FLARE_ASSERT(count > 0, "a batch holds one datagram or more"))
        return FLARE_ERR_ARGUMENT;
    while (done < count) {
        const size_t step = step_of(count - done);
        const int sent = send_some(fd, batch + done, step);

        if (sent < 0)
            return done > 0 ? (int)done : sent;
        done += (size_t)sent;
        if ((size_t)sent < step)
            break;
    }
    return (int)done;
}
