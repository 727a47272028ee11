/* fixture.h - a request without a wire: what the http room needs of one. */
#ifndef FLARE_TEST_FIXTURE_H
#define FLARE_TEST_FIXTURE_H

#include "http/request.h"
#include "test.h"

#include <flare/log.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static flare_reply fixture_dispatch(flare_request *rq);

static const flare_limits fixture_limits = {.body_max_bytes = 1000, .memory_max_bytes = 1 << 20};
static flare_service fixture_service = {
    .name = FLARE_STR_INIT("fixture"), .limits = &fixture_limits, .dispatch = fixture_dispatch};
static flare_buffer fixture_out;
static flare_arena fixture_arena;
static flare_request fixture_request;

/* A fresh GET / of HTTP/1.1. */
static flare_request *fixture_begin(void)
{
    flare_request *rq = &fixture_request;

    if (rq->arena == NULL) {
        flarei_arena_init(&fixture_arena, 4096, 1 << 20);
        flarei_buffer_init(&fixture_out, 1 << 20);
        rq->arena = &fixture_arena;
    }
    flarei_arena_reset(&fixture_arena);
    flarei_buffer_clear(&fixture_out);
    flarei_request_begin(rq, &fixture_service, NULL, &fixture_out);
    rq->method = FLARE_METHOD_GET;
    rq->path = FLARE_STR("/");
    rq->version_minor = 1;
    rq->keep_alive = true;
    rq->date = FLARE_STR("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    return rq;
}

/* The reply's content: what stands behind the head. */
static inline flare_str fixture_content(void)
{
    const flare_str text = flarei_buffer_str(&fixture_out);

    for (size_t i = 0; i + 4 <= text.len; i++)
        if (memcmp(text.ptr + i, "\r\n\r\n", 4) == 0)
            return (flare_str){text.ptr + i + 4, text.len - i - 4};
    return (flare_str){NULL, 0};
}

/* Does a text stand in the reply? */
static inline bool fixture_has(const char *part)
{
    const flare_str text = flarei_buffer_str(&fixture_out);

    return text.ptr != NULL && text.len != 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

/* Does it abort? */
static inline bool fixture_dies(void (*run)(void))
{
    int status;
    const pid_t child = fork();

    if (child == 0) {
        fclose(stderr);
        run();
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGABRT;
}

#endif
