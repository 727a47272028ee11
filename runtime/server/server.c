#include "server/server.h"

#include "loop/loop.h"
#include "server/inherited.h"
#include "server/notify.h"
#include "server/secure.h"
#include "server/trust.h"
#include "server/worker.h"

#include <flare/gen_session.h>
#include <flare/log.h>
#include <flare/memory.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

/* No machine has more, and a wrong number should not start a million threads. */
enum { WORKERS_MAX = 1024, BLOCKING_THREADS = 64, BLOCKING_THREADS_MAX = 4096 };

/* An input buffer must hold a head. */
enum { HEAD_MAX_BYTES = 1 << 30 };

/* RFC 9113, section 6.9.1 and 6.9.2: the largest window, and the one that a connection begins with. */
enum { WINDOW_MAX_BYTES = INT32_MAX, WINDOW_LEAST_BYTES = 65535 };

static flare_err fail(flare_server *server, flare_err err, const char *format, ...) FLARE_PRINTF(3, 4);

static flare_err fail(flare_server *server, flare_err err, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(server->error, sizeof server->error, format, arguments);
    va_end(arguments);
    return err;
}

/* ---- Stopping: from the control loop to the workers ---- */

static void drain_all(flare_server *server)
{
    if (server->draining)
        return;
    server->draining = true;
    flarei_notify_stopping(server);
    for (size_t i = 0; i < server->worker_count; i++)
        if (server->workers[i]->running)
            flare_loop_post(server->workers[i]->loop, &server->workers[i]->drain_task);
}

static void delay_over(flare_loop *loop, flare_timer *timer)
{
    (void)loop;
    drain_all(FLARE_OWNER(timer, flare_server, delay_timer));
}

/* From here on ready() says no; requests are taken all the same until the delay is over, so that whoever
 * sends them has time to see it. */
static void stop(flare_server *server)
{
    if (atomic_exchange(&server->serving.stopping, true) || server->options.drain_delay_seconds == 0)
        drain_all(server);
    else
        flare_timer_set(server->control, &server->delay_timer,
                        (uint64_t)server->options.drain_delay_seconds * 1000);
}

static void cut_all(flare_server *server)
{
    if (server->cut_short)
        return;
    server->cut_short = true;
    for (size_t i = 0; i < server->worker_count; i++)
        if (server->workers[i]->running)
            flare_loop_post(server->workers[i]->loop, &server->workers[i]->cut_task);
}

static void stop_posted(flare_loop *loop, flare_task *task)
{
    (void)loop;
    stop(FLARE_OWNER(task, flare_server, stop_task));
}

/* ---- Sessions ---- */

static struct flarei_session_keys keys_of(const flare_server *server)
{
    return (struct flarei_session_keys){server->options.session_key_file, server->options.session_keys};
}

static void reload_sessions(flare_server *server)
{
    const struct flarei_session_keys keys = keys_of(server);

    for (size_t i = 0; i < server->served_count; i++) {
        const struct flarei_sessions *const sessions = server->served[i]->service->sessions;

        if (sessions == NULL)
            continue;
        if (sessions->calls->reload(sessions, &keys, server->error, sizeof server->error) == FLARE_OK)
            flare_log(FLARE_LOG_INFO, "the keys of sessions were read again");
        else
            flare_log(FLARE_LOG_ERROR, "the keys of sessions stay as they were: %s", server->error);
    }
}

static void reload(flare_server *server)
{
    flarei_notify_reloading(server);
    if (server->reloading != NULL)
        server->reloading(server->reloading_context);
    flarei_secure_reload(server);
    reload_sessions(server);
    flarei_notify_ready(server);
}

static void signal_came(flare_loop *loop, void *context, int number)
{
    flare_server *server = context;

    (void)loop;
    if (number == SIGHUP)
        reload(server);
    else if (server->draining)
        cut_all(server);
    else
        stop(server);
}

static void reload_posted(flare_loop *loop, flare_task *task)
{
    flare_server *server = FLARE_OWNER(task, flare_server, reload_task);

    (void)loop;
    atomic_store(&server->reload_asked, false);
    reload(server);
}

void flare_server_reload(flare_server *server)
{
    const int before = errno; /* which a signal handler must leave alone */

    if (!atomic_exchange(&server->reload_asked, true))
        flare_loop_post(server->control, &server->reload_task);
    errno = before;
}

void flare_server_stop(flare_server *server)
{
    const int before = errno; /* which a signal handler must leave alone */

    if (!atomic_exchange(&server->stop_asked, true))
        flare_loop_post(server->control, &server->stop_task);
    errno = before;
}

/* ---- Making and freeing ---- */

flare_err flare_server_new(const flare_options *options, flare_server **out)
{
    static const flare_options defaults = FLARE_OPTIONS_DEFAULT;
    flare_server *server = flarei_calloc(1, sizeof *server);
    flare_err err;

    *out = NULL;
    if (server == NULL)
        return FLARE_ERR_MEMORY;
    server->options = options ? *options : defaults;
    server->stop_task.callback = stop_posted;
    server->reload_task.callback = reload_posted;
    server->delay_timer.callback = delay_over;
    (void)pthread_mutex_init(&server->tls_lock, NULL);
    (void)pthread_mutex_init(&server->trust_lock, NULL);
    if (server->options.workers == 0)
        server->options.workers = flare_worker_cores();
    if (server->options.workers > WORKERS_MAX)
        server->options.workers = WORKERS_MAX;
    server->notify.fd = -1;
    if (server->options.blocking_threads == 0)
        server->options.blocking_threads = BLOCKING_THREADS;
    if (server->options.blocking_threads > BLOCKING_THREADS_MAX)
        server->options.blocking_threads = BLOCKING_THREADS_MAX;
    server->alone = server->options.workers == 1 && !server->options.pin;
    err = flarei_trust_make(&server->options, &server->trust);
    if (err == FLARE_OK)
        err =
            flare_loop_create(&server->control, server->options.poll ? FLARE_LOOP_POLL : FLARE_LOOP_DEFAULT);
    if (err != FLARE_OK) {
        flarei_trust_release(server->trust);
        flarei_free(server);
        return err;
    }
    flare_log_setup(
        &(flare_log_options){.mode = server->options.log, .level = FLARE_LOG_INFO, .descriptor = 2});
    *out = server;
    return FLARE_OK;
}

static void free_workers(flare_server *server)
{
    for (size_t i = 0; i < server->worker_count; i++)
        flarei_worker_free(server->workers[i]);
    flarei_free(server->workers);
    server->workers = NULL;
    server->worker_count = 0;
}

void flare_server_free(flare_server *server)
{
    if (server == NULL)
        return;
    free_workers(server);
    if (server->close_blocking != NULL)
        server->close_blocking(server);
    for (size_t i = 0; i < server->endpoint_count; i++) {
        flare_listener_close(&server->endpoints[i]->socket);
        flarei_free(server->endpoints[i]);
    }
    for (size_t i = 0; i < server->served_count; i++) {
        const flare_service *service = server->served[i]->service;

        if (service->state_close != NULL && service->state_open != NULL)
            service->state_close(server->served[i]->state);
        if (service->sessions != NULL)
            service->sessions->calls->close(service->sessions);
        flarei_free(server->served[i]);
    }
    flarei_secure_end(server);
    flarei_trust_release(server->trust);
    (void)pthread_mutex_destroy(&server->trust_lock);
    (void)pthread_mutex_destroy(&server->tls_lock);
    flare_loop_destroy(server->control);
    flarei_free(server);
}

/* ---- Services ---- */

#define LIMIT(field, usual) limits->field = limits->field ? limits->field : (usual)

static void fill_limits(flare_limits *limits)
{
    LIMIT(head_max_bytes, 16u << 10);
    LIMIT(uri_max_bytes, 8u << 10);
    LIMIT(headers_max, 100);
    LIMIT(body_max_bytes, 1u << 20);
    LIMIT(memory_max_bytes, 1u << 20);
    LIMIT(head_time_ms, 10000);
    LIMIT(body_time_ms, 30000);
    LIMIT(idle_time_ms, 60000);
    LIMIT(write_time_ms, 30000);
    LIMIT(time_ms, 30000);
    LIMIT(connections_max, 65536);
    LIMIT(streams_max, 100);
    LIMIT(window_bytes, 256u << 10);
    if (limits->window_bytes > WINDOW_MAX_BYTES)
        limits->window_bytes = WINDOW_MAX_BYTES;
    if (limits->head_max_bytes > HEAD_MAX_BYTES)
        limits->head_max_bytes = HEAD_MAX_BYTES;
    if (limits->headers_max > UINT16_MAX) /* what the codec can count */
        limits->headers_max = UINT16_MAX;
}

/* A connection's window lets four streams send at once, and none of them less than HTTP/2 begins with. */
static uint32_t window_of(const flare_limits *limits)
{
    const uint32_t window =
        limits->window_bytes < WINDOW_MAX_BYTES / 4 ? limits->window_bytes * 4 : WINDOW_MAX_BYTES;

    return window < WINDOW_LEAST_BYTES ? WINDOW_LEAST_BYTES : window;
}

static void served_limits(struct flarei_served *served)
{
    struct flarei_h1_limits h1 = FLAREI_H1_LIMITS_DEFAULT;

    if (served->service->limits != NULL)
        served->limits = *served->service->limits;
    fill_limits(&served->limits);
    h1.head_max_bytes = served->limits.head_max_bytes;
    h1.target_max_bytes = served->limits.uri_max_bytes;
    h1.field_max_count = served->limits.headers_max;
    served->h1 = h1;
    served->h2 =
        (struct flarei_h2_limits){.h1 = h1,
                                  .streams_max = served->limits.streams_max,
                                  .window_bytes = served->limits.window_bytes,
                                  .connection_window_bytes = window_of(&served->limits),
                                  .connect_protocol = (served->service->uses & FLAREI_WEBSOCKETS) != 0};
    served->input_bytes = (size_t)h1.head_max_bytes + FLAREI_INPUT_SLACK_BYTES;
}

static flare_err open_service(flare_server *server, const flare_service *service, struct flarei_served **out)
{
    struct flarei_served *served;

    if (service->abi != FLARE_GEN_ABI)
        return fail(server, FLARE_ERR_UNSUPPORTED,
                    "service %.*s was emitted for ABI %u, this runtime has %u: run flarec again",
                    FLARE_STR_ARG(service->name), (unsigned)service->abi, (unsigned)FLARE_GEN_ABI);
    if (server->served_count == FLAREI_ADDRESSES_MAX)
        return fail(server, FLARE_ERR_LIMIT, "a server has at most %d services", FLAREI_ADDRESSES_MAX);
    served = flarei_calloc(1, sizeof *served);
    if (served == NULL)
        return fail(server, FLARE_ERR_MEMORY, "out of memory");
    served->service = service;
    served_limits(served);
    if (service->sessions != NULL) {
        const struct flarei_session_keys keys = keys_of(server);
        const flare_err err =
            service->sessions->calls->open(service->sessions, &keys, server->error, sizeof server->error);

        if (err != FLARE_OK) {
            flarei_free(served);
            return err;
        }
    }
    if (service->state_open != NULL && (served->state = service->state_open()) == NULL) {
        if (service->sessions != NULL)
            service->sessions->calls->close(service->sessions);
        flarei_free(served);
        return fail(server, FLARE_ERR_STATE, "the state of %.*s could not be opened",
                    FLARE_STR_ARG(service->name));
    }
    server->served[server->served_count++] = served;
    *out = served;
    return FLARE_OK;
}

static struct flarei_served *find_served(const flare_server *server, const flare_service *service)
{
    for (size_t i = 0; i < server->served_count; i++)
        if (server->served[i]->service == service)
            return server->served[i];
    return NULL;
}

void *flare_server_state(const flare_server *server, const flare_service *service)
{
    const struct flarei_served *served = find_served(server, service);

    return served ? served->state : NULL;
}

/* ---- Addresses ---- */

static flare_err open_socket(flare_server *server, struct flarei_endpoint *endpoint, const char *text)
{
    const flare_options *options = &server->options;
    flare_listener_options how = {.group = FLARE_LISTENER_ALONE};
    flare_address address;
    const char *why = NULL;
    flare_err err = flare_address_parse(flare_str_of(text), &address, &why);

    if (err != FLARE_OK)
        return fail(server, err, "%s: %s", text, why);
    endpoint->shared = options->workers > 1 &&
                       (options->listeners == FLARE_LISTENERS_SHARED || address.family == FLARE_ADDRESS_UNIX);
    if (options->workers > 1 && !endpoint->shared)
        how.group = FLARE_LISTENER_FIRST;
    err = flare_listener_open(&endpoint->socket, &address, &how);
    return err == FLARE_OK ? err : fail(server, err, "%s: %s", text, flare_err_text(err));
}

/* One that somebody else opened, who may have given it to other processes too. */
static flare_err adopt_socket(flare_server *server, struct flarei_endpoint *endpoint, const char *text)
{
    const int fd = flarei_inherited_find(text + 3);
    flare_err err;

    if (fd < 0)
        return fail(server, FLARE_ERR_NOT_FOUND, "%s: no such socket was handed over", text);
    endpoint->shared = true;
    err = flare_listener_adopt(&endpoint->socket, fd);
    if (err == FLARE_ERR_ARGUMENT)
        return fail(server, err, "%s: not a stream socket that listens", text);
    return err == FLARE_OK ? err : fail(server, err, "%s: %s", text, flare_err_text(err));
}

static flare_err open_endpoint(flare_server *server, struct flarei_endpoint *endpoint, const char *text)
{
    size_t prefix;
    flare_err err;

    endpoint->socket.fd = -1;
    endpoint->proxy = strncmp(text, "proxy:", 6) == 0;
    if (endpoint->proxy && server->trust == NULL)
        return fail(server, FLARE_ERR_STATE, "%s: an address with proxy: needs a trusted proxy", text);
    text += endpoint->proxy ? 6 : 0;
    endpoint->secure = strncmp(text, "tls:", 4) == 0;
    if (endpoint->secure) {
        text += 4;
        err = flarei_secure_begin(server);
        if (err != FLARE_OK)
            return err;
    }
    if (strncmp(text, "fd:", 3) == 0)
        err = adopt_socket(server, endpoint, text);
    else
        err = open_socket(server, endpoint, text);
    if (err != FLARE_OK)
        return err;
    prefix = (size_t)snprintf(endpoint->text, sizeof endpoint->text, "%s%s", endpoint->proxy ? "proxy:" : "",
                              endpoint->secure ? "tls:" : "");
    (void)flare_address_format(&endpoint->socket.address, endpoint->text + prefix,
                               sizeof endpoint->text - prefix);
    return FLARE_OK;
}

flare_err flare_server_listen(flare_server *server, const flare_service *service, const char *address)
{
    struct flarei_endpoint *endpoint;
    struct flarei_served *served = find_served(server, service);
    flare_err err = FLARE_OK;

    if (server->ran)
        return fail(server, FLARE_ERR_STATE, "the server has run already");
    if (server->endpoint_count == FLAREI_ADDRESSES_MAX)
        return fail(server, FLARE_ERR_LIMIT, "a server has at most %d addresses", FLAREI_ADDRESSES_MAX);
    if (served == NULL)
        err = open_service(server, service, &served);
    if (err != FLARE_OK)
        return err;
    endpoint = flarei_calloc(1, sizeof *endpoint);
    if (endpoint == NULL)
        return fail(server, FLARE_ERR_MEMORY, "out of memory");
    endpoint->served = served;
    err = open_endpoint(server, endpoint, address);
    if (err == FLARE_OK)
        server->endpoints[server->endpoint_count++] = endpoint;
    else
        flarei_free(endpoint);
    return err;
}

const char *flare_server_address(const flare_server *server, size_t index)
{
    return index < server->endpoint_count ? server->endpoints[index]->text : NULL;
}

const char *flare_server_error(const flare_server *server)
{
    return server->error[0] != '\0' ? server->error : flare_err_text(FLARE_OK);
}

flare_err flare_server_set_guest(flare_server *server, const flare_server_guest *guest)
{
    if (server->ran)
        return fail(server, FLARE_ERR_STATE, "the server has run already");
    server->guest = guest;
    return FLARE_OK;
}

/* ---- Running ---- */

static flare_err make_workers(flare_server *server)
{
    const unsigned count = server->options.workers;
    flare_err err = FLARE_OK;

    server->workers = flarei_calloc(count, sizeof(struct flarei_worker *));
    if (server->workers == NULL)
        return fail(server, FLARE_ERR_MEMORY, "out of memory");
    for (unsigned i = 0; i < count && err == FLARE_OK; i++) {
        err = flarei_worker_new(server, i, &server->workers[i]);
        if (err == FLARE_OK)
            server->worker_count++;
    }
    if (err != FLARE_OK)
        (void)fail(server, err, "worker %zu: %s", server->worker_count, flare_err_text(err));
    return err;
}

/* Starts the threads. Those that began before one failed are cut. */
static flare_err launch_workers(flare_server *server)
{
    flare_err err = FLARE_OK;

    for (size_t i = 0; i < server->worker_count && err == FLARE_OK; i++) {
        err = flarei_worker_launch(server->workers[i]);
        if (err == FLARE_OK) {
            server->workers[i]->running = true;
            server->threads++;
        } else {
            (void)fail(server, err, "worker %zu: %s", i, flare_err_text(err));
        }
    }
    if (err != FLARE_OK)
        cut_all(server);
    return err;
}

/* Waits for the threads, and tells how all of it went. */
static flare_err join_workers(flare_server *server)
{
    flare_err err = FLARE_OK;

    for (size_t i = 0; i < server->worker_count; i++) {
        struct flarei_worker *worker = server->workers[i];

        flare_worker_join(worker->thread);
        worker->thread = NULL;
        worker->running = false;
        if (worker->failure != FLARE_OK)
            err = fail(server, worker->failure, "worker %zu: %s", i, flare_err_text(worker->failure));
        else if (worker->counters.aborted > 0 && err == FLARE_OK)
            err = fail(server, FLARE_ERR_TIMEOUT, "requests were cut off");
    }
    return err;
}

static flare_err serve_alone(flare_server *server)
{
    struct flarei_worker *worker = server->workers[0];

    worker->running = true;
    flarei_notify_begin(server);
    (void)flarei_worker_run(worker);
    return join_workers(server);
}

flare_err flarei_server_begin(flare_server *server, const flare_service *service)
{
    struct flarei_served *served;
    flare_err err = open_service(server, service, &served);

    server->ran = true;
    if (err == FLARE_OK)
        err = make_workers(server);
    if (err == FLARE_OK)
        err = flarei_worker_open_states(server->workers[0]);
    if (err == FLARE_OK)
        server->workers[0]->running = true;
    return err;
}

void flarei_server_end(flare_server *server)
{
    drain_all(server);
    (void)flare_loop_run(server->control);
    (void)join_workers(server);
    free_workers(server);
}

static flare_err serve_by_threads(flare_server *server)
{
    flare_err err = launch_workers(server);

    if (err == FLARE_OK) {
        flarei_notify_begin(server);
        err = flare_loop_run(server->control);
        if (err != FLARE_OK)
            cut_all(server);
    }
    const flare_err joined = join_workers(server);

    return err == FLARE_OK ? joined : err;
}

flare_err flare_server_run(flare_server *server)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    flare_err err;

    if (server->ran || server->endpoint_count == 0)
        return fail(server, FLARE_ERR_STATE,
                    server->ran ? "the server has run already" : "there is no address");
    server->ran = true;
    err = make_workers(server);
    if (err == FLARE_OK && server->options.handle_signals) {
        err = flare_signals_open(server->control, signals, sizeof signals / sizeof *signals, signal_came,
                                 server);
        if (err != FLARE_OK)
            (void)fail(server, err, "signals: %s", flare_err_text(err));
    }
    if (server->signals_held)
        flarei_signals_let_come();
    if (err == FLARE_OK) {
        err = server->alone ? serve_alone(server) : serve_by_threads(server);
        if (server->options.handle_signals)
            flare_signals_close(server->control);
    }
    flarei_notify_end(server);
    free_workers(server);
    return err;
}
