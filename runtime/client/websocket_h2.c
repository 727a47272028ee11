#include "client/websocket_h2.h"

#include "client/h2_lines.h"

#include <flare/memory.h>
#include <flare/text.h>
#include <flare/websocket_client.h>

enum {
    WINDOW_BYTES = 1 << 20,
    READ_BYTES = 16384,
    READS_AT_A_TIME = 16, /* before others have their turn */
    FRAMES_BYTES = 65536, /* made before they are sent */
    OWN_LINES = 5
};

struct flarei_ws_h2 {
    nghttp2_session *session;
    flare_stream *stream;
    flare_arena arena;   /* of what the reply says */
    flare_buffer frames; /* on their way out */
    flare_buffer data;   /* came, and was not read */
    flare_str piece;     /* to be sent, while it is written */
    struct flarei_ws_reply reply;
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
    if (frame->hd.stream_id == h2->id && !h2->answered)
        h2->reply = (struct flarei_ws_reply){.status = 0}; /* what an interim one said */
    return 0;
}

static void keep(struct flarei_ws_h2 *h2, flare_str *kept, flare_str value)
{
    h2->reply.repeats |= kept->ptr != NULL;
    if (!flarei_arena_copy(&h2->arena, value, kept))
        give_up(h2, FLARE_ERR_MEMORY);
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
    else if (flare_str_equal(field, FLARE_STR("sec-websocket-protocol")))
        keep(h2, &h2->reply.protocol, text);
    else if (flare_str_equal(field, FLARE_STR("sec-websocket-extensions")))
        keep(h2, &h2->reply.extensions, text);
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

static int make_session(struct flarei_ws_h2 *h2)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, FLARE_WS_CLIENT_HEAD_MAX_BYTES}};
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    int made = nghttp2_session_callbacks_new(&callbacks);

    if (made == 0)
        made = nghttp2_option_new(&option);
    if (made == 0) {
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_head);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_field);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
        made = nghttp2_session_client_new2(&h2->session, callbacks, h2, option);
    }
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    if (made == 0)
        made = nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings,
                                       sizeof settings / sizeof settings[0]);
    if (made == 0)
        made = nghttp2_session_set_local_window_size(h2->session, NGHTTP2_FLAG_NONE, 0, WINDOW_BYTES);
    return made;
}

struct flarei_ws_h2 *flarei_ws_h2_new(flare_stream *stream)
{
    struct flarei_ws_h2 *const h2 = flarei_calloc(1, sizeof *h2);

    if (h2 == NULL)
        return NULL;
    h2->stream = stream;
    flarei_arena_init(&h2->arena, 512, 2 * FLARE_WS_CLIENT_HEAD_MAX_BYTES);
    flarei_buffer_init(&h2->frames, 4 * FRAMES_BYTES);
    flarei_buffer_init(&h2->data, 2 * WINDOW_BYTES);
    if (make_session(h2) != 0) {
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

/* Makes frames of what there is to say. */
static void make_frames(struct flarei_ws_h2 *h2)
{
    const uint8_t *bytes;
    ssize_t more;

    while ((more = nghttp2_session_mem_send(h2->session, &bytes)) > 0)
        if (!flarei_buffer_append(&h2->frames, bytes, (size_t)more) ||
            flarei_buffer_len(&h2->frames) >= FRAMES_BYTES)
            break;
    if (more < 0 || h2->frames.failed)
        give_up(h2, FLARE_ERR_MEMORY);
}

flare_err flarei_ws_h2_flush(struct flarei_ws_h2 *h2)
{
    for (;;) {
        const flare_str left = flarei_buffer_str(&h2->frames);
        ptrdiff_t sent;

        if (h2->err != FLARE_OK)
            return h2->err;
        if (left.len == 0) {
            make_frames(h2);
            if (flarei_buffer_len(&h2->frames) == 0)
                return h2->err;
            continue;
        }
        sent = flare_stream_write(h2->stream, left.ptr, left.len);
        if (sent == FLARE_ERR_AGAIN)
            return FLARE_ERR_AGAIN;
        if (sent < 0)
            give_up(h2, (flare_err)sent);
        else
            flarei_buffer_consume(&h2->frames, (size_t)sent);
    }
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
    make_frames(h2);
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

static flare_str take_until(flare_str *text, const char *mark)
{
    const size_t mark_bytes = strlen(mark);
    const char *const at = memmem(text->ptr, text->len, mark, mark_bytes);
    const flare_str part = {text->ptr, at != NULL ? (size_t)(at - text->ptr) : text->len};
    const size_t used = at != NULL ? part.len + mark_bytes : part.len;

    *text = (flare_str){text->ptr + used, text->len - used};
    return part;
}

/* RFC 9113, section 8.2.2, and RFC 8441, section 5: what HTTP/2 says in another way, or not at all. */
static bool has_no_place(flare_str name)
{
    static const flare_str names[] = {
        FLARE_STR_INIT("upgrade"), FLARE_STR_INIT("connection"),       FLARE_STR_INIT("keep-alive"),
        FLARE_STR_INIT("te"),      FLARE_STR_INIT("proxy-connection"), FLARE_STR_INIT("sec-websocket-key")};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (flare_str_equal_nocase(name, names[i]))
            return true;
    return false;
}

flare_err flarei_ws_h2_ask(struct flarei_ws_h2 *h2, flare_str request, bool secure)
{
    const nghttp2_data_provider provider = {.read_callback = give_piece};
    size_t room = OWN_LINES, count = 0;
    nghttp2_nv *lines;

    for (size_t i = 0; i < request.len; i++)
        room += request.ptr[i] == '\n';
    lines = flarei_calloc(room, sizeof *lines);
    if (lines == NULL)
        return FLARE_ERR_MEMORY;
    (void)take_until(&request, " "); /* GET */
    lines[count++] = flarei_h2_client_line(FLARE_STR(":method"), FLARE_STR("CONNECT"));
    lines[count++] = flarei_h2_client_line(FLARE_STR(":protocol"), FLARE_STR("websocket"));
    lines[count++] =
        flarei_h2_client_line(FLARE_STR(":scheme"), secure ? FLARE_STR("https") : FLARE_STR("http"));
    lines[count++] = flarei_h2_client_line(FLARE_STR(":path"), take_until(&request, " "));
    (void)take_until(&request, "\r\n");
    for (;;) {
        flare_str value = take_until(&request, "\r\n");
        flare_str name;

        if (value.len == 0)
            break;
        name = take_until(&value, ": ");
        if (flare_str_equal_nocase(name, FLARE_STR("host"))) /* which is the first of all */
            name = FLARE_STR(":authority");
        if (!has_no_place(name))
            lines[count++] = flarei_h2_client_line(name, value);
    }
    h2->id = nghttp2_submit_request(h2->session, NULL, lines, count, &provider, NULL);
    flarei_free(lines);
    if (h2->id < 0)
        give_up(h2, FLARE_ERR_MEMORY);
    return h2->err;
}
