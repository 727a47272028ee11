/* Pools on a loop of the test's own, and fibers that ask. */
#ifndef TESTS_REDIS_HARNESS_H
#define TESTS_REDIS_HARNESS_H

#include "fiber/fiber.h"
#include "server.h"

#include <flare/await.h>
#include <flare/log.h>
#include <flare/redis.h>

enum { PATIENCE_MS = 60000 };

static struct server server;
static flare_loop *loop;
static struct flarei_fibers fibers;
static flare_redis *pool;

/* Of what the options leave open, the URL is the server's, and times are longer than any machine needs. */
static inline void open_pool(const flare_redis_options *options)
{
    flare_redis_options asked = options != NULL ? *options : (flare_redis_options){0};

    if (asked.url == NULL)
        asked.url = server.url;
    if (asked.connect_ms == 0)
        asked.connect_ms = PATIENCE_MS;
    if (asked.acquire_ms == 0)
        asked.acquire_ms = PATIENCE_MS;
    if (asked.answer_ms == 0)
        asked.answer_ms = PATIENCE_MS;
    CHECK_INT(flare_loop_create(&loop, FLARE_LOOP_DEFAULT), FLARE_OK);
    flarei_fibers_init(&fibers, loop, FLAREI_FIBER_STACK_BYTES);
    CHECK_INT(flare_redis_open(&pool, &asked), FLARE_OK);
}

static inline void close_pool(void)
{
    flare_redis_close(pool);
    flarei_fibers_clear(&fibers);
    flare_loop_destroy(loop);
}

static inline void start(void (*run)(void *argument), void *argument, struct flarei_cancel *cancel)
{
    enum flarei_fiber_state state;
    /* A fiber keeps the address: one for each function that tests run. */
    static struct flarei_fiber_calls calls[64];
    size_t i = 0;

    while (calls[i].run != NULL && calls[i].run != run)
        i++;
    calls[i].run = run;
    CHECK(flarei_fiber_start(&fibers, &calls[i], argument, cancel, &state) != NULL);
}

/* Runs the loop until no fiber is left, or for far too long. */
static inline void run_all(void)
{
    for (int i = 0; i < 60000 && fibers.count != 0; i++)
        CHECK_INT(flare_loop_run_once(loop, 1), FLARE_OK);
    CHECK_INT(fibers.count, 0);
}

static inline void with_pool(const flare_redis_options *options, void (*run)(void *argument))
{
    open_pool(options);
    start(run, NULL, NULL);
    run_all();
    close_pool();
}

/* A command of words with blanks between, whose reply is written as text: a string or number itself, "(nil)",
 * "[a b]", or "(error)". */
static inline size_t write_value(const flare_redis_value *value, char *out, size_t room)
{
    size_t len = 0;

    switch (value->kind) {
    case FLARE_REDIS_NIL:
        return (size_t)snprintf(out, room, "(nil)");
    case FLARE_REDIS_INTEGER:
        return (size_t)snprintf(out, room, "%lld", (long long)value->integer);
    case FLARE_REDIS_STRING:
        return (size_t)snprintf(out, room, "%.*s", FLARE_STR_ARG(value->str));
    case FLARE_REDIS_ERROR:
        return (size_t)snprintf(out, room, "(error)");
    case FLARE_REDIS_ARRAY:
        break;
    }
    len += (size_t)snprintf(out, room, "[");
    for (size_t i = 0; i < value->count; i++) {
        if (i > 0)
            len += (size_t)snprintf(out + len, room - len, " ");
        len += write_value(flare_redis_item(value, i), out + len, room - len);
    }
    return len + (size_t)snprintf(out + len, room - len, "]");
}

static inline flare_err ask(flare_redis *redis, const char *line, char *out, size_t room)
{
    flare_redis_reply reply;
    flare_str words[16];
    size_t count = 0;
    flare_err err;

    while (*line != '\0') {
        const size_t len = strcspn(line, " ");

        words[count++] = (flare_str){line, len};
        line += len + (line[len] == ' ');
    }
    err = flare_redis_ask(redis, &reply, words, count);
    CHECK_INT(reply.err, err);
    CHECK((err == FLARE_OK) == (reply.message[0] == '\0'));
    (void)write_value(&reply.value, out, room);
    flare_redis_reply_free(&reply);
    return err;
}

/* Asks, and compares the answer. */
#define CHECK_ASK(redis, line, want)                                                                         \
    do {                                                                                                     \
        char answer_[256];                                                                                   \
        const flare_err asked_ = ask(redis, line, answer_, sizeof answer_);                                  \
        const flare_str text_ = {answer_, strlen(answer_)};                                                  \
        CHECK_INT(asked_, FLARE_OK);                                                                         \
        CHECK_STR(text_, want);                                                                              \
    } while (0)

/* Asks for what fails. */
#define CHECK_FAILS(redis, line, error)                                                                      \
    do {                                                                                                     \
        char answer_[256];                                                                                   \
        CHECK_INT(ask(redis, line, answer_, sizeof answer_), error);                                         \
    } while (0)

/* ---- A handler that asks for one thing ---- */

struct asker {
    const char *line;
    char text[64];
    flare_err err;
    bool over;
};

static inline void ask_one(void *argument)
{
    struct asker *const asker = argument;

    asker->err = ask(pool, asker->line, asker->text, sizeof asker->text);
    asker->over = true;
}

#endif
