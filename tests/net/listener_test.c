#include "test.h"

#include <flare/net.h>

#include "net/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/un.h>
#include <unistd.h>

static const flare_address loopback = {.family = FLARE_ADDRESS_IPV4, .ip = {127, 0, 0, 1}};
static char folder[64];

static bool wait_for(int fd, short events)
{
    struct pollfd item = {.fd = fd, .events = events};
    return poll(&item, 1, 5000) == 1;
}

static int option_of(int fd, int level, int name)
{
    int value = -1;
    socklen_t bytes = sizeof value;
    getsockopt(fd, level, name, &value, &bytes);
    return value;
}

static int open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

static bool has_ipv6(void)
{
    const flare_address address = {.family = FLARE_ADDRESS_IPV6, .ip = {[15] = 1}};
    flare_listener listener;
    bool has = flare_listener_open(&listener, &address, NULL) == FLARE_OK;
    flare_listener_close(&listener);
    return has;
}

static flare_address unix_address(const char *name)
{
    flare_address address = {.family = FLARE_ADDRESS_UNIX};
    snprintf(address.path, sizeof address.path, "%s/%s", folder, name);
    return address;
}

/* ---- TCP ---- */

TEST(finds_the_port_it_got)
{
    flare_listener one, two;
    CHECK_INT(flare_listener_open(&one, &loopback, NULL), FLARE_OK);
    CHECK_INT(flare_listener_open(&two, &loopback, NULL), FLARE_OK);
    CHECK(one.address.port != 0 && two.address.port != 0 && one.address.port != two.address.port);
    CHECK_INT(one.address.family, FLARE_ADDRESS_IPV4);
    CHECK_INT(flare_listener_accept(&one, NULL), FLARE_ERR_AGAIN);
    flare_listener_close(&one);
    CHECK_INT(one.fd, -1);
    flare_listener_close(&one);
    flare_listener_close(&two);
}

TEST(refuses_a_used_port)
{
    flare_listener one, two;
    CHECK_INT(flare_listener_open(&one, &loopback, NULL), FLARE_OK);
    CHECK_INT(flare_listener_open(&two, &one.address, NULL), FLARE_ERR_ADDRESS_IN_USE);
    CHECK_INT(two.fd, -1);
    flare_listener_close(&two);
    flare_listener_close(&one);

    flare_address elsewhere = {.family = FLARE_ADDRESS_IPV4, .ip = {192, 0, 2, 1}};
    CHECK_INT(flare_listener_open(&two, &elsewhere, NULL), FLARE_ERR_ADDRESS);
    flare_address none = {.family = FLARE_ADDRESS_NONE};
    CHECK_INT(flare_listener_open(&two, &none, NULL), FLARE_ERR_ADDRESS);
}

TEST(listens_again_at_once)
{
    flare_listener one, two;
    CHECK_INT(flare_listener_open(&one, &loopback, NULL), FLARE_OK);
    flare_address address = one.address;
    int client = flare_socket_connect(&address);
    CHECK(wait_for(one.fd, POLLIN));
    int server = flare_listener_accept(&one, NULL);
    flare_socket_close(server); /* the side that closes first stays in TIME_WAIT */
    flare_socket_close(client);
    flare_listener_close(&one);
    CHECK_INT(flare_listener_open(&two, &address, NULL), FLARE_OK);
    flare_listener_close(&two);
}

TEST(shares_a_port_within_a_group_only)
{
    const flare_listener_options as_first = {.group = FLARE_LISTENER_FIRST};
    const flare_listener_options as_member = {.group = FLARE_LISTENER_JOIN};
    flare_listener first, second, third, other;
    CHECK_INT(flare_listener_open(&first, &loopback, &as_first), FLARE_OK);
    CHECK_INT(flare_listener_open(&second, &first.address, &as_member), FLARE_OK);
    CHECK_INT(flare_listener_open(&third, &first.address, &as_member), FLARE_OK);
    CHECK_INT(flare_listener_open(&other, &first.address, NULL), FLARE_ERR_ADDRESS_IN_USE);
    CHECK_INT(flare_listener_open(&other, &first.address, &as_first), FLARE_ERR_ADDRESS_IN_USE);

    /* The kernel spreads over all: with 64 connections each gets one (else 3 * (2/3)^64). */
    int clients[64], counts[3] = {0};
    const flare_listener *const all[] = {&first, &second, &third};
    for (size_t i = 0; i < 64; i++) {
        clients[i] = flare_socket_connect(&first.address);
        CHECK(clients[i] >= 0 && wait_for(clients[i], POLLOUT));
    }
    for (size_t i = 0; i < 3; i++) {
        int fd;
        while ((fd = flare_listener_accept(all[i], NULL)) >= 0) {
            counts[i]++;
            flare_socket_close(fd);
        }
        CHECK(counts[i] > 0);
    }
    CHECK_INT(counts[0] + counts[1] + counts[2], 64);
    for (size_t i = 0; i < 64; i++)
        flare_socket_close(clients[i]);
    flare_listener_close(&first);
    flare_listener_close(&second);
    flare_listener_close(&third);
}

TEST(sets_its_options)
{
    const flare_listener_options options = {.defer_accept_s = 5, .backlog = 3};
    flare_listener listener;
    CHECK_INT(flare_listener_open(&listener, &loopback, &options), FLARE_OK);
    CHECK(option_of(listener.fd, IPPROTO_TCP, TCP_DEFER_ACCEPT) >= 5);
    CHECK_INT(option_of(listener.fd, IPPROTO_TCP, TCP_NODELAY), 1);
    CHECK_INT(option_of(listener.fd, SOL_SOCKET, SO_REUSEADDR), 1);
    CHECK_INT(option_of(listener.fd, SOL_SOCKET, SO_REUSEPORT), 0);

    int client = flare_socket_connect(&listener.address);
    CHECK(wait_for(client, POLLOUT));
    struct pollfd item = {.fd = listener.fd, .events = POLLIN};
    CHECK_INT(poll(&item, 1, 50), 0); /* connected, but nothing sent yet */
    CHECK_INT(flare_socket_send(client, "x", 1), 1);
    CHECK(wait_for(listener.fd, POLLIN));
    int server = flare_listener_accept(&listener, NULL);
    CHECK(server >= 0);
    flare_socket_close(server);
    flare_socket_close(client);
    flare_listener_close(&listener);
}

TEST(keeps_ipv6_and_ipv4_apart)
{
    const flare_address six = {.family = FLARE_ADDRESS_IPV6};
    flare_address four = {.family = FLARE_ADDRESS_IPV4};
    flare_listener one, two;
    flare_err err = FLARE_OK;
    if (!has_ipv6())
        return;
    /* A port that is free for IPv6 may be another program's for IPv4. */
    for (int i = 0; i < 16; i++) {
        CHECK_INT(flare_listener_open(&one, &six, NULL), FLARE_OK);
        CHECK_INT(option_of(one.fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
        four.port = one.address.port;
        err = flare_listener_open(&two, &four, NULL);
        flare_listener_close(&one);
        if (err == FLARE_OK)
            break;
    }
    CHECK_INT(err, FLARE_OK);
    flare_listener_close(&two);
}

TEST(any_takes_both_families)
{
    const flare_address any = {.family = FLARE_ADDRESS_ANY};
    flare_listener listener;
    flare_address four = loopback, six = {.family = FLARE_ADDRESS_IPV6, .ip = {[15] = 1}}, peer;
    CHECK_INT(flare_listener_open(&listener, &any, NULL), FLARE_OK);
    CHECK_INT(listener.address.family, FLARE_ADDRESS_ANY);
    four.port = six.port = listener.address.port;
    int client = flare_socket_connect(&four);
    CHECK(wait_for(listener.fd, POLLIN));
    int server = flare_listener_accept(&listener, &peer);
    CHECK(server >= 0);
    CHECK_INT(peer.family, FLARE_ADDRESS_IPV4);
    CHECK(memcmp(peer.ip, four.ip, 4) == 0);
    flare_socket_close(server);
    flare_socket_close(client);
    if (has_ipv6()) {
        client = flare_socket_connect(&six);
        CHECK(wait_for(listener.fd, POLLIN));
        server = flare_listener_accept(&listener, &peer);
        CHECK_INT(peer.family, FLARE_ADDRESS_IPV6);
        flare_socket_close(server);
        flare_socket_close(client);
    }
    flare_listener_close(&listener);
}

static int no_ipv6_socket(int domain, int type, int protocol)
{
    if (domain == AF_INET6) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return socket(domain, type, protocol);
}

TEST(any_does_without_ipv6)
{
    const flare_address any = {.family = FLARE_ADDRESS_ANY}, six = {.family = FLARE_ADDRESS_IPV6};
    flare_listener listener;
    flarei_sys.socket = no_ipv6_socket;
    CHECK_INT(flare_listener_open(&listener, &any, NULL), FLARE_OK);
    CHECK_INT(listener.address.family, FLARE_ADDRESS_ANY);
    CHECK(listener.address.port != 0);
    flare_listener_close(&listener);
    CHECK_INT(flare_listener_open(&listener, &six, NULL), FLARE_ERR_ADDRESS);
    flarei_sys_reset();
}

/* ---- accept ---- */

static const int *accept_faults;
static int accept_calls;

static int faulty_accept4(int fd, struct sockaddr *address, socklen_t *bytes, int flags)
{
    accept_calls++;
    if (*accept_faults) {
        errno = *accept_faults++;
        return -1;
    }
    return accept4(fd, address, bytes, flags);
}

TEST(accepts_past_dead_connections)
{
    static const int numbers[] = {EINTR,     ECONNABORTED, EPROTO,    ENOPROTOOPT, ENETDOWN, ENETUNREACH,
                                  EHOSTDOWN, EHOSTUNREACH, ETIMEDOUT, ENONET,      0};
    flare_listener listener;
    flare_address peer, client_address;
    CHECK_INT(flare_listener_open(&listener, &loopback, NULL), FLARE_OK);
    int client = flare_socket_connect(&listener.address);
    CHECK(wait_for(listener.fd, POLLIN));
    flarei_sys.accept4 = faulty_accept4;
    accept_faults = numbers;
    accept_calls = 0;
    int server = flare_listener_accept(&listener, &peer);
    CHECK(server >= 0);
    CHECK_INT(accept_calls, 11);
    flarei_sys_reset();
    CHECK_INT(flare_socket_local(client, &client_address), FLARE_OK);
    CHECK(flare_address_equal(&peer, &client_address));
    flare_socket_close(server);
    flare_socket_close(client);
    flare_listener_close(&listener);
}

TEST(accept_says_what_is_wrong)
{
    static const struct {
        int number;
        flare_err err;
    } rows[] = {
        {EMFILE, FLARE_ERR_DESCRIPTORS}, {ENFILE, FLARE_ERR_DESCRIPTORS}, {ENOBUFS, FLARE_ERR_MEMORY},
        {ENOMEM, FLARE_ERR_MEMORY},      {EAGAIN, FLARE_ERR_AGAIN},       {EPERM, FLARE_ERR_PERMISSION},
        {EINVAL, FLARE_ERR_ARGUMENT},
    };
    flare_listener listener;
    CHECK_INT(flare_listener_open(&listener, &loopback, NULL), FLARE_OK);
    int client = flare_socket_connect(&listener.address);
    CHECK(wait_for(listener.fd, POLLIN));
    flarei_sys.accept4 = faulty_accept4;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int numbers[] = {rows[i].number, 0};
        accept_faults = numbers;
        CHECK_INT(flare_listener_accept(&listener, NULL), rows[i].err);
    }
    flarei_sys_reset();
    int server = flare_listener_accept(&listener, NULL); /* it is still in the queue */
    CHECK(server >= 0);
    flare_socket_close(server);
    flare_socket_close(client);
    flare_listener_close(&listener);
}

/* ---- Unix ---- */

TEST(makes_and_removes_its_file)
{
    flare_address address = unix_address("own.sock"), peer;
    flare_listener listener;
    CHECK_INT(flare_listener_open(&listener, &address, NULL), FLARE_OK);
    CHECK_INT(access(address.path, F_OK), 0);
    int client = flare_socket_connect(&address);
    CHECK(client >= 0);
    CHECK(wait_for(listener.fd, POLLIN));
    int server = flare_listener_accept(&listener, &peer);
    CHECK(server >= 0);
    CHECK_INT(peer.family, FLARE_ADDRESS_NONE);
    CHECK_INT(flare_socket_peer(client, &peer), FLARE_OK);
    CHECK(flare_address_equal(&peer, &address));
    flare_socket_close(server);
    flare_socket_close(client);
    flare_listener_close(&listener);
    CHECK(access(address.path, F_OK) != 0);
}

TEST(never_takes_a_live_socket)
{
    flare_address address = unix_address("live.sock");
    const flare_listener_options tiny = {.backlog = 1};
    flare_listener one, two;
    CHECK_INT(flare_listener_open(&one, &address, &tiny), FLARE_OK);
    CHECK_INT(flare_listener_open(&two, &address, NULL), FLARE_ERR_ADDRESS_IN_USE);
    /* A full queue refuses the probe with EAGAIN: alive all the same. */
    int clients[8];
    for (size_t i = 0; i < 8; i++)
        clients[i] = flare_socket_connect(&address);
    CHECK_INT(clients[7], FLARE_ERR_AGAIN);
    CHECK_INT(flare_listener_open(&two, &address, NULL), FLARE_ERR_ADDRESS_IN_USE);
    CHECK_INT(access(address.path, F_OK), 0);
    for (size_t i = 0; i < 8; i++)
        if (clients[i] >= 0)
            flare_socket_close(clients[i]);
    flare_listener_close(&one);
}

static void leave_stale(const flare_address *address, int type)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, address->path, strlen(address->path) + 1);
    int fd = socket(AF_UNIX, type, 0);
    CHECK_INT(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    close(fd);
}

TEST(replaces_a_stale_socket)
{
    flare_address address = unix_address("stale.sock");
    flare_listener listener;
    leave_stale(&address, SOCK_STREAM);
    CHECK_INT(flare_listener_open(&listener, &address, NULL), FLARE_OK);
    int client = flare_socket_connect(&address);
    CHECK(client >= 0);
    flare_socket_close(client);
    flare_listener_close(&listener);
}

TEST(keeps_other_files)
{
    flare_address address = unix_address("file");
    flare_listener listener;
    close(open(address.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    CHECK_INT(flare_listener_open(&listener, &address, NULL), FLARE_ERR_ADDRESS_IN_USE);
    CHECK_INT(access(address.path, F_OK), 0);

    flare_address link = unix_address("link");
    CHECK_INT(symlink(address.path, link.path), 0);
    CHECK_INT(flare_listener_open(&listener, &link, NULL), FLARE_ERR_ADDRESS_IN_USE);
    unlink(link.path);
    unlink(address.path);

    /* A datagram socket that is alive. */
    address = unix_address("datagram");
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, address.path, strlen(address.path) + 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK_INT(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    CHECK_INT(flare_listener_open(&listener, &address, NULL), FLARE_ERR_ADDRESS_IN_USE);
    close(fd);
    unlink(address.path);

    flare_address no_folder = unix_address("none/x");
    CHECK_INT(flare_listener_open(&listener, &no_folder, NULL), FLARE_ERR_NOT_FOUND);
}

TEST(unlinks_only_its_own_file)
{
    flare_address address = unix_address("moved.sock");
    flare_listener one, two;
    CHECK_INT(flare_listener_open(&one, &address, NULL), FLARE_OK);
    /* Another file takes the name: kept alive beside it, so that it can't get the same inode. */
    flare_address aside = unix_address("aside.sock");
    CHECK_INT(rename(address.path, aside.path), 0);
    CHECK_INT(flare_listener_open(&two, &address, NULL), FLARE_OK);
    flare_listener_close(&one);
    CHECK_INT(access(address.path, F_OK), 0);
    flare_listener_close(&two);
    CHECK(access(address.path, F_OK) != 0);
    unlink(aside.path);
}

static int no_flock(int fd, int operation)
{
    (void)fd, (void)operation;
    errno = ENOLCK;
    return -1;
}

static int busy_tries;

static int busy_flock(int fd, int operation)
{
    if (busy_tries-- > 0) {
        errno = EWOULDBLOCK;
        return -1;
    }
    return flock(fd, operation);
}

TEST(removes_nothing_without_a_lock)
{
    flare_address address = unix_address("unlocked.sock");
    flare_listener listener;
    leave_stale(&address, SOCK_STREAM);
    flarei_sys.flock = no_flock;
    CHECK_INT(flare_listener_open(&listener, &address, NULL), FLARE_ERR_ADDRESS_IN_USE);
    flarei_sys.flock = busy_flock;
    busy_tries = 1000;
    CHECK_INT(flare_listener_open(&listener, &address, NULL), FLARE_ERR_ADDRESS_IN_USE);
    busy_tries = 3;
    CHECK_INT(flare_listener_open(&listener, &address, NULL), FLARE_OK);
    flare_listener_close(&listener);
    /* A new name needs no lock. */
    flarei_sys.flock = no_flock;
    CHECK_INT(flare_listener_open(&listener, &address, NULL), FLARE_OK);
    flare_listener_close(&listener);
    CHECK(access(address.path, F_OK) != 0);
    flarei_sys_reset();
}

TEST(a_unix_socket_has_no_group)
{
    const flare_listener_options options = {.group = FLARE_LISTENER_FIRST};
    flare_address address = unix_address("group.sock");
    flare_listener listener;
    CHECK_INT(flare_listener_open(&listener, &address, &options), FLARE_ERR_UNSUPPORTED);
}

/* ---- Every step of opening fails once, and leaves nothing behind ---- */

static int steps_left;

static bool step_fails(void)
{
    if (steps_left-- != 0)
        return false;
    errno = ENOMEM;
    return true;
}

static int step_socket(int domain, int type, int protocol)
{
    return step_fails() ? -1 : socket(domain, type, protocol);
}

static int step_setsockopt(int fd, int level, int name, const void *value, socklen_t bytes)
{
    return step_fails() ? -1 : setsockopt(fd, level, name, value, bytes);
}

static int step_bind(int fd, const struct sockaddr *address, socklen_t bytes)
{
    return step_fails() ? -1 : bind(fd, address, bytes);
}

static int step_listen(int fd, int backlog)
{
    return step_fails() ? -1 : listen(fd, backlog);
}

static int step_getsockname(int fd, struct sockaddr *address, socklen_t *bytes)
{
    return step_fails() ? -1 : getsockname(fd, address, bytes);
}

static int step_lstat(const char *path, struct stat *status)
{
    return step_fails() ? -1 : lstat(path, status);
}

static void fail_each_step(const flare_address *address, const flare_listener_options *options, int at_least)
{
    int before = open_descriptors(), step = 0;
    for (;; step++) {
        flare_listener listener;
        flarei_sys.socket = step_socket;
        flarei_sys.setsockopt = step_setsockopt;
        flarei_sys.bind = step_bind;
        flarei_sys.listen = step_listen;
        flarei_sys.getsockname = step_getsockname;
        flarei_sys.lstat = step_lstat;
        steps_left = step;
        flare_err err = flare_listener_open(&listener, address, options);
        flarei_sys_reset();
        if (err == FLARE_OK) {
            flare_listener_close(&listener);
            break;
        }
        CHECK_INT(err, FLARE_ERR_MEMORY);
        CHECK_INT(listener.fd, -1);
        CHECK_INT(open_descriptors(), before);
        CHECK(address->family != FLARE_ADDRESS_UNIX || access(address->path, F_OK) != 0);
    }
    CHECK(step >= at_least);
    CHECK_INT(open_descriptors(), before);
}

TEST(fails_cleanly_at_each_step)
{
    const flare_listener_options options = {.group = FLARE_LISTENER_FIRST, .defer_accept_s = 1};
    const flare_address any = {.family = FLARE_ADDRESS_ANY}, local = unix_address("steps.sock");
    fail_each_step(&loopback, &options, 8);
    fail_each_step(&any, NULL, 7);
    fail_each_step(&local, NULL, 4);
}

TEST(fails_cleanly_when_the_probe_does)
{
    flare_address address = unix_address("probe.sock");
    flare_listener listener;
    leave_stale(&address, SOCK_STREAM);
    /* socket, bind, lstat, then the probe's socket: in doubt the file stays. */
    flarei_sys.socket = step_socket;
    steps_left = 1;
    CHECK_INT(flare_listener_open(&listener, &address, NULL), FLARE_ERR_ADDRESS_IN_USE);
    flarei_sys_reset();
    flarei_sys.lstat = step_lstat;
    steps_left = 0;
    CHECK_INT(flare_listener_open(&listener, &address, NULL), FLARE_ERR_ADDRESS_IN_USE);
    flarei_sys_reset();
    CHECK_INT(access(address.path, F_OK), 0);
    unlink(address.path);
}

int main(void)
{
    snprintf(folder, sizeof folder, "/tmp/flare-listener-XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    RUN(finds_the_port_it_got);
    RUN(refuses_a_used_port);
    RUN(listens_again_at_once);
    RUN(shares_a_port_within_a_group_only);
    RUN(sets_its_options);
    RUN(keeps_ipv6_and_ipv4_apart);
    RUN(any_takes_both_families);
    RUN(any_does_without_ipv6);
    RUN(accepts_past_dead_connections);
    RUN(accept_says_what_is_wrong);
    RUN(makes_and_removes_its_file);
    RUN(never_takes_a_live_socket);
    RUN(replaces_a_stale_socket);
    RUN(keeps_other_files);
    RUN(unlinks_only_its_own_file);
    RUN(removes_nothing_without_a_lock);
    RUN(a_unix_socket_has_no_group);
    RUN(fails_cleanly_at_each_step);
    RUN(fails_cleanly_when_the_probe_does);
    rmdir(folder);
    return TEST_END();
}
