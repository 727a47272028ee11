#include "server/worker.h"

#include "server/connection.h"
#include "server/crash.h"
#include "server/exchange.h"
#include "server/h2.h"
#include "server/listener.h"
#include "server/secure.h"
#include "server/trust.h"
#include "server/websocket.h"

#include <flare/gen_session.h>
#include <flare/log.h>
#include <flare/memory.h>

enum {
    TRIM_MS = 10000, /* pools give back what they did not need for so long */
    KEEP_BUFFERS = 4,
    KEEP_CONNECTIONS = 64
};

/* ---- The date ---- */

void flarei_worker_date(struct flarei_worker *worker)
{
    worker->date = flare_http_date_line(&worker->dates, flare_loop_wall_s(worker->loop));
}

/* ---- Sites: pools ---- */

static void pool_init(flare_pool *pool, struct flarei_site *site, uint32_t keep,
                      flare_pool_item *(*make)(void *site), void (*destroy)(flare_pool_item *item))
{
    *pool = (flare_pool){.keep = keep, .make = make, .destroy = destroy, .context = site};
}

static void site_init(struct flarei_site *site, struct flarei_worker *worker,
                      const struct flarei_served *served)
{
    site->served = served;
    site->worker = worker;
    pool_init(&site->connections, site, KEEP_CONNECTIONS, flarei_connection_make, flare_pool_item_free);
    pool_init(&site->inputs, site, KEEP_BUFFERS, flarei_in_buffer_make, flare_pool_item_free);
    pool_init(&site->outputs, site, KEEP_BUFFERS, flarei_out_buffer_make, flarei_out_buffer_destroy);
    pool_init(&site->exchanges, site, KEEP_BUFFERS, flarei_exchange_make, flarei_exchange_destroy);
    pool_init(&site->h2_requests, site, KEEP_BUFFERS, flarei_h2_request_make, flare_pool_item_free);
}

static void site_clear(struct flarei_site *site)
{
    flare_pool_clear(&site->connections);
    flare_pool_clear(&site->inputs);
    flarei_out_buffers_clear(site);
    flare_pool_clear(&site->outputs);
    flare_pool_clear(&site->exchanges);
    flare_pool_clear(&site->h2_requests);
    flarei_h2_blocks_clear(&site->h2_blocks);
}

static bool site_trim(struct flarei_site *site)
{
    const bool connections = flare_pool_trim(&site->connections);
    const bool inputs = flare_pool_trim(&site->inputs);
    const bool outputs = flare_pool_trim(&site->outputs);
    const bool exchanges = flare_pool_trim(&site->exchanges);
    const bool h2_requests = flare_pool_trim(&site->h2_requests);
    const bool h2_blocks = flarei_h2_blocks_trim(&site->h2_blocks);

    return connections || inputs || outputs || exchanges || h2_requests || h2_blocks;
}

/* An idle worker does not wake up: the timer goes on only while there is something to give back or somebody
 * there. */
static void trim_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_worker *worker = FLARE_OWNER(timer, struct flarei_worker, trim_timer);
    bool trimmed = false;

    for (size_t i = 0; i < worker->site_count; i++)
        trimmed |= site_trim(&worker->sites[i]);
    if (trimmed || worker->connection_count > 0)
        flare_timer_set(loop, timer, TRIM_MS);
}

void flarei_worker_connection_began(struct flarei_worker *worker, struct flarei_site *site)
{
    worker->connection_count++;
    worker->counters.accepted++;
    site->connection_count++;
    if (!flare_timer_active(&worker->trim_timer))
        flare_timer_set(worker->loop, &worker->trim_timer, TRIM_MS);
}

void flarei_worker_connection_ended(struct flarei_worker *worker, struct flarei_site *site)
{
    worker->connection_count--;
    site->connection_count--;
    if (FLARE_UNLIKELY(site->full)) {
        site->full = false;
        for (size_t i = 0; i < worker->listener_count; i++)
            if (worker->listeners[i].site == site)
                flarei_listener_resume(&worker->listeners[i]);
    }
    if (FLARE_UNLIKELY(worker->state == FLAREI_WORKER_DRAINING))
        flarei_worker_maybe_drained(worker);
}

/* ---- Its life ---- */

static void ended(flare_loop *control, flare_task *task)
{
    struct flarei_worker *worker = FLARE_OWNER(task, struct flarei_worker, done_task);

    if (worker->failure != FLARE_OK)
        flare_server_stop(worker->server);
    if (--worker->server->threads == 0)
        flare_loop_stop(control);
}

flare_err flarei_worker_open_states(struct flarei_worker *worker)
{
    for (size_t i = 0; i < worker->site_count; i++) {
        struct flarei_site *site = &worker->sites[i];
        const flare_service *service = site->served->service;

        if (service->worker_open == NULL)
            continue;
        site->worker_state = service->worker_open(site->served->state);
        if (site->worker_state == NULL) {
            flare_log(FLARE_LOG_ERROR, "the state of a worker of %.*s could not be opened",
                      FLARE_STR_ARG(service->name));
            return FLARE_ERR_STATE;
        }
    }
    return FLARE_OK;
}

static void leave_sessions(const struct flarei_sessions *sessions, flare_loop *loop)
{
    sessions->calls->leave(sessions, loop);
}

/* Once no connection is left, whose after-phases might use them; and what sessions have on this loop. */
static void close_states(struct flarei_worker *worker)
{
    for (size_t i = 0; i < worker->site_count && worker->sites != NULL; i++) {
        struct flarei_site *site = &worker->sites[i];

        if (site->worker_state != NULL && site->served->service->worker_close != NULL)
            site->served->service->worker_close(site->worker_state);
        site->worker_state = NULL;
        if (site->served != NULL && site->served->service->sessions != NULL)
            leave_sessions(site->served->service->sessions, worker->loop);
    }
}

static flare_err open_guest(struct flarei_worker *worker)
{
    const flare_server_guest *const guest = worker->server->guest;
    flare_err err;

    if (guest == NULL)
        return FLARE_OK;
    err = guest->open(worker->loop, worker->index, guest->context);
    worker->has_guest = err == FLARE_OK;
    if (err != FLARE_OK)
        flare_log(FLARE_LOG_ERROR, "the guest of worker %u: %s", worker->index, flare_err_text(err));
    return err;
}

static void close_guest(struct flarei_worker *worker)
{
    const flare_server_guest *const guest = worker->server->guest;

    if (worker->has_guest && guest->close != NULL)
        guest->close(worker->loop, worker->index, guest->context);
    worker->has_guest = false;
}

flare_err flarei_worker_run(struct flarei_worker *worker)
{
    flare_err err;

    flarei_crash_enter(worker);
    err = flarei_worker_open_states(worker);
    if (err == FLARE_OK)
        err = open_guest(worker);
    for (size_t i = 0; i < worker->listener_count && err == FLARE_OK; i++)
        err = flarei_listener_start(&worker->listeners[i]);
    if (err == FLARE_OK)
        err = flare_loop_run(worker->loop);
    close_guest(worker);
    worker->failure = err;
    flarei_crash_leave(worker);
    flarei_worker_report(worker);
    return err;
}

flare_loop *flare_request_loop(const flare_request *rq)
{
    return ((const struct flarei_connection *)rq->connection)->site->worker->loop;
}

/* What the thread does. */
static void serve(void *context)
{
    struct flarei_worker *worker = context;

    (void)flarei_worker_run(worker);
    flare_loop_post(worker->server->control, &worker->done_task);
}

flare_err flarei_worker_launch(struct flarei_worker *worker)
{
    char name[] = "flare 0000";
    const flare_worker_options options = {.name = name,
                                          .pin = worker->server->options.pin,
                                          .core = worker->index + worker->server->first_worker};

    for (unsigned i = 0, left = worker->index; i < 4; i++, left /= 10)
        name[sizeof name - 2 - i] = (char)('0' + left % 10);
    return flare_worker_start(&worker->thread, &options, serve, worker);
}

static struct flarei_site *site_of(struct flarei_worker *worker, const struct flarei_served *served)
{
    struct flarei_site *site = worker->sites;

    while (site->served != served)
        site++;
    return site;
}

static flare_err open_all(struct flarei_worker *worker, flare_server *server)
{
    flare_err err = FLARE_OK;

    if (server->alone)
        worker->loop = server->control;
    else
        err = flare_loop_create(&worker->loop, server->options.poll ? FLARE_LOOP_POLL : FLARE_LOOP_DEFAULT);
    for (size_t i = 0; i < server->served_count; i++) {
        site_init(&worker->sites[i], worker, server->served[i]);
        if (server->served[i]->service->websockets != NULL)
            worker->websockets = server->served[i]->service->websockets;
    }
    if (worker->websockets != NULL)
        worker->websockets->open(worker);
    for (size_t i = 0; i < server->endpoint_count && err == FLARE_OK; i++) {
        struct flarei_endpoint *endpoint = server->endpoints[i];

        worker->listener_count++;
        err = flarei_listener_prepare(&worker->listeners[i], site_of(worker, endpoint->served), endpoint);
    }
    return err;
}

flare_err flarei_worker_new(flare_server *server, unsigned index, struct flarei_worker **out)
{
    struct flarei_worker *worker = flarei_calloc(1, sizeof *worker);
    flare_err err = FLARE_ERR_MEMORY;

    if (worker == NULL)
        return err;
    flarei_link_init(&worker->connections);
    flarei_link_init(&worker->works);
    flarei_link_init(&worker->unsent);
    flarei_link_init(&worker->stirred);
    worker->server = server;
    worker->index = index;
    worker->expose_errors = server->options.expose_errors;
    worker->site_count = server->served_count;
    worker->sites = flarei_calloc(server->served_count, sizeof *worker->sites);
    worker->listeners = flarei_calloc(server->endpoint_count, sizeof *worker->listeners);
    worker->drain_task.callback = flarei_worker_drain;
    worker->cut_task.callback = flarei_worker_cut;
    worker->done_task.callback = ended;
    worker->pulse_task.callback = flarei_notify_pulse;
    worker->drain_timer.callback = flarei_worker_drain_due;
    worker->trim_timer.callback = trim_due;
    worker->free_timer.callback = flarei_out_buffer_free_due;
    flare_http_date_init(&worker->dates);
    flarei_secure_worker(worker);
    flarei_trust_worker(worker);
    if (worker->sites != NULL && worker->listeners != NULL)
        err = open_all(worker, server);
    if (err == FLARE_OK)
        *out = worker;
    else
        flarei_worker_free(worker);
    return err;
}

void flarei_worker_free(struct flarei_worker *worker)
{
    if (worker == NULL)
        return;
    for (size_t i = 0; i < worker->listener_count; i++)
        flarei_listener_stop(&worker->listeners[i]);
    while (!flarei_link_alone(&worker->connections))
        flarei_connection_close(FLARE_OWNER(worker->connections.next, struct flarei_connection, place));
    while (!flarei_link_alone(&worker->works) || worker->sockets_at_work != 0) /* of a loop that failed */
        (void)flare_loop_run_once(worker->loop, 100);
    close_states(worker);
    if (worker->upstreams != NULL)
        worker->close_upstreams(worker);
    if (worker->fibers != NULL)
        worker->close_fibers(worker);
    for (size_t i = 0; i < worker->site_count && worker->sites != NULL; i++)
        site_clear(&worker->sites[i]);
    flarei_secure_worker_free(worker);
    flarei_trust_worker_free(worker);
    if (worker->loop != NULL) {
        flare_timer_cancel(worker->loop, &worker->stir_timer);
        flare_timer_cancel(worker->loop, &worker->free_timer);
    }
    if (worker->websockets != NULL)
        worker->websockets->close(worker);
    if (!worker->server->alone)
        flare_loop_destroy(worker->loop);
    flarei_free(worker->listeners);
    flarei_free(worker->sites);
    flarei_free(worker);
}
