#include "server/connection.h"
#include "server/h2.h"
#include "server/listener.h"
#include "server/worker.h"

#include <flare/log.h>

/* A connection whose reply was not finished; one that only waits for the peer's FIN lost nothing. */
static bool under_way(const struct flarei_connection *connection)
{
    return connection->output != NULL || connection->input != NULL || connection->exchange != NULL ||
           flarei_h2_connection_busy(connection);
}

static void close_all(struct flarei_worker *worker)
{
    while (!flarei_link_alone(&worker->connections)) {
        struct flarei_connection *const connection =
            FLARE_OWNER(worker->connections.next, struct flarei_connection, place);

        if (under_way(connection)) {
            worker->counters.aborted++;
            (void)flare_socket_abort(connection->watch.fd);
        } else if (connection->phase != FLAREI_PHASE_LINGER) {
            worker->counters.idle_closed++;
        }
        flarei_connection_close(connection);
    }
}

void flarei_worker_maybe_drained(struct flarei_worker *worker)
{
    if (worker->connection_count != 0 || !flarei_link_alone(&worker->works) || worker->sockets_at_work != 0)
        return;
    flare_timer_cancel(worker->loop, &worker->drain_timer);
    flare_timer_cancel(worker->loop, &worker->trim_timer);
    flare_timer_cancel(worker->loop, &worker->free_timer);
    flare_timer_cancel(worker->loop, &worker->unsent_timer);
    flare_timer_cancel(worker->loop, &worker->stir_timer);
    flare_loop_stop(worker->loop);
}

static void cut(struct flarei_worker *worker)
{
    for (size_t i = 0; i < worker->listener_count; i++)
        flarei_listener_stop(&worker->listeners[i]);
    worker->state = FLAREI_WORKER_ENDED;
    close_all(worker);
    flarei_worker_maybe_drained(worker);
}

void flarei_worker_cut(flare_loop *loop, flare_task *task)
{
    (void)loop;
    cut(FLARE_OWNER(task, struct flarei_worker, cut_task));
}

void flarei_worker_drain_due(flare_loop *loop, flare_timer *timer)
{
    (void)loop;
    cut(FLARE_OWNER(timer, struct flarei_worker, drain_timer));
}

void flarei_worker_drain(flare_loop *loop, flare_task *task)
{
    struct flarei_worker *worker = FLARE_OWNER(task, struct flarei_worker, drain_task);
    struct flarei_link *next;

    if (worker->state != FLAREI_WORKER_SERVING)
        return;
    flarei_worker_date(worker);
    worker->served_before_drain = worker->counters.served;
    worker->drain_start_ms = flare_loop_now_ms(loop);
    for (size_t i = 0; i < worker->listener_count; i++)
        flarei_listener_drain(&worker->listeners[i]);
    worker->state = FLAREI_WORKER_DRAINING;
    if (worker->has_guest && worker->server->guest->drain != NULL)
        worker->server->guest->drain(loop, worker->index, worker->server->guest->context);
    flare_timer_set(loop, &worker->drain_timer, (uint64_t)worker->server->options.drain_seconds * 1000);
    for (struct flarei_link *at = worker->connections.next; at != &worker->connections; at = next) {
        next = at->next;
        flarei_connection_drain(FLARE_OWNER(at, struct flarei_connection, place));
    }
    flarei_worker_maybe_drained(worker);
}

void flarei_worker_report(struct flarei_worker *worker)
{
    const struct flarei_counters *counters = &worker->counters;
    const uint64_t ms = worker->drain_start_ms ? flare_loop_now_ms(worker->loop) - worker->drain_start_ms : 0;
    flarei_log_line line;

    flarei_log_begin(&line, FLARE_LOG_INFO, FLARE_STR("worker ended"));
    flarei_log_add_u64(&line, "worker", worker->index + worker->server->first_worker);
    flarei_log_add_u64(&line, "accepted", counters->accepted);
    flarei_log_add_u64(&line, "served", counters->served);
    flarei_log_add_u64(&line, "drained",
                       worker->drain_start_ms ? counters->served - worker->served_before_drain : 0);
    flarei_log_add_u64(&line, "idle_closed", counters->idle_closed);
    flarei_log_add_u64(&line, "aborted", counters->aborted);
    flarei_log_add_u64(&line, "drain_ms", ms);
    flarei_log_end(&line);
}
