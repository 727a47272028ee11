/* Asking over a connection of HTTP/2, and what is sent with that. */
#include "client/cookies.h"
#include "client/h2_lines.h"
#include "client/h2_stream.h"

#include <flare/memory.h>
#include <flare/number.h>

enum { CONNECTION_WINDOW_BYTES = 1 << 24 };

/* What is passed on may be read slowly by each of its owners, so that all windows together leave the
 * connection's open: no one of them stops the others. */
_Static_assert(FLAREI_H2_CLIENT_PASSED_WINDOW_BYTES *FLAREI_H2_CLIENT_STREAMS_MAX < CONNECTION_WINDOW_BYTES,
               "what slow owners hold leaves room for others");

struct flarei_h2_outbound_limits flarei_h2_client_limits(const flare_client *client)
{
    return (struct flarei_h2_outbound_limits){client->passes_on ? FLAREI_H2_CLIENT_PASSED_WINDOW_BYTES
                                                                : FLAREI_H2_CLIENT_WINDOW_BYTES,
                                              CONNECTION_WINDOW_BYTES, FLARE_FETCH_HEAD_MAX_BYTES};
}

size_t flarei_h2_client_settings(const flare_client *client,
                                 char text[static FLAREI_H2_CLIENT_SETTINGS_BYTES])
{
    const struct flarei_h2_outbound_limits limits = flarei_h2_client_limits(client);

    return flarei_h2_outbound_settings(&limits, text);
}

/* ---- What is sent ---- */

static ssize_t read_upload(struct flarei_h2_client_stream *stream, uint8_t *buffer, size_t room,
                           uint32_t *flags)
{
    flare_fetch *const fetch = stream->fetch;
    const ptrdiff_t got = stream->uploads ? flarei_upload_read(fetch, buffer, room) : FLARE_ERR_AGAIN;

    if (got == FLARE_ERR_AGAIN)
        return NGHTTP2_ERR_DEFERRED;
    if (got < 0)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* the stream is reset, and its fetch told why */
    if (fetch->upload.over)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    flarei_fetch_heard(fetch);
    return (ssize_t)got;
}

static ssize_t read_content(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *context)
{
    struct flarei_h2_client_stream *const stream = nghttp2_session_get_stream_user_data(session, id);
    flare_str rest;

    (void)source, (void)context;
    if (stream == NULL || stream->fetch == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (flarei_fetch_holds(stream->fetch))
        return NGHTTP2_ERR_DEFERRED;
    if (stream->fetch->upload.is)
        return read_upload(stream, buffer, room, flags);
    rest = (flare_str){stream->fetch->content.ptr + stream->content_sent,
                       stream->fetch->content.len - stream->content_sent};
    if (rest.len > room)
        rest.len = room;
    memcpy(buffer, rest.ptr, rest.len);
    stream->content_sent += rest.len;
    if (stream->content_sent == stream->fetch->content.len)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)rest.len;
}

void flarei_h2_client_upload(struct flarei_connection *connection)
{
    struct flarei_h2_client *const h2 = connection->h2;

    for (struct flarei_link *at = h2->streams.next; at != &h2->streams; at = at->next) {
        struct flarei_h2_client_stream *const stream = FLARE_OWNER(at, struct flarei_h2_client_stream, link);
        const flare_fetch *const fetch = stream->fetch;

        if (stream->closed || fetch == NULL || fetch->forward != NULL || flarei_fetch_holds(fetch) ||
            fetch->upload.over || fetch->upload.waits)
            continue;
        stream->uploads = true;
        (void)nghttp2_session_resume_data(h2->session, stream->id); /* if it was deferred */
    }
}

bool flarei_h2_client_all_sent(const struct flarei_h2_client_stream *stream)
{
    const flare_fetch *const fetch = stream->fetch;

    if (fetch->forward != NULL)
        return fetch->forward->whole && fetch->given_sent == flarei_buffer_len(&fetch->given);
    return fetch->upload.is ? fetch->upload.over : stream->content_sent == fetch->content.len;
}

/* ---- Asking ---- */

bool flarei_h2_client_has_room(const struct flarei_connection *connection)
{
    const struct flarei_h2_client *const h2 = connection->h2;

    /* Before it is known how many it takes, what is passed on goes there one by one: some of it could not be
     * asked again. */
    if (connection->client->passes_on && !h2->settled && h2->count != 0)
        return false;
    return !h2->going && !h2->failed && h2->count < FLAREI_H2_CLIENT_STREAMS_MAX &&
           h2->count <
               nghttp2_session_get_remote_settings(h2->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS) &&
           nghttp2_session_check_request_allowed(h2->session) != 0;
}

bool flarei_h2_client_is_settled(const struct flarei_connection *connection)
{
    return connection->h2->settled || connection->h2->going;
}

static flare_err submit(struct flarei_connection *connection, struct flarei_h2_client_stream *stream)
{
    const flare_client *const client = connection->client;
    const flare_fetch *const fetch = stream->fetch;
    const nghttp2_data_provider provider = {.read_callback = read_content};
    const bool whole = fetch->url.target.len != 0 && fetch->url.target.ptr[0] == '/';
    char length[FLARE_U64_MAX_BYTES];
    nghttp2_nv lines[FLAREI_H2_CLIENT_LINES_MAX];
    flare_buffer text; /* the path, where it begins with its '?', then cookies */
    size_t path_bytes;

    flarei_buffer_init(&text, 1 << 20);
    if (!whole)
        (void)flarei_buffer_append_byte(&text, '/');
    (void)flarei_buffer_append_str(&text, fetch->url.target);
    path_bytes = flarei_buffer_len(&text);
    if (client->cookies != NULL && !fetch->has_cookies)
        (void)flarei_cookies_write(client->cookies, &fetch->url, flarei_clock_wall(), &text);
    const flare_str all = flarei_buffer_str(&text);
    const size_t count =
        text.failed
            ? 0
            : flarei_h2_client_lines(
                  client, fetch, (flare_str){all.ptr, path_bytes},
                  (flare_str){all.ptr + path_bytes, all.len - path_bytes},
                  (flare_str){length, flare_u64_format(flarei_fetch_content_bytes(fetch), length)}, lines);
    if (count != 0)
        stream->id =
            nghttp2_submit_request(connection->h2->session, NULL, lines, count,
                                   fetch->content.len != 0 || fetch->upload.is ? &provider : NULL, stream);
    flarei_buffer_free(&text);
    return count != 0 && stream->id > 0 ? FLARE_OK : FLARE_ERR_MEMORY;
}

struct flarei_h2_client_stream *flarei_h2_client_stream_new(struct flarei_connection *connection,
                                                            flare_fetch *fetch)
{
    struct flarei_h2_client_stream *const stream = flarei_calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    stream->connection = connection;
    stream->fetch = fetch;
    fetch->stream = stream;
    flarei_link_init(&stream->link);
    flarei_buffer_init(&stream->head, FLARE_FETCH_HEAD_MAX_BYTES);
    flarei_buffer_init(&stream->held, 2 * (size_t)FLAREI_H2_CLIENT_WINDOW_BYTES);
    flarei_link_before(&connection->h2->streams, &stream->link);
    connection->h2->count++;
    return stream;
}

void flarei_h2_client_ask(struct flarei_connection *connection, flare_fetch *fetch)
{
    struct flarei_h2_client_stream *const stream = flarei_h2_client_stream_new(connection, fetch);
    flare_err err = FLARE_ERR_MEMORY;

    if (stream != NULL) {
        err = fetch->forward != NULL ? flarei_h2_client_submit_forward(stream) : submit(connection, stream);
        stream->closed = err != FLARE_OK;
    }
    if (err != FLARE_OK) {
        fetch->connection = NULL;
        fetch->stream = NULL;
        if (stream != NULL)
            flarei_h2_client_stream_free(stream);
        fetch->err = err;
        flare_timer_set(connection->client->loop, &fetch->timer, 0);
        return;
    }
    connection->served++;
    if (connection->h2->count == 1) /* before that nobody was to say anything */
        connection->h2->heard_ms = flare_loop_now_ms(connection->client->loop);
    if (fetch->upload.is)
        flare_timer_set(connection->client->loop, &connection->more, 0);
    flarei_h2_client_flush(connection);
    if (fetch->forward != NULL && !fetch->forward->whole)
        fetch->forward->calls->room(fetch->forward);
}
