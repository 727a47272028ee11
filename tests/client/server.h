/* server.h - a server in a thread that says what a test wrote, well or badly. */
#ifndef FLARE_TEST_CLIENT_SERVER_H
#define FLARE_TEST_CLIENT_SERVER_H

#include "helper.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>

/* What it does when it has said its reply. */
enum after { KEEP, CLOSE, RESET, STALL };

struct script {
    const char *reply;
    size_t reply_bytes; /* 0: up to its NUL */
    enum after after;
    size_t step;       /* says so many bytes at a time; 0: all */
    unsigned pause_ms; /* between steps */
    unsigned requests; /* that a connection is for; 0: any number */
};

static struct {
    flare_listener listener;
    pthread_t thread;
    const struct script *(*choose)(const char *request, unsigned number); /* for each request, or NULL */
    struct script script;
    atomic_uint connections;
    atomic_uint requests;
    atomic_uint taken; /* requests whose script is copied */
    atomic_bool stop;
    atomic_bool early; /* replies when it has heard a head */
    char last[16384];  /* the last request */
} server;

/* Receives a head and content by length or in chunks, the last of which ends a packet. @return false at the
 * end */
static inline bool hear_one(int fd, char *request, size_t room)
{
    size_t got = 0, whole = 0;

    while (whole == 0 || got < whole) {
        char *head_end, *length, *chunked;
        ssize_t more;

        if (got + 1 >= room)
            return false;
        more = recv(fd, request + got, room - got - 1, 0);
        if (more <= 0)
            return false;
        got += (size_t)more;
        request[got] = '\0';
        head_end = strstr(request, "\r\n\r\n");
        if (head_end == NULL)
            continue;
        length = strstr(request, "Content-Length: ");
        whole = (size_t)(head_end - request) + 4;
        if (atomic_load(&server.early))
            return true;
        if (length != NULL && length < head_end)
            whole += strtoul(length + 16, NULL, 10);
        chunked = strstr(request, "Transfer-Encoding: chunked");
        if (chunked != NULL && chunked < head_end)
            whole = memcmp(request + got - 5, "0\r\n\r\n", 5) == 0 ? got : got + 1;
    }
    return true;
}

static inline bool say_script(int fd, const struct script *script)
{
    const size_t bytes = script->reply_bytes != 0 ? script->reply_bytes : strlen(script->reply);
    const size_t step = script->step != 0 ? script->step : bytes;

    for (size_t at = 0; at < bytes; at += step) {
        const size_t part = step < bytes - at ? step : bytes - at;

        if (send(fd, script->reply + at, part, MSG_NOSIGNAL) != (ssize_t)part)
            return false;
        if (script->pause_ms != 0)
            (void)usleep(script->pause_ms * 1000);
    }
    return true;
}

#if defined(__SANITIZE_THREAD__)
/* What this server and its test share is in order by what goes over the socket between them, which
 * ThreadSanitizer does not see. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:serve_one\n";
}
#endif

static inline void *serve_one(void *context)
{
    const int fd = (int)(intptr_t)context;
    char *const request = malloc(1 << 20);
    unsigned served = 0;

    while (hear_one(fd, request, 1 << 20)) {
        const unsigned number = atomic_fetch_add(&server.requests, 1);
        struct script script;

        (void)snprintf(server.last, sizeof server.last, "%s", request);
        script = server.choose != NULL ? *server.choose(request, number) : server.script;
        atomic_fetch_add(&server.taken, 1); /* from here on the test may set what comes next */
        if (!say_script(fd, &script))
            break;
        served++;
        if (script.after == RESET) {
            const struct linger linger = {1, 0};

            (void)usleep(20000); /* what was said arrives before */
            (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        }
        if (script.after == STALL) {
            char byte;

            (void)recv(fd, &byte, 1, 0);
        }
        if (script.after != KEEP || served == script.requests)
            break;
    }
    (void)close(fd);
    free(request);
    return NULL;
}

static inline void *serve_all(void *context)
{
    (void)context;
    while (!atomic_load(&server.stop)) {
        const int fd = flare_listener_accept(&server.listener, NULL);
        pthread_t thread;

        if (fd < 0) {
            (void)usleep(500);
            continue;
        }
        atomic_fetch_add(&server.connections, 1);
        (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
        if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) == 0)
            (void)pthread_detach(thread);
    }
    return NULL;
}

static inline void begin_serving_at(const char *address)
{
    server.listener = listen_on(address);
    atomic_store(&server.stop, false);
    CHECK_INT(pthread_create(&server.thread, NULL, serve_all, NULL), 0);
}

static inline void begin_serving(void)
{
    begin_serving_at("127.0.0.1:0");
}

static inline void end_serving(void)
{
    atomic_store(&server.stop, true);
    (void)pthread_join(server.thread, NULL);
    flare_listener_close(&server.listener);
}

static inline void play(struct script script)
{
    (void)atomic_load(&server.taken);
    server.choose = NULL;
    server.script = script;
    atomic_store(&server.connections, 0);
    atomic_store(&server.requests, 0);
}

/* The request that came last. */
static inline const char *last_request(void)
{
    (void)atomic_load(&server.taken);
    return server.last;
}

/* The URL of a path of its; four at a time. */
static inline flare_str url_of(const char *path)
{
    static char urls[4][512];
    static unsigned next;
    char *const url = urls[next++ % 4];
    char host[FLARE_ADDRESS_TEXT_MAX_BYTES];

    (void)flare_address_format(&server.listener.address, host, sizeof host);
    (void)snprintf(url, sizeof urls[0], "http://%s%s", host, path);
    return flare_str_of(url);
}

#endif
