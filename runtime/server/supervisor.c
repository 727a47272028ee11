#include "server/supervisor.h"

#include "base/shared.h"
#include "loop/loop.h"
#include "net/sys.h"
#include "server/inherited.h"
#include "server/notify.h"

#include <flare/gen_session.h>
#include <flare/log.h>
#include <flare/memory.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* A worker that has served for a while is replaced at once; one that keeps ending waits longer each time. */
enum { STEADY_MS = 10000, BACKOFF_MS = 100, BACKOFF_DOUBLINGS = 7 };

#define SHARED_MAX_BYTES ((size_t)256 << 20)
#define SHARED_MIN_BYTES ((size_t)1 << 20)

struct supervisor;

/* One address: a socket a worker, or one that all share. */
struct place {
    flare_listener *sockets;
    size_t count;
    char prefix[sizeof "proxy:tls:"];
};

struct child {
    struct supervisor *supervisor;
    flare_watch ear; /* of what it notifies */
    flare_timer retry;
    pid_t pid; /* 0: it does not run */
    unsigned failures;
    uint64_t began_ms;
    bool ready;
    bool alive; /* it said so since the manager was told */
};

struct supervisor {
    struct flarei_settings *settings;
    const flare_service *service;
    flare_loop *loop;
    struct place places[FLAREI_ADDRESSES_MAX];
    char addresses[FLAREI_ADDRESSES_MAX][sizeof "proxy:tls:fd:1234567890"];
    struct child *children;
    size_t place_count;
    size_t child_count;
    size_t running;
    int notify;
    flare_timer turn; /* of the tickets' keys */
    int status;
    bool serving; /* all were ready once */
    bool stopping;
    struct flarei_share *share;
    void *shared; /* memory of all workers */
    size_t shared_bytes;
    struct child *self; /* in a worker's process, which this one became by a fork: who it is */
};

/* ---- Sockets ---- */

static bool complain(struct supervisor *supervisor, const char *text, const char *why)
{
    (void)fprintf(stderr, "%.*s: %s: %s\n", FLARE_STR_ARG(supervisor->service->name), text, why);
    supervisor->status = 1;
    return false;
}

static bool open_place(struct supervisor *supervisor, const char *text)
{
    const flare_options *options = &supervisor->settings->now->options;
    struct place *place = &supervisor->places[supervisor->place_count];
    const char *const behind = flarei_arguments_behind(flarei_arguments_behind(text, "proxy:"), "tls:");
    flare_listener_options how = {.group = FLARE_LISTENER_ALONE};
    const char *why = NULL;
    flare_address address;
    flare_err err;
    bool shared = true;

    place->sockets = flarei_calloc(supervisor->child_count, sizeof *place->sockets);
    if (place->sockets == NULL)
        return complain(supervisor, text, flare_err_text(FLARE_ERR_MEMORY));
    supervisor->place_count++;
    memcpy(place->prefix, text, (size_t)(behind - text));
    if (strncmp(behind, "fd:", 3) == 0) {
        err = flare_listener_adopt(&place->sockets[0], flarei_inherited_find(behind + 3));
    } else {
        err = flare_address_parse(flare_str_of(behind), &address, &why);
        shared = address.family == FLARE_ADDRESS_UNIX || options->listeners == FLARE_LISTENERS_SHARED ||
                 supervisor->child_count == 1;
        if (!shared)
            how.group = FLARE_LISTENER_FIRST;
        if (err == FLARE_OK)
            err = flare_listener_open(&place->sockets[0], &address, &how);
    }
    place->count = err == FLARE_OK;
    how.group = FLARE_LISTENER_JOIN;
    for (; err == FLARE_OK && !shared && place->count < supervisor->child_count; place->count++) {
        err = flare_listener_open(&place->sockets[place->count], &place->sockets[0].address, &how);
        if (err != FLARE_OK)
            break;
    }
    return err == FLARE_OK || complain(supervisor, text, why != NULL ? why : flare_err_text(err));
}

static void close_places(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->place_count; i++) {
        struct place *place = &supervisor->places[i];

        for (size_t k = 0; k < place->count; k++)
            flare_listener_close(&place->sockets[k]);
        flarei_free(place->sockets);
    }
    supervisor->place_count = 0;
}

static const flare_listener *socket_of(const struct place *place, size_t index)
{
    return &place->sockets[place->count > 1 ? index : 0];
}

static void announce_all(const struct supervisor *supervisor,
                         void (*announce)(const flare_service *service, const char *address))
{
    char text[FLARE_ADDRESS_TEXT_MAX_BYTES + sizeof "proxy:tls:"];

    for (size_t i = 0; i < supervisor->place_count; i++) {
        const struct place *place = &supervisor->places[i];
        const int length = snprintf(text, sizeof text, "%s", place->prefix);

        (void)flare_address_format(&place->sockets[0].address, text + length, sizeof text - (size_t)length);
        announce(supervisor->service, text);
    }
    (void)fflush(stdout);
}

/* ---- What workers have in common ---- */

/* Sessions that one process knows are none for the others. */
static bool sessions_fit(struct supervisor *supervisor)
{
    const struct flarei_sessions *const sessions = supervisor->service->sessions;

    for (size_t i = 0; sessions != NULL && supervisor->child_count > 1 && i < sessions->count; i++)
        if (sessions->items[i]->store->local)
            return complain(supervisor, "--supervise",
                            "sessions with `store: memory` are in one process, and workers are several: use "
                            "`store: redis`, signed cookies, or --workers 1");
    return true;
}

/* Keys that are over are forgotten here too, and a worker that begins later has those of its time. */
static void turn_tickets(struct supervisor *supervisor)
{
    if (!flarei_tls_tickets_turn(&supervisor->share->tickets, flarei_clock_monotonic()))
        flare_log(FLARE_LOG_ERROR, "TLS: no memory for the next keys of tickets");
}

static void turn_due(flare_loop *loop, flare_timer *timer)
{
    struct supervisor *supervisor = FLARE_OWNER(timer, struct supervisor, turn);

    turn_tickets(supervisor);
    flare_timer_set(loop, timer, (uint64_t)(supervisor->share->tickets.period_ns / FLARE_TIME_MILLISECOND));
}

static bool prepare_tickets(struct supervisor *supervisor)
{
    const flare_tls_options *const tls = supervisor->settings->now->options.tls;

    if (tls == NULL)
        return true;
    if (!flarei_tls_tickets_begin(&supervisor->share->tickets, tls->ticket_period_s))
        return complain(supervisor, "TLS", "no keys for tickets");
    supervisor->turn.callback = turn_due;
    flare_timer_set(supervisor->loop, &supervisor->turn,
                    (uint64_t)(supervisor->share->tickets.period_ns / FLARE_TIME_MILLISECOND));
    return true;
}

/* Address space, which costs nothing until it is written to; where that is short, less of it. */
static void prepare_memory(struct supervisor *supervisor)
{
    for (size_t bytes = SHARED_MAX_BYTES; bytes >= SHARED_MIN_BYTES; bytes /= 2) {
        void *const map = flarei_sys.mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                                          MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (map == MAP_FAILED)
            continue;
        supervisor->shared = map;
        supervisor->shared_bytes = bytes;
        flarei_shared_begin(map, bytes, (unsigned)supervisor->child_count);
        return;
    }
    flare_log(FLARE_LOG_WARN, "no memory that workers share: metrics and limits are each process's own");
}

static void release_memory(struct supervisor *supervisor)
{
    flarei_shared_end();
    if (supervisor->shared != NULL)
        (void)flarei_sys.munmap(supervisor->shared, supervisor->shared_bytes);
}

/* ---- Workers ---- */

/* In the new process, outside of the loop: keeps its share of the sockets, and nothing else of the
 * supervisor's. */
static void become_worker(struct supervisor *supervisor)
{
    const size_t index = (size_t)(supervisor->self - supervisor->children);
    struct flarei_share *share = supervisor->share;

    flare_signals_close(supervisor->loop);
    for (size_t i = 0; i < supervisor->child_count; i++)
        if (flare_watch_active(&supervisor->children[i].ear))
            flare_loop_close(supervisor->loop, &supervisor->children[i].ear);
    flare_loop_destroy(supervisor->loop);
    supervisor->loop = NULL;
    if (supervisor->notify >= 0)
        flare_socket_close(supervisor->notify);
    for (size_t i = 0; i < supervisor->place_count; i++) {
        const struct place *place = &supervisor->places[i];
        const int fd = socket_of(place, index)->fd;

        for (size_t k = 0; k < place->count; k++)
            if (place->sockets[k].fd != fd)
                flare_socket_close(place->sockets[k].fd);
        (void)snprintf(supervisor->addresses[i], sizeof supervisor->addresses[i], "%sfd:%d", place->prefix,
                       fd);
        share->listen[i] = supervisor->addresses[i];
        flarei_free(place->sockets);
    }
    share->listen_count = supervisor->place_count;
    share->index = (unsigned)index;
    flarei_shared_enter(share->index);
}

/* Each failure in a row makes the next pause twice as long. */
static uint64_t pause_of(struct child *child)
{
    const unsigned failures = child->failures > 0 ? child->failures : 1;

    child->failures = failures < BACKOFF_DOUBLINGS ? failures + 1 : failures;
    return (uint64_t)BACKOFF_MS << (failures - 1);
}

/* What the system lacks just now it may have in a while; the other workers serve on. */
static void start_later(struct child *child, int error)
{
    const uint64_t delay_ms = pause_of(child);
    const char *const why =
        error == EAGAIN ? "the limit of processes is reached" : flare_err_text(flarei_err_from_errno(error));
    flarei_log_line line;

    flarei_log_begin(&line, FLARE_LOG_ERROR, FLARE_STR("a worker can't be started and is tried again"));
    flarei_log_add_u64(&line, "worker", (uint64_t)(child - child->supervisor->children));
    flarei_log_add(&line, "error", flare_str_of(why));
    flarei_log_add_u64(&line, "delay_ms", delay_ms);
    flarei_log_end(&line);
    flare_timer_set(child->supervisor->loop, &child->retry, delay_ms);
}

/* In the new process the loop is left at once. */
static void start_child(struct child *child)
{
    struct supervisor *supervisor = child->supervisor;
    int ends[2];
    pid_t pid;
    flare_err err;

    if (supervisor->self != NULL)
        return;
    if (supervisor->settings->now->options.tls != NULL)
        turn_tickets(supervisor);
    child->ready = false;
    child->alive = false;
    child->began_ms = flare_loop_now_ms(supervisor->loop);
    if (flarei_sys.socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
        start_later(child, errno);
        return;
    }
    pid = flarei_sys.fork_worker();
    if (pid == 0) {
        flare_socket_close(ends[0]);
        supervisor->self = child;
        supervisor->share->notify = ends[1];
        flare_loop_stop(supervisor->loop);
        return;
    }
    if (pid < 0) {
        start_later(child, errno);
        flare_socket_close(ends[0]);
        flare_socket_close(ends[1]);
        return;
    }
    flare_socket_close(ends[1]);
    child->ear.fd = ends[0];
    child->ear.want = FLARE_READ;
    err = flare_loop_add(supervisor->loop, &child->ear);
    if (err != FLARE_OK) { /* it serves, and nobody hears that it does */
        flare_log(FLARE_LOG_ERROR, "worker %zu: %s", (size_t)(child - supervisor->children),
                  flare_err_text(err));
        flare_socket_close(ends[0]);
    }
    child->pid = pid;
    supervisor->running++;
}

static void retry_due(flare_loop *loop, flare_timer *timer)
{
    struct child *child = FLARE_OWNER(timer, struct child, retry);

    (void)loop;
    start_child(child);
}

static void all_ready(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->child_count; i++)
        if (!supervisor->children[i].ready)
            return;
    if (!supervisor->serving && !supervisor->stopping)
        flarei_notify_say(supervisor->notify, "READY=1\nSTATUS=serving");
    supervisor->serving = true;
}

/* The manager hears that the service is alive while each of its processes is. */
static void all_alive(struct supervisor *supervisor)
{
    if (!supervisor->serving)
        return;
    for (size_t i = 0; i < supervisor->child_count; i++)
        if (supervisor->children[i].pid > 0 && !supervisor->children[i].alive)
            return;
    for (size_t i = 0; i < supervisor->child_count; i++)
        supervisor->children[i].alive = false;
    flarei_notify_say(supervisor->notify, "WATCHDOG=1");
}

static void ear_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct child *child = FLARE_OWNER(watch, struct child, ear);
    char message[256];

    (void)loop, (void)ready;
    while (flare_socket_receive(watch->fd, message, sizeof message) > 0) {
        child->ready |= strncmp(message, "READY=1", 7) == 0;
        child->alive |= strncmp(message, "WATCHDOG=1", 10) == 0;
    }
    all_ready(child->supervisor);
    all_alive(child->supervisor);
}

static void stop_all(struct supervisor *supervisor, int number)
{
    if (!supervisor->stopping)
        flarei_notify_say(supervisor->notify, "STOPPING=1\nSTATUS=draining");
    supervisor->stopping = true;
    for (size_t i = 0; i < supervisor->child_count; i++) {
        flare_timer_cancel(supervisor->loop, &supervisor->children[i].retry);
        if (supervisor->children[i].pid > 0)
            (void)flarei_sys.kill(supervisor->children[i].pid, number);
    }
    close_places(supervisor); /* each worker has its own: when it closes them nobody listens */
    if (supervisor->running == 0)
        flare_loop_stop(supervisor->loop);
}

/* ---- Ends ---- */

static void log_end(const struct child *child, int how, uint64_t delay_ms)
{
    flarei_log_line line;

    flarei_log_begin(&line, FLARE_LOG_ERROR, FLARE_STR("a worker ended and is started again"));
    flarei_log_add_u64(&line, "worker", (uint64_t)(child - child->supervisor->children));
    flarei_log_add_u64(&line, "process", (uint64_t)child->pid);
    if (WIFSIGNALED(how))
        flarei_log_add_u64(&line, "signal", (uint64_t)WTERMSIG(how));
    else
        flarei_log_add_u64(&line, "status", (uint64_t)WEXITSTATUS(how));
    flarei_log_add_u64(&line, "delay_ms", delay_ms);
    flarei_log_end(&line);
}

static uint64_t delay_of(struct child *child)
{
    const uint64_t lived_ms = flare_loop_now_ms(child->supervisor->loop) - child->began_ms;

    if (lived_ms < STEADY_MS && child->failures > 0)
        return pause_of(child);
    child->failures = 1;
    return 0;
}

static void child_ended(struct child *child, int how)
{
    struct supervisor *supervisor = child->supervisor;
    const bool ready = child->ready;

    supervisor->running--;
    if (flare_watch_active(&child->ear))
        flare_loop_close(supervisor->loop, &child->ear);
    child->ready = false;
    if (supervisor->stopping) {
        if (WIFSIGNALED(how) ? WTERMSIG(how) != SIGTERM : WEXITSTATUS(how) != 0)
            supervisor->status = supervisor->status != 0 ? supervisor->status : 1;
        if (supervisor->running == 0)
            flare_loop_stop(supervisor->loop);
    } else if (!supervisor->serving && !ready && WIFEXITED(how)) {
        supervisor->status = WEXITSTATUS(how) != 0 ? WEXITSTATUS(how) : 1; /* it can't start, and said why */
        child->pid = 0;
        stop_all(supervisor, SIGTERM);
    } else {
        const uint64_t delay_ms = delay_of(child);

        log_end(child, how, delay_ms);
        flare_timer_set(supervisor->loop, &child->retry, delay_ms);
    }
    child->pid = 0;
}

static void reap(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->child_count; i++) {
        struct child *child = &supervisor->children[i];
        int how;

        if (child->pid <= 0 || flarei_sys.waitpid(child->pid, &how, WNOHANG) != child->pid)
            continue;
        if (flare_watch_active(&child->ear))
            ear_ready(supervisor->loop, &child->ear, FLARE_READ);
        child_ended(child, how);
    }
}

static void signal_came(flare_loop *loop, void *context, int number)
{
    struct supervisor *supervisor = context;

    (void)loop;
    if (supervisor->self != NULL)
        return;
    switch (number) {
    case SIGCHLD:
        reap(supervisor);
        break;
    case SIGHUP:
        if (flarei_settings_log(supervisor->settings) != FLARE_OK)
            flare_log(FLARE_LOG_ERROR, "%s: can't be opened", supervisor->settings->now->log_file);
        for (size_t i = 0; i < supervisor->child_count; i++)
            if (supervisor->children[i].pid > 0)
                (void)flarei_sys.kill(supervisor->children[i].pid, SIGHUP);
        break;
    default:
        stop_all(supervisor, SIGTERM);
        break;
    }
}

/* ---- All of it ---- */

static bool prepare(struct supervisor *supervisor)
{
    const struct flarei_arguments *arguments = supervisor->settings->now;
    const unsigned workers = arguments->options.workers;

    supervisor->child_count = workers > 0 ? workers : flare_worker_cores();
    supervisor->children = flarei_calloc(supervisor->child_count, sizeof *supervisor->children);
    /* poll keeps nothing in the system that a fork would share. */
    if (supervisor->children == NULL || flare_loop_create(&supervisor->loop, FLARE_LOOP_POLL) != FLARE_OK)
        return complain(supervisor, "--supervise", flare_err_text(FLARE_ERR_MEMORY));
    for (size_t i = 0; i < supervisor->child_count; i++) {
        supervisor->children[i].supervisor = supervisor;
        supervisor->children[i].retry.callback = retry_due;
        supervisor->children[i].ear.callback = ear_ready;
    }
    if (!sessions_fit(supervisor))
        return false;
    for (size_t i = 0; i < arguments->listen_count; i++)
        if (!open_place(supervisor, arguments->listen[i]))
            return false;
    return prepare_tickets(supervisor);
}

static void run(struct supervisor *supervisor)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    const char *const ear = getenv("NOTIFY_SOCKET");

    supervisor->notify = ear != NULL ? flarei_notify_connect(ear) : -1;
    if (flare_signals_open(supervisor->loop, signals, sizeof signals / sizeof *signals, signal_came,
                           supervisor) != FLARE_OK) {
        (void)complain(supervisor, "--supervise", "signals can't be caught");
        return;
    }
    flarei_signals_let_come();
    flare_loop_update_now(supervisor->loop);
    for (size_t i = 0; i < supervisor->child_count; i++)
        start_child(&supervisor->children[i]);
    if (flare_loop_run(supervisor->loop) != FLARE_OK)
        supervisor->status = 1;
    if (supervisor->self != NULL)
        become_worker(supervisor);
}

bool flarei_supervise(struct flarei_settings *settings, const flare_service *service,
                      void (*announce)(const flare_service *service, const char *address),
                      struct flarei_share *share, int *status)
{
    static struct supervisor supervisor; /* a worker's addresses are in it */

    supervisor = (struct supervisor){.settings = settings, .service = service, .notify = -1, .share = share};
    if (prepare(&supervisor)) {
        flarei_signals_hold(false);
        announce_all(&supervisor, announce);
        flare_log_setup(&(flare_log_options){
            .mode = settings->now->options.log, .level = FLARE_LOG_INFO, .descriptor = 2});
        prepare_memory(&supervisor);
        if (flarei_settings_log(settings) == FLARE_OK)
            run(&supervisor);
        else
            (void)complain(&supervisor, settings->now->log_file, "can't be opened");
    }
    *status = supervisor.status;
    if (supervisor.self == NULL) {
        close_places(&supervisor);
        release_memory(&supervisor);
        flarei_tls_tickets_forget(&share->tickets);
        flare_signals_close(supervisor.loop);
        flare_loop_destroy(supervisor.loop);
    }
    flarei_free(supervisor.children);
    return supervisor.self != NULL;
}
