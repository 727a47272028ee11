/* What is passed on, over HTTP/2: client/forward.h's parts of it. */
#include "client/h2_lines.h"
#include "client/h2_stream.h"

#include <flare/memory.h>

/* Content that waits for the peer at most, and what is kept of the first of it so that it can be asked again.
 */
enum { HIGH_BYTES = 16384, TRAILERS_MAX = 32 };

static size_t unsent_bytes(const flare_fetch *fetch)
{
    return flarei_buffer_len(&fetch->given) - fetch->given_sent;
}

/* What was sent is needed no more. */
static void forget_sent(flare_fetch *fetch)
{
    flarei_buffer_consume(&fetch->given, fetch->given_sent);
    fetch->given_sent = 0;
}

/* ---- What is sent ---- */

/* They follow the content where they are submitted at its end. */
static bool submit_trailers(nghttp2_session *session, int32_t id, const struct flarei_forward *forward)
{
    const size_t count = forward->trailer_count < TRAILERS_MAX ? forward->trailer_count : TRAILERS_MAX;
    nghttp2_nv lines[TRAILERS_MAX];

    for (size_t i = 0; i < count; i++)
        lines[i] = flarei_h2_client_line(forward->trailers[i].name, forward->trailers[i].value);
    return nghttp2_submit_trailer(session, id, lines, count) == 0;
}

static ssize_t read_given(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t room, uint32_t *flags,
                          nghttp2_data_source *source, void *context)
{
    struct flarei_h2_client_stream *const stream = nghttp2_session_get_stream_user_data(session, id);
    flare_fetch *const fetch = stream != NULL ? stream->fetch : NULL;
    struct flarei_forward *const forward = fetch != NULL ? fetch->forward : NULL;
    size_t bytes;

    (void)source, (void)context;
    if (forward == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    bytes = unsent_bytes(fetch) < room ? unsent_bytes(fetch) : room;
    if (bytes == 0 && !forward->whole)
        return NGHTTP2_ERR_DEFERRED;
    if (bytes != 0)
        memcpy(buffer, fetch->given.ptr + fetch->given.start + fetch->given_sent, bytes);
    fetch->given_sent += bytes;
    flarei_fetch_heard(fetch); /* who takes something is not gone */
    if (forward->whole && unsent_bytes(fetch) == 0) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (forward->trailer_count != 0) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            if (!submit_trailers(session, id, forward))
                return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        }
    } else if (!forward->whole) {
        forward->calls->room(forward);
    }
    return (ssize_t)bytes;
}

flare_err flarei_h2_client_submit_forward(struct flarei_h2_client_stream *stream)
{
    static const nghttp2_data_provider provider = {.read_callback = read_given};
    flare_fetch *const fetch = stream->fetch;
    const flare_str head = fetch->forward->head;
    nghttp2_nv *const lines = flarei_calloc(flarei_h2_client_lines_max(head), sizeof *lines);
    const bool sends =
        !fetch->forward->whole || flarei_buffer_len(&fetch->given) != 0 || fetch->forward->trailer_count != 0;

    if (lines == NULL)
        return FLARE_ERR_MEMORY;
    fetch->given_sent = 0;
    stream->id = nghttp2_submit_request(
        stream->connection->h2->session, NULL, lines,
        flarei_h2_client_lines_of(head, fetch->url.secure, (flare_str){NULL, 0}, lines),
        sends ? &provider : NULL, stream);
    flarei_free(lines);
    return stream->id > 0 ? FLARE_OK : FLARE_ERR_MEMORY;
}

/* ---- What is given ---- */

static void resume(const flare_fetch *fetch)
{
    if (!fetch->stream->closed)
        (void)nghttp2_session_resume_data(fetch->connection->h2->session,
                                          fetch->stream->id); /* if it waited */
}

static void lose(flare_fetch *fetch)
{
    flarei_h2_client_drop(fetch->connection, fetch);
    fetch->err = FLARE_ERR_MEMORY; /* told when the loop comes to it */
    flare_timer_set(fetch->client->loop, &fetch->timer, 0);
}

/* @return false without memory */
static bool add(flare_fetch *fetch, flare_str piece)
{
    struct flarei_forward *const forward = fetch->forward;

    forward->taken |= flarei_buffer_len(&fetch->given) + piece.len > HIGH_BYTES;
    if (forward->taken)
        forget_sent(fetch);
    return flarei_buffer_append_str(&fetch->given, piece);
}

void flarei_h2_client_give(flare_fetch *fetch, flare_str *rest)
{
    while (rest->len != 0) {
        const size_t room = unsent_bytes(fetch) < HIGH_BYTES ? HIGH_BYTES - unsent_bytes(fetch) : 0;
        const flare_str piece = {rest->ptr, rest->len < room ? rest->len : room};

        if (piece.len == 0) {
            flarei_h2_client_flush(fetch->connection);
            if (unsent_bytes(fetch) >= HIGH_BYTES)
                return;
            continue;
        }
        if (!add(fetch, piece)) {
            lose(fetch);
            return;
        }
        resume(fetch);
        *rest = (flare_str){rest->ptr + piece.len, rest->len - piece.len};
    }
}

void flarei_h2_client_end(flare_fetch *fetch)
{
    resume(fetch);
}

/* ---- What comes back ---- */

void flarei_h2_client_pass_trailer(struct flarei_h2_client_stream *stream, flare_field field)
{
    struct flarei_forward *const forward = stream->fetch->forward;

    stream->trailer_bytes += field.name.len + field.value.len;
    if (stream->trailer_bytes <= FLARE_FETCH_HEAD_MAX_BYTES && field.name.ptr[0] != ':')
        forward->calls->trailer(forward, &field);
}
