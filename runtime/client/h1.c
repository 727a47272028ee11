/* One request and its reply over a connection of HTTP/1.1 (RFC 9112). */
#include "client/fetch.h"
#include "client/h2.h"

#include <flare/text.h>

enum {
    READS_AT_A_TIME = 16, /* then others have their turn */
    PASSED_BYTES = 32768, /* of one read, where a slow client may have to have it kept */
    UPLOAD_STEP_BYTES = 16384,
    INTERIM_MAX = 32 /* heads of status 1xx before a reply */
};

static const struct flarei_h1_limits limits = {FLARE_FETCH_HEAD_MAX_BYTES, FLARE_FETCH_HEAD_MAX_BYTES - 1,
                                               FLARE_FETCH_FIELDS_MAX, 16384, 1024};

/* ---- Asking ---- */

/* All is sent: of a tunnel that may have been the end of this side. */
static void end_side(struct flarei_connection *connection, const flare_fetch *fetch)
{
    if (fetch->forward == NULL || !fetch->forward->tunnel || !fetch->forward->whole || connection->shut)
        return;
    connection->shut = true;
    (void)flare_stream_shutdown(connection->stream); /* where it can't, reading says why */
}

/* A peer that takes no more may have replied already, so that is read first. */
void flarei_h1_send(struct flarei_connection *connection)
{
    flare_fetch *const fetch = connection->fetch;

    while (!connection->unsendable && fetch != NULL) {
        const bool head = flarei_buffer_len(&connection->out) != 0;
        flare_str part = flarei_buffer_str(&connection->out);
        ptrdiff_t sent;

        if (!head && (connection->content_sent == fetch->content.len || flarei_fetch_holds(fetch))) {
            end_side(connection, fetch);
            return;
        }
        if (!head)
            part = (flare_str){fetch->content.ptr + connection->content_sent,
                               fetch->content.len - connection->content_sent};
        sent = flare_stream_write(connection->stream, part.ptr, part.len);
        if (sent == FLARE_ERR_AGAIN)
            return;
        if (sent < 0) {
            connection->unsendable = true;
            flare_timer_set(connection->client->loop, &connection->more, 0);
        } else if (head) {
            flarei_buffer_consume(&connection->out, (size_t)sent);
        } else {
            connection->content_sent += (size_t)sent;
        }
        connection->wrote |= sent > 0;
        if (sent > 0 && (fetch->forward != NULL || fetch->silent_ms != UINT64_MAX))
            flarei_fetch_heard(fetch); /* who takes something is not gone */
    }
}

static bool all_sent(const struct flarei_connection *connection, const flare_fetch *fetch)
{
    return flarei_buffer_len(&connection->out) == 0 && connection->content_sent == fetch->content.len &&
           (!fetch->upload.is || fetch->upload.over) && (fetch->forward == NULL || fetch->forward->whole);
}

void flarei_h1_ask(struct flarei_connection *connection, flare_fetch *fetch)
{
    connection->fetch = fetch;
    connection->state = FLAREI_CONNECTION_HEAD;
    connection->heard = connection->wrote = false;
    connection->interim = 0;
    connection->parsed = 0;
    connection->content_sent = 0;
    flarei_h1_write_request(connection, fetch);
    if (fetch->forward != NULL)
        flarei_forward_repeat(connection, fetch);
    if (connection->out.failed) {
        flarei_buffer_free(&connection->out);
        connection->failed = connection->unsendable = true; /* no content without its head */
        flare_timer_set(connection->client->loop, &connection->more, 0);
        return;
    }
    if (fetch->forward != NULL && !fetch->forward->whole)
        fetch->forward->calls->room(fetch->forward); /* the head goes out with the first of the content */
    else
        flarei_h1_send(connection);
    if (fetch->upload.is) /* whose source is not called within the call that begins */
        flare_timer_set(connection->client->loop, &connection->more, 0);
}

/* ---- The end of a request ---- */

static void fail(struct flarei_connection *connection, flare_err err, const char *why)
{
    flare_fetch *fetch = connection->fetch;
    const bool stale = connection->served != 0 && !connection->heard;
    const bool wrote = connection->wrote;
    struct flarei_origin *const origin = connection->origin;

    connection->fetch = NULL;
    if (fetch != NULL)
        fetch->connection = NULL;
    if (fetch != NULL && stale && (err == FLARE_ERR_CLOSED || err == FLARE_ERR_RESET)) {
        flarei_pool_close_idle(origin);
        if (flarei_fetch_again(fetch, !wrote))
            fetch = NULL;
    }
    flarei_pool_close(connection);
    if (fetch != NULL)
        flarei_fetch_failed(fetch, err, why);
}

/* The reply is whole. What follows it was not asked for. */
static void finish(struct flarei_connection *connection, bool more_came)
{
    flare_fetch *const fetch = connection->fetch;
    const bool keeps =
        connection->keep_alive && !more_came && !connection->unsendable && all_sent(connection, fetch);

    connection->fetch = NULL;
    fetch->connection = NULL;
    connection->served++;
    if (keeps)
        flarei_pool_release(connection);
    else
        flarei_pool_close(connection);
    flarei_fetch_ended(fetch);
}

/* ---- Uploads ---- */

/* Takes more of an upload to send. @return FLARE_OK; FLARE_ERR_AGAIN: there is none now; why it can't go on
 */
static flare_err fill(struct flarei_connection *connection)
{
    static const char digits[] = "0123456789abcdef";
    flare_fetch *const fetch = connection->fetch;
    flare_buffer *const out = &connection->out;
    char *const bytes = connection->client->input;
    const ptrdiff_t got = flarei_upload_read(fetch, bytes, UPLOAD_STEP_BYTES);
    char size[6];
    size_t at = 4;

    if (got < 0)
        return (flare_err)got;
    if (fetch->upload.chunked && got != 0) {
        memcpy(size + 4, "\r\n", 2);
        for (ptrdiff_t rest = got; rest != 0; rest >>= 4)
            size[--at] = digits[rest & 15];
        (void)flarei_buffer_append(out, size + at, sizeof size - at);
    }
    (void)flarei_buffer_append(out, bytes, (size_t)got);
    if (fetch->upload.chunked)
        (void)flarei_buffer_append_str(out, got != 0 ? FLARE_STR("\r\n") : FLARE_STR("0\r\n\r\n"));
    return out->failed ? FLARE_ERR_MEMORY : FLARE_OK;
}

/* @return false when the connection is gone */
static bool upload_some(struct flarei_connection *connection)
{
    for (int i = 0; i < READS_AT_A_TIME; i++) {
        const flare_fetch *fetch;
        flare_err err;

        flarei_h1_send(connection);
        fetch = connection->fetch;
        if (fetch == NULL || !fetch->upload.is || fetch->upload.over || fetch->upload.waits ||
            flarei_fetch_holds(fetch) || connection->unsendable || flarei_buffer_len(&connection->out) != 0)
            return true;
        err = fill(connection);
        if (err == FLARE_ERR_AGAIN)
            return true;
        if (err != FLARE_OK) {
            fail(connection, err, fetch->why);
            return false;
        }
    }
    flare_timer_set(connection->client->loop, &connection->more, 0);
    return true;
}

/* ---- The reply ---- */

/* Where it was asked for, what follows a 101 are bytes. */
static bool is_switch(const flare_fetch *fetch, const struct flarei_h1_response *response)
{
    return response->status == 101 && fetch->forward != NULL && fetch->forward->upgrades;
}

/* Does a reply take the offer of HTTP/2? Then the connection speaks it from here on. */
static bool switches(struct flarei_connection *connection, const struct flarei_h1_response *response)
{
    bool named = false;

    for (size_t i = 0; i < response->field_count; i++)
        named |= flare_str_equal_nocase(response->fields[i].name, FLARE_STR("upgrade")) &&
                 flare_str_equal_nocase(response->fields[i].value, FLARE_STR("h2c"));
    return connection->offers && response->status == 101 && named;
}

static void upgrade(struct flarei_connection *connection)
{
#if FLAREI_HTTP2
    struct flarei_origin *const origin = connection->origin;
    const flare_err err = flarei_h2_client_upgrade(connection, connection->fetch);

    if (connection->h2 != NULL)
        flarei_link_before(&origin->shared, &connection->place);
    if (err != FLARE_OK)
        fail(connection, err, NULL);
    else
        origin->speaks_h2 = true;
#else
    (void)connection;
#endif
}

/* Each takes what it can of `input`. @return whether to go on with the rest */
static bool take_head(struct flarei_connection *connection, flare_str *input)
{
    flare_client *const client = connection->client;
    flare_fetch *const fetch = connection->fetch;
    struct flarei_h1_response response = {.fields = client->fields, .field_capacity = FLARE_FETCH_FIELDS_MAX};
    ptrdiff_t used;
    flare_err err;

    if (!flarei_h1_worth_parsing(&limits, input->ptr, input->len, connection->parsed))
        return false;
    used = flarei_h1_parse_response(&limits, input->ptr, input->len, fetch->method, &response);
    connection->parsed = used == 0 ? input->len : 0;
    if (used == 0)
        return false;
    if (used > 0 && switches(connection, &response)) {
        *input = (flare_str){input->ptr + used, input->len - (size_t)used};
        upgrade(connection);
        return false;
    }
    if (used > 0 && response.status < 200 && !is_switch(fetch, &response) &&
        (response.status == 101 || ++connection->interim > INTERIM_MAX))
        used = FLAREI_H1_BAD_STATUS_LINE;
    if (used < 0) {
        fail(connection,
             used == FLAREI_H1_HEAD_TOO_LARGE || used == FLAREI_H1_TOO_MANY_FIELDS ? FLARE_ERR_LIMIT
                                                                                   : FLARE_ERR_SYNTAX,
             flarei_h1_refusal_text(used).ptr);
        return false;
    }
    const flare_str head = {input->ptr, (size_t)used};
    *input = (flare_str){input->ptr + used, input->len - (size_t)used};
    if (is_switch(fetch, &response)) {
        response.framing = FLAREI_H1_UNTIL_CLOSED;
        response.keep_alive = false;
    } else if (response.status < 200) {
        if (response.status == 100)
            flarei_fetch_let_go(fetch);
        if (fetch->forward != NULL)
            fetch->forward->calls->interim(fetch->forward, &response);
        return true;
    }
    connection->origin->declined_h2 |= connection->offers;
    connection->state = FLAREI_CONNECTION_CONTENT;
    connection->framing = response.framing;
    connection->keep_alive = response.keep_alive;
    connection->left = response.framing == FLAREI_H1_BY_LENGTH ? response.content_length : 0;
    if (response.framing == FLAREI_H1_BY_CHUNKS)
        flarei_h1_chunked_init(&connection->chunked, &limits, UINT64_MAX);
    err = flarei_fetch_head(fetch, &response, head);
    if (connection->fetch != fetch)
        return false;
    if (err != FLARE_OK)
        fail(connection, err, fetch->why);
    else if (fetch->next != FLAREI_FETCH_REPLY && response.framing == FLAREI_H1_UNTIL_CLOSED)
        finish(connection, true); /* what is dropped is not waited for */
    return true;
}

/* Hands a part to the fetch, which may be freed in that. */
static bool hand(struct flarei_connection *connection, flare_str part)
{
    flare_fetch *const fetch = connection->fetch;
    const flare_err err = flarei_fetch_take(fetch, part);

    if (connection->fetch != fetch)
        return false;
    if (err != FLARE_OK && fetch->next != FLAREI_FETCH_REPLY)
        finish(connection, true);
    else if (err != FLARE_OK)
        fail(connection, err, fetch->why);
    return err == FLARE_OK;
}

static bool take_chunks(struct flarei_connection *connection, flare_str *input)
{
    struct flarei_h1_chunked_part part;
    const int event = flarei_h1_chunked_next(&connection->chunked, input, &part);

    switch (event) {
    case FLAREI_H1_CHUNKED_MORE:
        return false;
    case FLAREI_H1_CHUNKED_DATA:
        return hand(connection, part.data);
    case FLAREI_H1_CHUNKED_TRAILER:
        if (connection->fetch->forward != NULL)
            connection->fetch->forward->calls->trailer(connection->fetch->forward, &part.field);
        return true;
    case FLAREI_H1_CHUNKED_END:
        finish(connection, input->len != 0);
        return false;
    default:
        fail(connection, FLARE_ERR_SYNTAX, flarei_h1_refusal_text(event).ptr);
        return false;
    }
}

static bool is_paused(const struct flarei_connection *connection)
{
    return connection->fetch != NULL && connection->fetch->paused;
}

static bool take_bytes(struct flarei_connection *connection, flare_str *input)
{
    const bool counted = connection->framing != FLAREI_H1_UNTIL_CLOSED;
    flare_str part = *input;

    if (counted && part.len > connection->left)
        part.len = (size_t)connection->left;
    *input = (flare_str){input->ptr + part.len, input->len - part.len};
    if (part.len != 0 && !hand(connection, part))
        return false;
    if (counted)
        connection->left -= part.len;
    if (is_paused(connection))
        return true;
    if (counted && connection->left == 0) {
        finish(connection, input->len != 0);
        return false;
    }
    return part.len != 0;
}

/* Steps over what came; `input` is left with what has to wait for more. */
static void take(struct flarei_connection *connection, flare_str *input)
{
    bool more = connection->fetch == NULL || is_paused(connection) ||
                flarei_buffer_len(&connection->fetch->coded) == 0 || hand(connection, FLARE_STR(""));

    while (more && !is_paused(connection)) {
        if (connection->state == FLAREI_CONNECTION_HEAD) {
            connection->heard |= input->len != 0;
            more = input->len != 0 && take_head(connection, input);
        } else if (connection->state == FLAREI_CONNECTION_CONTENT) {
            more = connection->framing == FLAREI_H1_BY_CHUNKS ? take_chunks(connection, input)
                                                              : take_bytes(connection, input);
        } else {
            if (connection->state == FLAREI_CONNECTION_IDLE && input->len != 0)
                flarei_pool_close(connection);
            return;
        }
    }
}

/* ---- Receiving ---- */

static void ended(struct flarei_connection *connection, flare_err err)
{
    if (connection->fetch == NULL) {
        flarei_pool_close(connection);
    } else if (err == FLARE_ERR_CLOSED && connection->state == FLAREI_CONNECTION_CONTENT &&
               connection->framing == FLAREI_H1_UNTIL_CLOSED) {
        finish(connection, false);
    } else {
        fail(connection, err, NULL);
    }
}

/* What is left waits in the connection's own buffer, which most never need. */
static bool keep_rest(struct flarei_connection *connection, flare_str rest, bool kept)
{
    if (connection->state == FLAREI_CONNECTION_DEAD)
        return false;
    if (kept)
        flarei_buffer_consume(&connection->in, flarei_buffer_len(&connection->in) - rest.len);
    if (kept && rest.len == 0)
        flarei_buffer_shrink(&connection->in, 0);
    else if (!kept && rest.len != 0 && !flarei_buffer_append_str(&connection->in, rest))
        fail(connection, FLARE_ERR_MEMORY, NULL);
    return connection->state != FLAREI_CONNECTION_DEAD;
}

/* Takes what the buffer has. @return false when the connection is gone */
static bool take_kept(struct flarei_connection *connection)
{
    flare_str input = connection->in.ptr != NULL ? flarei_buffer_str(&connection->in) : FLARE_STR("");

    if (input.len == 0)
        input = FLARE_STR("");
    take(connection, &input);
    return keep_rest(connection, input, true);
}

/* One read. @return the bytes, or why there are none */
static ptrdiff_t receive(struct flarei_connection *connection, size_t room)
{
    flare_client *const client = connection->client;
    ptrdiff_t got;

    if (flarei_buffer_len(&connection->in) == 0) {
        flare_str input = {client->input, 0};

        got = flare_stream_read(connection->stream, client->input, room);
        if (got <= 0)
            return got;
        input.len = (size_t)got;
        if (connection->fetch != NULL)
            flarei_fetch_heard(connection->fetch);
        take(connection, &input);
        return keep_rest(connection, input, false) ? got : FLARE_ERR_STATE;
    }
    char *const to = flarei_buffer_reserve(&connection->in, room);
    if (to == NULL)
        return FLARE_ERR_MEMORY;
    got = flare_stream_read(connection->stream, to, room);
    if (got <= 0)
        return got;
    flarei_buffer_commit(&connection->in, (size_t)got);
    if (connection->fetch != NULL)
        flarei_fetch_heard(connection->fetch);
    return take_kept(connection) ? got : FLARE_ERR_STATE;
}

static void advance(struct flarei_connection *connection, bool hangup)
{
    /* After a pause there may be content to go on with, or nothing but its end. */
    if (connection->state == FLAREI_CONNECTION_CONTENT || flarei_buffer_len(&connection->in) != 0) {
        if (!take_kept(connection))
            return;
    }
    for (int i = 0; i < READS_AT_A_TIME; i++) {
        const bool passes = connection->fetch != NULL && connection->fetch->forward != NULL;
        const size_t room = passes ? (size_t)PASSED_BYTES : (size_t)FLAREI_CLIENT_INPUT_BYTES;
        ptrdiff_t got;

        if (is_paused(connection))
            return;
        got = receive(connection, room);
        if (connection->state == FLAREI_CONNECTION_DEAD || connection->state == FLAREI_CONNECTION_SHARED ||
            got == FLARE_ERR_AGAIN)
            return;
        if (got < 0) {
            ended(connection, (flare_err)got);
            return;
        }
        if ((size_t)got < room && !hangup)
            return;
    }
    flare_timer_set(connection->client->loop, &connection->more, 0);
}

/* @return false when the connection is gone */
static bool send_more(struct flarei_connection *connection)
{
    struct flarei_forward *const forward = connection->fetch != NULL ? connection->fetch->forward : NULL;

    if (!upload_some(connection))
        return false;
    if (forward != NULL && !forward->whole && flarei_buffer_len(&connection->out) == 0)
        forward->calls->room(forward);
    return true;
}

void flarei_h1_ready(flare_stream *stream, void *context, unsigned ready)
{
    struct flarei_connection *const connection = context;
    flare_client *const client = connection->client;

    (void)stream;
    flarei_client_enter(client);
    connection->hangup |= (ready & FLARE_HANGUP) != 0;
    if ((ready & FLARE_WRITE) && !send_more(connection))
        ready = 0;
    if (ready & (FLARE_READ | FLARE_HANGUP))
        advance(connection, connection->hangup);
    flarei_client_leave(client);
}

void flarei_h1_more(flare_loop *loop, flare_timer *timer)
{
    struct flarei_connection *const connection = FLARE_OWNER(timer, struct flarei_connection, more);
    flare_client *const client = connection->client;

    (void)loop;
    flarei_client_enter(client);
    if (connection->failed)
        fail(connection, FLARE_ERR_MEMORY, NULL);
    else if (upload_some(connection))
        advance(connection, true);
    flarei_client_leave(client);
}
