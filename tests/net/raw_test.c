/* Packets straight over IPv4 and IPv6: echoes of ICMP, a protocol of one's own, and what can't be. Where this
 * process may open no raw socket, the system calls are played. */
#include "test.h"

#include <flare/raw.h>

#include "net/sys.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { OWN_PROTOCOL = 253 }; /* for experiments (RFC 3692) */

static const flare_address ipv4 = {.family = FLARE_ADDRESS_IPV4, .ip = {127, 0, 0, 1}};
static const flare_address ipv6 = {.family = FLARE_ADDRESS_IPV6, .ip = {[15] = 1}};
static const flare_address any4 = {.family = FLARE_ADDRESS_IPV4};

static bool wait_for(int fd)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};

    return poll(&item, 1, 2000) == 1;
}

/* @return is it open? Where it may not be, that is said */
static bool open_at(flare_raw *raw, const flare_address *at, unsigned protocol,
                    const flare_raw_options *options)
{
    const flare_err err = flare_raw_open(raw, at, protocol, options);

    if (err == FLARE_ERR_PERMISSION) {
        CHECK_INT(raw->fd, -1);
        printf("skipped: a raw socket because this user may open none\n");
        return false;
    }
    CHECK_INT(err, FLARE_OK);
    return err == FLARE_OK;
}

/* Waits for the packet that begins so; others of the protocol pass by. */
static bool receive_own(const flare_raw *raw, flare_datagram *datagram, const void *begins, size_t bytes)
{
    while (wait_for(raw->fd)) {
        if (flare_raw_receive(raw, datagram) != FLARE_OK)
            return false;
        if (datagram->length >= bytes && memcmp(datagram->bytes, begins, bytes) == 0)
            return true;
    }
    return false;
}

/* ---- Round trips ---- */

static void carry_over(const flare_address *at)
{
    char room[64], text[] = "a packet";
    flare_datagram out = {.peer = *at, .bytes = text, .length = 8};
    flare_datagram in = {.bytes = room, .capacity = sizeof room};
    flare_raw here, there;

    if (!open_at(&here, at, OWN_PROTOCOL, NULL))
        return;
    CHECK(open_at(&there, at, OWN_PROTOCOL, NULL));
    CHECK_INT(flare_raw_receive(&here, &in), FLARE_ERR_AGAIN);
    CHECK_INT(flare_raw_send(&there, &out), FLARE_OK);
    CHECK(wait_for(here.fd));
    CHECK_INT(flare_raw_receive(&here, &in), FLARE_OK);
    CHECK_INT(in.length, 8);
    CHECK(!in.cut && memcmp(room, "a packet", 8) == 0);
    CHECK(flare_address_equal(&in.peer, at));
    in.capacity = 8;
    CHECK_INT(flare_raw_send(&there, &out), FLARE_OK);
    CHECK(wait_for(here.fd));
    CHECK_INT(flare_raw_receive(&here, &in), FLARE_OK);
    CHECK(!in.cut);
    in.capacity = 7;
    CHECK_INT(flare_raw_send(&there, &out), FLARE_OK);
    CHECK(wait_for(here.fd));
    CHECK_INT(flare_raw_receive(&here, &in), FLARE_OK);
    CHECK(in.cut);
    CHECK_INT(in.length, 7);
    out.length = 0; /* an empty packet is one */
    CHECK_INT(flare_raw_send(&there, &out), FLARE_OK);
    CHECK(wait_for(here.fd));
    CHECK_INT(flare_raw_receive(&here, &in), FLARE_OK);
    CHECK_INT(in.length, 0);
    CHECK_INT(flare_raw_send(&there, &in), FLARE_OK); /* the peer of what came can be sent to */
    flare_socket_close(here.fd);
    flare_socket_close(there.fd);
}

TEST(a_protocol_of_ones_own)
{
    carry_over(&ipv4);
    carry_over(&ipv6);
}

static void echo_over(const flare_address *at, bool ping)
{
    const bool is4 = at->family == FLARE_ADDRESS_IPV4;
    uint8_t echo[16] = {is4 ? 8 : 128, 0, 0, 0, 0x12, 0x34, 0, 7, 'f', 'l', 'a', 'r', 'e'};
    uint8_t room[64];
    flare_datagram out = {.peer = *at, .bytes = (char *)echo, .length = sizeof echo};
    flare_datagram in = {.bytes = (char *)room, .capacity = sizeof room};
    const uint8_t answer = is4 ? 0 : 129;
    flare_raw raw;

    if (!open_at(&raw, is4 ? &any4 : at, is4 ? FLARE_RAW_ICMP : FLARE_RAW_ICMPV6,
                 &(flare_raw_options){.ping = ping, .broadcast = ping}))
        return;
    if (is4 && !ping) {
        const uint16_t sum = flare_checksum(echo, sizeof echo);

        echo[2] = (uint8_t)(sum >> 8);
        echo[3] = (uint8_t)sum;
        CHECK_INT(flare_checksum(echo, sizeof echo), 0);
    }
    CHECK_INT(flare_raw_send(&raw, &out), FLARE_OK);
    CHECK(receive_own(&raw, &in, &answer, 1));
    CHECK_INT(in.length, sizeof echo);
    CHECK(memcmp(room + 6, echo + 6, sizeof echo - 6) == 0); /* number and content */
    CHECK(ping || memcmp(room + 4, echo + 4, 2) == 0);
    CHECK(!is4 || flare_checksum(room, sizeof echo) == 0);
    CHECK(flare_address_equal(&in.peer, at));
    flare_socket_close(raw.fd);
}

TEST(echoes)
{
    for (int ping = 0; ping < 2; ping++) {
        echo_over(&ipv4, ping);
        echo_over(&ipv6, ping);
    }
}

TEST(with_a_header_of_ones_own)
{
    const uint8_t packet[24] = {0x45, 0, 0, 24, 0,   1, 0, 0, 7,   OWN_PROTOCOL, 0,   0,
                                127,  0, 0, 1,  127, 0, 0, 1, 'h', 'e',          'r', 'e'};
    char room[16];
    flare_datagram out = {.peer = ipv4, .bytes = (char *)(uintptr_t)packet, .length = sizeof packet};
    flare_datagram in = {.bytes = room, .capacity = sizeof room};
    flare_raw here, there;

    if (!open_at(&here, &ipv4, OWN_PROTOCOL, NULL))
        return;
    CHECK(open_at(&there, &any4, OWN_PROTOCOL, &(flare_raw_options){.header = true}));
    CHECK_INT(flare_raw_send(&there, &out), FLARE_OK);
    CHECK(receive_own(&here, &in, "here", 4));
    CHECK_INT(in.length, 4);
    flare_socket_close(here.fd);
    flare_socket_close(there.fd);
}

/* ---- What can't be ---- */

TEST(what_cannot_be_opened)
{
    static const flare_address any = {.family = FLARE_ADDRESS_ANY}, none = {.family = FLARE_ADDRESS_NONE};
    static const flare_address local = {.family = FLARE_ADDRESS_UNIX, .path = "/tmp/x"};
    static const flare_address port = {.family = FLARE_ADDRESS_IPV4, .port = 1};
    static const struct {
        const flare_address *at;
        unsigned protocol;
        flare_raw_options options;
    } rows[] = {{&any, 1, {0}},
                {&none, 1, {0}},
                {&local, 1, {0}},
                {&port, 1, {0}},
                {&ipv4, 0, {0}},
                {&ipv4, 256, {0}},
                {&ipv4, FLARE_RAW_ICMPV6, {.ping = true}},
                {&ipv6, FLARE_RAW_ICMP, {.ping = true}},
                {&ipv6, OWN_PROTOCOL, {.header = true}},
                {&ipv4, FLARE_RAW_ICMP, {.ping = true, .header = true}}};
    flare_raw raw;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(flare_raw_open(&raw, rows[i].at, rows[i].protocol, &rows[i].options), FLARE_ERR_ARGUMENT);
        CHECK_INT(raw.fd, -1);
    }
}

/* ---- Faults, and packets that the kernel never made ---- */

static int failing_errno;
static uint8_t played[128];
static size_t played_bytes;
static int interruptions;

static int no_socket(int domain, int type, int protocol)
{
    (void)domain, (void)type, (void)protocol;
    errno = failing_errno;
    return -1;
}

static int a_socket(int domain, int type, int protocol)
{
    (void)protocol;
    return socket(domain, SOCK_DGRAM | (type & ~SOCK_RAW & ~SOCK_DGRAM), 0);
}

static int no_option(int fd, int level, int name, const void *value, socklen_t bytes)
{
    (void)fd, (void)level, (void)name, (void)value, (void)bytes;
    errno = ENOMEM;
    return -1;
}

static int no_address(int fd, const struct sockaddr *address, socklen_t bytes)
{
    (void)fd, (void)address, (void)bytes;
    errno = EADDRNOTAVAIL;
    return -1;
}

static ssize_t play(int fd, struct msghdr *message, int flags)
{
    size_t at = 0;

    (void)fd, (void)flags;
    if (interruptions-- > 0) {
        errno = EINTR;
        return -1;
    }
    for (size_t i = 0; i < message->msg_iovlen && at < played_bytes; i++) {
        const size_t left = played_bytes - at;
        const size_t part = message->msg_iov[i].iov_len < left ? message->msg_iov[i].iov_len : left;

        memcpy(message->msg_iov[i].iov_base, played + at, part);
        at += part;
    }
    message->msg_flags = at < played_bytes ? MSG_TRUNC : 0;
    message->msg_namelen = 0;
    return (ssize_t)at;
}

static ssize_t no_send(int fd, const struct msghdr *message, int flags)
{
    (void)fd, (void)message, (void)flags;
    errno = failing_errno;
    return -1;
}

TEST(faults_of_the_system)
{
    flare_raw raw;

    failing_errno = EPERM;
    flarei_sys.socket = no_socket;
    CHECK_INT(flare_raw_open(&raw, &ipv4, OWN_PROTOCOL, NULL), FLARE_ERR_PERMISSION);
    failing_errno = EMFILE;
    CHECK_INT(flare_raw_open(&raw, &ipv4, OWN_PROTOCOL, NULL), FLARE_ERR_DESCRIPTORS);
    flarei_sys.socket = a_socket;
    flarei_sys.setsockopt = no_option;
    CHECK_INT(flare_raw_open(&raw, &ipv4, OWN_PROTOCOL, &(flare_raw_options){.broadcast = true}),
              FLARE_ERR_MEMORY);
    CHECK_INT(flare_raw_open(&raw, &ipv4, OWN_PROTOCOL, &(flare_raw_options){.header = true}),
              FLARE_ERR_MEMORY);
    flarei_sys.bind = no_address;
    CHECK_INT(flare_raw_open(&raw, &ipv4, OWN_PROTOCOL, NULL), FLARE_ERR_ADDRESS);
    CHECK_INT(raw.fd, -1);
    flarei_sys_reset();
}

TEST(headers_of_every_length)
{
    const flare_raw raw = {.fd = -1, .kind = FLARE_ADDRESS_IPV4, .heads = true};
    char room[32];
    flare_datagram in = {.bytes = room, .capacity = sizeof room};

    flarei_sys.recvmsg = play;
    interruptions = 2;
    for (unsigned words = 0; words < 16; words++) {
        memset(played, 0, sizeof played);
        played[0] = (uint8_t)(0x40 | words);
        memcpy(played + words * 4, "content", 7);
        played_bytes = words * 4 + 7;
        const flare_err err = flare_raw_receive(&raw, &in);
        CHECK_INT(err, words >= 5 ? FLARE_OK : FLARE_ERR_SYNTAX);
        if (err != FLARE_OK)
            continue;
        CHECK_INT(in.peer.family, FLARE_ADDRESS_NONE);
        const size_t options = words * 4 - 20;

        CHECK_INT(in.length, options + 7 <= sizeof room ? 7
                             : options < sizeof room    ? sizeof room - options
                                                        : 0);
        CHECK_INT(in.cut, options + 7 > sizeof room);
        CHECK(memcmp(room, "content", in.length) == 0);
    }
    played[0] = 0x45;
    played_bytes = 19;
    CHECK_INT(flare_raw_receive(&raw, &in), FLARE_ERR_SYNTAX);
    played[0] = 0x65;
    played_bytes = 40;
    CHECK_INT(flare_raw_receive(&raw, &in), FLARE_ERR_SYNTAX);
    played[0] = 0x46; /* says more than came */
    played_bytes = 22;
    CHECK_INT(flare_raw_receive(&raw, &in), FLARE_ERR_SYNTAX);
    flarei_sys_reset();
}

TEST(what_cannot_be_sent)
{
    const flare_raw raw = {.fd = -1, .kind = FLARE_ADDRESS_IPV4};
    char text[] = "x";
    flare_datagram out = {.peer = ipv6, .bytes = text, .length = 1};

    CHECK_INT(flare_raw_send(&raw, &out), FLARE_ERR_ARGUMENT);
    out.peer = (flare_address){.family = FLARE_ADDRESS_NONE};
    CHECK_INT(flare_raw_send(&raw, &out), FLARE_ERR_ARGUMENT);
    out.peer = ipv4;
    flarei_sys.sendmsg = no_send;
    failing_errno = EMSGSIZE;
    CHECK_INT(flare_raw_send(&raw, &out), FLARE_ERR_LIMIT);
    failing_errno = EACCES;
    CHECK_INT(flare_raw_send(&raw, &out), FLARE_ERR_PERMISSION);
    flarei_sys_reset();
}

TEST(checksums)
{
    const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}; /* RFC 1071, section 3 */
    static uint8_t much[65535];

    CHECK_INT(flare_checksum(bytes, sizeof bytes), (uint16_t)~0xddf2);
    CHECK_INT(flare_checksum(bytes, 3), (uint16_t) ~(0x0001 + 0xf200));
    CHECK_INT(flare_checksum(bytes, 0), 0xffff);
    memset(much, 0xff, sizeof much);
    CHECK_INT(flare_checksum(much, sizeof much - 1), 0);
    CHECK_INT(flare_checksum(much, sizeof much), (uint16_t)~0xff00);
}

/* Pings without privileges are the network's to allow: of one of its own, where this process may have that.
 */
static void take_own_network(void)
{
#if defined(__linux__)
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    FILE *range;
    int fd;

    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK_INT(ioctl(fd, SIOCSIFFLAGS, &loopback), 0);
    close(fd);
    range = fopen("/proc/sys/net/ipv4/ping_group_range", "w");
    if (range == NULL)
        return;
    (void)fputs("0 0", range);
    (void)fclose(range);
#endif
}

int main(void)
{
    take_own_network();
    RUN(a_protocol_of_ones_own);
    RUN(echoes);
    RUN(with_a_header_of_ones_own);
    RUN(what_cannot_be_opened);
    RUN(faults_of_the_system);
    RUN(headers_of_every_length);
    RUN(what_cannot_be_sent);
    RUN(checksums);
    return TEST_END();
}
