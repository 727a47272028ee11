#include "joined_client.h"

#include <flare/time.h>

#include <stdio.h>
#include <unistd.h>

const char *const kinds[KINDS] = {"/kept/async", "/kept/blocking", "/kept/deferred"};
unsigned last_id;
struct reply reply;
atomic_llong clock_ns;

static int64_t clock_now(void *context)
{
    (void)context;
    return INT64_C(784111777) * FLARE_TIME_SECOND + atomic_load(&clock_ns);
}

void clock_set_up(void)
{
    const struct flarei_clock clocks = {NULL, clock_now, clock_now};

    flarei_clock_set(&clocks);
}

bool start(struct harness *h)
{
    atomic_store(&joined_mode, KEPT);
    atomic_store(&joined_hold, 1);
    atomic_store(&joined_seen, 0);
    atomic_store(&joined_ended, 0);
    atomic_store(&joined_asked, 0);
    atomic_store(&joined_running, 0);
    atomic_store(&joined_most, 0);
    atomic_store(&joined_drained, 0);
    last_id++;
    return harness_start(h, &joined_service);
}

bool comes(atomic_int *count, int want)
{
    for (int i = 0; i < 10000 && atomic_load(count) != want; i++)
        sleep_ms(1);
    if (atomic_load(count) != want)
        fprintf(stderr, "it is %d, not %d\n", atomic_load(count), want);
    return atomic_load(count) == want;
}

int ask_with(const struct harness *h, const char *method, const char *path, const char *fields)
{
    const int fd = client_dial(h), before = atomic_load(&joined_seen);
    char text[256];

    (void)snprintf(text, sizeof text, "%s %s/%u HTTP/1.1\r\nHost: test\r\n%s\r\n", method, path, last_id,
                   fields);
    client_send(fd, text);
    (void)comes(&joined_seen, before + 1);
    return fd;
}

int ask(const struct harness *h, const char *path)
{
    return ask_with(h, "GET", path, "");
}

void ask_many(const struct harness *h, const char *path, int *fds)
{
    const int running = atomic_load(&joined_running);

    for (int i = 0; i < MANY; i++) {
        fds[i] = ask(h, path);
        if (i == 0)
            (void)comes(&joined_running, running + 1);
    }
}

int hear(int fd)
{
    client_read(fd, &reply, false);
    close(fd);
    return reply.status;
}

bool said(const char *field)
{
    return strstr(reply.head, field) != NULL;
}
