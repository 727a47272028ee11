/* How a stream begins and ends, and who waits for it. */
#include "client/stream.h"

#include <flare/memory.h>

/* ---- The end ---- */

static void drop_plan(flare_stream *stream)
{
    if (stream->plan == NULL)
        return;
    flare_tls_connector_free(stream->plan->tls);
    flarei_free(stream->plan);
    stream->plan = NULL;
}

void flare_stream_close(flare_stream *stream)
{
    if (stream == NULL)
        return;
    flare_connect_cancel(stream->attempt);
    flare_timer_cancel(stream->loop, &stream->timer);
    drop_plan(stream);
    if (stream->tls != NULL) {
        (void)flarei_tls_notify(stream->tls);
        flarei_tls_connector_end(stream->tls);
    }
    if (stream->watch.fd >= 0)
        flare_loop_close(stream->loop, &stream->watch);
    if (stream->own_loop) {
        (void)flare_loop_run_once(stream->loop, 0); /* an answer to a lookup that was too late */
        flare_loop_destroy(stream->loop);
    }
    flarei_free(stream);
}

/* ---- Connecting ---- */

static flare_stream *make(flare_loop *loop, flare_stream_opened *opened, void *context)
{
    flare_stream *const stream = flarei_calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    stream->loop = loop;
    stream->opened = opened;
    stream->opened_context = context;
    stream->watch.callback = flarei_stream_event;
    stream->watch.fd = -1;
    stream->timer.callback = flarei_stream_due;
    return stream;
}

/* The first edge, which tells that it can be written to, begins what comes next. */
static flare_err attach(flare_stream *stream, int fd)
{
    flare_err err;

    stream->state = FLAREI_STREAM_OPENING;
    stream->watch.fd = fd;
    stream->watch.want = FLARE_WRITE;
    err = flare_loop_add(stream->loop, &stream->watch);
    if (err != FLARE_OK)
        stream->watch.fd = -1;
    return err;
}

static void connected(flare_loop *loop, void *context, flare_err err, int fd)
{
    flare_stream *const stream = context;
    struct flarei_stream_plan *const plan = stream->plan;

    (void)loop;
    stream->attempt = NULL;
    if (err == FLARE_OK) {
        err = attach(stream, fd);
        if (err != FLARE_OK)
            flare_socket_close(fd);
    }
    if (err == FLARE_OK && plan != NULL)
        err = flarei_tls_connect(plan->tls, flare_str_of(plan->name), plan->port,
                                 plan->protocols[0] != '\0' ? plan->protocols : NULL, fd, &stream->tls);
    drop_plan(stream);
    if (err != FLARE_OK)
        flarei_stream_tell(stream, err);
    else if (stream->tls == NULL)
        flarei_stream_tell(stream, FLARE_OK);
    else
        flarei_stream_event(stream->loop, &stream->watch, 0);
}

static flare_err make_plan(flare_stream *stream, const flare_dial_options *options)
{
    const flare_str name = options->name.len != 0 ? options->name : options->to.host;
    const size_t bytes = options->protocols != NULL ? strlen(options->protocols) : 0;
    unsigned char list[FLAREI_TLS_PROTOCOLS_MAX_BYTES];
    struct flarei_stream_plan *plan;

    if (options->tls == NULL)
        return FLARE_OK;
    if (name.len == 0 || name.len >= sizeof plan->name || memchr(name.ptr, '\0', name.len) != NULL ||
        (options->protocols != NULL && flarei_tls_protocols(options->protocols, list) == 0))
        return FLARE_ERR_ARGUMENT;
    plan = flarei_calloc(1, sizeof *plan);
    if (plan == NULL)
        return FLARE_ERR_MEMORY;
    flarei_tls_connector_keep(options->tls);
    plan->tls = options->tls;
    plan->port = options->to.address != NULL ? options->to.address->port : options->to.port;
    memcpy(plan->name, name.ptr, name.len);
    if (bytes != 0)
        memcpy(plan->protocols, options->protocols, bytes);
    stream->plan = plan;
    return FLARE_OK;
}

static void set_deadline(flare_stream *stream, uint32_t timeout_ms)
{
    flare_loop_update_now(stream->loop);
    flare_timer_set(stream->loop, &stream->timer, timeout_ms != 0 ? timeout_ms : FLARE_CONNECT_TIMEOUT_MS);
}

flare_err flare_stream_dial(flare_stream **out, flare_loop *loop, const flare_dial_options *options,
                            flare_stream_opened *opened, void *context)
{
    flare_stream *const stream = make(loop, opened, context);
    flare_err err = stream != NULL ? make_plan(stream, options) : FLARE_ERR_MEMORY;

    *out = NULL;
    if (err == FLARE_OK)
        err = flare_connect_start(&stream->attempt, loop, &options->to, connected, stream);
    if (err != FLARE_OK) {
        flare_stream_close(stream);
        return err;
    }
    set_deadline(stream, options->to.timeout_ms);
    *out = stream;
    return FLARE_OK;
}

flare_err flare_stream_accept(flare_stream **out, flare_loop *loop, int fd, flare_tls_acceptor *tls,
                              uint32_t timeout_ms, flare_stream_opened *opened, void *context)
{
    flare_stream *const stream = make(loop, opened, context);
    flare_err err = FLARE_OK;

    *out = NULL;
    if (stream == NULL)
        return FLARE_ERR_MEMORY;
    if (tls != NULL)
        err = flarei_tls_accept(tls, fd, &stream->tls);
    if (err == FLARE_OK)
        err = attach(stream, fd);
    if (err != FLARE_OK) {
        flare_stream_close(stream);
        return err;
    }
    set_deadline(stream, timeout_ms);
    *out = stream;
    return FLARE_OK;
}

flare_err flare_stream_secure(flare_stream *stream, flare_tls_connector *tls, flare_str name, uint16_t port,
                              const char *protocols, uint32_t timeout_ms, flare_stream_opened *opened,
                              void *context)
{
    unsigned char list[FLAREI_TLS_PROTOCOLS_MAX_BYTES];
    flare_err err;

    if (stream->state != FLAREI_STREAM_OPEN || stream->tls != NULL)
        return FLARE_ERR_STATE;
    if (name.len == 0 || (protocols != NULL && flarei_tls_protocols(protocols, list) == 0))
        return FLARE_ERR_ARGUMENT;
    err = flarei_tls_connect(tls, name, port, protocols, stream->watch.fd, &stream->tls);
    if (err != FLARE_OK)
        return err;
    stream->state = FLAREI_STREAM_OPENING;
    stream->opened = opened;
    stream->opened_context = context;
    flare_stream_watch(stream, 0, NULL, NULL);
    set_deadline(stream, timeout_ms);
    err = flarei_tls_handshake(stream->tls); /* can't be over: the peer has not spoken */
    stream->watch.want = flarei_tls_wants_write(stream->tls) ? FLARE_WRITE : FLARE_READ;
    if (err != FLARE_ERR_AGAIN && err != FLARE_OK) {
        stream->err = err;
        flare_timer_set(stream->loop, &stream->timer, 0);
    }
    return FLARE_OK;
}

/* ---- For who can wait ---- */

static void told(flare_stream *stream, void *context, flare_err err)
{
    (void)err;
    *(bool *)context = true;
    flare_loop_stop(stream->loop);
}

flare_err flare_stream_dial_wait(flare_stream **out, const flare_dial_options *options)
{
    bool done = false;
    flare_stream *stream;
    flare_loop *loop;
    flare_err err = flare_loop_create(&loop, FLARE_LOOP_DEFAULT);

    *out = NULL;
    if (err != FLARE_OK)
        return err;
    err = flare_stream_dial(&stream, loop, options, told, &done);
    if (err != FLARE_OK) {
        flare_loop_destroy(loop);
        return err;
    }
    stream->own_loop = true;
    err = flare_loop_run(loop);
    if (err == FLARE_OK)
        err = done ? stream->err : FLARE_ERR_STATE;
    if (err != FLARE_OK) {
        flare_stream_close(stream);
        return err;
    }
    *out = stream;
    return FLARE_OK;
}

static void wake(flare_stream *stream, void *context, unsigned ready)
{
    (void)ready;
    *(bool *)context = true;
    flare_loop_stop(stream->loop);
}

static void give_up(flare_loop *loop, flare_timer *timer)
{
    (void)timer;
    flare_loop_stop(loop);
}

static flare_err wait_for(flare_stream *stream, unsigned want, uint32_t timeout_ms)
{
    flare_timer timer = {.callback = give_up};
    bool ready = false;
    flare_err err;

    if (!stream->own_loop)
        return FLARE_ERR_STATE;
    flare_stream_watch(stream, want, wake, &ready);
    flare_loop_update_now(stream->loop);
    if (timeout_ms != 0)
        flare_timer_set(stream->loop, &timer, timeout_ms);
    err = flare_loop_run(stream->loop);
    flare_timer_cancel(stream->loop, &timer);
    flare_stream_watch(stream, 0, NULL, NULL);
    if (err != FLARE_OK)
        return err;
    return ready ? FLARE_OK : FLARE_ERR_TIMEOUT;
}

ptrdiff_t flare_stream_read_wait(flare_stream *stream, void *buffer, size_t bytes, uint32_t timeout_ms)
{
    for (;;) {
        const ptrdiff_t got = flare_stream_read(stream, buffer, bytes);
        flare_err err;

        if (got != FLARE_ERR_AGAIN)
            return got;
        err = wait_for(stream, FLARE_READ, timeout_ms);
        if (err != FLARE_OK)
            return err;
    }
}

flare_err flare_stream_write_wait(flare_stream *stream, const void *data, size_t bytes, uint32_t timeout_ms)
{
    size_t sent = 0;

    while (sent < bytes) {
        const ptrdiff_t more = flare_stream_write(stream, (const char *)data + sent, bytes - sent);
        flare_err err = FLARE_OK;

        if (more > 0)
            sent += (size_t)more;
        else if (more == FLARE_ERR_AGAIN)
            err = wait_for(stream, FLARE_WRITE, timeout_ms);
        else
            err = (flare_err)more;
        if (err != FLARE_OK)
            return err;
    }
    return FLARE_OK;
}
