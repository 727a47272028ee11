#include "client/h2_stream.h"

#include <flare/memory.h>

enum { READS_AT_A_TIME = 16, INTERIM_MAX = 32 };

/* ---- The end of a stream, and of all ---- */

void flarei_h2_client_stream_free(struct flarei_h2_client_stream *stream)
{
    struct flarei_h2_client *const h2 = stream->connection->h2;

    if (!stream->closed)
        (void)nghttp2_session_set_stream_user_data(h2->session, stream->id, NULL);
    flarei_link_take(&stream->link);
    h2->count--;
    flarei_buffer_free(&stream->head);
    flarei_buffer_free(&stream->held);
    flarei_free(stream);
}

/* The fetch is told by the caller, after this. */
static flare_fetch *let_go(struct flarei_h2_client_stream *stream)
{
    flare_fetch *const fetch = stream->fetch;

    if (fetch != NULL) {
        fetch->connection = NULL;
        fetch->stream = NULL;
    }
    flarei_h2_client_stream_free(stream);
    return fetch;
}

static void fail_stream(struct flarei_h2_client_stream *stream, flare_err err, const char *why)
{
    flare_fetch *const fetch = let_go(stream);

    if (fetch != NULL)
        flarei_fetch_failed(fetch, err, why);
}

/* A stream that is to be told nothing more. */
static void reset(struct flarei_h2_client_stream *stream)
{
    if (!stream->closed)
        (void)nghttp2_submit_rst_stream(stream->connection->h2->session, NGHTTP2_FLAG_NONE, stream->id,
                                        NGHTTP2_CANCEL);
}

/* A stream that still waits for its peer. */
static struct flarei_h2_client_stream *first_open(const struct flarei_h2_client *h2)
{
    for (struct flarei_link *at = h2->streams.next; at != &h2->streams; at = at->next) {
        struct flarei_h2_client_stream *const stream = FLARE_OWNER(at, struct flarei_h2_client_stream, link);

        if (!stream->closed)
            return stream;
    }
    return NULL;
}

/* The connection is gone, with all that is under way; but replies that are whole, and wait for the end of a
 * pause, have all they need. */
static void fail_all(struct flarei_connection *connection, flare_err err)
{
    struct flarei_h2_client *const h2 = connection->h2;
    const bool served_before = connection->served > h2->count;
    struct flarei_h2_client_stream *stream;

    h2->going = true;
    h2->failed = true;
    while ((stream = first_open(h2)) != NULL) {
        const bool unheard = !stream->has_head && served_before;
        flare_fetch *const fetch = let_go(stream);

        if (fetch != NULL && !(unheard && flarei_fetch_again(fetch, false)))
            flarei_fetch_failed(fetch, err, NULL);
        if (connection->state == FLAREI_CONNECTION_DEAD)
            return;
    }
    if (h2->count == 0)
        flarei_pool_close(connection);
}

/* After a stream ended: is the connection idle, or over? */
static void settle(struct flarei_connection *connection)
{
    struct flarei_h2_client *const h2 = connection->h2;

    if (connection->state == FLAREI_CONNECTION_DEAD)
        return;
    if (h2->count == 0 && (h2->going || h2->failed))
        flarei_pool_close(connection);
    else if (h2->count == 0 && connection->state != FLAREI_CONNECTION_IDLE)
        flarei_pool_rest(connection);
    else
        flarei_pool_serve(connection->origin);
}

/* ---- Events ---- */

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_bytes, const uint8_t *value, size_t value_bytes, uint8_t flags,
                     void *context)
{
    struct flarei_h2_client_stream *const stream =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    const uint32_t lengths[2] = {(uint32_t)name_bytes, (uint32_t)value_bytes};

    (void)flags, (void)context;
    if (stream != NULL && stream->has_head && stream->fetch != NULL && stream->fetch->forward != NULL)
        flarei_h2_client_pass_trailer(
            stream, (flare_field){{(const char *)name, name_bytes}, {(const char *)value, value_bytes}});
    if (stream == NULL || stream->has_head)
        return 0;
    if (name_bytes == 7 && memcmp(name, ":status", 7) == 0) {
        stream->status = (uint16_t)((value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0'));
        return 0; /* libnghttp2 has seen that it is three digits */
    }
    stream->too_large |= ++stream->field_count > FLARE_FETCH_FIELDS_MAX ||
                         flarei_buffer_len(&stream->head) + sizeof lengths + name_bytes + value_bytes >
                             FLARE_FETCH_HEAD_MAX_BYTES;
    if (stream->too_large)
        return 0;
    (void)flarei_buffer_append(&stream->head, lengths, sizeof lengths);
    (void)flarei_buffer_append(&stream->head, name, name_bytes);
    (void)flarei_buffer_append(&stream->head, value, value_bytes);
    return 0;
}

static void note(struct flarei_h1_response *response, size_t index)
{
    const flare_str name = response->fields[index].name;
    const uint16_t number = (uint16_t)(index + 1);

    if (response->location == 0 && flare_str_equal(name, FLARE_STR("location")))
        response->location = number;
    else if (response->content_encoding == 0 && flare_str_equal(name, FLARE_STR("content-encoding")))
        response->content_encoding = number;
    else if (response->set_cookie == 0 && flare_str_equal(name, FLARE_STR("set-cookie")))
        response->set_cookie = number;
}

/* The fields that came, as HTTP/1.1 would have them. @return false: they are lost, and so is the stream */
static bool read_head(struct flarei_h2_client_stream *stream, struct flarei_h1_response *response)
{
    const flare_str head = flarei_buffer_str(&stream->head);

    *response =
        (struct flarei_h1_response){.fields = stream->connection->client->fields, .status = stream->status};
    if (stream->too_large || stream->head.failed) {
        reset(stream);
        fail_stream(stream, stream->too_large ? FLARE_ERR_LIMIT : FLARE_ERR_MEMORY,
                    stream->too_large ? "the head of the reply is too large" : NULL);
        return false;
    }
    for (size_t at = 0; at < head.len;) {
        uint32_t lengths[2];
        const char *const name = head.ptr + at + sizeof lengths;

        memcpy(lengths, head.ptr + at, sizeof lengths);
        response->fields[response->field_count] =
            (flare_field){{name, lengths[0]}, {name + lengths[0], lengths[1]}};
        note(response, response->field_count++);
        at += sizeof lengths + lengths[0] + lengths[1];
    }
    return true;
}

static void take_head(struct flarei_h2_client_stream *stream, bool ends)
{
    flare_fetch *const fetch = stream->fetch;
    struct flarei_h1_response response;
    flare_err err;

    if (!read_head(stream, &response))
        return;
    response.framing = ends ? FLAREI_H1_NO_CONTENT : FLAREI_H1_UNTIL_CLOSED;
    stream->has_head = true;
    err = flarei_fetch_head(fetch, &response, flarei_buffer_str(&stream->head));
    if (fetch->connection == NULL)
        return;
    if (err != FLARE_OK) {
        reset(stream);
        fail_stream(stream, err, fetch->why);
    } else if (fetch->next != FLAREI_FETCH_REPLY && !ends) {
        reset(stream); /* what is dropped is not waited for */
        (void)let_go(stream);
        flarei_fetch_ended(fetch);
    }
}

/* One of status 1xx: another follows. */
static void take_interim(struct flarei_h2_client_stream *stream)
{
    flare_fetch *const fetch = stream->fetch;
    struct flarei_h1_response response;

    if (fetch->forward != NULL && !read_head(stream, &response))
        return;
    if (stream->status == 101 || ++stream->interim > INTERIM_MAX) {
        reset(stream);
        fail_stream(stream, FLARE_ERR_SYNTAX, "too many interim replies, or one of HTTP/1.1 alone");
        return;
    }
    if (stream->status == 100)
        flarei_fetch_let_go(fetch);
    if (fetch->forward != NULL)
        fetch->forward->calls->interim(fetch->forward, &response);
    flarei_buffer_clear(&stream->head);
    stream->field_count = 0;
}

static bool ends_stream(const nghttp2_frame *frame)
{
    return (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
           (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

/* The reply is whole. What was not sent before it came is not waited for. */
static void end_early(struct flarei_h2_client_stream *stream)
{
    flare_fetch *const fetch = stream->fetch;

    if (fetch == NULL || !stream->has_head || fetch->paused || flarei_h2_client_all_sent(stream))
        return;
    reset(stream);
    (void)let_go(stream);
    flarei_fetch_ended(fetch);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct flarei_connection *const connection = context;
    struct flarei_h2_client_stream *stream =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

    if (frame->hd.type == NGHTTP2_GOAWAY)
        connection->h2->going = true;
    if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
        connection->h2->settled = true;
    if (stream == NULL || stream->fetch == NULL)
        return 0;
    flarei_fetch_heard(stream->fetch);
    stream->ended |= ends_stream(frame);
    if (frame->hd.type == NGHTTP2_HEADERS && !stream->has_head && stream->status >= 200) {
        take_head(stream, (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0);
    } else if (frame->hd.type == NGHTTP2_HEADERS && !stream->has_head) {
        take_interim(stream);
    }
    if (connection->state != FLAREI_CONNECTION_DEAD && ends_stream(frame)) {
        stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
        if (stream != NULL)
            end_early(stream);
    }
    return connection->state == FLAREI_CONNECTION_DEAD ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

/* @return false when the stream is gone */
static bool take_content(struct flarei_h2_client_stream *stream, flare_str part)
{
    struct flarei_connection *const connection = stream->connection; /* a callback may free the stream */
    flare_fetch *const fetch = stream->fetch;
    const int32_t id = stream->id;
    const bool closed = stream->closed;
    flare_err err = flarei_fetch_take(fetch, part);

    if (part.len != 0 && !closed)
        (void)nghttp2_session_consume(connection->h2->session, id, part.len);
    if (fetch->connection == NULL)
        return false;
    if (err != FLARE_OK) {
        reset(stream);
        fail_stream(stream, err, fetch->why);
    }
    return err == FLARE_OK;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t bytes,
                   void *context)
{
    struct flarei_connection *const connection = context;
    struct flarei_h2_client_stream *const stream = nghttp2_session_get_stream_user_data(session, id);
    const flare_str part = {(const char *)data, bytes};

    (void)flags;
    if (stream == NULL || stream->fetch == NULL) {
        (void)nghttp2_session_consume_connection(session, bytes);
        return 0;
    }
    if (!stream->fetch->paused) {
        (void)take_content(stream, part);
    } else if (!flarei_buffer_append_str(&stream->held, part)) {
        reset(stream);
        fail_stream(stream, FLARE_ERR_MEMORY, NULL);
    }
    return connection->state == FLAREI_CONNECTION_DEAD ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error, void *context)
{
    struct flarei_connection *const connection = context;
    struct flarei_h2_client_stream *const stream = nghttp2_session_get_stream_user_data(session, id);
    bool unseen; /* or so the peer says, who had better not have replied */
    flare_fetch *fetch;

    if (stream == NULL)
        return 0;
    stream->closed = true;
    unseen = error == NGHTTP2_REFUSED_STREAM && !stream->has_head;
    if (!stream->has_head || !stream->ended) {
        fetch = let_go(stream);
        if (fetch != NULL && fetch->upload.err != FLARE_OK)
            flarei_fetch_failed(fetch, fetch->upload.err, fetch->why);
        else if (fetch != NULL && !(unseen && flarei_fetch_again(fetch, true)))
            flarei_fetch_failed(fetch, error == NGHTTP2_PROTOCOL_ERROR ? FLARE_ERR_SYNTAX : FLARE_ERR_RESET,
                                "the stream was reset");
    } else if (stream->fetch == NULL || !stream->fetch->paused) {
        fetch = let_go(stream);
        if (fetch != NULL)
            flarei_fetch_ended(fetch);
    }
    return connection->state == FLAREI_CONNECTION_DEAD ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

/* ---- Bytes ---- */

void flarei_h2_client_flush(struct flarei_connection *connection)
{
    struct flarei_h2_client *const h2 = connection->h2;
    flare_err err;

    if (h2->busy || h2->failed)
        return;
    h2->busy = true;
    err = flarei_h2_outbound_send(h2->session, connection->stream, &connection->out);
    h2->busy = false;
    if (err == FLARE_OK || err == FLARE_ERR_AGAIN)
        return;
    h2->failed = true; /* told when the loop comes to it */
    flare_timer_set(connection->client->loop, &connection->more, 0);
}

/* @return false when the connection is gone, or failed */
static bool take(struct flarei_connection *connection, flare_str bytes)
{
    struct flarei_h2_client *const h2 = connection->h2;
    ssize_t used;

    h2->busy = true;
    h2->heard_ms = flare_loop_now_ms(connection->client->loop);
    used = nghttp2_session_mem_recv(h2->session, (const uint8_t *)bytes.ptr, bytes.len);
    h2->busy = false;
    if (connection->state == FLAREI_CONNECTION_DEAD)
        return false;
    if (used < 0 || (size_t)used != bytes.len) {
        fail_all(connection, used == NGHTTP2_ERR_NOMEM ? FLARE_ERR_MEMORY : FLARE_ERR_SYNTAX);
        return false;
    }
    flarei_h2_client_flush(connection);
    return true;
}

static void receive(struct flarei_connection *connection)
{
    flare_client *const client = connection->client;

    if (connection->h2->failed)
        return;
    if (flarei_buffer_len(&connection->in) != 0) { /* came behind the reply that upgraded */
        if (!take(connection, flarei_buffer_str(&connection->in)))
            return;
        flarei_buffer_free(&connection->in);
    }
    for (int i = 0; i < READS_AT_A_TIME; i++) {
        const ptrdiff_t got = flare_stream_read(connection->stream, client->input, sizeof client->input);

        if (got == FLARE_ERR_AGAIN)
            return;
        if (got < 0) {
            fail_all(connection, (flare_err)got);
            return;
        }
        if (!take(connection, (flare_str){client->input, (size_t)got}))
            return;
    }
    flare_timer_set(client->loop, &connection->more, 0);
}

/* Nothing more is read, or said but a GOAWAY: for the peer's fault, where it owes something. */
static void end_session(struct flarei_connection *connection)
{
    struct flarei_h2_client *const h2 = connection->h2;
    struct flarei_h2_client_stream *stream;

    h2->going = true;
    while (connection->state != FLAREI_CONNECTION_DEAD && (stream = first_open(h2)) != NULL) {
        stream->closed = true;
        (void)nghttp2_session_set_stream_user_data(h2->session, stream->id, NULL);
        fail_stream(stream, FLARE_ERR_SYNTAX, "the server broke HTTP/2");
    }
}

static void end_turn(struct flarei_connection *connection)
{
    if (connection->state == FLAREI_CONNECTION_DEAD)
        return;
    if (!nghttp2_session_want_read(connection->h2->session) &&
        !nghttp2_session_want_write(connection->h2->session))
        end_session(connection);
    if (connection->state == FLAREI_CONNECTION_DEAD)
        return;
    settle(connection);
    if (connection->state != FLAREI_CONNECTION_DEAD)
        flarei_h2_client_flush(connection);
}

static void h2_ready(flare_stream *stream, void *context, unsigned ready)
{
    struct flarei_connection *const connection = context;
    flare_client *const client = connection->client;

    (void)stream;
    flarei_client_enter(client);
    if (ready & FLARE_WRITE)
        flarei_h2_client_flush(connection);
    if (ready & (FLARE_READ | FLARE_HANGUP))
        receive(connection);
    end_turn(connection);
    flarei_client_leave(client);
}

static bool waits_to_go_on(const struct flarei_h2_client_stream *stream)
{
    const flare_fetch *const fetch = stream->fetch;

    return fetch != NULL && !fetch->paused &&
           (flarei_buffer_len(&stream->held) != 0 || stream->closed || flarei_buffer_len(&fetch->coded) != 0);
}

/* Content that was held back, or else the end that waited behind it. */
static void go_on_with(struct flarei_h2_client_stream *stream)
{
    const flare_str held = flarei_buffer_str(&stream->held);
    flare_fetch *const fetch = stream->fetch;

    if (held.len != 0 || flarei_buffer_len(&fetch->coded) != 0) {
        flare_buffer taken = stream->held;

        flarei_buffer_init(&stream->held, stream->held.max);
        (void)take_content(stream, held);
        flarei_buffer_free(&taken);
    } else {
        (void)let_go(stream);
        flarei_fetch_ended(fetch);
    }
}

static void go_on(struct flarei_connection *connection)
{
    struct flarei_h2_client *const h2 = connection->h2;
    struct flarei_link *at = h2->streams.next, *next;

    for (; at != &h2->streams; at = next) {
        struct flarei_h2_client_stream *const stream = FLARE_OWNER(at, struct flarei_h2_client_stream, link);

        next = at->next;
        if (!waits_to_go_on(stream))
            continue;
        next = &h2->streams; /* callbacks may free any: one a turn */
        flare_timer_set(connection->client->loop, &connection->more, 0);
        go_on_with(stream);
    }
}

void flarei_h2_client_resume(flare_fetch *fetch)
{
    struct flarei_connection *const connection = fetch->connection;
    flare_client *const client = connection->client;

    flarei_client_enter(client);
    while (fetch->stream != NULL && waits_to_go_on(fetch->stream))
        go_on_with(fetch->stream);
    end_turn(connection);
    flarei_client_leave(client);
}

void flarei_h2_client_more(flare_loop *loop, flare_timer *timer)
{
    struct flarei_connection *const connection = FLARE_OWNER(timer, struct flarei_connection, more);
    flare_client *const client = connection->client;

    (void)loop;
    flarei_client_enter(client);
    if (connection->h2->failed)
        fail_all(connection, connection->out.failed ? FLARE_ERR_MEMORY : FLARE_ERR_RESET);
    if (connection->state != FLAREI_CONNECTION_DEAD)
        go_on(connection);
    if (connection->state != FLAREI_CONNECTION_DEAD)
        flarei_h2_client_upload(connection);
    if (connection->state != FLAREI_CONNECTION_DEAD)
        receive(connection);
    end_turn(connection);
    flarei_client_leave(client);
}

/* ---- Its life ---- */

void flarei_h2_client_drop(struct flarei_connection *connection, flare_fetch *fetch)
{
    struct flarei_h2_client *const h2 = connection->h2;
    flare_loop *const loop = connection->client->loop;

    /* One that says nothing at all to anybody may be gone: nobody else is to wait for it. */
    h2->going |= flare_loop_now_ms(loop) - h2->heard_ms >= fetch->silence_ms;
    reset(fetch->stream);
    (void)let_go(fetch->stream);
    flare_timer_set(loop, &connection->more, 0);
}

static flare_err begin(struct flarei_connection *connection, bool upgraded)
{
    static const struct flarei_h2_outbound_events events = {
        .field = on_header, .frame = on_frame, .data = on_data, .closed = on_close};
    const struct flarei_h2_outbound_limits limits = flarei_h2_client_limits(connection->client);

    connection->h2 = flarei_calloc(1, sizeof *connection->h2);
    if (connection->h2 == NULL)
        return FLARE_ERR_MEMORY;
    flarei_link_init(&connection->h2->streams);
    connection->h2->heard_ms = flare_loop_now_ms(connection->client->loop);
    connection->h2->session = flarei_h2_outbound_new(&events, &limits, connection, upgraded);
    if (connection->h2->session == NULL)
        return FLARE_ERR_MEMORY;
    connection->more.callback = flarei_h2_client_more;
    flare_stream_watch(connection->stream, FLARE_READ | FLARE_WRITE, h2_ready, connection);
    flare_timer_set(connection->client->loop, &connection->more,
                    0); /* what came with the handshake has no edge */
    return FLARE_OK;
}

flare_err flarei_h2_client_begin(struct flarei_connection *connection)
{
    return begin(connection, false);
}

flare_err flarei_h2_client_upgrade(struct flarei_connection *connection, flare_fetch *fetch)
{
    struct flarei_h2_client_stream *stream;
    flare_err err = begin(connection, true);

    if (err != FLARE_OK)
        return err;
    stream = flarei_h2_client_stream_new(connection, fetch);
    if (stream == NULL)
        return FLARE_ERR_MEMORY;
    stream->id = 1;
    (void)nghttp2_session_set_stream_user_data(connection->h2->session, 1, stream);
    connection->served++;
    connection->fetch = NULL;
    connection->state = FLAREI_CONNECTION_SHARED;
    return FLARE_OK;
}

void flarei_h2_client_free(struct flarei_connection *connection)
{
    struct flarei_h2_client *const h2 = connection->h2;

    if (h2 == NULL)
        return;
    while (!flarei_link_alone(&h2->streams)) {
        struct flarei_h2_client_stream *const stream =
            FLARE_OWNER(h2->streams.next, struct flarei_h2_client_stream, link);

        stream->closed = true;
        flarei_h2_client_stream_free(stream);
    }
    nghttp2_session_del(h2->session);
    flarei_free(h2);
    connection->h2 = NULL;
}
