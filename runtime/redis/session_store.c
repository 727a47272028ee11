/* session_store.c - store: redis. The cookie holds a name of 192 random bits; the session is in Redis, under
 * the name's digest: the time when it ends at the latest, then its JSON. Redis forgets it by itself.
 *
 * Handlers of each loop share a pool, which is made when it is first needed. */
#include "fiber/fiber.h"
#include "session/session.h"

#include <flare/log.h>
#include <flare/memory.h>
#include <flare/number.h>
#include <flare/redis.h>
#include <flare/text.h>

#include <openssl/sha.h>

#include <pthread.h>

/* ---- Pools ---- */

struct pool_of_loop {
    struct pool_of_loop *next;
    flare_loop *loop;
    flare_redis *redis;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pool_of_loop *pools;

static struct pool_of_loop **find_pool(const flare_loop *loop)
{
    struct pool_of_loop **at = &pools;

    while (*at != NULL && (*at)->loop != loop)
        at = &(*at)->next;
    return at;
}

static flare_err make_pool(flare_loop *loop, struct pool_of_loop **out)
{
    struct pool_of_loop *const made = flarei_calloc(1, sizeof *made);
    flare_err err = made != NULL ? flare_redis_open(&made->redis, NULL) : FLARE_ERR_MEMORY;

    if (err != FLARE_OK) {
        flarei_free(made);
        return err;
    }
    made->loop = loop;
    *out = made;
    return FLARE_OK;
}

/* The pool of the running handler's loop. */
static flare_err pool_here(flare_redis **redis)
{
    const struct flarei_fiber *const fiber = flarei_fiber_current();
    struct pool_of_loop **at;
    flare_err err = FLARE_OK;

    if (fiber ==
        NULL) /* flarec sees to it that handlers with such a session are async; others may call too */
        return FLARE_ERR_STATE;
    (void)pthread_mutex_lock(&lock);
    at = find_pool(fiber->home->loop);
    if (*at == NULL)
        err = make_pool(fiber->home->loop, at);
    if (err == FLARE_OK)
        *redis = (*at)->redis;
    (void)pthread_mutex_unlock(&lock);
    return err;
}

static void leave(struct flare_loop *loop)
{
    struct pool_of_loop **at, *left;

    (void)pthread_mutex_lock(&lock);
    at = find_pool(loop);
    left = *at;
    if (left != NULL)
        *at = left->next;
    (void)pthread_mutex_unlock(&lock);
    if (left == NULL)
        return;
    flare_redis_close(left->redis);
    flarei_free(left);
}

/* A URL that can't be is found when the server starts. */
static flare_err open_store(struct flarei_session *session)
{
    flare_redis *redis;
    const flare_err err = flare_redis_open(&redis, NULL);

    (void)session;
    flare_redis_close(redis);
    return err;
}

/* ---- Keys and values ---- */

enum { DIGEST_TEXT_BYTES = 43, NUMBER_BYTES = 24 };

/* "session:shop:Cart:" and the digest, in the request's memory. */
static bool key_of(flare_request *rq, const struct flarei_session *session, flare_str name, flare_str *key)
{
    const size_t before = session->purpose.len + 1;
    char *const text = flarei_arena_alloc(rq->arena, before + DIGEST_TEXT_BYTES + 1);
    unsigned char digest[SHA256_DIGEST_LENGTH];

    if (text == NULL)
        return false;
    for (size_t i = 0; i < session->purpose.len; i++)
        text[i] = session->purpose.ptr[i] == ' ' ? ':' : session->purpose.ptr[i];
    text[before - 1] = ':';
    flarei_session_digest(name, digest);
    *key = (flare_str){text, before};
    key->len += flare_base64_encode(FLARE_BASE64URL, digest, sizeof digest, text + before);
    return true;
}

static flare_str number_of(int64_t number, char *room)
{
    return (flare_str){room, flare_i64_format(number, room)};
}

/* "1790000000 {...}" @return false: it is none of ours */
static bool read_value(flare_str value, int64_t *end_s, flare_str *json)
{
    const char *const blank = value.len != 0 ? (const char *)memchr(value.ptr, ' ', value.len) : NULL;

    if (blank == NULL ||
        flare_i64_parse((flare_str){value.ptr, (size_t)(blank - value.ptr)}, end_s) != FLARE_OK)
        return false;
    *json = (flare_str){blank + 1, (size_t)(flarei_str_end(value) - blank - 1)};
    return true;
}

static bool write_value(flare_request *rq, int64_t end_s, flare_str json, flare_str *value)
{
    char *const text = flarei_arena_alloc(rq->arena, NUMBER_BYTES + json.len);
    size_t len;

    if (text == NULL)
        return false;
    len = flare_i64_format(end_s, text);
    text[len++] = ' ';
    memcpy(text + len, json.ptr, json.len);
    *value = (flare_str){text, len + json.len};
    return true;
}

/* How long Redis keeps what is used now and ends at the latest then. */
static int64_t time_left(const struct flarei_session *session, int64_t end_s, int64_t now_s)
{
    const int64_t left = end_s - now_s;

    return session->idle_s != 0 && left > session->idle_s ? session->idle_s : left;
}

static flare_err tell(flare_err err, const flare_redis_reply *reply)
{
    if (err != FLARE_OK && !flare_redis_unavailable(err) && reply->message[0] != '\0')
        flare_log(FLARE_LOG_ERROR, "redis: %s", reply->message);
    return err;
}

/* ---- The store ---- */

/* Takes what a key holds, with when it ends. */
static flare_err take(flare_request *rq, const flare_redis_reply *reply, int64_t now_s, int64_t *end_s,
                      flare_str *json)
{
    flare_str value, found;
    const flare_err err = flare_redis_get_str(&reply->value, &value);

    if (err != FLARE_OK || !read_value(value, end_s, &found) || *end_s <= now_s)
        return FLARE_ERR_NOT_FOUND;
    return json == NULL || flarei_arena_copy(rq->arena, found, json) ? FLARE_OK : FLARE_ERR_MEMORY;
}

/* @param json NULL: only when it ends is wanted, and that is no use of it */
static flare_err look(flare_request *rq, const struct flarei_session *session, flare_redis *redis,
                      flare_str key, int64_t *end_s, flare_str *json)
{
    char idle[NUMBER_BYTES];
    const flare_str get[] = {FLARE_STR("GET"), key};
    const flare_str expire[] = {FLARE_STR("EXPIRE"), key, number_of(session->idle_s, idle)};
    flare_redis_command commands[] = {{.words = get, .count = 2}, {.words = expire, .count = 3}};
    const bool is_use = session->idle_s != 0 && json != NULL;
    flare_err err = flare_redis_ask_all(redis, commands, is_use ? 2 : 1);

    err = tell(err, &commands[0].reply);
    if (err == FLARE_OK)
        err = take(rq, &commands[0].reply, flarei_session_now_s(), end_s, json);
    for (size_t i = 0; i < 2; i++)
        flare_redis_reply_free(&commands[i].reply);
    return err;
}

static flare_err find(flare_request *rq, const struct flarei_session *session, flare_str cookie,
                      flare_str *json)
{
    flare_redis *redis;
    flare_str key;
    int64_t end_s;
    flare_err err;

    if (cookie.len != FLAREI_SESSION_NAME_BYTES)
        return FLARE_ERR_NOT_FOUND;
    err = pool_here(&redis);
    if (err != FLARE_OK)
        return err;
    return key_of(rq, session, cookie, &key) ? look(rq, session, redis, key, &end_s, json) : FLARE_ERR_MEMORY;
}

/* Writes it. @param only NX: there must be none; XX: there must be one @return FLARE_ERR_NOT_FOUND: not so */
static flare_err put(flare_request *rq, const struct flarei_session *session, flare_redis *redis,
                     flare_str key, int64_t end_s, flare_str json, flare_str only)
{
    char left[NUMBER_BYTES];
    const int64_t left_s = time_left(session, end_s, flarei_session_now_s());
    flare_redis_reply reply;
    flare_str value;
    flare_err err;

    if (left_s <= 0)
        return FLARE_ERR_NOT_FOUND;
    if (!write_value(rq, end_s, json, &value))
        return FLARE_ERR_MEMORY;
    err = flare_redis_ask(
        redis, &reply,
        FLARE_REDIS_WORDS(FLARE_STR("SET"), key, value, FLARE_STR("EX"), number_of(left_s, left), only));
    err = tell(err, &reply);
    if (err == FLARE_OK && reply.value.kind == FLARE_REDIS_NIL)
        err = FLARE_ERR_NOT_FOUND;
    flare_redis_reply_free(&reply);
    return err;
}

static flare_err forget(flare_redis *redis, flare_str key)
{
    flare_redis_reply reply;
    flare_err err = flare_redis_ask(redis, &reply, FLARE_REDIS_WORDS(FLARE_STR("DEL"), key));

    err = tell(err, &reply);
    flare_redis_reply_free(&reply);
    return err;
}

static flare_err begin(flare_request *rq, const struct flarei_session *session, flare_redis *redis,
                       flare_str json)
{
    char text[FLAREI_SESSION_NAME_BYTES];
    const flare_str name = {text, sizeof text};
    flare_str key;
    flare_err err;

    if (!flarei_session_name(text))
        return FLARE_ERR_IO;
    if (!key_of(rq, session, name, &key))
        return FLARE_ERR_MEMORY;
    err = put(rq, session, redis, key, flarei_session_now_s() + session->max_age_s, json, FLARE_STR("NX"));
    if (err != FLARE_OK)
        return err;
    err = flarei_session_set(rq, session, name, session->max_age_s);
    if (err != FLARE_OK)
        (void)forget(redis, key);
    return err;
}

static flare_err save(flare_request *rq, const struct flarei_session *session, flare_str cookie,
                      flare_str json, bool renew)
{
    const bool named = cookie.len == FLAREI_SESSION_NAME_BYTES;
    flare_redis *redis;
    flare_str key = {NULL, 0};
    int64_t end_s;
    flare_err err = pool_here(&redis);

    if (err != FLARE_OK)
        return err;
    if (named && !key_of(rq, session, cookie, &key))
        return FLARE_ERR_MEMORY;
    err = FLARE_ERR_NOT_FOUND;
    if (named && !renew)
        err = look(rq, session, redis, key, &end_s, NULL);
    if (err == FLARE_OK)
        err = put(rq, session, redis, key, end_s, json, FLARE_STR("XX"));
    if (err != FLARE_ERR_NOT_FOUND)
        return err;
    err = begin(rq, session, redis, json);
    return err == FLARE_OK && named ? forget(redis, key) : err;
}

static flare_err end(flare_request *rq, const struct flarei_session *session, flare_str cookie)
{
    flare_redis *redis;
    flare_str key;
    flare_err err = pool_here(&redis);

    if (err != FLARE_OK || cookie.len != FLAREI_SESSION_NAME_BYTES)
        return err;
    return key_of(rq, session, cookie, &key) ? forget(redis, key) : FLARE_ERR_MEMORY;
}

const struct flarei_session_store flarei_session_redis = {
    .open = open_store, .find = find, .save = save, .end = end, .leave = leave};
