/* A thousand peers that send or read a byte each 100 ms, in the head, in the body, of a reply: deadlines end
 * all of them, and a good client of the same worker hardly notices: its p99 stays within twice that of an
 * idle server, as the median of five rounds. */
#include "cores.h"
#include "harness.h"
#include "net/sys.h"
#include "test.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PEERS = 1000, PERIOD_MS = 100, LIMIT_MS = 1000, ROUNDS = 5, SAMPLES_MAX = 4000 };

#define NS_PER_MS UINT64_C(1000000)

enum kind { SLOW_HEAD, SLOW_BODY, SLOW_READER };

static struct harness h;
static int fds[PEERS];
static bool refused[PEERS]; /* 408 came */
static bool ended[PEERS];

/* ---- The good client ---- */

static atomic_bool measuring;
static uint64_t samples[SAMPLES_MAX];
static size_t sample_count;

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void *measure(void *context)
{
    const int fd = client_dial(&h);
    char reply[1024];

    (void)context;
    cores_for_neighbour();
    sample_count = 0;
    while (atomic_load(&measuring) && sample_count < SAMPLES_MAX) {
        const uint64_t began = now_ns();

        client_send(fd, GET("/plaintext"));
        if (recv(fd, reply, sizeof reply, 0) <= 0)
            break;
        samples[sample_count++] = now_ns() - began;
        usleep(300);
    }
    close(fd);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static pthread_t measure_begin(void)
{
    pthread_t thread;

    atomic_store(&measuring, true);
    pthread_create(&thread, NULL, measure, NULL);
    return thread;
}

static uint64_t measure_end(pthread_t thread)
{
    atomic_store(&measuring, false);
    pthread_join(thread, NULL);
    qsort(samples, sample_count, sizeof *samples, compare);
    return sample_count > 0 ? samples[sample_count * 99 / 100] : 0;
}

/* ---- The slow ones ---- */

static bool begin(enum kind kind)
{
    for (int i = 0; i < PEERS; i++) {
        refused[i] = ended[i] = false;
        fds[i] = kind == SLOW_READER ? client_dial_small(&h) : client_dial(&h);
        if (fds[i] < 0)
            return false;
        if (kind == SLOW_BODY)
            client_send(fds[i], "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
        else if (kind == SLOW_READER)
            client_send(fds[i], GET("/big/250000"));
        else
            client_send(fds[i], "G");
    }
    return true;
}

/* A byte of a head that does not end, of a body, or of a reply. */
static void step(enum kind kind, int i, unsigned count)
{
    static const char head[] = "ET /plaintext HTTP/1.1\r\nX: ";
    char bytes[16];
    ssize_t got;

    if (ended[i])
        return;
    if (kind == SLOW_READER) {
        struct pollfd gone = {.fd = fds[i]}; /* what came before a reset may still be read after it */

        (void)!recv(fds[i], bytes, 1, MSG_DONTWAIT);
        ended[i] = poll(&gone, 1, 0) > 0;
        return;
    }
    got = recv(fds[i], bytes, sizeof bytes, MSG_DONTWAIT);
    refused[i] |= got > 12 && memcmp(bytes, "HTTP/1.1 408", 12) == 0;
    ended[i] = got >= 0 || errno != EAGAIN;
    if (!ended[i])
        (void)!send(fds[i], count < sizeof head - 1 ? &head[count] : "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int count_ended(void)
{
    int count = 0;

    for (int i = 0; i < PEERS; i++)
        count += ended[i];
    return count;
}

/* All peers in turn, evenly over each 100 ms. @return how long it took until all had ended, or 6 s */
static uint64_t trickle(enum kind kind)
{
    const uint64_t began = now_ns();
    uint64_t now = began;

    for (uint64_t tick = 0; now - began < 6000 * NS_PER_MS; tick++) {
        if (tick % PEERS == 0 && count_ended() == PEERS)
            break;
        step(kind, (int)(tick % PEERS), (unsigned)(tick / PEERS));
        while ((now = now_ns()) - began < tick * (PERIOD_MS * NS_PER_MS / PEERS))
            usleep(50);
    }
    return (now - began) / NS_PER_MS;
}

static double one_round(enum kind kind)
{
    pthread_t good = measure_begin();
    uint64_t idle_ns, loaded_ns, took_ms;

    sleep_ms(LIMIT_MS);
    idle_ns = measure_end(good);
    CHECK(begin(kind));
    good = measure_begin();
    took_ms = trickle(kind);
    loaded_ns = measure_end(good);
    CHECK_INT(count_ended(), PEERS);
    CHECK(took_ms < 2 * LIMIT_MS + 1000);
    for (int i = 0; i < PEERS; i++) {
        if (kind != SLOW_READER && !refused[i])
            CHECK(refused[i]);
        close(fds[i]);
    }
    printf("p99 of a good client: %.0f us beside an idle server, %.0f us beside slow peers\n",
           (double)idle_ns / 1e3, (double)loaded_ns / 1e3);
    return idle_ns > 0 && loaded_ns > 0 ? (double)loaded_ns / (double)idle_ns : 1e9;
}

static int compare_ratios(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void check_kind(enum kind kind, const char *name)
{
    double ratios[ROUNDS];

    for (int i = 0; i < ROUNDS; i++)
        ratios[i] = one_round(kind);
    qsort(ratios, ROUNDS, sizeof *ratios, compare_ratios);
    printf("%s: p99 of a good client %.2f times that of an idle server (%.2f to %.2f)\n", name,
           ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1]);
    CHECK(ratios[ROUNDS / 2] <= 2.0);
}

TEST(slow_heads_end_with_408)
{
    check_kind(SLOW_HEAD, "slow heads");
}

TEST(slow_bodies_end_with_408)
{
    check_kind(SLOW_BODY, "slow bodies");
}

TEST(slow_readers_are_cut)
{
    check_kind(SLOW_READER, "slow readers");
}

/* The kernel would take a whole reply for a peer that reads nothing. */
static int accept_with_little_room(int fd, struct sockaddr *address, socklen_t *bytes, int flags)
{
    const int got = (accept4)(fd, address, bytes, flags), room = 16384;

    if (got >= 0)
        setsockopt(got, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    return got;
}

int main(void)
{
    struct rlimit files;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < 3 * PEERS) {
        puts("skipped: too few descriptors are allowed");
        return 0;
    }
    sample_limits.head_time_ms = sample_limits.body_time_ms = sample_limits.write_time_ms = LIMIT_MS;
    flarei_sys.accept4 = accept_with_little_room;
    cores_for_server();
    if (!harness_start(&h, NULL))
        return 1;
    cores_for_attacker();
    RUN(slow_heads_end_with_408);
    RUN(slow_bodies_end_with_408);
    RUN(slow_readers_are_cut);
    harness_stop(&h);
    return TEST_END();
}
