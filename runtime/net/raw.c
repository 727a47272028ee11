#include <flare/raw.h>

#include "net/sockaddr.h"
#include "net/sys.h"

#include <errno.h>

enum { IPV4_HEAD_BYTES = 20, IPV4_HEAD_MAX_BYTES = 60 };

/* ---- Opening ---- */

static bool fits(const flare_address *address, unsigned protocol, const flare_raw_options *options)
{
    const bool ipv4 = address->family == FLARE_ADDRESS_IPV4;

    if ((!ipv4 && address->family != FLARE_ADDRESS_IPV6) || address->port != 0 || protocol == 0 ||
        protocol > 255)
        return false;
    if (options->ping && protocol != (ipv4 ? FLARE_RAW_ICMP : FLARE_RAW_ICMPV6))
        return false;
    return !options->header || (ipv4 && !options->ping);
}

static flare_err set(int fd, int level, int name)
{
    const int on = 1;

    return flarei_sys.setsockopt(fd, level, name, &on, sizeof on) == 0 ? FLARE_OK
                                                                       : flarei_err_from_errno(errno);
}

flare_err flare_raw_open(flare_raw *raw, const flare_address *address, unsigned protocol,
                         const flare_raw_options *options)
{
    static const flare_raw_options defaults = {.ping = false};
    union flarei_sockaddr name;
    const socklen_t bytes = flarei_sockaddr_from_address(&name, address);
    flare_err err = FLARE_OK;
    int fd;

    *raw = (flare_raw){.fd = -1};
    if (options == NULL)
        options = &defaults;
    if (bytes == 0 || !fits(address, protocol, options))
        return FLARE_ERR_ARGUMENT;
    fd = flarei_sys.socket(name.any.sa_family,
                           (options->ping ? SOCK_DGRAM : SOCK_RAW) | SOCK_NONBLOCK | SOCK_CLOEXEC,
                           (int)protocol);
    if (fd < 0)
        return flarei_err_from_errno(errno);
    if (options->header)
        err = set(fd, IPPROTO_IP, IP_HDRINCL);
    if (err == FLARE_OK && options->broadcast)
        err = set(fd, SOL_SOCKET, SO_BROADCAST);
    if (err == FLARE_OK && flarei_sys.bind(fd, &name.any, bytes) != 0)
        err = flarei_err_from_errno(errno);
    if (err != FLARE_OK) {
        flare_socket_close(fd);
        return err;
    }
    *raw = (flare_raw){fd, address->family, address->family == FLARE_ADDRESS_IPV4 && !options->ping};
    return FLARE_OK;
}

/* ---- Packets ---- */

static flare_err failure(void)
{
    return errno == EMSGSIZE ? FLARE_ERR_LIMIT : flarei_err_from_errno(errno);
}

/* Takes the options off that follow the fixed part of an IPv4 header. @param length of all that came
 * @return whether it is one */
static bool behind_head(const uint8_t head[IPV4_HEAD_BYTES], flare_datagram *datagram, size_t length)
{
    const size_t head_bytes = (size_t)(head[0] & 15) * 4;
    const size_t options = head_bytes - IPV4_HEAD_BYTES;
    size_t came;

    if (length < IPV4_HEAD_BYTES || head[0] >> 4 != 4 || head_bytes < IPV4_HEAD_BYTES ||
        (length < head_bytes && !datagram->cut))
        return false;
    came = length - IPV4_HEAD_BYTES;
    if (came > datagram->capacity)
        came = datagram->capacity;
    datagram->length = came > options ? came - options : 0;
    if (options != 0 && datagram->length != 0)
        memmove(datagram->bytes, datagram->bytes + options, datagram->length);
    return true;
}

flare_err flare_raw_receive(const flare_raw *raw, flare_datagram *datagram)
{
    union flarei_sockaddr name = {.any = {.sa_family = AF_UNSPEC}};
    uint8_t head[IPV4_HEAD_BYTES];
    struct iovec parts[2] = {{head, sizeof head}, {datagram->bytes, datagram->capacity}};
    struct msghdr header = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = parts, .msg_iovlen = 2};
    ssize_t got;

    if (!raw->heads) {
        header.msg_iov = parts + 1;
        header.msg_iovlen = 1;
    }
    do
        got = flarei_sys.recvmsg(raw->fd, &header, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return failure();
    datagram->length = (size_t)got;
    datagram->cut = (header.msg_flags & MSG_TRUNC) != 0;
    if (raw->heads && !behind_head(head, datagram, (size_t)got))
        return FLARE_ERR_SYNTAX;
    if (flarei_sockaddr_to_address(&name, header.msg_namelen, &datagram->peer) != FLARE_OK)
        datagram->peer = (flare_address){.family = FLARE_ADDRESS_NONE};
    datagram->peer.port = 0; /* Linux tells the protocol there */
    return FLARE_OK;
}

flare_err flare_raw_send(const flare_raw *raw, const flare_datagram *datagram)
{
    flare_address peer = datagram->peer;
    union flarei_sockaddr name;
    struct iovec part = {.iov_base = datagram->bytes, .iov_len = datagram->length};
    struct msghdr header = {.msg_name = &name, .msg_iov = &part, .msg_iovlen = 1};
    ssize_t sent;

    if (peer.family != raw->kind)
        return FLARE_ERR_ARGUMENT;
    peer.port = 0; /* Linux takes the one of IPv6 for a protocol */
    header.msg_namelen = flarei_sockaddr_from_address(&name, &peer);
    do
        sent = flarei_sys.sendmsg(raw->fd, &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? failure() : FLARE_OK;
}

uint16_t flare_checksum(const void *bytes, size_t len)
{
    const uint8_t *const at = bytes;
    uint64_t sum = 0;

    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint64_t)at[i] << 8 | at[i + 1];
    if (len % 2 != 0)
        sum += (uint64_t)at[len - 1] << 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}
