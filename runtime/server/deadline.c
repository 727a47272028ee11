#include "server/deadline.h"

#include "server/exchange.h"
#include "server/h2.h"
#include "server/stream.h"
#include "server/websocket.h"
#include "server/worker.h"

static flare_loop *loop_of(const struct flarei_connection *connection)
{
    return connection->site->worker->loop;
}

static void expire(struct flarei_connection *connection)
{
    switch ((enum flarei_deadline)connection->deadline) {
    case FLAREI_DEADLINE_HEAD:
        flarei_exchange_head_timeout(connection);
        break;
    case FLAREI_DEADLINE_BODY:
        flarei_exchange_refuse(connection, 408, FLARE_STR("the body took too long"));
        break;
    case FLAREI_DEADLINE_WRITE:
        flarei_connection_stalled(connection);
        return;
    case FLAREI_DEADLINE_FIRST:
        connection->site->worker->counters.idle_closed++;
        flarei_connection_close(connection);
        return;
    case FLAREI_DEADLINE_H2:
        flarei_h2_connection_expired(connection);
        return;
    case FLAREI_DEADLINE_WEBSOCKET:
        flarei_websockets_of(connection)->expired(connection);
        return;
    case FLAREI_DEADLINE_WORK:
        if (flarei_stream_calls(&connection->exchange->rq) != NULL)
            flarei_stream_calls(&connection->exchange->rq)->expired(connection);
        return;
    case FLAREI_DEADLINE_NONE:
    case FLAREI_DEADLINE_CLOSE:
    case FLAREI_DEADLINE_IDLE:
    case FLAREI_DEADLINE_HANDSHAKE:
    case FLAREI_DEADLINE_DISCARD:
    case FLAREI_DEADLINE_LINGER:
    default:
        flarei_connection_close(connection);
        return;
    }
    flarei_connection_settle(connection);
}

static void timer_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_connection *connection = FLARE_OWNER(timer, struct flarei_connection, timer);
    const uint64_t now_ms = flare_loop_now_ms(loop);

    const bool again = connection->again;

    connection->again = false;
    flarei_worker_date(connection->site->worker);
    if (now_ms >= connection->deadline_ms) {
        expire(connection);
        return;
    }
    flare_timer_set(loop, timer, connection->deadline_ms - now_ms);
    if (again && (connection->phase < FLAREI_PHASE_WORK || connection->blocked))
        flarei_connection_continue(connection);
}

void flarei_deadline_init(struct flarei_connection *connection)
{
    connection->timer = (flare_timer){.callback = timer_due};
}

/* Moves the timer if it would be late. */
static void arm(struct flarei_connection *connection, uint64_t now_ms)
{
    const uint64_t left_ms = connection->deadline_ms > now_ms ? connection->deadline_ms - now_ms : 0;
    /* A timer that stands is as good as a new one if that might be as late: else each request would move it
     * until the time that a long one was rounded up by is over. */
    const uint64_t late_ms = left_ms < FLARE_TIMER_COARSE_FROM_MS ? 1 : FLARE_TIMER_COARSE_MS;
    if (connection->again || (flare_timer_active(&connection->timer) &&
                              connection->timer.due_ms <= connection->deadline_ms + late_ms))
        return;
    flare_timer_set(loop_of(connection), &connection->timer, left_ms);
}

void flarei_deadline_set(struct flarei_connection *connection, enum flarei_deadline kind, uint64_t delay_ms)
{
    const uint64_t now_ms = flare_loop_now_ms(loop_of(connection));

    if (connection->deadline != kind || kind == FLAREI_DEADLINE_IDLE) {
        connection->deadline = (uint8_t)kind;
        connection->deadline_ms = now_ms + delay_ms;
    }
    arm(connection, now_ms);
}

void flarei_deadline_move(struct flarei_connection *connection, enum flarei_deadline kind, uint64_t at_ms)
{
    connection->deadline = (uint8_t)kind;
    connection->deadline_ms = at_ms;
    arm(connection, flare_loop_now_ms(loop_of(connection)));
}

void flarei_deadline_again(struct flarei_connection *connection, uint64_t delay_ms)
{
    connection->again = true;
    flare_timer_set(loop_of(connection), &connection->timer, delay_ms);
}
