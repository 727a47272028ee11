#include "test.h"

#include <flare/net.h>

#include "net/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

static const flare_address loopback6 = {.family = FLARE_ADDRESS_IPV6, .ip = {[15] = 1}};
static flare_address loopback = {.family = FLARE_ADDRESS_IPV4, .ip = {127, 0, 0, 1}};

/* ---- Faults: the first `faults` calls fail with `fault`, then the real one runs ---- */

static int faults, fault, calls;

static bool failing(void)
{
    calls++;
    if (faults == 0)
        return false;
    faults--;
    errno = fault;
    return true;
}

static ssize_t faulty_recv(int fd, void *buffer, size_t bytes, int flags)
{
    return failing() ? -1 : recv(fd, buffer, bytes, flags);
}

static ssize_t faulty_send(int fd, const void *data, size_t bytes, int flags)
{
    return failing() ? -1 : send(fd, data, bytes, flags);
}

static ssize_t faulty_sendmsg(int fd, const struct msghdr *message, int flags)
{
    return failing() ? -1 : sendmsg(fd, message, flags);
}

static ssize_t faulty_recvmsg(int fd, struct msghdr *message, int flags)
{
    return failing() ? -1 : recvmsg(fd, message, flags);
}

static ssize_t short_recv(int fd, void *buffer, size_t bytes, int flags)
{
    return recv(fd, buffer, bytes < 2 ? bytes : 2, flags);
}

static ssize_t no_send(int fd, const void *data, size_t bytes, int flags)
{
    (void)fd, (void)data, (void)bytes, (void)flags;
    return 0;
}

static int faulty_connect(int fd, const struct sockaddr *address, socklen_t bytes)
{
    (void)fd, (void)address, (void)bytes;
    return failing() ? -1 : 0;
}

static int faulty_socket(int domain, int type, int protocol)
{
    return failing() ? -1 : socket(domain, type, protocol);
}

static int faulty_setsockopt(int fd, int level, int name, const void *value, socklen_t bytes)
{
    return failing() ? -1 : setsockopt(fd, level, name, value, bytes);
}

static int faulty_getsockopt(int fd, int level, int name, void *value, socklen_t *bytes)
{
    return failing() ? -1 : getsockopt(fd, level, name, value, bytes);
}

static void fail_with(int number, int times)
{
    fault = number;
    faults = times;
    calls = 0;
}

/* ---- Two ends ---- */

struct pair {
    flare_listener listener;
    int client, server;
};

static bool wait_for(int fd, short events)
{
    struct pollfd item = {.fd = fd, .events = events};
    return poll(&item, 1, 5000) == 1;
}

static bool open_pair(struct pair *pair)
{
    pair->client = pair->server = -1;
    flare_err err = flare_listener_open(&pair->listener, &loopback, NULL);
    CHECK_INT(err, FLARE_OK);
    if (err != FLARE_OK)
        return false;
    pair->client = flare_socket_connect(&pair->listener.address);
    CHECK(pair->client >= 0);
    CHECK(wait_for(pair->client, POLLOUT) && wait_for(pair->listener.fd, POLLIN));
    CHECK_INT(flare_socket_error(pair->client), FLARE_OK);
    pair->server = flare_listener_accept(&pair->listener, NULL);
    CHECK(pair->server >= 0);
    return pair->client >= 0 && pair->server >= 0;
}

static void close_pair(struct pair *pair)
{
    if (pair->client >= 0)
        flare_socket_close(pair->client);
    if (pair->server >= 0)
        flare_socket_close(pair->server);
    flare_listener_close(&pair->listener);
}

static int option_of(int fd, int level, int name)
{
    int value = -1;
    socklen_t bytes = sizeof value;
    getsockopt(fd, level, name, &value, &bytes);
    return value;
}

TEST(carries_bytes)
{
    struct pair pair;
    char buffer[64];
    if (open_pair(&pair)) {
        CHECK_INT(flare_socket_receive(pair.server, buffer, sizeof buffer), FLARE_ERR_AGAIN);
        CHECK_INT(flare_socket_send(pair.client, "hello", 5), 5);
        CHECK(wait_for(pair.server, POLLIN));
        CHECK_INT(flare_socket_receive(pair.server, buffer, sizeof buffer), 5);
        CHECK(memcmp(buffer, "hello", 5) == 0);

        const flare_str parts[] = {FLARE_STR("ab"), {NULL, 0}, FLARE_STR("cd"), FLARE_STR("")};
        CHECK_INT(flare_socket_send_slices(pair.client, parts, 4), 4);
        CHECK(wait_for(pair.server, POLLIN));
        CHECK_INT(flare_socket_receive(pair.server, buffer, 3), 3);
        CHECK_INT(flare_socket_receive(pair.server, buffer + 3, 61), 1);
        CHECK(memcmp(buffer, "abcd", 4) == 0);

        CHECK_INT(flare_socket_shutdown(pair.client), FLARE_OK);
        CHECK(wait_for(pair.server, POLLIN));
        CHECK_INT(flare_socket_receive(pair.server, buffer, sizeof buffer), FLARE_ERR_CLOSED);
        CHECK_INT(flare_socket_send(pair.server, "x", 1), 1);
    }
    close_pair(&pair);
}

TEST(discards_bytes)
{
    struct pair pair;
    char buffer[64];
    if (open_pair(&pair)) {
        CHECK_INT(flare_socket_discard(pair.server, buffer, sizeof buffer), FLARE_ERR_AGAIN);
        CHECK_INT(flare_socket_send(pair.client, "hello", 5), 5);
        CHECK(wait_for(pair.server, POLLIN));
        CHECK_INT(flare_socket_discard(pair.server, buffer, 3), 3);
        CHECK_INT(flare_socket_receive(pair.server, buffer, sizeof buffer), 2);
        CHECK(memcmp(buffer, "lo", 2) == 0);
        CHECK_INT(flare_socket_shutdown(pair.client), FLARE_OK);
        CHECK(wait_for(pair.server, POLLIN));
        CHECK_INT(flare_socket_discard(pair.server, buffer, sizeof buffer), FLARE_ERR_CLOSED);
    }
    close_pair(&pair);
}

TEST(sends_at_most_64_slices)
{
    struct pair pair;
    flare_str parts[FLARE_SOCKET_SLICES_MAX + 1];
    for (size_t i = 0; i < FLARE_SOCKET_SLICES_MAX + 1; i++)
        parts[i] = FLARE_STR("x");
    if (open_pair(&pair)) {
        CHECK_INT(flare_socket_send_slices(pair.client, parts, FLARE_SOCKET_SLICES_MAX),
                  FLARE_SOCKET_SLICES_MAX);
        CHECK_INT(flare_socket_send_slices(pair.client, parts, FLARE_SOCKET_SLICES_MAX + 1),
                  FLARE_SOCKET_SLICES_MAX);
    }
    close_pair(&pair);
}

TEST(receives_into_several_places)
{
    struct pair pair;
    char first[3], second[64];
    const flare_room rooms[] = {{NULL, 0}, {first, sizeof first}, {second, sizeof second}};
    if (open_pair(&pair)) {
        CHECK_INT(flare_socket_receive_rooms(pair.server, rooms, 3), FLARE_ERR_AGAIN);
        CHECK_INT(flare_socket_send(pair.client, "hello", 5), 5);
        CHECK(wait_for(pair.server, POLLIN));
        CHECK_INT(flare_socket_receive_rooms(pair.server, rooms, 3), 5);
        CHECK(memcmp(first, "hel", 3) == 0 && memcmp(second, "lo", 2) == 0);
        CHECK_INT(flare_socket_shutdown(pair.client), FLARE_OK);
        CHECK(wait_for(pair.server, POLLIN));
        CHECK_INT(flare_socket_receive_rooms(pair.server, rooms, 3), FLARE_ERR_CLOSED);
    }
    close_pair(&pair);
}

TEST(receives_into_at_most_64_places)
{
    struct pair pair;
    char bytes[FLARE_SOCKET_SLICES_MAX + 1];
    flare_room rooms[FLARE_SOCKET_SLICES_MAX + 1];
    for (size_t i = 0; i < FLARE_SOCKET_SLICES_MAX + 1; i++)
        rooms[i] = (flare_room){&bytes[i], 1};
    memset(bytes, 'x', sizeof bytes);
    if (open_pair(&pair)) {
        CHECK_INT(flare_socket_send(pair.client, bytes, sizeof bytes), sizeof bytes);
        CHECK(wait_for(pair.server, POLLIN));
        CHECK_INT(flare_socket_receive_rooms(pair.server, rooms, FLARE_SOCKET_SLICES_MAX),
                  FLARE_SOCKET_SLICES_MAX);
        CHECK_INT(flare_socket_send(pair.client, bytes, sizeof bytes), sizeof bytes);
        CHECK(wait_for(pair.server, POLLIN));
        CHECK_INT(flare_socket_receive_rooms(pair.server, rooms, FLARE_SOCKET_SLICES_MAX + 1),
                  FLARE_SOCKET_SLICES_MAX);
    }
    close_pair(&pair);
}

TEST(inherits_what_the_listener_has)
{
    struct pair pair;
    if (open_pair(&pair)) {
        CHECK_INT(option_of(pair.server, IPPROTO_TCP, TCP_NODELAY), 1);
        CHECK_INT(option_of(pair.client, IPPROTO_TCP, TCP_NODELAY), 1);
        const int all[] = {pair.server, pair.client, pair.listener.fd};
        for (size_t i = 0; i < 3; i++) {
            CHECK(fcntl(all[i], F_GETFL) & O_NONBLOCK);
            CHECK(fcntl(all[i], F_GETFD) & FD_CLOEXEC);
        }
    }
    close_pair(&pair);
}

TEST(retries_after_a_signal)
{
    struct pair pair;
    char buffer[8];
    const flare_str part = FLARE_STR("cd");
    flarei_sys.recv = faulty_recv;
    flarei_sys.send = faulty_send;
    flarei_sys.sendmsg = faulty_sendmsg;
    if (open_pair(&pair)) {
        fail_with(EINTR, 3);
        CHECK_INT(flare_socket_send(pair.client, "ab", 2), 2);
        CHECK_INT(calls, 4);
        fail_with(EINTR, 2);
        CHECK_INT(flare_socket_send_slices(pair.client, &part, 1), 2);
        CHECK_INT(calls, 3);
        CHECK(wait_for(pair.server, POLLIN));
        fail_with(EINTR, 1);
        CHECK_INT(flare_socket_receive(pair.server, buffer, sizeof buffer), 4);
        CHECK_INT(calls, 2);
        flarei_sys.recvmsg = faulty_recvmsg;
        CHECK_INT(flare_socket_send(pair.client, "ab", 2), 2);
        CHECK(wait_for(pair.server, POLLIN));
        fail_with(EINTR, 2);
        CHECK_INT(flare_socket_receive_rooms(pair.server, &(flare_room){buffer, sizeof buffer}, 1), 2);
        CHECK_INT(calls, 3);
    }
    close_pair(&pair);
    flarei_sys_reset();
}

TEST(maps_failures)
{
    static const struct {
        int number;
        flare_err err;
    } rows[] = {
        {EAGAIN, FLARE_ERR_AGAIN},
        {ECONNRESET, FLARE_ERR_RESET},
        {EPIPE, FLARE_ERR_CLOSED},
        {ETIMEDOUT, FLARE_ERR_TIMEOUT},
        {ENOBUFS, FLARE_ERR_MEMORY},
        {ENOMEM, FLARE_ERR_MEMORY},
        {EHOSTUNREACH, FLARE_ERR_UNREACHABLE},
        {EIO, FLARE_ERR_IO},
    };
    char buffer[8];
    const flare_str part = FLARE_STR("x");
    flarei_sys.recv = faulty_recv;
    flarei_sys.send = faulty_send;
    flarei_sys.sendmsg = faulty_sendmsg;
    flarei_sys.recvmsg = faulty_recvmsg;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fail_with(rows[i].number, 3);
        CHECK_INT(flare_socket_receive(-1, buffer, sizeof buffer), rows[i].err);
        CHECK_INT(flare_socket_send(-1, "x", 1), rows[i].err);
        CHECK_INT(flare_socket_send_slices(-1, &part, 1), rows[i].err);
        CHECK_INT(calls, 3);
        fail_with(rows[i].number, 1);
        CHECK_INT(flare_socket_receive_rooms(-1, &(flare_room){buffer, sizeof buffer}, 1), rows[i].err);
    }
    flarei_sys.send = no_send;
    CHECK_INT(flare_socket_send(-1, "x", 1), FLARE_ERR_AGAIN);
    flarei_sys_reset();
}

TEST(receives_in_short_pieces)
{
    struct pair pair;
    char buffer[8];
    flarei_sys.recv = short_recv;
    if (open_pair(&pair)) {
        CHECK_INT(flare_socket_send(pair.client, "abcde", 5), 5);
        CHECK(wait_for(pair.server, POLLIN));
        CHECK_INT(flare_socket_receive(pair.server, buffer, sizeof buffer), 2);
        CHECK_INT(flare_socket_receive(pair.server, buffer, sizeof buffer), 2);
        CHECK_INT(flare_socket_receive(pair.server, buffer, sizeof buffer), 1);
        CHECK_INT(flare_socket_receive(pair.server, buffer, sizeof buffer), FLARE_ERR_AGAIN);
    }
    close_pair(&pair);
    flarei_sys_reset();
}

TEST(sends_short_into_a_full_socket)
{
    static char block[1 << 20];
    struct pair pair;
    if (open_pair(&pair)) {
        int size = 4096;
        setsockopt(pair.client, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        size_t total = 0;
        bool fell_short = false;
        ptrdiff_t sent;
        while ((sent = flare_socket_send(pair.client, block, sizeof block)) > 0) {
            fell_short = fell_short || (size_t)sent < sizeof block;
            total += (size_t)sent;
        }
        CHECK_INT(sent, FLARE_ERR_AGAIN);
        CHECK(fell_short);
        ptrdiff_t got;
        size_t arrived = 0;
        while (arrived < total && wait_for(pair.server, POLLIN) &&
               (got = flare_socket_receive(pair.server, block, sizeof block)) > 0)
            arrived += (size_t)got;
        CHECK_INT(arrived, total);
        CHECK(wait_for(pair.client, POLLOUT));
        CHECK(flare_socket_send(pair.client, "x", 1) == 1);
    }
    close_pair(&pair);
}

TEST(reports_a_reset)
{
    struct pair pair;
    char buffer[8];
    if (open_pair(&pair)) {
        CHECK_INT(flare_socket_abort(pair.client), FLARE_OK);
        flare_socket_close(pair.client);
        pair.client = -1;
        CHECK(wait_for(pair.server, POLLIN));
        CHECK_INT(flare_socket_receive(pair.server, buffer, sizeof buffer), FLARE_ERR_RESET);
        CHECK_INT(flare_socket_send(pair.server, "x", 1), FLARE_ERR_CLOSED);
        flare_address peer;
        CHECK_INT(flare_socket_peer(pair.server, &peer), FLARE_ERR_CLOSED);
        CHECK_INT(flare_socket_shutdown(pair.server), FLARE_ERR_CLOSED);
    }
    close_pair(&pair);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    fail_with(ENOMEM, 1);
    flarei_sys.setsockopt = faulty_setsockopt;
    CHECK_INT(flare_socket_abort(fd), FLARE_ERR_MEMORY);
    flarei_sys_reset();
    flare_socket_close(fd);
}

TEST(knows_both_ends)
{
    struct pair pair;
    flare_address of_client, of_server;
    if (open_pair(&pair)) {
        CHECK_INT(flare_socket_local(pair.client, &of_client), FLARE_OK);
        CHECK_INT(flare_socket_peer(pair.server, &of_server), FLARE_OK);
        CHECK(flare_address_equal(&of_client, &of_server));
        CHECK(of_client.port != 0);
        CHECK_INT(flare_socket_local(pair.server, &of_server), FLARE_OK);
        CHECK(flare_address_equal(&of_server, &pair.listener.address));
    }
    close_pair(&pair);
    CHECK_INT(flare_socket_local(-1, &of_client), FLARE_ERR_IO);
    CHECK_INT(flare_socket_peer(-1, &of_client), FLARE_ERR_IO);
}

TEST(connects_or_says_why_not)
{
    flare_listener listener;
    flare_address gone, nowhere = {.family = FLARE_ADDRESS_NONE},
                        any = {.family = FLARE_ADDRESS_ANY, .port = 80};
    flare_address no_file = {.family = FLARE_ADDRESS_UNIX, .path = "/nonexistent/x"};

    CHECK_INT(flare_socket_connect(&nowhere), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_socket_connect(&any), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_socket_connect(&loopback), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_socket_connect(&no_file), FLARE_ERR_NOT_FOUND);

    CHECK_INT(flare_listener_open(&listener, &loopback, NULL), FLARE_OK);
    gone = listener.address;
    flare_listener_close(&listener);
    int fd = flare_socket_connect(&gone);
    CHECK(fd >= 0 || fd == FLARE_ERR_REFUSED);
    if (fd >= 0) {
        CHECK(wait_for(fd, POLLOUT));
        CHECK_INT(flare_socket_error(fd), FLARE_ERR_REFUSED);
        CHECK_INT(flare_socket_error(fd), FLARE_OK);
        fail_with(ENOMEM, 1);
        flarei_sys.getsockopt = faulty_getsockopt;
        CHECK_INT(flare_socket_error(fd), FLARE_ERR_MEMORY);
        flarei_sys_reset();
        flare_socket_close(fd);
    }
}

TEST(connect_fails_cleanly)
{
    flare_address address = loopback;
    address.port = 9;
    int before = dup(0);
    close(before);

    flarei_sys.connect = faulty_connect;
    fail_with(EINTR, 1);
    int fd = flare_socket_connect(&address);
    CHECK(fd >= 0);
    flare_socket_close(fd);
    fail_with(ENETUNREACH, 1);
    CHECK_INT(flare_socket_connect(&address), FLARE_ERR_UNREACHABLE);
    fail_with(EAGAIN, 1);
    CHECK_INT(flare_socket_connect(&address), FLARE_ERR_AGAIN);
    flarei_sys.socket = faulty_socket;
    fail_with(EMFILE, 1);
    CHECK_INT(flare_socket_connect(&address), FLARE_ERR_DESCRIPTORS);
    flarei_sys.setsockopt = faulty_setsockopt;
    flarei_sys.socket = socket;
    fail_with(ENOMEM, 1);
    CHECK_INT(flare_socket_connect(&address), FLARE_ERR_MEMORY);
    flarei_sys_reset();

    int after = dup(0);
    CHECK_INT(after, before);
    close(after);
}

int main(void)
{
    RUN(carries_bytes);
    RUN(discards_bytes);
    RUN(sends_at_most_64_slices);
    RUN(receives_into_several_places);
    RUN(receives_into_at_most_64_places);
    RUN(inherits_what_the_listener_has);
    RUN(retries_after_a_signal);
    RUN(maps_failures);
    RUN(receives_in_short_pieces);
    RUN(sends_short_into_a_full_socket);
    RUN(reports_a_reset);
    RUN(knows_both_ends);
    RUN(connects_or_says_why_not);
    RUN(connect_fails_cleanly);
    loopback = loopback6;
    RUN(carries_bytes);
    RUN(receives_into_several_places);
    RUN(inherits_what_the_listener_has);
    return TEST_END();
}
