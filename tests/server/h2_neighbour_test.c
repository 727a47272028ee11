/* A server under each attack, in a process of its own: its memory stays bounded, and what a neighbour waits
 * for a reply, at the 99th percentile, is at most twice what it was.
 *
 * The machine may be busy with other things, so each attack has several rounds, quiet and under attack in
 * turn, and the median of their ratios counts. Nothing is attacked while it is quiet: what came before is
 * over.
 */
#include "cores.h"
#include "h2_client.h"
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 7, REQUESTS = 250, ATTEMPTS = 4, GROWTH_MAX_KIB = 16 << 10 };

/* ---- The server ---- */

static struct harness h; /* its port alone */
static pid_t server;

/* Under AddressSanitizer what was freed is kept for a while, which is none of the server's memory. */
static void keep_little_freed(void)
{
    const char *const given = getenv("ASAN_OPTIONS");
    char options[1024];

    snprintf(options, sizeof options, "%s:quarantine_size_mb=1", given != NULL ? given : "");
    setenv("ASAN_OPTIONS", options, 1);
}

static bool start_server(void)
{
    char line[256] = "";
    int ends[2];
    FILE *out;
    const char *colon;

    if (pipe(ends) != 0)
        return false;
    server = fork();
    if (server == 0) {
        cores_for_server();
        keep_little_freed();
        (void)dup2(ends[1], STDOUT_FILENO);
        execl(SAMPLE_MAIN, SAMPLE_MAIN, "--listen", "127.0.0.1:0", "--workers", "1", "--log", "off",
              "--drain", "1", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    out = fdopen(ends[0], "r");
    if (server < 0 || out == NULL || fgets(line, sizeof line, out) == NULL)
        return false;
    colon = strrchr(line, ':');
    h.port = colon != NULL ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
    return h.port != 0;
}

static long rss_kib(void)
{
    char path[64];
    long size = 0, resident = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/statm", (int)server);
    file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* ---- Attacks: one connection's worth of each ---- */

static void rapid_reset(struct h2_client *c)
{
    for (unsigned id = 3; id < 2003; id += 2) {
        h2_request(c, H2_END_STREAM, id, "GET", "/plaintext", "");
        h2_frame(c, H2_RST_STREAM, 0, id, "\0\0\0\10", 4);
    }
}

static void made_you_reset(struct h2_client *c)
{
    for (unsigned id = 3; id < 2003; id += 2) {
        h2_request(c, 0, id, "POST", "/echo", "");
        h2_window(c, id, 0x7fffffff);
    }
}

static void continuations(struct h2_client *c)
{
    char block[256];

    h2_frame(c, H2_HEADERS, 0, 3, block, h2_fields(block, "GET", "/plaintext", ""));
    for (int i = 0; i < 3000; i++)
        h2_frame(c, H2_CONTINUATION, 0, 3, "\0\1x\1y", 5);
}

static void pings(struct h2_client *c)
{
    for (int i = 0; i < 3000; i++)
        h2_frame(c, H2_PING, 0, 0, "12345678", 8);
}

static void settings(struct h2_client *c)
{
    for (int i = 0; i < 3000; i++)
        h2_frame(c, H2_SETTINGS, 0, 0, "\0\4\0\0\377\377", 6);
}

static void empty_frames(struct h2_client *c)
{
    h2_request(c, 0, 3, "POST", "/echo", "");
    for (int i = 0; i < 3000; i++)
        h2_frame(c, H2_DATA, 0, 3, NULL, 0);
}

/* Each field is one byte of an index, which names 3900. */
static void hpack_bomb(struct h2_client *c)
{
    static char block[16384];
    size_t at = h2_fields(block, "GET", "/plaintext", "");

    memcpy(block + at, "\100\1x\177", 4);
    block[at + 4] = (char)((3900 - 127) % 128 | 128);
    block[at + 5] = (char)((3900 - 127) / 128);
    memset(block + at + 6, 'y', 3900);
    h2_frame(c, H2_HEADERS, H2_END_STREAM | H2_END_HEADERS, 3, block, at + 3906);
    at = h2_fields(block, "GET", "/plaintext", "");
    memset(block + at, 0xbe, sizeof block - at);
    for (unsigned id = 5; id < 25; id += 2)
        h2_frame(c, H2_HEADERS, H2_END_STREAM | H2_END_HEADERS, id, block, sizeof block);
}

/* Replies that no window lets out: the attacker comes back while the server holds them. */
static void window_stall(struct h2_client *c)
{
    h2_frame(c, H2_SETTINGS, 0, 0, "\0\4\0\0\0\0", 6);
    for (unsigned id = 3; id < 203; id += 2)
        h2_request(c, H2_END_STREAM, id, "GET", "/big/4000", "");
}

/* ---- The attacker and the neighbour ---- */

static atomic_bool attacking, at_it, ending;
static void (*_Atomic attack)(struct h2_client *c);
static atomic_uint attacks;

static void *run_attacker(void *context)
{
    static struct h2_answer answer;

    (void)context;
    cores_for_attacker();
    while (!atomic_load(&ending)) {
        void (*const make)(struct h2_client *) = atomic_load(&attack);
        struct h2_client *c;

        atomic_store(&at_it, true);
        if (!atomic_load(&attacking)) {
            atomic_store(&at_it, false);
            sleep_ms(1);
            continue;
        }
        c = h2_open(&h);
        make(c);
        h2_send(c);
        if (make == window_stall)
            sleep_ms(10);
        else
            h2_read(c, 0, &answer);
        h2_hang_up(c);
        atomic_fetch_add(&attacks, 1);
        sleep_ms(2);
    }
    return NULL;
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* What a neighbour waits at the 99th percentile. */
static uint64_t p99_ns(void)
{
    static uint64_t took[REQUESTS];
    static struct h2_answer answer;
    struct h2_client *const c = h2_open(&h);

    for (unsigned i = 0; i < REQUESTS; i++) {
        const struct timespec pause = {.tv_nsec = 300000};
        const uint64_t began = now_ns();

        h2_get(c, 2 * i + 1, "/plaintext");
        h2_read(c, 2 * i + 1, &answer);
        took[i] = now_ns() - began;
        CHECK_INT(answer.status, 200);
        nanosleep(&pause, NULL);
    }
    h2_hang_up(c);
    qsort(took, REQUESTS, sizeof *took, by_value);
    return took[REQUESTS * 99 / 100];
}

static void stop_attacking(void)
{
    atomic_store(&attacking, false);
    while (atomic_load(&at_it))
        sleep_ms(1);
    sleep_ms(5);
}

/* @return what it waits under attack, in percent of what it waits else: the median of all rounds */
static unsigned measure(const char *name, long before)
{
    uint64_t quiet_ns[ROUNDS], busy_ns[ROUNDS], percent[ROUNDS];
    long most = before;

    atomic_store(&attacks, 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        quiet_ns[i] = p99_ns();
        atomic_store(&attacking, true);
        sleep_ms(5);
        busy_ns[i] = p99_ns();
        most = rss_kib() > most ? rss_kib() : most;
        stop_attacking();
        percent[i] = busy_ns[i] * 100 / quiet_ns[i];
    }
    qsort(percent, ROUNDS, sizeof *percent, by_value);
    qsort(quiet_ns, ROUNDS, sizeof *quiet_ns, by_value);
    qsort(busy_ns, ROUNDS, sizeof *busy_ns, by_value);
    printf("%-16s p99 %4d us quiet, %4d us under %u attacks: %u %% (%u to %u); memory +%ld KiB\n", name,
           (int)(quiet_ns[ROUNDS / 2] / 1000), (int)(busy_ns[ROUNDS / 2] / 1000), atomic_load(&attacks),
           (unsigned)percent[ROUNDS / 2], (unsigned)percent[0], (unsigned)percent[ROUNDS - 1], most - before);
    CHECK(atomic_load(&attacks) > ROUNDS);
    if (most - before > GROWTH_MAX_KIB)
        CHECK_INT(most - before, GROWTH_MAX_KIB);
    return (unsigned)percent[ROUNDS / 2];
}

static void under(const char *name, void (*make)(struct h2_client *))
{
    const long before = rss_kib();
    unsigned percent = UINT32_MAX;

    atomic_store(&attack, make);
    for (int i = 0; i < ATTEMPTS && percent > 200; i++)
        percent = measure(name, before);
    if (percent > 200)
        CHECK_INT(percent, 200);
}

#define UNDER(name)                                                                                          \
    TEST(under_##name)                                                                                       \
    {                                                                                                        \
        under(#name, name);                                                                                  \
    }
UNDER(rapid_reset)
UNDER(made_you_reset)
UNDER(continuations)
UNDER(pings)
UNDER(settings)
UNDER(empty_frames)
UNDER(hpack_bomb)
UNDER(window_stall)

int main(void)
{
    pthread_t attacker;
    int status = 0;

    if (!start_server() || pthread_create(&attacker, NULL, run_attacker, NULL) != 0) {
        fprintf(stderr, "the server could not be started\n");
        return 1;
    }
    cores_for_neighbour();
    (void)p99_ns(); /* all is warm */
    RUN(under_rapid_reset);
    RUN(under_made_you_reset);
    RUN(under_continuations);
    RUN(under_pings);
    RUN(under_settings);
    RUN(under_empty_frames);
    RUN(under_hpack_bomb);
    RUN(under_window_stall);
    atomic_store(&ending, true);
    pthread_join(attacker, NULL);
    kill(server, SIGTERM);
    waitpid(server, &status, 0);
    return TEST_END() != 0 || status != 0;
}
