#include "server/stream_pass.h"

#include "server/h2_stream.h"
#include "wire/h1_write.h"

void flarei_stream_interim(flare_request *rq, unsigned status, const flare_field *fields, size_t count)
{
    struct flarei_connection *const connection = rq->connection;
    char line[FLAREI_H1_STATUS_LINE_MAX_BYTES];
    flare_buffer *out;
    size_t before;

    if (connection->h2 != NULL) {
        flarei_h2_stream_interim(rq, status, fields, count);
        return;
    }
    out = rq->version_minor != 0 ? flarei_connection_output(connection) : NULL;
    if (out == NULL)
        return;
    before = flarei_buffer_len(out);
    if (before >= FLAREI_STREAM_HIGH_BYTES) /* a client that reads none of them has none kept for it */
        return;
    (void)flarei_buffer_append(out, line, flarei_h1_write_status_line(line, status));
    for (size_t i = 0; i < count; i++)
        flarei_h1_put_field(out, fields[i].name, fields[i].value);
    (void)flarei_buffer_append_str(out, FLARE_STR("\r\n"));
    if (out->failed)
        flarei_buffer_truncate(out, before);
    flarei_stir(connection, &FLARE_OWNER(rq, struct flarei_exchange, rq)->stirred);
}

void flarei_stream_tunnel(flare_request *rq)
{
    /* As long as one pleases: the upstream's side has a time for it. */
    static const struct flarei_body_rule rule = {.streamed = true, .body_time_ms = UINT32_MAX};
    struct flarei_connection *const connection = rq->connection;
    struct flarei_exchange *const exchange = FLARE_OWNER(rq, struct flarei_exchange, rq);

    if (connection->h2 != NULL) {
        flarei_h2_stream_tunnel(rq);
    } else {
        exchange->chunked = false;
        exchange->head.content_length = UINT64_MAX;
        exchange->body_at = connection->input->start;
        rq->stream.raw = true;
    }
    rq->body_rule = &rule;
    rq->body_max_bytes = UINT64_MAX;
    rq->has_body = true;
    rq->body_complete = false;
    rq->stream.reads = rq->stream.over = false;
    rq->stream.events = true; /* a drain does not wait for its end */
}
