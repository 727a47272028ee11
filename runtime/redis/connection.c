/* connection.c - a connection: opened, orders sent and answered, lost. */
#include "redis/connection.h"

#include "redis/command.h"

#include <flare/memory.h>
#include <flare/number.h>

enum {
    RECEIVE_BYTES = 16384,
    BACKLOG_BYTES = 262144, /* beyond it, nobody goes behind */
    KEPT_BYTES = 65536,     /* of an output buffer that is empty */
    OUT_MAX_BYTES = BACKLOG_BYTES + FLARE_REDIS_ASK_MAX_BYTES
};

/* ---- Closing ---- */

static struct flarei_redis_connection *connection_of(struct flarei_line *line)
{
    return FLARE_OWNER(line, struct flarei_redis_connection, line);
}

static const struct flarei_redis_order *order_of(struct flarei_order *base)
{
    return FLARE_OWNER(base, struct flarei_redis_order, order);
}

void flarei_redis_connection_close(struct flarei_line *line)
{
    struct flarei_redis_connection *const connection = connection_of(line);

    flarei_line_forget(line);
    connection->pool->dialled |= !connection->open;
    flare_stream_close(connection->stream);
    flarei_redis_replies_clear(&connection->replies);
    flarei_buffer_free(&connection->out);
    flarei_free(connection);
}

static void fail(struct flarei_redis_connection *connection, flare_str why)
{
    flarei_orders_not_opened(connection->line.orders, why);
    flarei_redis_connection_close(&connection->line);
}

/* All that is in line fails, the first for this reason, and the connection is gone. */
static void lose(struct flarei_redis_connection *connection, flare_err err)
{
    struct flarei_orders *const orders = connection->line.orders;

    if (!connection->open) {
        fail(connection, flare_str_of(flare_err_text(err)));
        return;
    }
    while (connection->line.first != NULL) {
        flarei_line_fail_first(&connection->line, err);
        err = FLARE_ERR_CLOSED;
    }
    flarei_redis_connection_close(&connection->line);
    flarei_orders_turn_later(orders);
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
    flarei_line_opened(&connection->line);
    return FLARE_OK;
}

/* @return another than FLARE_OK: it is gone */
static flare_err take_reply(struct flarei_redis_connection *connection)
{
    struct flarei_order *const first = connection->line.first;

    if (connection->greeting > 0)
        return take_greeting(connection);
    if (first == NULL) { /* what nobody asked for */
        lose(connection, FLARE_ERR_SYNTAX);
        return FLARE_ERR_CLOSED;
    }
    if (first->fiber != NULL)
        flarei_redis_replies_take(&connection->replies, &order_of(first)->commands[first->answered].reply);
    else
        flarei_redis_replies_drop(&connection->replies);
    (void)flarei_line_answered(&connection->line);
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

static void receive(struct flarei_redis_connection *connection)
{
    char bytes[RECEIVE_BYTES];

    for (;;) {
        const ptrdiff_t got = flare_stream_read(connection->stream, bytes, sizeof bytes);
        flare_err err;

        if (got == FLARE_ERR_AGAIN)
            return;
        err =
            got > 0 ? flarei_redis_replies_feed(&connection->replies, bytes, (size_t)got) : FLARE_ERR_CLOSED;
        if (err != FLARE_OK) {
            lose(connection, err);
            return;
        }
        if (take_replies(connection) != FLARE_ERR_AGAIN)
            return;
    }
}

/* ---- Bytes ---- */

static void stream_ready(flare_stream *stream, void *context, unsigned ready)
{
    struct flarei_redis_connection *const connection = context;
    struct flarei_orders *const orders = connection->line.orders;

    (void)stream;
    if ((ready & FLARE_WRITE) != 0)
        connection->blocked = false;
    if (flarei_redis_connection_flush(connection))
        receive(connection);
    flarei_orders_dispatch(orders);
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

bool flarei_redis_connection_takes(struct flarei_line *line)
{
    return flarei_buffer_len(&connection_of(line)->out) < BACKLOG_BYTES;
}

void flarei_redis_connection_send(struct flarei_line *line, struct flarei_order *base)
{
    struct flarei_redis_connection *const connection = connection_of(line);
    const struct flarei_redis_order *const order = order_of(base);
    const size_t before = flarei_buffer_len(&connection->out);
    bool whole = true;

    for (size_t i = 0; i < base->count && whole; i++)
        whole =
            flarei_redis_command_write(&connection->out, order->commands[i].words, order->commands[i].count);
    if (!whole) {
        flarei_buffer_truncate(&connection->out, before);
        flarei_orders_fail(line->orders, base, FLARE_ERR_MEMORY);
        return;
    }
    flarei_line_add(line, base);
    if (line->in_line == 1 && connection->pool->tls == NULL) /* OpenSSL wants a larger stack */
        (void)flarei_redis_connection_flush(connection);
    else
        flarei_orders_turn_later(line->orders);
}

/* ---- Opening ---- */

void flarei_redis_connection_give_up(struct flarei_line *line)
{
    struct flarei_redis_connection *const connection = connection_of(line);

    if (connection->open)
        lose(connection, FLARE_ERR_CANCELLED);
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
    struct flarei_orders *const orders = connection->line.orders;

    if (err == FLARE_OK && !write_greeting(connection))
        err = FLARE_ERR_MEMORY;
    if (err != FLARE_OK) {
        fail(connection, flare_str_of(flare_err_text(err)));
        return;
    }
    flare_stream_watch(stream, FLARE_READ, stream_ready, connection);
    if (flarei_redis_connection_flush(connection))
        receive(connection);
    flarei_orders_dispatch(orders);
}

void flarei_redis_connection_open(struct flarei_orders *orders)
{
    struct flare_redis *const pool = FLARE_OWNER(orders, struct flare_redis, orders);
    struct flarei_redis_connection *const connection = flarei_calloc(1, sizeof *connection);
    flare_dial_options to = {.tls = pool->tls, .to = {.timeout_ms = orders->limits.connect_ms}};
    flare_err err = FLARE_ERR_MEMORY;

    if (connection == NULL) {
        flarei_orders_not_opened(orders, flare_str_of(flare_err_text(FLARE_ERR_MEMORY)));
        return;
    }
    connection->pool = pool;
    flarei_buffer_init(&connection->out, OUT_MAX_BYTES);
    flarei_line_opening(&connection->line, orders);
    if (pool->place.address.family == FLARE_ADDRESS_UNIX) {
        to.to.address = &pool->place.address;
    } else {
        to.to.host = pool->place.host;
        to.to.port = pool->place.port;
    }
    if (flarei_redis_replies_init(&connection->replies, pool->reply_max_bytes))
        err = flare_stream_dial(&connection->stream, orders->loop, &to, stream_opened, connection);
    if (err != FLARE_OK) {
        fail(connection, flare_str_of(flare_err_text(err)));
        return;
    }
    flare_timer_set(orders->loop, &connection->line.timer, orders->limits.connect_ms);
}
