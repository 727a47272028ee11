#include "server/h2_work.h"

#include "http/request.h"
#include "server/h2_connection.h"

void flarei_h2_request_worked(struct flarei_connection *connection, struct flarei_h2_request *request)
{
    flarei_h2_request_ready(connection->h2, request);
    if (!connection->blocked)
        flarei_connection_resume(connection);
}

void flarei_h2_request_late(struct flarei_connection *connection, struct flarei_h2_request *request)
{
    struct flarei_h2_connection *const h2 = connection->h2;
    const flare_request *const old = &request->exchange->rq;
    struct flarei_exchange *exchange;

    /* Without a stream, its state is its thread's. */
    if (old->streamed && (old->state == FLAREI_REQUEST_STREAMING || old->state == FLAREI_REQUEST_STREAMED)) {
        request->exchange = NULL;
        flarei_h2_request_move(h2, request, FLAREI_H2_IN_LINGER);
        flarei_h2_reset(&h2->session, &request->stream, FLAREI_H2_CANCEL);
        flarei_connection_stirred(connection);
        return;
    }
    exchange = flare_pool_take(&connection->site->exchanges);
    if (h2->scratch == NULL)
        h2->scratch = flare_pool_take(&connection->site->outputs);
    request->exchange = exchange;
    if (exchange == NULL || h2->scratch == NULL) {
        flarei_h2_request_move(h2, request, FLAREI_H2_IN_LINGER);
        flarei_connection_close(connection);
        return;
    }
    exchange->body_bytes = 0;
    flarei_exchange_begin(connection, exchange, &h2->scratch->buffer);
    exchange->rq.wire = &flarei_h2_reply_wire;
    exchange->rq.method = old->method;
    exchange->rq.head_only = old->head_only;
    if (!flarei_h2_request_refuse(h2, request, 503, FLARE_STR("the handler took too long")))
        flarei_connection_close(connection);
    else if (!connection->blocked)
        flarei_connection_resume(connection);
}

/* No request looks into the input but one that came by Upgrade, so it begins anew where all was taken. A
 * handler runs only then; an input that is full shows what fits.
 * @return false if the connection ended */
static bool receive_meanwhile(struct flarei_connection *connection, bool anew)
{
    struct flarei_in_buffer *input;
    ptrdiff_t got;

    if (connection->input == NULL)
        connection->input = flare_pool_take(&connection->site->inputs);
    input = connection->input;
    if (input == NULL)
        return true;
    if (anew && input->start == input->end)
        input->start = input->end = 0;
    if (input->end == input->capacity)
        return true;
    got = flarei_connection_receive(connection, input->bytes + input->end, input->capacity - input->end);
    if (got > 0)
        input->end += (uint32_t)got;
    return got >= 0 || got == FLARE_ERR_AGAIN;
}

bool flarei_h2_request_reset_meanwhile(const flare_request *rq)
{
    struct flarei_connection *const connection = rq->connection;
    struct flarei_h2_connection *const h2 = connection->h2;
    const struct flarei_h2_request *const request = h2->handled;
    const struct flarei_in_buffer *input;

    if (request == NULL || request->exchange == NULL || &request->exchange->rq != rq)
        return false;
    if (!receive_meanwhile(connection, request->stream.id != 1))
        return true;
    input = connection->input;
    return input != NULL && flarei_h2_resets(&h2->session, request->stream.id, input->bytes + input->start,
                                             input->end - input->start);
}

/* The buffer that the reply is in becomes the scratch buffer. */
bool flarei_h2_request_deliver(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    struct flarei_work *const work = request->exchange->rq.work;

    if (request->exchange->rq.state == FLAREI_REQUEST_STREAMED)
        return flarei_h2_request_streamed(h2, request);
    if (work->output == NULL)
        return false;
    flarei_out_buffer_give(h2->connection->site, h2->scratch);
    h2->scratch = work->output;
    return flarei_h2_request_replied(h2, request);
}

void flarei_h2_connection_cancel(struct flarei_connection *connection, unsigned reason)
{
    struct flarei_h2_request *request = connection->h2->lists[FLAREI_H2_IN_WORK].first;

    for (; request != NULL; request = request->next)
        flarei_work_cancel(&request->exchange->rq, reason);
}
