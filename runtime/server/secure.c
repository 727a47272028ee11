#include "server/secure.h"

#include "server/exchange.h"
#include "server/h2.h"
#include "tls/peer.h"

#include <flare/log.h>

/* ---- A connection ---- */

flare_err flarei_secure_open(struct flarei_connection *connection)
{
    struct flarei_worker *worker = connection->site->worker;

    connection->phase = FLAREI_PHASE_HANDSHAKE;
    return flarei_tls_open(worker->tls, &worker->tls_lane, connection->watch.fd, &connection->tls);
}

void flarei_secure_close(struct flarei_connection *connection)
{
    flarei_tls_notify(connection->tls);
    flarei_tls_free(connection->tls);
    connection->tls = NULL;
}

/* What is waited for, as poll(2) must know. */
static void want(struct flarei_connection *connection)
{
    if (!connection->blocked)
        connection->watch.want = flarei_tls_wants_write(connection->tls) ? FLARE_WRITE : FLARE_READ;
}

static flare_err shake_hands(struct flarei_connection *connection)
{
    flare_err err = flarei_tls_handshake(connection->tls);

    if (err == FLARE_ERR_AGAIN)
        want(connection);
    if (err == FLARE_ERR_SYNTAX) {
        flarei_tls_free(connection->tls);
        connection->tls = NULL;
        connection->phase = FLAREI_PHASE_HEAD;
        flarei_exchange_plain_text(connection);
    }
    if (err != FLARE_OK)
        return err;
    connection->watch.want = FLARE_READ;
    connection->phase = FLAREI_PHASE_HEAD;
    if (flarei_tls_chose_h2(connection->tls) && !flarei_h2_connection_begin(connection))
        return FLARE_ERR_MEMORY;
    return FLARE_OK;
}

ptrdiff_t flarei_secure_receive(struct flarei_connection *connection, void *buffer, size_t bytes)
{
    ptrdiff_t got;

    connection->tls->hangup = connection->hangup;
    if (FLARE_UNLIKELY(connection->phase == FLAREI_PHASE_HANDSHAKE)) {
        const flare_err err = shake_hands(connection);

        if (err != FLARE_OK)
            return err;
    }
    got = flarei_tls_receive(connection->tls, buffer, bytes);
    if (FLARE_UNLIKELY(got < 0)) {
        if (got == FLARE_ERR_AGAIN)
            want(connection);
    } else if (FLARE_UNLIKELY(flarei_tls_ended(connection->tls))) {
        connection->hangup = true; /* no edge tells what was received already */
    }
    return got;
}

ptrdiff_t flarei_secure_send(struct flarei_connection *connection, const void *data, size_t bytes)
{
    return flarei_tls_send(connection->tls, data, bytes);
}

bool flarei_secure_moved(struct flarei_connection *connection)
{
    return connection->tls != NULL && flarei_tls_moved(connection->tls);
}

/* ---- What a handler may ask ---- */

bool flare_request_is_secure(const flare_request *rq)
{
    const struct flarei_connection *const connection = rq->connection;

    return connection != NULL && connection->tls != NULL;
}

flare_err flare_request_peer_certificate(flare_request *rq, const flare_certificate **certificate)
{
    const struct flarei_connection *const connection = rq->connection;

    *certificate = NULL;
    if (connection == NULL || connection->tls == NULL)
        return FLARE_OK;
    return flarei_tls_peer(connection->tls, rq->arena, certificate);
}

/* ---- A server ---- */

flare_err flarei_secure_begin(flare_server *server)
{
    const flare_tls_options *options = server->options.tls;
    struct flarei_tls_complaint complaint = {server->error, sizeof server->error};
    flare_err err;

    if (server->tls != NULL)
        return FLARE_OK;
    if (options == NULL)
        return flarei_tls_complain(&complaint, FLARE_ERR_STATE, "an address with tls: needs a certificate");
    err = flarei_tls_context_open(options, &server->tls, &complaint);
    if (err == FLARE_OK && !flarei_tls_tickets_begin(&server->tls_tickets, options->ticket_period_s)) {
        flarei_tls_context_release(server->tls);
        server->tls = NULL;
        err = flarei_tls_complain(&complaint, FLARE_ERR_IO, "TLS: no keys for tickets");
    }
    if (err == FLARE_OK && options->ktls && !server->tls->ktls)
        flare_log(FLARE_LOG_WARN, "the kernel has no TLS: the server encrypts by itself");
    return err;
}

void flarei_secure_end(flare_server *server)
{
    flarei_tls_context_release(server->tls);
    server->tls = NULL;
    flarei_tls_tickets_forget(&server->tls_tickets);
}

static struct flarei_tls_context *current(flare_server *server)
{
    struct flarei_tls_context *context;

    (void)pthread_mutex_lock(&server->tls_lock);
    context = server->tls;
    flarei_tls_context_keep(context);
    (void)pthread_mutex_unlock(&server->tls_lock);
    return context;
}

/* New connections are made from the new one; those that are there keep theirs. */
static void renew(flare_loop *loop, flare_task *task)
{
    struct flarei_worker *worker = FLARE_OWNER(task, struct flarei_worker, tls_task);

    (void)loop;
    atomic_store(&worker->tls_posted, false);
    flarei_tls_context_release(worker->tls);
    worker->tls = current(worker->server);
}

void flarei_secure_worker(struct flarei_worker *worker)
{
    worker->tls_task.callback = renew;
    if (worker->server->tls == NULL)
        return;
    worker->tls = current(worker->server);
    worker->tls_lane.tickets = worker->server->tls_tickets;
}

void flarei_secure_worker_free(struct flarei_worker *worker)
{
    flarei_tls_context_release(worker->tls);
    worker->tls = NULL;
    flarei_tls_lane_clear(&worker->tls_lane);
}

void flarei_secure_reload(flare_server *server)
{
    struct flarei_tls_complaint complaint = {server->error, sizeof server->error};
    struct flarei_tls_context *next, *old;

    if (server->tls == NULL)
        return;
    if (flarei_tls_context_open(server->options.tls, &next, &complaint) != FLARE_OK) {
        flare_log(FLARE_LOG_ERROR, "the certificates stay as they were: %s", server->error);
        return;
    }
    (void)pthread_mutex_lock(&server->tls_lock);
    old = server->tls;
    server->tls = next;
    (void)pthread_mutex_unlock(&server->tls_lock);
    flarei_tls_context_release(old);
    for (size_t i = 0; i < server->worker_count; i++) {
        struct flarei_worker *worker = server->workers[i];

        if (worker->running && !atomic_exchange(&worker->tls_posted, true))
            flare_loop_post(worker->loop, &worker->tls_task);
    }
    flare_log(FLARE_LOG_INFO, "the certificates were read again");
}
