#include "client/websocket_h2.h"

#include "client/h2_lines.h"
#include "client/h2_outbound.h"

#include <flare/memory.h>
#include <flare/websocket_client.h>

enum {
    WINDOW_BYTES = 1 << 20,
    READ_BYTES = 16384,
    READS_AT_A_TIME = 16, /* before others have their turn */
    FIELDS_MAX = 256,     /* of a reply */
    FRAMES_MAX_BYTES = 4 << 16
};

struct flarei_ws_h2 {
    nghttp2_session *session;
    flare_stream *stream;
    flare_arena arena;   /* of what the reply says */
    flare_buffer frames; /* on their way out */
    flare_buffer data;   /* came, and was not read */
    flare_str piece;     /* to be sent, while it is written */
    struct flarei_ws_reply reply;
    flare_field *fields; /* of the reply, in the arena; or NULL */
    size_t field_count;
    size_t head_bytes;
    int32_t id;    /* 0 before it was asked */
    flare_err err; /* why it is over */
    bool settled;  /* the server's SETTINGS came */
    bool answered;
    bool declined;
    bool ended; /* the server's side */
    bool shut;  /* this side is to be */
};

/* ---- Events ---- */

static void give_up(struct flarei_ws_h2 *h2, flare_err err)
{
    if (h2->err == FLARE_OK)
        h2->err = err;
}

static int on_head(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct flarei_ws_h2 *const h2 = context;

    (void)session;
    if (frame->hd.stream_id == h2->id && !h2->answered) {
        h2->reply = (struct flarei_ws_reply){.status = 0}; /* what an interim one said */
        h2->field_count = 0;
    }
    return 0;
}

static void note(struct flarei_ws_h2 *h2, flare_str *kept, flare_str value)
{
    h2->reply.repeats |= kept->ptr != NULL;
    *kept = value;
}

/* Fields are few, and wanted where the socket is refused. */
static void keep(struct flarei_ws_h2 *h2, flare_str name, flare_str value)
{
    flare_field *field;

    if (h2->fields == NULL)
        h2->fields = flarei_arena_alloc_array(&h2->arena, FIELDS_MAX, sizeof *h2->fields);
    if (h2->field_count == FIELDS_MAX) {
        give_up(h2, FLARE_ERR_LIMIT);
        return;
    }
    field = h2->fields != NULL ? &h2->fields[h2->field_count] : NULL;
    if (field == NULL || !flarei_arena_copy(&h2->arena, name, &field->name) ||
        !flarei_arena_copy(&h2->arena, value, &field->value)) {
        give_up(h2, FLARE_ERR_MEMORY);
        return;
    }
    h2->field_count++;
    if (flare_str_equal(name, FLARE_STR("sec-websocket-protocol")))
        note(h2, &h2->reply.protocol, field->value);
    else if (flare_str_equal(name, FLARE_STR("sec-websocket-extensions")))
        note(h2, &h2->reply.extensions, field->value);
}

static int on_field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                    size_t name_bytes, const uint8_t *value, size_t value_bytes, uint8_t flags, void *context)
{
    struct flarei_ws_h2 *const h2 = context;
    const flare_str field = {(const char *)name, name_bytes}, text = {(const char *)value, value_bytes};

    (void)session, (void)flags;
    if (frame->hd.stream_id != h2->id || h2->answered)
        return 0;
    h2->head_bytes += name_bytes + value_bytes;
    if (h2->head_bytes > FLARE_WS_CLIENT_HEAD_MAX_BYTES)
        give_up(h2, FLARE_ERR_LIMIT);
    else if (flare_str_equal(field, FLARE_STR(":status"))) /* three digits: libnghttp2 has looked */
        h2->reply.status =
            (unsigned)((text.ptr[0] - '0') * 100 + (text.ptr[1] - '0') * 10 + text.ptr[2] - '0');
    else
        keep(h2, field, text);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct flarei_ws_h2 *const h2 = context;

    if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0 && !h2->settled) {
        h2->settled = true;
        h2->declined =
            nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) != 1;
    }
    if (h2->id == 0 || frame->hd.stream_id != h2->id)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS)
        h2->answered |= h2->reply.status >= 200;
    if (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA)
        h2->ended |= (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t bytes,
                   void *context)
{
    struct flarei_ws_h2 *const h2 = context;

    (void)session, (void)flags;
    if (id == h2->id && !flarei_buffer_append(&h2->data, data, bytes))
        give_up(h2, FLARE_ERR_MEMORY);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error, void *context)
{
    struct flarei_ws_h2 *const h2 = context;

    (void)session;
    if (id != h2->id || h2->ended)
        return 0;
    h2->declined |= error == NGHTTP2_HTTP_1_1_REQUIRED;
    give_up(h2, error == NGHTTP2_PROTOCOL_ERROR ? FLARE_ERR_SYNTAX : FLARE_ERR_RESET);
    return 0;
}

static ssize_t give_piece(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t room, uint32_t *flags,
                          nghttp2_data_source *source, void *context)
{
    struct flarei_ws_h2 *const h2 = context;
    const size_t bytes = h2->piece.len < room ? h2->piece.len : room;

    (void)session, (void)id, (void)source;
    if (bytes == 0 && !h2->shut)
        return NGHTTP2_ERR_DEFERRED;
    if (bytes != 0) {
        memcpy(buffer, h2->piece.ptr, bytes);
        h2->piece = (flare_str){h2->piece.ptr + bytes, h2->piece.len - bytes};
    }
    if (h2->shut && h2->piece.len == 0)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)bytes;
}

/* ---- Its beginning and its end ---- */

struct flarei_ws_h2 *flarei_ws_h2_new(flare_stream *stream)
{
    static const struct flarei_h2_outbound_events events = {on_head, on_field, on_frame, on_data, on_close};
    static const struct flarei_h2_outbound_limits limits = {WINDOW_BYTES, WINDOW_BYTES,
                                                            FLARE_WS_CLIENT_HEAD_MAX_BYTES};
    struct flarei_ws_h2 *const h2 = flarei_calloc(1, sizeof *h2);

    if (h2 == NULL)
        return NULL;
    h2->stream = stream;
    flarei_arena_init(&h2->arena, 512, 4 * FLARE_WS_CLIENT_HEAD_MAX_BYTES);
    flarei_buffer_init(&h2->frames, FRAMES_MAX_BYTES);
    flarei_buffer_init(&h2->data, 2 * WINDOW_BYTES);
    h2->session = flarei_h2_outbound_new(&events, &limits, h2, false);
    if (h2->session == NULL) {
        flarei_ws_h2_free(h2);
        return NULL;
    }
    return h2;
}

void flarei_ws_h2_free(struct flarei_ws_h2 *h2)
{
    if (h2 == NULL)
        return;
    if (h2->err == FLARE_OK && h2->session != NULL &&
        nghttp2_session_terminate_session(h2->session, NGHTTP2_NO_ERROR) == 0)
        (void)flarei_ws_h2_flush(h2);
    nghttp2_session_del(h2->session);
    flarei_buffer_free(&h2->frames);
    flarei_buffer_free(&h2->data);
    flarei_arena_free(&h2->arena);
    flarei_free(h2);
}

/* ---- Bytes ---- */

flare_err flarei_ws_h2_flush(struct flarei_ws_h2 *h2)
{
    flare_err err = h2->err;

    if (err == FLARE_OK)
        err = flarei_h2_outbound_send(h2->session, h2->stream, &h2->frames);
    if (err != FLARE_OK && err != FLARE_ERR_AGAIN)
        give_up(h2, err);
    return h2->err != FLARE_OK ? h2->err : err;
}

/* @return false until the peer sends more, or for good */
static bool receive(struct flarei_ws_h2 *h2, flare_err *err)
{
    char bytes[READ_BYTES];
    const ptrdiff_t got = flare_stream_read(h2->stream, bytes, sizeof bytes);
    ssize_t used;

    *err = FLARE_ERR_AGAIN;
    if (got == FLARE_ERR_AGAIN)
        return false;
    if (got < 0) {
        give_up(h2, (flare_err)got);
        return false;
    }
    used = nghttp2_session_mem_recv(h2->session, (const uint8_t *)bytes, (size_t)got);
    if (used < 0)
        give_up(h2, used == NGHTTP2_ERR_NOMEM ? FLARE_ERR_MEMORY : FLARE_ERR_SYNTAX);
    (void)flarei_ws_h2_flush(h2);
    if (!h2->ended && !nghttp2_session_want_read(h2->session) && !nghttp2_session_want_write(h2->session))
        give_up(h2, FLARE_ERR_SYNTAX); /* libnghttp2 has said GOAWAY for the peer's fault */
    *err = FLARE_OK;
    return true;
}

flare_err flarei_ws_h2_step(struct flarei_ws_h2 *h2)
{
    flare_err err = FLARE_OK;

    for (int i = 0; i < READS_AT_A_TIME; i++)
        if (h2->err != FLARE_OK || !receive(h2, &err) || flarei_buffer_len(&h2->data) != 0 || h2->ended)
            break;
    return h2->err != FLARE_OK ? h2->err : err;
}

ptrdiff_t flarei_ws_h2_read(struct flarei_ws_h2 *h2, char *buffer, size_t bytes)
{
    const flare_err err = flarei_buffer_len(&h2->data) == 0 && !h2->ended ? flarei_ws_h2_step(h2) : FLARE_OK;
    const flare_str came = flarei_buffer_str(&h2->data);
    const size_t taken = came.len < bytes ? came.len : bytes;

    if (taken == 0)
        return h2->ended ? FLARE_ERR_CLOSED : (ptrdiff_t)err;
    memcpy(buffer, came.ptr, taken);
    flarei_buffer_consume(&h2->data, taken);
    if (taken == came.len)
        flarei_buffer_shrink(&h2->data, READ_BYTES);
    if (nghttp2_session_consume(h2->session, h2->id, taken) != 0)
        give_up(h2, FLARE_ERR_MEMORY);
    return (ptrdiff_t)taken;
}

ptrdiff_t flarei_ws_h2_write(struct flarei_ws_h2 *h2, const char *bytes, size_t len)
{
    flare_err err = flarei_ws_h2_flush(h2); /* nothing waits before it */
    size_t taken;

    if (h2->err != FLARE_OK && flarei_buffer_len(&h2->data) != 0)
        return FLARE_ERR_AGAIN; /* what came before the end is read first, and then the end */
    if (err != FLARE_OK)
        return err;
    h2->piece = (flare_str){bytes, len};
    (void)nghttp2_session_resume_data(h2->session, h2->id); /* if it was deferred */
    if (!flarei_h2_outbound_frames(h2->session, &h2->frames))
        give_up(h2, FLARE_ERR_MEMORY);
    taken = len - h2->piece.len;
    h2->piece = (flare_str){NULL, 0};
    err = flarei_ws_h2_flush(h2);
    if (err != FLARE_OK && err != FLARE_ERR_AGAIN && flarei_buffer_len(&h2->data) == 0)
        return err;
    return taken != 0 ? (ptrdiff_t)taken : FLARE_ERR_AGAIN;
}

void flarei_ws_h2_end(struct flarei_ws_h2 *h2)
{
    h2->shut = true;
    (void)nghttp2_session_resume_data(h2->session, h2->id);
}

size_t flarei_ws_h2_unsent(const struct flarei_ws_h2 *h2)
{
    return flarei_buffer_len(&h2->frames);
}

/* ---- The handshake ---- */

bool flarei_ws_h2_declined(const struct flarei_ws_h2 *h2)
{
    return h2->declined;
}

bool flarei_ws_h2_may_ask(const struct flarei_ws_h2 *h2)
{
    return h2->settled && h2->id == 0;
}

const struct flarei_ws_reply *flarei_ws_h2_reply(const struct flarei_ws_h2 *h2)
{
    return h2->answered ? &h2->reply : NULL;
}

const flare_field *flarei_ws_h2_fields(const struct flarei_ws_h2 *h2, size_t *count)
{
    *count = h2->field_count;
    return h2->fields;
}

flare_err flarei_ws_h2_ask(struct flarei_ws_h2 *h2, flare_str request, bool secure)
{
    const nghttp2_data_provider provider = {.read_callback = give_piece};
    nghttp2_nv *const lines = flarei_calloc(flarei_h2_client_lines_max(request), sizeof *lines);

    if (lines == NULL)
        return FLARE_ERR_MEMORY;
    h2->id = nghttp2_submit_request(h2->session, NULL, lines,
                                    flarei_h2_client_lines_of(request, secure, FLARE_STR("websocket"), lines),
                                    &provider, NULL);
    flarei_free(lines);
    if (h2->id < 0)
        give_up(h2, FLARE_ERR_MEMORY);
    return h2->err;
}
