/* connection.c - a connection: opened, orders sent and answered, lost. */
#include "redis/connection.h"

#include "redis/command.h"

#include <flare/memory.h>
#include <flare/number.h>

enum {
    RECEIVE_BYTES = 16384,
    BACKLOG_BYTES = 262144, /* beyond it, nobody goes behind */
    KEPT_BYTES = 65536,     /* of an output buffer that is empty */
    OUT_MAX_BYTES = BACKLOG_BYTES + FLARE_REDIS_ASK_MAX_BYTES,
    /* What nobody waits for any more has so long to end by itself, before its connection is given up for it.
     */
    ABANDONED_MS = 250
};

/* ---- Closing ---- */

static void forget(struct flarei_redis_connection *connection)
{
    struct flare_redis *const pool = connection->pool;
    struct flarei_redis_connection **at = &pool->connections;

    if (pool->opening == connection)
        pool->opening = NULL;
    while (*at != NULL && *at != connection)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    *at = connection->next;
    pool->connection_count--;
}

void flarei_redis_connection_close(struct flarei_redis_connection *connection)
{
    struct flare_redis *const pool = connection->pool;

    forget(connection);
    pool->dialled |= !connection->open;
    flare_timer_cancel(pool->loop, &connection->timer);
    flare_stream_close(connection->stream);
    flarei_redis_replies_clear(&connection->replies);
    flarei_buffer_free(&connection->out);
    flarei_free(connection);
}

static void fail(struct flarei_redis_connection *connection, flare_str why)
{
    flarei_redis_pool_not_opened(connection->pool, why);
    flarei_redis_connection_close(connection);
}

/* ---- The line ---- */

static void finish_first(struct flarei_redis_connection *connection)
{
    struct flarei_redis_order *const order = connection->first;

    connection->first = order->next;
    if (connection->first == NULL)
        connection->last = NULL;
    connection->in_line--;
    flarei_redis_order_done(order);
}

/* All that is in line fails, the first for this reason, and the connection is gone. */
static void lose(struct flarei_redis_connection *connection, flare_err err)
{
    struct flare_redis *const pool = connection->pool;

    if (!connection->open) {
        fail(connection, flare_str_of(flare_err_text(err)));
        return;
    }
    while (connection->first != NULL) {
        flarei_redis_order_fail(connection->first, err);
        finish_first(connection);
        err = FLARE_ERR_CLOSED;
    }
    flarei_redis_connection_close(connection);
    flarei_redis_pool_turn_later(pool);
}

/* ---- Replies ---- */

static flare_err take_greeting(struct flarei_redis_connection *connection)
{
    const flare_redis_value *const value = &connection->replies.value;

    if (value->kind == FLARE_REDIS_ERROR) {
        fail(connection, value->str);
        return FLARE_ERR_CLOSED;
    }
    flarei_redis_replies_drop(&connection->replies);
    if (--connection->greeting > 0)
        return FLARE_OK;
    connection->open = true;
    flare_timer_cancel(connection->pool->loop, &connection->timer);
    flarei_redis_pool_opened(connection->pool, connection);
    return FLARE_OK;
}

/* @return another than FLARE_OK: it is gone */
static flare_err take_reply(struct flarei_redis_connection *connection)
{
    struct flarei_redis_order *const order = connection->first;

    if (connection->greeting > 0)
        return take_greeting(connection);
    if (order == NULL) { /* what nobody asked for */
        lose(connection, FLARE_ERR_SYNTAX);
        return FLARE_ERR_CLOSED;
    }
    if (order->commands != NULL)
        flarei_redis_replies_take(&connection->replies, &order->commands[order->answered].reply);
    else
        flarei_redis_replies_drop(&connection->replies);
    if (++order->answered == order->count)
        finish_first(connection);
    return FLARE_OK;
}

/* @return FLARE_ERR_AGAIN: there is no more yet; else it is gone */
static flare_err take_replies(struct flarei_redis_connection *connection)
{
    for (;;) {
        const flare_err err = flarei_redis_replies_next(&connection->replies);

        if (err == FLARE_OK && take_reply(connection) == FLARE_OK)
            continue;
        if (err != FLARE_OK && err != FLARE_ERR_AGAIN)
            lose(connection, err);
        return err == FLARE_ERR_AGAIN ? FLARE_ERR_AGAIN : FLARE_ERR_CLOSED;
    }
}

/* @return whether it is still there */
static bool receive(struct flarei_redis_connection *connection)
{
    char bytes[RECEIVE_BYTES];

    for (;;) {
        const ptrdiff_t got = flare_stream_read(connection->stream, bytes, sizeof bytes);
        flare_err err;

        if (got == FLARE_ERR_AGAIN)
            return true;
        err =
            got > 0 ? flarei_redis_replies_feed(&connection->replies, bytes, (size_t)got) : FLARE_ERR_CLOSED;
        if (err != FLARE_OK) {
            lose(connection, err);
            return false;
        }
        if (take_replies(connection) != FLARE_ERR_AGAIN)
            return false;
    }
}

/* ---- Bytes ---- */

static void stream_ready(flare_stream *stream, void *context, unsigned ready)
{
    struct flarei_redis_connection *const connection = context;
    struct flare_redis *const pool = connection->pool;

    (void)stream;
    if ((ready & FLARE_WRITE) != 0)
        connection->blocked = false;
    if (flarei_redis_connection_flush(connection) && receive(connection) && connection->first == NULL &&
        connection->open)
        flare_timer_cancel(pool->loop, &connection->timer);
    flarei_redis_pool_dispatch(pool);
}

bool flarei_redis_connection_flush(struct flarei_redis_connection *connection)
{
    flare_buffer *const out = &connection->out;
    const bool was_blocked = connection->blocked;

    while (flarei_buffer_len(out) > 0 && !connection->blocked) {
        const flare_str bytes = flarei_buffer_str(out);
        const ptrdiff_t sent = flare_stream_write(connection->stream, bytes.ptr, bytes.len);

        if (sent > 0) {
            flarei_buffer_consume(out, (size_t)sent);
        } else if (sent == FLARE_ERR_AGAIN) {
            connection->blocked = true;
        } else {
            lose(connection, FLARE_ERR_CLOSED);
            return false;
        }
    }
    if (connection->blocked != was_blocked)
        flare_stream_watch(connection->stream, connection->blocked ? FLARE_READ | FLARE_WRITE : FLARE_READ,
                           stream_ready, connection);
    if (flarei_buffer_len(out) == 0 && out->capacity > KEPT_BYTES)
        flarei_buffer_shrink(out, KEPT_BYTES);
    return true;
}

bool flarei_redis_connection_takes(const struct flarei_redis_connection *connection)
{
    return connection->in_line < connection->pool->pipeline_max &&
           flarei_buffer_len(&connection->out) < BACKLOG_BYTES &&
           (connection->first == NULL || connection->first->fiber != NULL);
}

void flarei_redis_connection_send(struct flarei_redis_connection *connection,
                                  struct flarei_redis_order *order)
{
    const size_t before = flarei_buffer_len(&connection->out);
    bool whole = true;

    for (size_t i = 0; i < order->count && whole; i++)
        whole =
            flarei_redis_command_write(&connection->out, order->commands[i].words, order->commands[i].count);
    if (!whole) {
        flarei_buffer_truncate(&connection->out, before);
        flarei_redis_order_fail(order, FLARE_ERR_MEMORY);
        flarei_redis_order_done(order);
        return;
    }
    order->connection = connection;
    if (connection->last != NULL)
        connection->last->next = order;
    else
        connection->first = order;
    connection->last = order;
    flare_timer_set(connection->pool->loop, &order->timer, connection->pool->answer_ms);
    if (connection->in_line++ == 0 && connection->pool->tls == NULL) /* OpenSSL wants a larger stack */
        (void)flarei_redis_connection_flush(connection);
    else
        flarei_redis_pool_turn_later(connection->pool);
}

/* ---- What nobody waits for ---- */

void flarei_redis_connection_abandoned(struct flarei_redis_connection *connection)
{
    if (!flare_timer_active(&connection->timer))
        flare_timer_set(connection->pool->loop, &connection->timer, ABANDONED_MS);
}

/* Goes on while there is somebody in line who waits. */
static void overdue(struct flarei_redis_connection *connection)
{
    const struct flarei_redis_order *order = connection->first;

    while (order != NULL && order->fiber == NULL)
        order = order->next;
    if (order != NULL)
        flare_timer_set(connection->pool->loop, &connection->timer, ABANDONED_MS);
    else if (connection->first != NULL)
        lose(connection, FLARE_ERR_CANCELLED);
}

/* ---- Opening ---- */

static void timer_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_redis_connection *const connection =
        FLARE_OWNER(timer, struct flarei_redis_connection, timer);

    (void)loop;
    if (connection->open)
        overdue(connection);
    else
        fail(connection, FLARE_STR("the server does not answer"));
}

/* Who one is, which database, and whether it answers at all. */
static bool write_greeting(struct flarei_redis_connection *connection)
{
    const struct flarei_redis_place *const place = &connection->pool->place;
    flare_buffer *const out = &connection->out;
    char number[24];

    if (place->has_password) {
        const flare_str words[] = {FLARE_STR("AUTH"), place->user, place->password};
        const flare_str password[] = {FLARE_STR("AUTH"), place->password};

        connection->greeting++;
        if (place->user.len != 0)
            (void)flarei_redis_command_write(out, words, 3);
        else
            (void)flarei_redis_command_write(out, password, 2);
    }
    if (place->database != 0) {
        const flare_str words[] = {FLARE_STR("SELECT"), {number, flare_u64_format(place->database, number)}};

        connection->greeting++;
        (void)flarei_redis_command_write(out, words, 2);
    }
    connection->greeting++;
    return flarei_redis_command_write(out, &FLARE_STR("PING"), 1);
}

static void stream_opened(flare_stream *stream, void *context, flare_err err)
{
    struct flarei_redis_connection *const connection = context;
    struct flare_redis *const pool = connection->pool;

    if (err == FLARE_OK && !write_greeting(connection))
        err = FLARE_ERR_MEMORY;
    if (err != FLARE_OK) {
        fail(connection, flare_str_of(flare_err_text(err)));
        return;
    }
    flare_stream_watch(stream, FLARE_READ, stream_ready, connection);
    if (flarei_redis_connection_flush(connection))
        (void)receive(connection);
    flarei_redis_pool_dispatch(pool);
}

void flarei_redis_connection_open(struct flare_redis *pool)
{
    struct flarei_redis_connection *const connection = flarei_calloc(1, sizeof *connection);
    flare_dial_options to = {.tls = pool->tls, .to = {.timeout_ms = pool->connect_ms}};
    flare_err err = FLARE_ERR_MEMORY;

    if (connection == NULL) {
        flarei_redis_pool_not_opened(pool, flare_str_of(flare_err_text(FLARE_ERR_MEMORY)));
        return;
    }
    connection->pool = pool;
    connection->timer.callback = timer_due;
    flarei_buffer_init(&connection->out, OUT_MAX_BYTES);
    pool->opening = connection;
    if (pool->place.address.family == FLARE_ADDRESS_UNIX) {
        to.to.address = &pool->place.address;
    } else {
        to.to.host = pool->place.host;
        to.to.port = pool->place.port;
    }
    if (flarei_redis_replies_init(&connection->replies, pool->reply_max_bytes))
        err = flare_stream_dial(&connection->stream, pool->loop, &to, stream_opened, connection);
    if (err != FLARE_OK) {
        fail(connection, flare_str_of(flare_err_text(err)));
        return;
    }
    flare_timer_set(pool->loop, &connection->timer, pool->connect_ms);
}
