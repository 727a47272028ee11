/* helper.h - what the client's tests share: a loop that runs until something happened, listeners, and a
 * resolver that answers what the test wants. */
#ifndef FLARE_TEST_CLIENT_HELPER_H
#define FLARE_TEST_CLIENT_HELPER_H

#include "test.h"

#include "net/resolver.h"
#include "net/sockaddr.h"
#include "net/sys.h"

#include <flare/loop.h>
#include <flare/net.h>
#include <flare/time.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

static flare_loop *loop;

static inline void open_loop(void)
{
    if (flare_loop_create(&loop, FLARE_LOOP_DEFAULT) != FLARE_OK)
        exit(1);
}

static inline uint64_t now_ms(void)
{
    return (uint64_t)(flarei_clock_monotonic() / FLARE_TIME_MILLISECOND);
}

/* @return whether `*happened` came within 10 s */
static inline bool run_until(const bool *happened)
{
    const uint64_t until = now_ms() + 10000;

    while (!*happened && now_ms() < until)
        (void)flare_loop_run_once(loop, 50);
    return *happened;
}

static inline void run_for(uint64_t ms)
{
    const uint64_t until = now_ms() + ms;

    while (now_ms() < until)
        (void)flare_loop_run_once(loop, 5);
}

static inline flare_address address_of(const char *text)
{
    flare_address address = {.family = FLARE_ADDRESS_NONE};

    CHECK_INT(flare_address_parse(flare_str_of(text), &address, NULL), FLARE_OK);
    return address;
}

static inline flare_listener listen_on(const char *text)
{
    const flare_address address = address_of(text);
    flare_listener listener;

    CHECK_INT(flare_listener_open(&listener, &address, NULL), FLARE_OK);
    return listener;
}

static inline bool has_ipv6(void)
{
    const flare_address any = address_of("[::1]:0");
    flare_listener listener;
    const bool has = flare_listener_open(&listener, &any, NULL) == FLARE_OK;

    if (has)
        flare_listener_close(&listener);
    return has;
}

/* ---- Names ---- */

static pthread_mutex_t answers_lock = PTHREAD_MUTEX_INITIALIZER;
static const char *answers[20]; /* addresses without port, up to a NULL */
static int answer_code;
static unsigned answer_ms;

static inline int fake_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                                   struct addrinfo **found)
{
    const char *told[sizeof answers / sizeof answers[0]];
    struct addrinfo **last = found;
    unsigned sleep_ms;
    int code;

    (void)host, (void)service, (void)hints;
    (void)pthread_mutex_lock(&answers_lock);
    sleep_ms = answer_ms;
    code = answer_code;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        told[i] = answers[i];
    (void)pthread_mutex_unlock(&answers_lock);
    if (sleep_ms != 0)
        (void)usleep(sleep_ms * 1000);
    *found = NULL;
    for (size_t i = 0; code == 0 && told[i] != NULL; i++) {
        struct addrinfo *const one = calloc(1, sizeof *one);
        union flarei_sockaddr *const name = calloc(1, sizeof *name);

        if (inet_pton(AF_INET, told[i], &name->ipv4.sin_addr) == 1) {
            name->ipv4.sin_family = AF_INET;
            one->ai_addrlen = sizeof name->ipv4;
        } else {
            name->ipv6.sin6_family = AF_INET6;
            (void)inet_pton(AF_INET6, told[i], &name->ipv6.sin6_addr);
            one->ai_addrlen = sizeof name->ipv6;
        }
        one->ai_addr = &name->any;
        *last = one;
        last = &one->ai_next;
    }
    return code;
}

static inline void fake_freeaddrinfo(struct addrinfo *found)
{
    while (found != NULL) {
        struct addrinfo *const next = found->ai_next;

        free(found->ai_addr);
        free(found);
        found = next;
    }
}

/* The threads that ask live on, so what they are told changes under a lock, and who tells them does not. */
static inline void answer(const char *first, const char *second)
{
    static bool set;

    (void)pthread_mutex_lock(&answers_lock);
    answers[0] = first;
    answers[1] = second;
    answers[2] = NULL;
    answer_code = 0;
    answer_ms = 0;
    (void)pthread_mutex_unlock(&answers_lock);
    if (!set)
        flarei_resolver = (struct flarei_resolver){fake_getaddrinfo, fake_freeaddrinfo};
    set = true;
}

/* After answer(): the system says so, as late. */
static inline void answer_late(unsigned ms, int code)
{
    (void)pthread_mutex_lock(&answers_lock);
    answer_ms = ms;
    answer_code = code;
    (void)pthread_mutex_unlock(&answers_lock);
}

#endif
