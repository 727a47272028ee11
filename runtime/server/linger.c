#include "server/linger.h"

#include "server/deadline.h"
#include "server/exchange.h"
#include "server/h2.h"
#include "server/secure.h"
#include "server/websocket.h"
#include "server/worker.h"

enum { ROUNDS_MAX = 4 }; /* receives in one go: what is for nobody is to cost others little */

/* The bytes are nobody's: the kernel drops them. */
static void discard(struct flarei_connection *connection)
{
    struct flarei_site *const site = connection->site;
    struct flarei_in_buffer *const input = flare_pool_take(&site->inputs);
    ptrdiff_t got = FLARE_ERR_MEMORY;

    for (unsigned round = 0; round < ROUNDS_MAX && input != NULL; round++) {
        got = flare_socket_discard(connection->watch.fd, input->bytes, input->capacity);
        if (got < 0)
            break;
    }
    if (input != NULL)
        flarei_in_buffer_give(site, input);
    if (got > 0)
        flare_timer_set(site->worker->loop, &connection->timer, 0);
    else if (got != FLARE_ERR_AGAIN)
        flarei_connection_close(connection);
}

static void linger_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    (void)loop;
    (void)ready;
    discard(FLARE_OWNER(watch, struct flarei_connection, watch));
}

static void linger_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_connection *const connection = FLARE_OWNER(timer, struct flarei_connection, timer);
    const uint64_t now_ms = flare_loop_now_ms(loop);

    if (now_ms >= connection->deadline_ms) {
        flarei_connection_close(connection);
        return;
    }
    flare_timer_set(loop, timer, connection->deadline_ms - now_ms);
    discard(connection);
}

bool flarei_linger_begin(struct flarei_connection *connection, uint64_t linger_ms)
{
    flare_loop *const loop = connection->site->worker->loop;

    if (FLARE_UNLIKELY(connection->tls != NULL))
        flarei_secure_close(connection);
    if (flare_socket_shutdown(connection->watch.fd) != FLARE_OK) {
        flarei_connection_close(connection);
        return false;
    }
    flarei_exchange_abandon(connection);
    flarei_h2_connection_free(connection);
    if (connection->websocket != NULL)
        flarei_websockets_of(connection)->free(connection);
    if (connection->input != NULL)
        flarei_in_buffer_give(connection->site, connection->input);
    connection->input = NULL;
    connection->phase = FLAREI_PHASE_LINGER;
    connection->closing = false;
    connection->deadline = FLAREI_DEADLINE_LINGER;
    connection->deadline_ms = flare_loop_now_ms(loop) + linger_ms;
    connection->timer.callback = linger_due;
    connection->watch.callback = linger_ready;
    connection->watch.want = FLARE_READ;
    flare_timer_set(loop, &connection->timer, 0);
    return false;
}
