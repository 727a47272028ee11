/* stream_file.c - content that a file holds, as a part of a streamed reply. */
#include "loop/loop.h"
#include "net/sys.h"
#include "server/deadline.h"
#include "server/stream.h"
#include "server/worker.h"

#include <errno.h>

static struct flarei_exchange *exchange_of(flare_request *rq)
{
    return FLARE_OWNER(rq, struct flarei_exchange, rq);
}

/* The content ends early, and the peer is to see that. */
static enum flarei_flow cut(flare_request *rq)
{
    rq->stream.cut = true;
    return FLAREI_FLOW_CLOSED;
}

static void step_over(uint64_t *at, uint64_t *left, size_t bytes)
{
    *at += bytes;
    *left -= bytes;
}

bool flarei_stream_read_file(flare_buffer *out, size_t room, int fd, uint64_t *at, uint64_t *left)
{
    const size_t bytes = *left < room ? (size_t)*left : room;
    char *const to = flarei_buffer_reserve(out, bytes);
    ssize_t got;

    if (to == NULL)
        return false;
    do
        got = flarei_sys.pread(fd, to, bytes, (off_t)*at);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return false;
    flarei_buffer_commit(out, (size_t)got);
    step_over(at, left, (size_t)got);
    return true;
}

/* Through the output, since it is encrypted there. */
static enum flarei_flow read_on(struct flarei_connection *connection, flare_request *rq, int fd, uint64_t *at,
                                uint64_t *left)
{
    flare_buffer *const out = flarei_connection_output(connection);
    const uint64_t before = *left;
    size_t there;

    if (out == NULL)
        return FLAREI_FLOW_CLOSED;
    there = flarei_buffer_len(out);
    if (there >= FLAREI_STREAM_HIGH_BYTES)
        return flarei_connection_push(connection) ? FLAREI_FLOW_ON : FLAREI_FLOW_CLOSED;
    if (!flarei_stream_read_file(out, FLAREI_STREAM_HIGH_BYTES - there, fd, at, left))
        return cut(rq);
    exchange_of(rq)->burst_bytes += (size_t)(before - *left);
    return flarei_connection_push(connection) ? FLAREI_FLOW_ON : FLAREI_FLOW_CLOSED;
}

/* What waits in the output goes first. */
static enum flarei_flow hand_over(struct flarei_connection *connection, flare_request *rq, int fd,
                                  uint64_t *at, uint64_t *left)
{
    const size_t most = *left < FLAREI_STREAM_BURST_BYTES ? (size_t)*left : FLAREI_STREAM_BURST_BYTES;
    off_t from = (off_t)*at;
    ssize_t sent;

    if (!flarei_connection_push(connection))
        return FLAREI_FLOW_CLOSED;
    if (connection->blocked)
        return FLAREI_FLOW_WAIT;
    do
        sent = flarei_sys.sendfile(connection->watch.fd, fd, &from, most);
    while (sent < 0 && errno == EINTR);
    if (sent > 0) {
        step_over(at, left, (size_t)sent);
        exchange_of(rq)->burst_bytes += (size_t)sent;
        return FLAREI_FLOW_ON;
    }
    if (sent == 0)
        return cut(rq);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        flarei_connection_block(connection);
        return FLAREI_FLOW_WAIT;
    }
    /* What a file system says that does not map its files. */
    if (errno == EINVAL || errno == ENOSYS)
        return read_on(connection, rq, fd, at, left);
    return errno == EIO ? cut(rq) : FLAREI_FLOW_CLOSED;
}

enum flarei_flow flarei_stream_write_file_h1(struct flarei_connection *connection, flare_request *rq, int fd,
                                             uint64_t *at, uint64_t *left)
{
    const bool plain = connection->tls == NULL;
    enum flarei_flow flow;

    exchange_of(rq)->written_ms = flare_loop_now_ms(connection->site->worker->loop);
    while (*left != 0) {
        if (connection->blocked || flarei_stream_others_first(connection, exchange_of(rq)))
            return FLAREI_FLOW_WAIT;
        flow = plain ? hand_over(connection, rq, fd, at, left) : read_on(connection, rq, fd, at, left);
        if (flow != FLAREI_FLOW_ON)
            return flow;
    }
    return FLAREI_FLOW_ON;
}
