#include "helper.h"

#include <flare/connect.h>

#include <fcntl.h>
#include <stdio.h>

struct outcome {
    bool done;
    flare_err err;
    int fd;
};

static void connected(flare_loop *of, void *context, flare_err err, int fd)
{
    CHECK(of == loop);
    CHECK((err == FLARE_OK) == (fd >= 0));
    *(struct outcome *)context = (struct outcome){true, err, fd};
}

static struct outcome dial(const flare_connect_options *options)
{
    struct outcome outcome = {false, FLARE_ERR_STATE, -1};
    flare_connect *attempt;
    const flare_err err = flare_connect_start(&attempt, loop, options, connected, &outcome);

    if (err != FLARE_OK)
        return (struct outcome){false, err, -1};
    CHECK(!outcome.done);
    CHECK(run_until(&outcome.done));
    return outcome;
}

static struct outcome dial_host(const char *host, uint16_t port)
{
    const flare_connect_options options = {.host = flare_str_of(host), .port = port};

    return dial(&options);
}

/* The connection stands: a byte goes through it. */
static void check_open(const flare_listener *listener, struct outcome outcome)
{
    char byte = 0;
    int fd;

    CHECK_INT(outcome.err, FLARE_OK);
    if (outcome.err != FLARE_OK)
        return;
    fd = flare_listener_accept(listener, NULL);
    CHECK(fd >= 0);
    CHECK_INT(flare_socket_send(outcome.fd, "x", 1), 1);
    (void)usleep(1000);
    CHECK_INT(flare_socket_receive(fd, &byte, 1), 1);
    CHECK_INT(byte, 'x');
    flare_socket_close(fd);
    flare_socket_close(outcome.fd);
}

static unsigned open_files(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* ---- Where to ---- */

TEST(an_address_of_either_family)
{
    static const char *const hosts[][2] = {
        {"127.0.0.1", "127.0.0.1:0"}, {"::1", "[::1]:0"}, {"[::1]", "[::1]:0"}};

    for (size_t i = 0; i < (has_ipv6() ? 3 : 1); i++) {
        flare_listener listener = listen_on(hosts[i][1]);

        check_open(&listener, dial_host(hosts[i][0], listener.address.port));
        flare_listener_close(&listener);
    }
}

TEST(a_name_of_this_machine)
{
    flare_listener listener = listen_on("*:0");

    check_open(&listener, dial_host("localhost", listener.address.port));
    flare_listener_close(&listener);
}

TEST(a_unix_socket)
{
    char text[64];
    flare_connect_options options = {.address = NULL};
    flare_listener listener;

    (void)snprintf(text, sizeof text, "unix:/tmp/flare-connect-%ld.sock", (long)getpid());
    listener = listen_on(text);
    options.address = &listener.address;
    check_open(&listener, dial(&options));
    flare_listener_close(&listener);
    const flare_address gone = address_of(text);
    options.address = &gone;
    CHECK_INT(dial(&options).err, FLARE_ERR_NOT_FOUND);
}

TEST(places_that_can_not_be)
{
    const flare_connect_options nowhere = {.port = 80}, portless = {.host = FLARE_STR("127.0.0.1")};

    CHECK_INT(dial(&nowhere).err, FLARE_ERR_ARGUMENT);
    CHECK_INT(dial(&portless).err, FLARE_ERR_ARGUMENT);
}

/* ---- The race ---- */

/* 192.0.2.0/24 and 2001:db8::/32 are for documentation; here the system is told that nobody answers there. */
static bool is_black_hole(const struct sockaddr *address)
{
    const union flarei_sockaddr *const name = (const void *)address;

    if (address->sa_family == AF_INET)
        return (ntohl(name->ipv4.sin_addr.s_addr) & 0xffffff00u) == 0xc0000200u;
    return address->sa_family == AF_INET6 && name->ipv6.sin6_addr.s6_addr[0] == 0x20;
}

/* A listener whose queue is full takes no further handshake. */
static const flare_listener *full_listener(bool ipv6)
{
    static flare_listener full[2] = {{.fd = -1}, {.fd = -1}};
    flare_listener *const listener = &full[ipv6];
    const flare_listener_options options = {.backlog = 1};
    const flare_address any = address_of(ipv6 ? "[::1]:0" : "127.0.0.1:0");
    union flarei_sockaddr name;

    if (listener->fd >= 0)
        return listener;
    CHECK_INT(flare_listener_open(listener, &any, &options), FLARE_OK);
    for (size_t i = 0; i < 8; i++) {
        const int held = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

        (void)connect(held, &name.any, flarei_sockaddr_from_address(&name, &listener->address));
    }
    (void)usleep(20000);
    return listener;
}

static int hole_connect(int fd, const struct sockaddr *address, socklen_t bytes)
{
    union flarei_sockaddr name;

    if (!is_black_hole(address))
        return connect(fd, address, bytes);
    bytes = flarei_sockaddr_from_address(&name, &full_listener(address->sa_family == AF_INET6)->address);
    return connect(fd, &name.any, bytes);
}

/* @return what it cost, in ms; the least of three, since the machine may be busy */
static uint64_t cost_of(const char *first, const char *second, const char *listens)
{
    flare_listener listener = listen_on(listens);
    uint64_t least = UINT64_MAX;

    flarei_sys.connect = hole_connect;
    for (int i = 0; i < 3 && least > 300; i++) {
        struct outcome outcome;
        uint64_t began;

        answer(first, second);
        began = now_ms();
        outcome = dial_host("two.test", listener.address.port);
        if (now_ms() - began < least)
            least = now_ms() - began;
        check_open(&listener, outcome);
    }
    flarei_sys_reset();
    flare_listener_close(&listener);
    printf("# %s first: %llu ms\n", first, (unsigned long long)least);
    return least;
}

TEST(a_black_hole_costs_at_most_300_ms)
{
    uint64_t cost;

    (void)full_listener(false);
    cost = cost_of("192.0.2.1", "127.0.0.1", "127.0.0.1:0");
    CHECK(cost >= FLARE_CONNECT_DELAY_MS && cost <= 300);
    if (!has_ipv6())
        return;
    (void)full_listener(true);
    cost = cost_of("2001:db8::1", "127.0.0.1", "127.0.0.1:0");
    CHECK(cost >= FLARE_CONNECT_DELAY_MS && cost <= 300);
    cost = cost_of("192.0.2.1", "::1", "[::1]:0");
    CHECK(cost >= FLARE_CONNECT_DELAY_MS && cost <= 300);
}

TEST(a_refusal_costs_nothing)
{
    flare_listener listener = listen_on("127.0.0.1:0");
    flare_listener closed = listen_on("127.0.0.2:0");
    uint64_t began;
    struct outcome outcome;

    flare_listener_close(&closed);
    answer("127.0.0.2", "127.0.0.1");
    began = now_ms();
    outcome = dial_host("two.test", listener.address.port);
    CHECK(now_ms() - began < 150);
    check_open(&listener, outcome);
    flare_listener_close(&listener);
}

static flare_address tried[8];
static size_t tried_count;

static int noting_connect(int fd, const struct sockaddr *address, socklen_t bytes)
{
    union flarei_sockaddr name = {.any = {.sa_family = AF_UNSPEC}};

    (void)fd;
    memcpy(&name, address, bytes);
    CHECK_INT(flarei_sockaddr_to_address(&name, bytes, &tried[tried_count++ % 8]), FLARE_OK);
    errno = ENETUNREACH;
    return -1;
}

TEST(families_in_turn)
{
    static const char *const given[] = {"2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1",
                                        "192.0.2.2"};
    static const char *const want[] = {"[2001:db8::1]:9", "192.0.2.1:9", "[2001:db8::2]:9", "192.0.2.2:9",
                                       "[2001:db8::3]:9"};

    answer(NULL, NULL);
    (void)pthread_mutex_lock(&answers_lock);
    for (size_t i = 0; i < 5; i++)
        answers[i] = given[i];
    answers[5] = NULL;
    (void)pthread_mutex_unlock(&answers_lock);
    tried_count = 0;
    flarei_sys.connect = noting_connect;
    CHECK_INT(dial_host("five.test", 9).err, FLARE_ERR_UNREACHABLE);
    flarei_sys_reset();
    CHECK_INT(tried_count, 5);
    for (size_t i = 0; i < 5; i++) {
        const flare_address address = address_of(want[i]);

        CHECK(flare_address_equal(&tried[i], &address));
    }
}

/* ---- How it ends ---- */

TEST(nobody_listens)
{
    flare_listener closed = listen_on("127.0.0.1:0");
    const unsigned files = open_files();
    const uint16_t port = closed.address.port;

    flare_listener_close(&closed);
    CHECK_INT(dial_host("127.0.0.1", port).err, FLARE_ERR_REFUSED);
    CHECK_INT(open_files(), files - 1);
}

static int refusing_connect(int fd, const struct sockaddr *address, socklen_t bytes)
{
    (void)fd, (void)bytes;
    errno = address->sa_family == AF_INET6 ? ENETUNREACH : ECONNREFUSED;
    return -1;
}

TEST(a_missing_network_says_less_than_a_refusal)
{
    flarei_sys.connect = refusing_connect;
    answer("192.0.2.1", "2001:db8::1");
    CHECK_INT(dial_host("two.test", 9).err, FLARE_ERR_REFUSED);
    answer("2001:db8::1", "192.0.2.1");
    CHECK_INT(dial_host("two.test", 9).err, FLARE_ERR_REFUSED);
    answer("2001:db8::1", NULL);
    CHECK_INT(dial_host("one.test", 9).err, FLARE_ERR_UNREACHABLE);
    flarei_sys_reset();
}

TEST(the_time_is_over)
{
    flare_connect_options options = {.host = FLARE_STR("192.0.2.1"), .port = 9, .timeout_ms = 100};
    const uint64_t began = now_ms();

    flarei_sys.connect = hole_connect;
    CHECK_INT(dial(&options).err, FLARE_ERR_TIMEOUT);
    CHECK(now_ms() - began >= 100 && now_ms() - began < 300);
    flarei_sys_reset();
    answer("127.0.0.1", NULL);
    answer_late(200, 0);
    options.host = FLARE_STR("slow.test"); /* also while a name is looked up */
    CHECK_INT(dial(&options).err, FLARE_ERR_TIMEOUT);
    run_for(150);
}

TEST(a_name_that_is_not)
{
    answer(NULL, NULL);
    answer_late(0, EAI_NONAME);
    CHECK_INT(dial_host("no.test", 9).err, FLARE_ERR_NOT_FOUND);
}

TEST(a_cancel_closes_all)
{
    const flare_connect_options options = {.host = FLARE_STR("two.test"), .port = 9, .delay_ms = 10};
    struct outcome outcome = {false, FLARE_OK, -1};
    flare_connect *attempt;
    unsigned files;

    answer("192.0.2.1", "192.0.2.2");
    flarei_sys.connect = hole_connect;
    for (unsigned wait_ms = 0; wait_ms <= 60; wait_ms += 30) { /* looked up; tried */
        files = open_files();
        CHECK_INT(flare_connect_start(&attempt, loop, &options, connected, &outcome), FLARE_OK);
        run_for(wait_ms);
        if (wait_ms == 60)
            CHECK_INT(open_files(), files + 2);
        flare_connect_cancel(attempt);
        run_for(30);
        CHECK_INT(open_files(), files);
    }
    CHECK(!outcome.done);
    flare_connect_cancel(NULL);
    flarei_sys_reset();
}

TEST(waiting_for_it)
{
    flare_listener listener = listen_on("127.0.0.1:0");
    flare_connect_options options = {.host = FLARE_STR("localhost"), .port = listener.address.port};
    struct outcome outcome = {.done = true};

    answer("127.0.0.1", NULL);
    outcome.err = flare_connect_wait(&outcome.fd, &options);
    check_open(&listener, outcome);
    flare_listener_close(&listener);
    CHECK_INT(flare_connect_wait(&outcome.fd, &options), FLARE_ERR_REFUSED);
    CHECK_INT(outcome.fd, -1);
    options.timeout_ms = 50;
    answer_late(200, 0);
    CHECK_INT(flare_connect_wait(&outcome.fd, &options), FLARE_ERR_TIMEOUT);
    (void)usleep(300 * 1000);
}

int main(void)
{
    open_loop();
    RUN(an_address_of_either_family);
    RUN(a_name_of_this_machine);
    RUN(a_unix_socket);
    RUN(places_that_can_not_be);
    RUN(a_black_hole_costs_at_most_300_ms);
    RUN(a_refusal_costs_nothing);
    RUN(families_in_turn);
    RUN(nobody_listens);
    RUN(a_missing_network_says_less_than_a_refusal);
    RUN(the_time_is_over);
    RUN(a_name_that_is_not);
    RUN(a_cancel_closes_all);
    RUN(waiting_for_it);
    flare_loop_destroy(loop);
    return TEST_END();
}
