#include "wire/h2_session.h"

#include <flare/text.h>

enum {
    SETTINGS_MAX_BYTES = 6 * 32, /* of an upgrade's: more than there are settings */
    UNHEARD_BYTES = 16384,       /* of content behind the 101: clients keep little of what comes with it */
    HEAD_EXCESS = 4              /* a head this many times too large ends the connection */
};

/* ---- Events of receiving ---- */

static void stream_begin(struct flarei_h2_stream *stream)
{
    stream->ended = stream->replied = stream->tunnel = stream->finished = false;
    stream->open = stream->paused = stream->chatty = false;
    stream->trailer_count = 0;
    stream->feed = NULL;
    stream->content = (flare_str){NULL, 0};
}

/* What a callback returns that can do no more. */
static int lost(struct flarei_h2_session *session)
{
    session->failed = true;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_begin_headers(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *context)
{
    struct flarei_h2_session *session = context;
    struct flarei_h2_stream *stream;

    session->current = NULL;
    if (frame->hd.type != NGHTTP2_HEADERS || session->ended)
        return 0;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0; /* trailers */
    stream = session->events->begin(session->owner);
    if (stream == NULL) {
        nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
        return 0;
    }
    stream->id = frame->hd.stream_id;
    stream_begin(stream);
    session->last_id = stream->id;
    session->current = stream;
    return nghttp2_session_set_stream_user_data(nghttp2, stream->id, stream) == 0 ? 0 : lost(session);
}

static void trailer(struct flarei_h2_session *session, int32_t id, nghttp2_vec name, nghttp2_vec value)
{
    struct flarei_h2_stream *const stream = nghttp2_session_get_stream_user_data(session->nghttp2, id);
    const flare_field field = {{(const char *)name.base, name.len}, {(const char *)value.base, value.len}};

    if (stream != NULL && session->head_bytes <= session->limits->h1.head_max_bytes)
        session->events->trailer(session->owner, stream, &field);
}

static int on_header(nghttp2_session *nghttp2, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *context)
{
    struct flarei_h2_session *session = context;
    struct flarei_h2_stream *stream = session->current;
    const nghttp2_vec name_bytes = nghttp2_rcbuf_get_buf(name);
    const nghttp2_vec value_bytes = nghttp2_rcbuf_get_buf(value);

    (void)nghttp2;
    (void)flags;
    session->head_bytes += name_bytes.len + value_bytes.len + 32;
    if (stream != NULL && stream->head != NULL)
        flarei_h2_head_field(stream->head, (flare_str){(const char *)name_bytes.base, name_bytes.len},
                             (flare_str){(const char *)value_bytes.base, value_bytes.len},
                             nghttp2_rcbuf_is_static(name) != 0);
    else if (frame->headers.cat == NGHTTP2_HCAT_HEADERS && name_bytes.len != 0 && name_bytes.base[0] != ':')
        trailer(session, frame->hd.stream_id, name_bytes, value_bytes);
    if (FLARE_UNLIKELY(session->head_bytes / HEAD_EXCESS > session->limits->h1.head_max_bytes))
        flarei_h2_terminate(session, FLAREI_H2_ENHANCE_YOUR_CALM);
    return FLARE_LIKELY(!session->ended) ? 0 : NGHTTP2_ERR_PAUSE; /* the rest is not even read */
}

/* libnghttp2 would go on without the field; it makes the request malformed (RFC 9113, section 8.2.1). */
static int on_invalid_header(nghttp2_session *nghttp2, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                             nghttp2_rcbuf *value, uint8_t flags, void *context)
{
    struct flarei_h2_session *session = context;

    (void)name;
    (void)value;
    (void)flags;
    session->current = NULL;
    nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static void request_complete(struct flarei_h2_session *session, struct flarei_h2_stream *stream, bool ended)
{
    struct flarei_h2_head *const head = stream->head;

    stream->head = NULL;
    stream->ended = ended;
    session->events->request(session->owner, stream, flarei_h2_head_end(head, ended));
}

static void priority_update(struct flarei_h2_session *session, const nghttp2_extension *frame)
{
    const nghttp2_ext_priority_update *update = frame->payload;
    struct flarei_h2_stream *stream;
    const flare_str value = {(const char *)update->field_value, update->field_value_len};

    stream = nghttp2_session_get_stream_user_data(session->nghttp2, update->stream_id);
    if (stream != NULL)
        session->events->priority(session->owner, stream, flarei_h2_urgency(value));
}

static int on_frame_recv(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *context)
{
    struct flarei_h2_session *session = context;
    const bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    struct flarei_h2_stream *stream;

    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        stream = session->current;
        session->current = NULL;
        if (stream != NULL && stream->head != NULL) {
            request_complete(session, stream, end);
            return 0;
        }
        break;
    case NGHTTP2_DATA:
        break;
    case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 && session->noticing) {
            session->noticing = false;
            session->events->noticed(session->owner);
        }
        return 0;
    case NGHTTP2_GOAWAY:
        session->left = true;
        return 0;
    case NGHTTP2_PRIORITY_UPDATE:
        priority_update(session, &frame->ext);
        return 0;
    default:
        return 0;
    }
    if (!end)
        return 0;
    stream = nghttp2_session_get_stream_user_data(nghttp2, frame->hd.stream_id);
    if (stream != NULL && !stream->ended) {
        stream->ended = true;
        session->events->end(session->owner, stream);
    }
    return 0;
}

static int on_data(nghttp2_session *nghttp2, uint8_t flags, int32_t id, const uint8_t *bytes, size_t length,
                   void *context)
{
    struct flarei_h2_session *session = context;
    struct flarei_h2_stream *stream = nghttp2_session_get_stream_user_data(nghttp2, id);

    (void)flags;
    if (stream != NULL)
        session->events->data(session->owner, stream, (flare_str){(const char *)bytes, length});
    else if (nghttp2_session_consume_connection(nghttp2, length) != 0)
        return lost(session);
    return 0;
}

static int on_stream_close(nghttp2_session *nghttp2, int32_t id, uint32_t error, void *context)
{
    struct flarei_h2_session *session = context;
    struct flarei_h2_stream *stream = nghttp2_session_get_stream_user_data(nghttp2, id);

    (void)error;
    if (stream == NULL)
        return 0;
    if (session->current == stream)
        session->current = NULL;
    (void)nghttp2_session_set_stream_user_data(nghttp2, id, NULL);
    session->events->closed(session->owner, stream);
    return 0;
}

/* ---- Sending ---- */

/* They wait for the content that is before them only where they are submitted at its end. */
static bool submit_trailers(nghttp2_session *nghttp2, const struct flarei_h2_stream *stream)
{
    nghttp2_nv lines[FLAREI_H2_REPLY_FIELDS_MAX];

    for (size_t i = 0; i < stream->trailer_count; i++)
        lines[i] = flarei_h2_line(stream->trailers[i].name, stream->trailers[i].value);
    return nghttp2_submit_trailer(nghttp2, stream->id, lines, stream->trailer_count) == 0;
}

/* What is to be sent. */
static flare_str content_of(const struct flarei_h2_stream *stream)
{
    if (FLARE_LIKELY(!stream->tunnel))
        return stream->content;
    return stream->feed != NULL ? flarei_buffer_str(stream->feed) : (flare_str){NULL, 0};
}

static ssize_t on_content(nghttp2_session *nghttp2, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
                          nghttp2_data_source *source, void *context)
{
    struct flarei_h2_stream *stream = source->ptr;
    const size_t left = content_of(stream).len;
    const bool open = stream->open || (stream->tunnel && !stream->finished);
    struct flarei_h2_session *session = context;

    (void)id;
    (void)to;
    if (FLARE_UNLIKELY(session->upgraded) && room > session->unheard_bytes)
        room = session->unheard_bytes;
    if ((open && left == 0) || (room == 0 && left != 0)) {
        stream->paused = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags = NGHTTP2_DATA_FLAG_NO_COPY;
    if (room < left)
        return (ssize_t)room;
    if (open)
        return (ssize_t)left;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (FLARE_UNLIKELY(stream->trailer_count != 0)) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (!submit_trailers(nghttp2, stream))
            return lost(session);
    }
    return (ssize_t)left;
}

static void content_used(struct flarei_h2_session *session, struct flarei_h2_stream *stream, size_t length)
{
    flarei_h2_guard_earn(session, length);
    if (FLARE_LIKELY(!stream->tunnel)) {
        stream->content.ptr += length;
        stream->content.len -= length;
    } else if (stream->feed != NULL) {
        flarei_buffer_consume(stream->feed, length);
    }
    if (FLARE_UNLIKELY(stream->tunnel || stream->chatty))
        flarei_h2_guard_earn(session, 0); /* a peer may answer each frame by opening two windows */
}

static int on_send_data(nghttp2_session *nghttp2, nghttp2_frame *frame, const uint8_t *head, size_t length,
                        nghttp2_data_source *source, void *context)
{
    struct flarei_h2_session *session = context;
    struct flarei_h2_stream *stream = source->ptr;
    char *to = flarei_buffer_reserve(session->out, FLAREI_H2_FRAME_HEAD_BYTES + length);

    (void)nghttp2;
    (void)frame;
    if (to == NULL)
        return lost(session);
    memcpy(to, head, FLAREI_H2_FRAME_HEAD_BYTES);
    if (FLARE_LIKELY(length != 0))
        memcpy(to + FLAREI_H2_FRAME_HEAD_BYTES, content_of(stream).ptr, length);
    flarei_buffer_commit(session->out, FLAREI_H2_FRAME_HEAD_BYTES + length);
    if (FLARE_UNLIKELY(session->upgraded))
        session->unheard_bytes -= (uint32_t)length;
    content_used(session, stream, length);
    session->events->sent(session->owner, stream);
    return flarei_buffer_len(session->out) < session->high ? 0 : NGHTTP2_ERR_PAUSE;
}

static int on_frame_send(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *context)
{
    struct flarei_h2_session *session = context;
    struct flarei_h2_stream *stream;

    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
        session->ended = true;
    if (frame->hd.type == NGHTTP2_RST_STREAM && frame->hd.stream_id > session->reset_id)
        session->reset_id = frame->hd.stream_id;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0 ||
        (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS))
        return 0;
    flarei_h2_guard_earn(session, 0);
    stream = nghttp2_session_get_stream_user_data(nghttp2, frame->hd.stream_id);
    if (stream != NULL) {
        stream->replied = true;
        session->events->replied(session->owner, stream);
    }
    return 0;
}

bool flarei_h2_send(struct flarei_h2_session *session, flare_buffer *out, size_t high)
{
    session->out = out;
    session->high = high;
    while (!session->failed && flarei_buffer_len(out) < high) {
        const uint8_t *bytes;
        const ssize_t length = nghttp2_session_mem_send(session->nghttp2, &bytes);

        if (length <= 0) {
            session->failed |= length < 0;
            break;
        }
        session->failed |= !flarei_buffer_append(out, bytes, (size_t)length);
    }
    session->out = NULL;
    return !session->failed;
}

/* ---- The session ---- */

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *set;

    if (nghttp2_session_callbacks_new(&set) != 0)
        return NULL;
    nghttp2_session_callbacks_set_on_begin_frame_callback(set, flarei_h2_guard_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(set, flarei_h2_guard_invalid);
    nghttp2_session_callbacks_set_on_begin_headers_callback(set, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(set, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback2(set, on_invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(set, on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(set, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(set, on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(set, on_send_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(set, on_frame_send);
    return set;
}

static nghttp2_option *make_option(void)
{
    nghttp2_option *option;

    if (nghttp2_option_new(&option) != 0)
        return NULL;
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_builtin_recv_extension_type(option, NGHTTP2_PRIORITY_UPDATE);
#if FLAREI_NGHTTP2_CONTINUATIONS /* counts pieces of a frame too; they are paid for from the budget */
    nghttp2_option_set_max_continuations(option, SIZE_MAX);
#endif
    return option;
}

static bool announce(struct flarei_h2_session *session)
{
    const struct flarei_h2_limits *limits = session->limits;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits->streams_max},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits->window_bytes},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits->h1.head_max_bytes},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
        {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1}, /* the last: left out where it is not served */
    };
    const size_t count = sizeof settings / sizeof settings[0] - !limits->connect_protocol;

    return nghttp2_submit_settings(session->nghttp2, NGHTTP2_FLAG_NONE, settings, count) == 0 &&
           nghttp2_session_set_local_window_size(session->nghttp2, NGHTTP2_FLAG_NONE, 0,
                                                 (int32_t)limits->connection_window_bytes) == 0;
}

bool flarei_h2_open(struct flarei_h2_session *session, const struct flarei_h2_limits *limits,
                    const struct flarei_h2_events *events, void *owner, uint64_t now_ms)
{
    nghttp2_mem memory = flarei_h2_memory(session);
    nghttp2_session_callbacks *const callbacks = make_callbacks();
    nghttp2_option *const option = make_option();
    nghttp2_session *nghttp2 = NULL;

    *session = (struct flarei_h2_session){
        .blocks = session->blocks, .events = events, .owner = owner, .limits = limits};
    flarei_h2_guard_begin(session, now_ms);
    if (callbacks != NULL && option != NULL)
        (void)nghttp2_session_server_new3(&nghttp2, callbacks, session, option, &memory);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    session->nghttp2 = nghttp2;
    if (nghttp2 != NULL && announce(session) && !session->failed)
        return true;
    flarei_h2_close(session);
    return false;
}

void flarei_h2_close(struct flarei_h2_session *session)
{
    nghttp2_session_del(session->nghttp2);
    session->nghttp2 = NULL;
    flarei_h2_memory_end(session);
}

bool flarei_h2_upgrade(struct flarei_h2_session *session, flare_str settings, bool head_only,
                       struct flarei_h2_stream *stream)
{
    uint8_t bytes[SETTINGS_MAX_BYTES];
    size_t length;

    if (flare_base64_decoded_max(settings.len) > sizeof bytes ||
        flare_base64_decode(FLARE_BASE64URL, settings, bytes, &length) != FLARE_OK ||
        nghttp2_session_upgrade2(session->nghttp2, bytes, length, head_only, NULL) != 0 ||
        nghttp2_session_set_stream_user_data(session->nghttp2, 1, stream) != 0) /* a server's is ignored */
        return false;
    stream_begin(stream);
    stream->id = 1;
    stream->ended = true;
    stream->head = NULL;
    session->last_id = 1;
    session->upgraded = true;
    session->unheard_bytes = UNHEARD_BYTES;
    return true;
}

/* The client has left HTTP/1. */
static void hear(struct flarei_h2_session *session)
{
    struct flarei_h2_stream *const stream = nghttp2_session_get_stream_user_data(session->nghttp2, 1);

    session->upgraded = false;
    if (stream != NULL && !flarei_h2_more(session, stream))
        session->failed = true;
}

static void take(struct flarei_h2_session *session, const char *bytes, size_t length)
{
    const ssize_t taken = nghttp2_session_mem_recv(session->nghttp2, (const uint8_t *)bytes, length);

    if (taken == NGHTTP2_ERR_NOMEM || taken == NGHTTP2_ERR_CALLBACK_FAILURE)
        session->failed = true;
    else if (taken < 0) /* what the peer did */
        flarei_h2_terminate(session, taken == NGHTTP2_ERR_BAD_CLIENT_MAGIC ? FLAREI_H2_PROTOCOL_ERROR
                                                                           : FLAREI_H2_ENHANCE_YOUR_CALM);
}

size_t flarei_h2_take(struct flarei_h2_session *session, const char *bytes, size_t length, uint64_t now_ms)
{
    size_t at = 0;

    if (FLARE_UNLIKELY(session->upgraded) && length != 0)
        hear(session);
    flarei_h2_guard_time(session, now_ms);
    session->scan.heads = 0;
    while (at < length && session->scan.heads < FLAREI_H2_HEADS_AT_ONCE && !session->failed &&
           !session->ended) {
        const size_t step = flarei_h2_guard_scan(session, bytes + at, length - at);

        if (step != 0 && !session->ended)
            take(session, bytes + at, step);
        at += step;
    }
    return session->failed || session->ended ? length : at;
}

bool flarei_h2_receive(struct flarei_h2_session *session, const char *bytes, size_t length, uint64_t now_ms)
{
    for (size_t at = 0; at < length;)
        at += flarei_h2_take(session, bytes + at, length - at, now_ms);
    return !session->failed;
}

bool flarei_h2_finished(const struct flarei_h2_session *session, bool idle)
{
    return (session->ended || (session->left && idle)) && nghttp2_session_want_write(session->nghttp2) == 0;
}

/* ---- What the owner says ---- */

/* @param digits of the status, which the lines point to @return how many lines; 0: too many */
static size_t head_lines(unsigned status, char digits[3], const flare_field *fields, size_t count,
                         nghttp2_nv lines[static FLAREI_H2_REPLY_FIELDS_MAX + 1])
{
    if (!FLARE_ASSERT(count <= FLAREI_H2_REPLY_FIELDS_MAX, "a reply has no more fields than this"))
        return 0;
    digits[0] = (char)('0' + status / 100 % 10);
    digits[1] = (char)('0' + status / 10 % 10);
    digits[2] = (char)('0' + status % 10);
    lines[0] = flarei_h2_line(FLARE_STR(":status"), (flare_str){digits, 3});
    for (size_t i = 0; i < count; i++)
        lines[i + 1] = flarei_h2_line(fields[i].name, fields[i].value);
    return count + 1;
}

static bool respond(struct flarei_h2_session *session, struct flarei_h2_stream *stream, unsigned status,
                    const flare_field *fields, size_t count, bool has_content)
{
    nghttp2_nv lines[FLAREI_H2_REPLY_FIELDS_MAX + 1];
    const nghttp2_data_provider provider = {.source.ptr = stream, .read_callback = on_content};
    char digits[3];
    const size_t line_count = head_lines(status, digits, fields, count, lines);

    if (line_count == 0)
        return false;
    return nghttp2_submit_response(session->nghttp2, stream->id, lines, line_count,
                                   has_content ? &provider : NULL) == 0;
}

bool flarei_h2_reply(struct flarei_h2_session *session, struct flarei_h2_stream *stream, unsigned status,
                     const flare_field *fields, size_t count, flare_str content)
{
    stream->content = content;
    return respond(session, stream, status, fields, count, content.len != 0);
}

bool flarei_h2_reply_later(struct flarei_h2_session *session, struct flarei_h2_stream *stream,
                           unsigned status, const flare_field *fields, size_t count)
{
    stream->content = (flare_str){NULL, 0};
    stream->open = true;
    return respond(session, stream, status, fields, count, true);
}

bool flarei_h2_more(struct flarei_h2_session *session, struct flarei_h2_stream *stream)
{
    if (!stream->paused)
        return true;
    stream->paused = false;
    return flarei_h2_resume(session, stream);
}

bool flarei_h2_end(struct flarei_h2_session *session, struct flarei_h2_stream *stream,
                   const flare_field *fields, size_t count)
{
    if (!stream->open)
        return true;
    stream->open = false;
    stream->trailers = fields;
    stream->trailer_count = count < FLAREI_H2_REPLY_FIELDS_MAX ? count : FLAREI_H2_REPLY_FIELDS_MAX;
    return flarei_h2_more(session, stream);
}

bool flarei_h2_accept(struct flarei_h2_session *session, struct flarei_h2_stream *stream,
                      const flare_field *fields, size_t count)
{
    stream->tunnel = true;
    return respond(session, stream, 200, fields, count, true);
}

bool flarei_h2_resume(struct flarei_h2_session *session, const struct flarei_h2_stream *stream)
{
    const int result = nghttp2_session_resume_data(session->nghttp2, stream->id);

    return result == 0 || result == NGHTTP2_ERR_INVALID_ARGUMENT; /* it was not waiting */
}

bool flarei_h2_interim(struct flarei_h2_session *session, struct flarei_h2_stream *stream, unsigned status,
                       const flare_field *fields, size_t count)
{
    nghttp2_nv lines[FLAREI_H2_REPLY_FIELDS_MAX + 1];
    char digits[3];
    const size_t line_count = head_lines(status, digits, fields, count, lines);

    return line_count != 0 && nghttp2_submit_headers(session->nghttp2, NGHTTP2_FLAG_NONE, stream->id, NULL,
                                                     lines, line_count, NULL) == 0;
}

bool flarei_h2_continue(struct flarei_h2_session *session, struct flarei_h2_stream *stream)
{
    return flarei_h2_interim(session, stream, 100, NULL, 0);
}

bool flarei_h2_consume(struct flarei_h2_session *session, const struct flarei_h2_stream *stream, size_t bytes)
{
    if (bytes == 0)
        return true;
    if (stream == NULL)
        return nghttp2_session_consume_connection(session->nghttp2, bytes) == 0;
    return nghttp2_session_consume(session->nghttp2, stream->id, bytes) == 0;
}

void flarei_h2_reset(struct flarei_h2_session *session, struct flarei_h2_stream *stream,
                     enum flarei_h2_error error)
{
    if (nghttp2_submit_rst_stream(session->nghttp2, NGHTTP2_FLAG_NONE, stream->id, (uint32_t)error) != 0)
        session->failed = true;
}

void flarei_h2_notice(struct flarei_h2_session *session)
{
    session->noticing = true;
    if (nghttp2_submit_shutdown_notice(session->nghttp2) != 0 ||
        nghttp2_submit_ping(session->nghttp2, NGHTTP2_FLAG_NONE, NULL) != 0)
        session->failed = true;
}

void flarei_h2_shut(struct flarei_h2_session *session)
{
    const int32_t last = nghttp2_session_get_last_proc_stream_id(session->nghttp2);

    session->noticing = false;
    if (nghttp2_submit_goaway(session->nghttp2, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL, 0) != 0)
        session->failed = true;
}

void flarei_h2_terminate(struct flarei_h2_session *session, enum flarei_h2_error error)
{
    session->ended = true;
    if (nghttp2_session_terminate_session(session->nghttp2, (uint32_t)error) != 0)
        session->failed = true;
}
