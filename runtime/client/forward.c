#include "client/forward.h"

#include "client/fetch.h"
#include "client/h2.h"
#include "wire/h1_write.h"

/* Content that waits for the peer at most, but for its framing. */
enum { HIGH_BYTES = 16384 };

flare_err flarei_forward_start(flare_fetch **fetch, flare_client *client, const struct flarei_url *url,
                               enum flare_method method, struct flarei_forward *forward,
                               const flare_fetch_handler *handler, void *context)
{
    forward->taken = false;
    return flarei_fetch_forward(fetch, client, url, method, forward, handler, context);
}

/* Where content goes to; NULL: nowhere now. */
static struct flarei_connection *connection_of(const flare_fetch *fetch)
{
    struct flarei_connection *const connection = fetch->connection;

    return connection != NULL && !connection->unsendable && !connection->failed ? connection : NULL;
}

static bool is_h2(const struct flarei_connection *connection)
{
    return connection != NULL && connection->h2 != NULL;
}

static void lost_memory(struct flarei_connection *connection)
{
    connection->failed = true;
    flare_timer_set(connection->client->loop, &connection->more, 0);
}

static bool put_piece(flare_buffer *out, bool chunked, flare_str piece)
{
    char *const start = flarei_buffer_reserve(out, FLAREI_H1_CHUNK_LINE_MAX_BYTES + piece.len + 2);
    char *to = start;

    if (start == NULL)
        return false;
    if (chunked)
        to += flarei_h1_write_chunk_line(to, piece.len);
    memcpy(to, piece.ptr, piece.len);
    to += piece.len;
    if (chunked) {
        memcpy(to, "\r\n", 2);
        to += 2;
    }
    flarei_buffer_commit(out, (size_t)(to - start));
    return true;
}

void flarei_forward_give(flare_fetch *fetch, flare_str *rest)
{
    struct flarei_connection *const connection = connection_of(fetch);
    struct flarei_forward *const forward = fetch->forward;

    if (is_h2(connection)) {
        flarei_h2_client_give(fetch, rest);
        return;
    }
    while (connection != NULL && rest->len != 0) {
        const size_t there = flarei_buffer_len(&connection->out);
        const size_t room = there < HIGH_BYTES ? HIGH_BYTES - there : 0;
        const flare_str piece = {rest->ptr, rest->len < room ? rest->len : room};

        if (piece.len == 0) {
            flarei_h1_send(connection);
            if (flarei_buffer_len(&connection->out) >= HIGH_BYTES || connection->unsendable)
                return;
            continue;
        }
        forward->taken = true;
        if (!put_piece(&connection->out, forward->chunked, piece)) {
            lost_memory(connection);
            return;
        }
        *rest = (flare_str){rest->ptr + piece.len, rest->len - piece.len};
    }
}

void flarei_forward_repeat(struct flarei_connection *connection, flare_fetch *fetch)
{
    struct flarei_forward *const forward = fetch->forward;
    const flare_str kept = flarei_buffer_str(&fetch->given);
    bool written = true;

    if (kept.len != 0)
        written = put_piece(&connection->out, forward->chunked, kept);
    if (written && forward->whole && forward->chunked)
        written = flarei_h1_put_last_chunk(&connection->out, forward->trailers, forward->trailer_count);
    forward->taken |= kept.len != 0 || (forward->whole && forward->chunked);
    flarei_buffer_clear(&fetch->given);
    connection->out.failed |= !written;
}

void flarei_forward_end(flare_fetch *fetch, const flare_field *trailers, size_t count)
{
    struct flarei_connection *const connection = connection_of(fetch);
    flare_buffer *const out = connection != NULL ? &connection->out : NULL;

    if (connection == NULL || fetch->forward->whole)
        return;
    fetch->forward->whole = true;
    fetch->forward->trailers = trailers;
    fetch->forward->trailer_count = count;
    if (is_h2(connection)) {
        flarei_h2_client_end(fetch);
        return;
    }
    fetch->forward->taken = true;
    if (!fetch->forward->chunked)
        return;
    if (!flarei_h1_put_last_chunk(out, trailers, count))
        lost_memory(connection);
}

void flarei_forward_flush(flare_fetch *fetch)
{
    struct flarei_connection *const connection = connection_of(fetch);

    if (is_h2(connection))
        flarei_h2_client_flush(connection);
    else if (connection != NULL)
        flarei_h1_send(connection);
}

void flarei_forward_expect(flare_fetch *fetch, bool peer)
{
    if (fetch->patient == !peer || fetch->over)
        return;
    fetch->patient = !peer;
    if (fetch->connection == NULL || fetch->paused)
        return;
    flarei_fetch_heard(fetch);
    flarei_fetch_set_timer(fetch);
}

void flarei_forward_resume(flare_fetch *fetch)
{
    if (!flarei_fetch_unpause(fetch))
        return;
    if (is_h2(fetch->connection))
        flarei_h2_client_resume(fetch);
    else
        flarei_h1_more(fetch->client->loop, &fetch->connection->more);
}

void flarei_forward_patience(flare_fetch *fetch, uint32_t silence_ms)
{
    fetch->silence_ms = silence_ms;
    if (fetch->connection == NULL || fetch->paused)
        return;
    flarei_fetch_heard(fetch);
    flarei_fetch_set_timer(fetch);
}
