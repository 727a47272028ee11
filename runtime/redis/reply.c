#include "redis/reply.h"

#include <flare/number.h>

/* ---- Values, made as hiredis comes upon them ---- */

/* What a value counts for, beside its text. */
enum { VALUE_BYTES = 64, FIRST_BYTES = 256 };

/* hiredis's type of a number of items has changed. */
#if HIREDIS_MAJOR >= 1
typedef size_t item_count;
#else
typedef int item_count;
#endif

static bool count_bytes(struct flarei_redis_replies *replies, size_t bytes)
{
    if (bytes > replies->max_bytes - replies->bytes)
        replies->too_large = true;
    else
        replies->bytes += bytes;
    return !replies->too_large;
}

/* Where it stands: in the array around it, or by itself. */
static flare_redis_value *place_of(const redisReadTask *task)
{
    struct flarei_redis_replies *const replies = task->privdata;
    flare_redis_value *const around = task->parent != NULL ? task->parent->obj : NULL;

    return around != NULL ? &around->items[task->idx] : &replies->value;
}

static void *make_string(const redisReadTask *task, char *text, size_t len)
{
    struct flarei_redis_replies *const replies = task->privdata;
    flare_redis_value *const value = place_of(task);
    char *copy;

    value->kind = task->type == REDIS_REPLY_ERROR ? FLARE_REDIS_ERROR : FLARE_REDIS_STRING;
    if (task->type == REDIS_REPLY_STATUS && len == 2 && memcmp(text, "OK", 2) == 0) {
        value->str = FLARE_STR("OK");
        return value;
    }
    if (!count_bytes(replies, len))
        return NULL;
    copy = flarei_arena_alloc(&replies->arena, len + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    value->str = (flare_str){copy, len};
    return value;
}

static void *make_array(const redisReadTask *task, item_count items)
{
    struct flarei_redis_replies *const replies = task->privdata;
    flare_redis_value *const value = place_of(task);
    const size_t count = (size_t)items;

    value->kind = FLARE_REDIS_ARRAY;
    if (count == 0)
        return value;
    if (count > replies->max_bytes / VALUE_BYTES || !count_bytes(replies, count * VALUE_BYTES)) {
        replies->too_large = true;
        return NULL;
    }
    value->items = flarei_arena_alloc_array(&replies->arena, count, sizeof *value->items);
    if (value->items == NULL)
        return NULL;
    memset(value->items, 0, count * sizeof *value->items);
    value->count = count;
    return value;
}

static void *make_integer(const redisReadTask *task, long long number)
{
    flare_redis_value *const value = place_of(task);

    value->kind = FLARE_REDIS_INTEGER;
    value->integer = number;
    return value;
}

static void *make_nil(const redisReadTask *task)
{
    return place_of(task);
}

/* The arena has it all. */
static void free_nothing(void *value)
{
    (void)value;
}

/* ---- Reading ---- */

static void begin(struct flarei_redis_replies *replies)
{
    flarei_arena_init(&replies->arena, FIRST_BYTES, SIZE_MAX / 2); /* `bytes` is what bounds it */
    replies->value = (flare_redis_value){.kind = FLARE_REDIS_NIL};
    replies->bytes = 0;
}

bool flarei_redis_replies_init(struct flarei_redis_replies *replies, size_t max_bytes)
{
    static redisReplyObjectFunctions functions = {.createString = make_string,
                                                  .createArray = make_array,
                                                  .createInteger = make_integer,
                                                  .createNil = make_nil,
                                                  .freeObject = free_nothing};

    begin(replies);
    replies->max_bytes = max_bytes;
    replies->too_large = false;
    replies->reader = redisReaderCreateWithFunctions(&functions);
    if (replies->reader == NULL)
        return false;
    replies->reader->privdata = replies;
    return true;
}

void flarei_redis_replies_clear(struct flarei_redis_replies *replies)
{
    if (replies->reader != NULL)
        redisReaderFree(replies->reader);
    replies->reader = NULL;
    flarei_arena_free(&replies->arena);
}

flare_err flarei_redis_replies_feed(struct flarei_redis_replies *replies, const char *bytes, size_t count)
{
    return redisReaderFeed(replies->reader, bytes, count) == REDIS_OK ? FLARE_OK : FLARE_ERR_MEMORY;
}

flare_err flarei_redis_replies_next(struct flarei_redis_replies *replies)
{
    redisReader *const reader = replies->reader;
    void *value = NULL;

    if (redisReaderGetReply(reader, &value) != REDIS_OK) {
        if (replies->too_large)
            return FLARE_ERR_LIMIT;
        return reader->err == REDIS_ERR_OOM ? FLARE_ERR_MEMORY : FLARE_ERR_SYNTAX;
    }
    if (value != NULL)
        return FLARE_OK;
    /* A text is made when all of it is there: until then it is what the reader holds. */
    return reader->len - reader->pos > replies->max_bytes - replies->bytes + VALUE_BYTES ? FLARE_ERR_LIMIT
                                                                                         : FLARE_ERR_AGAIN;
}

void flarei_redis_replies_drop(struct flarei_redis_replies *replies)
{
    flarei_arena_free(&replies->arena);
    begin(replies);
}

/* ---- Replies ---- */

void flarei_redis_reply_fail(flare_redis_reply *reply, flare_err err)
{
    *reply = (flare_redis_reply){.err = err, .message = flare_err_text(err)};
}

void flarei_redis_replies_take(struct flarei_redis_replies *replies, flare_redis_reply *reply)
{
    *reply = (flare_redis_reply){.err = FLARE_OK, .message = "", .value = replies->value};
    if (replies->arena.chunk != NULL) {
        /* An arena may be in its own memory, as long as nobody takes more of it. */
        flare_arena *const kept = flarei_arena_alloc(&replies->arena, sizeof *kept);

        if (kept == NULL) {
            flarei_redis_replies_drop(replies);
            flarei_redis_reply_fail(reply, FLARE_ERR_MEMORY);
            return;
        }
        *kept = replies->arena;
        reply->memory = kept;
    }
    if (reply->value.kind == FLARE_REDIS_ERROR) {
        reply->err = flarei_redis_error_of(reply->value.str);
        reply->message = reply->value.str.ptr; /* terminated */
        reply->value = (flare_redis_value){.kind = FLARE_REDIS_NIL};
    }
    begin(replies);
}

void flare_redis_reply_free(flare_redis_reply *reply)
{
    if (reply->memory != NULL) {
        flare_arena arena = *(flare_arena *)reply->memory;

        flarei_arena_free(&arena);
    }
    reply->memory = NULL;
    reply->message = "";
    reply->value = (flare_redis_value){.kind = FLARE_REDIS_NIL};
}

flare_err flarei_redis_error_of(flare_str text)
{
    static const struct {
        flare_str begins;
        flare_err err;
    } known[] = {
        {FLARE_STR_INIT("LOADING "), FLARE_ERR_REFUSED},
        {FLARE_STR_INIT("BUSY "), FLARE_ERR_REFUSED},
        {FLARE_STR_INIT("MASTERDOWN "), FLARE_ERR_REFUSED},
        {FLARE_STR_INIT("CLUSTERDOWN "), FLARE_ERR_REFUSED},
        {FLARE_STR_INIT("NOREPLICAS "), FLARE_ERR_REFUSED},
        {FLARE_STR_INIT("ERR max number of clients"), FLARE_ERR_REFUSED},
        {FLARE_STR_INIT("NOAUTH "), FLARE_ERR_PERMISSION},
        {FLARE_STR_INIT("NOPERM "), FLARE_ERR_PERMISSION},
        {FLARE_STR_INIT("WRONGPASS "), FLARE_ERR_PERMISSION},
        {FLARE_STR_INIT("DENIED "), FLARE_ERR_PERMISSION},
        {FLARE_STR_INIT("OOM "), FLARE_ERR_DISK_FULL},
        {FLARE_STR_INIT("MISCONF "), FLARE_ERR_DISK_FULL},
        {FLARE_STR_INIT("NOSCRIPT "), FLARE_ERR_NOT_FOUND},
        {FLARE_STR_INIT("TRYAGAIN "), FLARE_ERR_AGAIN},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (text.len >= known[i].begins.len &&
            memcmp(text.ptr, known[i].begins.ptr, known[i].begins.len) == 0)
            return known[i].err;
    return FLARE_ERR_ARGUMENT;
}

/* ---- What is in a value ---- */

flare_err flare_redis_get_str(const flare_redis_value *value, flare_str *str)
{
    if (value->kind != FLARE_REDIS_STRING)
        return value->kind == FLARE_REDIS_NIL ? FLARE_ERR_NOT_FOUND : FLARE_ERR_SYNTAX;
    *str = value->str;
    return FLARE_OK;
}

flare_err flare_redis_get_i64(const flare_redis_value *value, int64_t *number)
{
    flare_str text;
    flare_err err;

    if (value->kind == FLARE_REDIS_INTEGER) {
        *number = value->integer;
        return FLARE_OK;
    }
    err = flare_redis_get_str(value, &text);
    return err == FLARE_OK ? flare_i64_parse(text, number) : err;
}

flare_err flare_redis_get_f64(const flare_redis_value *value, double *number)
{
    flare_str text;
    flare_err err;

    if (value->kind == FLARE_REDIS_INTEGER) {
        *number = (double)value->integer;
        return FLARE_OK;
    }
    err = flare_redis_get_str(value, &text);
    return err == FLARE_OK ? flare_f64_parse(text, number) : err;
}

const flare_redis_value *flare_redis_item(const flare_redis_value *value, size_t index)
{
    static const flare_redis_value none = {.kind = FLARE_REDIS_NIL};

    return index < value->count ? &value->items[index] : &none;
}
