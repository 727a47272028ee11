/* Datagrams over IPv4 and IPv6, single and in batches, with and without the calls for batches. */
#include "test.h"

#include <flare/udp.h>

#include "net/sys.h"

#include <errno.h>
#include <poll.h>

static const flare_address ipv4 = {.family = FLARE_ADDRESS_IPV4, .ip = {127, 0, 0, 1}};
static const flare_address ipv6 = {.family = FLARE_ADDRESS_IPV6, .ip = {[15] = 1}};

static int open_at(const flare_address *at, flare_address *got)
{
    const int fd = flare_udp_open(at, NULL);

    CHECK(fd >= 0);
    CHECK_INT(flare_socket_local(fd, got), FLARE_OK);
    CHECK(got->port != 0);
    return fd;
}

static void wait_for(int fd)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};

    CHECK_INT(poll(&item, 1, 2000), 1);
}

static void echo_over(const flare_address *at)
{
    flare_address here, there;
    const int server = open_at(at, &here), client = open_at(at, &there);
    char text[] = "ping", room[64];
    flare_datagram out = {.peer = here, .bytes = text, .length = 4};
    flare_datagram in = {.bytes = room, .capacity = sizeof room};

    CHECK_INT(flare_udp_receive(server, &in), FLARE_ERR_AGAIN);
    CHECK_INT(flare_udp_send(client, &out), FLARE_OK);
    wait_for(server);
    CHECK_INT(flare_udp_receive(server, &in), FLARE_OK);
    CHECK_INT(in.length, 4);
    CHECK(!in.cut && memcmp(room, "ping", 4) == 0);
    CHECK(flare_address_equal(&in.peer, &there));
    out.length = 0; /* an empty datagram is one */
    CHECK_INT(flare_udp_send(client, &out), FLARE_OK);
    wait_for(server);
    CHECK_INT(flare_udp_receive(server, &in), FLARE_OK);
    CHECK_INT(in.length, 0);
    in.capacity = 3;
    out.length = 4;
    CHECK_INT(flare_udp_send(client, &out), FLARE_OK);
    wait_for(server);
    CHECK_INT(flare_udp_receive(server, &in), FLARE_OK);
    CHECK(in.cut);
    CHECK_INT(in.length, 3);
    flare_socket_close(server);
    flare_socket_close(client);
}

TEST(one_at_a_time)
{
    echo_over(&ipv4);
    echo_over(&ipv6);
}

enum { MANY = 100 };

static void batch_over(const flare_address *at)
{
    static char sent[MANY][12], room[MANY][8];
    static flare_datagram out[MANY], in[MANY];
    flare_address here, there;
    const int server = open_at(at, &here), client = open_at(at, &there);
    int got = 0;

    for (int i = 0; i < MANY; i++) {
        (void)snprintf(sent[i], sizeof sent[i], "%d", i);
        out[i] = (flare_datagram){.peer = here, .bytes = sent[i], .length = strlen(sent[i])};
        in[i] = (flare_datagram){.bytes = room[i], .capacity = sizeof room[i]};
    }
    CHECK_INT(flare_udp_receive_batch(server, in, MANY), FLARE_ERR_AGAIN);
    CHECK_INT(flare_udp_send_batch(client, out, MANY), MANY);
    while (got < MANY) {
        int more;

        wait_for(server);
        more = flare_udp_receive_batch(server, in + got, (size_t)(MANY - got));
        if (more <= 0)
            break;
        got += more;
    }
    CHECK_INT(got, MANY);
    for (int i = 0; i < got; i++) {
        const flare_str bytes = {in[i].bytes, in[i].length};

        CHECK_STR(bytes, sent[i]);
        CHECK(flare_address_equal(&in[i].peer, &there));
    }
    flare_socket_close(server);
    flare_socket_close(client);
}

TEST(batches)
{
    batch_over(&ipv4);
    batch_over(&ipv6);
}

static int no_receive_batch(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    (void)fd, (void)messages, (void)count, (void)flags;
    errno = ENOSYS;
    return -1;
}

TEST(batches_where_the_system_has_none)
{
    flarei_sys.recvmmsg = no_receive_batch;
    flarei_sys.sendmmsg = no_receive_batch;
    batch_over(&ipv4);
    batch_over(&ipv6);
    flarei_sys_reset();
}

TEST(both_families_by_one_socket)
{
    const flare_address any = {.family = FLARE_ADDRESS_ANY};
    flare_address here, there;
    const int server = open_at(&any, &here), client = open_at(&ipv4, &there);
    char text[] = "x", room[4];
    flare_datagram out = {.peer = ipv4, .bytes = text, .length = 1};
    flare_datagram in = {.bytes = room, .capacity = sizeof room};

    out.peer.port = here.port;
    CHECK_INT(flare_udp_send(client, &out), FLARE_OK);
    wait_for(server);
    CHECK_INT(flare_udp_receive(server, &in), FLARE_OK);
    CHECK_INT(in.peer.family, FLARE_ADDRESS_IPV4);
    CHECK_INT(flare_udp_send(server, &in), FLARE_OK); /* and back */
    wait_for(client);
    CHECK_INT(flare_udp_receive(client, &in), FLARE_OK);
    flare_socket_close(server);
    flare_socket_close(client);
}

TEST(one_peer_only)
{
    flare_address here, there, gone;
    const int server = open_at(&ipv4, &here), client = open_at(&ipv4, &there);
    const int other = open_at(&ipv4, &gone);
    char text[] = "x", room[4];
    flare_datagram out = {.bytes = text, .length = 1}, in = {.bytes = room, .capacity = sizeof room};
    struct pollfd item = {.fd = client, .events = POLLIN};

    CHECK_INT(flare_udp_send(client, &out), FLARE_ERR_IO); /* to whom? EDESTADDRREQ */
    CHECK_INT(flare_udp_connect(client, &here), FLARE_OK);
    CHECK_INT(flare_udp_send(client, &out), FLARE_OK);
    wait_for(server);
    CHECK_INT(flare_udp_receive(server, &in), FLARE_OK);
    flare_socket_close(other);
    CHECK_INT(flare_udp_connect(client, &gone), FLARE_OK);
    CHECK_INT(flare_udp_send(client, &out), FLARE_OK);
    CHECK_INT(poll(&item, 1, 2000), 1);
    CHECK_INT(flare_udp_receive(client, &in), FLARE_ERR_REFUSED);
    flare_socket_close(server);
    flare_socket_close(client);
}

TEST(what_cannot_be)
{
    static char much[FLARE_UDP_MAX_BYTES + 1];
    static const flare_address local = {.family = FLARE_ADDRESS_UNIX, .path = "/tmp/x"};
    const flare_address none = {.family = FLARE_ADDRESS_NONE};
    flare_address here;
    const int fd = open_at(&ipv4, &here);
    flare_datagram out[2] = {{.peer = here, .bytes = much, .length = FLARE_UDP_MAX_BYTES + 1},
                             {.peer = ipv4, .bytes = much, .length = 1}};

    CHECK_INT(flare_udp_open(&local, NULL), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_udp_open(&none, NULL), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_udp_open(&here, NULL), FLARE_ERR_ADDRESS_IN_USE);
    CHECK_INT(flare_udp_connect(fd, &ipv4), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_udp_send(fd, &out[0]), FLARE_ERR_LIMIT);
    CHECK_INT(flare_udp_send_batch(fd, out, 1), FLARE_ERR_LIMIT);
    CHECK_INT(flare_udp_send(fd, &out[1]), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_udp_send_batch(fd, out + 1, 1), FLARE_ERR_ARGUMENT);
    out[0].length = FLARE_UDP_MAX_BYTES;
    CHECK_INT(flare_udp_send(fd, &out[0]), FLARE_OK);
    out[0].length = 1;
    CHECK_INT(flare_udp_send_batch(fd, out, 2), 1);
    flare_socket_close(fd);
}

TEST(a_shared_port)
{
    const flare_udp_options share = {.share_port = true, .broadcast = true, .receive_bytes = 1 << 16};
    const int first = flare_udp_open(&ipv4, &share);
    flare_address here;
    int second;

    CHECK_INT(flare_socket_local(first, &here), FLARE_OK);
    second = flare_udp_open(&here, &share);
    CHECK(second >= 0);
    flare_socket_close(first);
    flare_socket_close(second);
}

/* ---- Faults ---- */

static int interruptions;

static ssize_t interrupted_recvmsg(int fd, struct msghdr *message, int flags)
{
    if (interruptions-- > 0) {
        errno = EINTR;
        return -1;
    }
    return recvmsg(fd, message, flags);
}

static int no_socket(int domain, int type, int protocol)
{
    (void)domain, (void)type, (void)protocol;
    errno = EMFILE;
    return -1;
}

static int no_option(int fd, int level, int name, const void *value, socklen_t bytes)
{
    (void)fd, (void)level, (void)name, (void)value, (void)bytes;
    errno = ENOMEM;
    return -1;
}

static int no_ipv6(int domain, int type, int protocol)
{
    if (domain == AF_INET6) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return socket(domain, type, protocol);
}

TEST(faults_of_the_system)
{
    const flare_address any = {.family = FLARE_ADDRESS_ANY};
    flare_address here;
    flare_datagram in = {.bytes = (char[4]){0}, .capacity = 4};
    int fd;

    flarei_sys.socket = no_socket;
    CHECK_INT(flare_udp_open(&ipv4, NULL), FLARE_ERR_DESCRIPTORS);
    flarei_sys_reset();
    flarei_sys.setsockopt = no_option;
    CHECK_INT(flare_udp_open(&ipv6, NULL), FLARE_ERR_MEMORY);
    flarei_sys_reset();
    flarei_sys.socket = no_ipv6;
    fd = open_at(&any, &here);
    CHECK_INT(here.family, FLARE_ADDRESS_IPV4);
    flarei_sys_reset();
    interruptions = 2;
    flarei_sys.recvmsg = interrupted_recvmsg;
    CHECK_INT(flare_udp_receive(fd, &in), FLARE_ERR_AGAIN);
    CHECK_INT(interruptions, -1);
    flarei_sys_reset();
    flare_socket_close(fd);
}

int main(void)
{
    RUN(one_at_a_time);
    RUN(batches);
    RUN(batches_where_the_system_has_none);
    RUN(both_families_by_one_socket);
    RUN(one_peer_only);
    RUN(what_cannot_be);
    RUN(a_shared_port);
    RUN(faults_of_the_system);
    return TEST_END();
}
