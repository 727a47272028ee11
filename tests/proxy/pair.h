/* pair.h - a front that passes on all it is asked, and what it asks: two servers of one process.
 *
 *     struct pair pair;
 *     CHECK(pair_start(&pair, &stream_service));
 *     CHECK_INT(client_status(&pair.front, GET("/give/3")), 200);
 *     pair_stop(&pair);
 */
#ifndef PAIR_H
#define PAIR_H

#include "../server/harness.h"
#include "../server/stream_service.h"
#include "test.h"

#include <flare/gen_proxy.h>
#include <flare/memory.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
    struct harness front, back;
};

/* Whom the front asks; its port is the back's. */
static struct flarei_upstream pair_upstream = {.url = FLARE_STR_INIT("the upstream"),
                                               .host = FLARE_STR_INIT("127.0.0.1"),
                                               .authority = FLARE_STR_INIT("upstream.test"),
                                               .body.streamed = true};

static flare_reply pair_dispatch(flare_request *rq)
{
    static const flare_route route = {FLARE_STR_INIT("ANY"), FLARE_STR_INIT("/*"), FLARE_STR_INIT("proxy()"),
                                      1, 0};

    flarei_ws_as_get(rq);
    rq->route = &route;
    if (flare_str_equal(rq->path, FLARE_STR("/ready")))
        return flare_text(rq, 200, FLARE_STR("ready"));
    return flarei_reply_proxy(rq, &pair_upstream, FLARE_STR(""));
}

/* Itself it answers /ready alone. */
static const flare_service pair_front = {.abi = FLARE_GEN_ABI,
                                         .name = FLARE_STR_INIT("front"),
                                         .version = FLARE_STR_INIT(""),
                                         .limits = &stream_limits,
                                         .uses = FLAREI_WEBSOCKETS,
                                         .dispatch = pair_dispatch};

/* @return false if one of them can't start */
static bool pair_start(struct pair *pair, const flare_service *back)
{
    if (!harness_start(&pair->back, back))
        return false;
    pair_upstream.port = pair->back.port;
    if (harness_start(&pair->front, &pair_front))
        return client_status(&pair->front, GET("/ready")) == 200 &&
               client_status(&pair->back, GET("/none")) == 404;
    harness_stop(&pair->back);
    return false;
}

/* Ends both, which must say that all is well. */
static void pair_stop(struct pair *pair)
{
    harness_stop(&pair->front);
    CHECK_INT(pair->front.result, FLARE_OK);
    harness_stop(&pair->back);
    CHECK_INT(pair->back.result, FLARE_OK);
}

static char pair_text[1 << 18]; /* what came */

/* Content up to the end of the connection, as HTTP/1.0 has it. @return how many bytes, -1 for another status
 */
static inline ptrdiff_t pair_content(const struct pair *pair, const char *request)
{
    char *const text = pair_text;
    const int fd = client_dial(&pair->front);
    size_t length = 0;
    ssize_t got;
    const char *end;

    client_send(fd, request);
    while ((got = recv(fd, text + length, sizeof pair_text - length - 1, 0)) > 0)
        length += (size_t)got;
    close(fd);
    text[length] = '\0';
    end = strstr(text, "\r\n\r\n");
    return strncmp(text + 8, " 200", 4) == 0 && end != NULL ? text + length - end - 4 : -1;
}

#define OLD(path)            "GET " path " HTTP/1.0\r\n\r\n"
#define OLD_POST(path, body) "POST " path " HTTP/1.0\r\nContent-Length: 5\r\n\r\n" body

/* ---- Memory ---- */

static atomic_uint pair_allocations, pair_fail_at;
static atomic_int pair_blocks;

static bool pair_memory_ends(void)
{
    return atomic_fetch_add(&pair_allocations, 1) + 1 == atomic_load(&pair_fail_at);
}

static void *pair_allocate(void *context, size_t bytes)
{
    void *const block = pair_memory_ends() ? NULL : malloc(bytes);

    (void)context;
    if (block != NULL)
        atomic_fetch_add(&pair_blocks, 1);
    return block;
}

static void *pair_reallocate(void *context, void *block, size_t bytes)
{
    if (block == NULL)
        return pair_allocate(context, bytes);
    return pair_memory_ends() ? NULL : realloc(block, bytes);
}

static void pair_release(void *context, void *block)
{
    (void)context;
    if (block != NULL)
        atomic_fetch_sub(&pair_blocks, 1);
    free(block);
}

/* Walks with each allocation of a walk failing once, between servers that were just started. That may cost
 * one of the things that a walk does, and nothing afterwards; and no block stays.
 * @param walk does some things @return how many went well @param all how many there are */
static void pair_fail_memory(const flare_service *back, unsigned (*walk)(const struct pair *pair),
                             unsigned all)
{
    static const flare_allocator failing = {NULL, pair_allocate, pair_reallocate, pair_release};
    struct pair pair;
    unsigned begun, count;

    flare_allocator_set(&failing);
    CHECK(pair_start(&pair, back));
    begun = atomic_load(&pair_allocations);
    CHECK_INT(walk(&pair), all);
    count = atomic_load(&pair_allocations) - begun;
    pair_stop(&pair);
    CHECK_INT(atomic_load(&pair_blocks), 0);
    CHECK(count > 10);
    for (unsigned i = 1; i <= count; i++) {
        CHECK(pair_start(&pair, back));
        atomic_store(&pair_fail_at, atomic_load(&pair_allocations) + i);
        CHECK(walk(&pair) >= all - 1);
        atomic_store(&pair_fail_at, 0);
        CHECK_INT(walk(&pair), all);
        pair_stop(&pair);
        CHECK_INT(atomic_load(&pair_blocks), 0);
    }
    flare_allocator_set(NULL);
}

#endif
