/* websocket_work.c - WebSockets whose functions take their time: on fibers, or on threads of the pool.
 *
 *                     a message                         it returned
 *     idle ------------------------------> busy ----------------------> the next one, or idle
 *
 * One message may wait for the one at work; then the socket is held, and nothing is read of its peer. A
 * socket outlives its connection until its functions have returned, the close function as the last.
 *
 * What a thread of the pool sends goes as letters to the socket's own thread, in order. It waits for nothing,
 * so a lock may be held meanwhile.
 */
#include "fiber/fiber.h"
#include "server/threads.h"
#include "server/websocket.h"
#include "server/worker.h"

#include <flare/log.h>
#include <flare/memory.h>

#include <pthread.h>

enum {
    ARENA_FIRST_BYTES = 4096,
    ARENA_LEAST_BYTES = 65536,
    KEPT_BYTES = 4096, /* of a message's memory, while none is there */
    AGAIN_MS = 50,     /* until there may be memory, or a thread, to close with */
    PEER_MS = 20       /* until the peer may have taken something */
};

struct letter {
    struct letter *next;
    enum flarei_ws_opcode opcode;
    unsigned code; /* of a Close */
    size_t length;
    char bytes[];
};

struct flarei_ws_work {
    flare_ws *ws;
    struct flarei_site *site;
    struct flarei_cancel cancel;
    flare_arena arena;
    flare_buffer message; /* at work */
    flare_buffer waiting;
    flare_timer deadline;
    struct flarei_job job;
    flare_task returned;
    bool is_text;
    bool waiting_is_text;
    bool waits;   /* there is one in `waiting` */
    bool busy;    /* a function is at work */
    bool ended;   /* the connection is gone */
    bool closing; /* the close function is at work, or could not be begun */
    bool unbegun; /* the latter */

    /* What threads send. The lock is of all but the task and the timer. */
    pthread_mutex_t lock;
    struct letter *first;
    struct letter **last;
    size_t posted_bytes;
    bool posted; /* the task, or the timer, is under way */
    bool shut;   /* nothing more can be sent */
    bool over;   /* all functions have returned: the task frees it */
    flare_task delivery;
    flare_timer again;
};

static struct flarei_websocket *owner_of(const flare_ws *ws)
{
    return FLARE_OWNER((uintptr_t)ws, struct flarei_websocket, ws);
}

static struct flarei_worker *worker_of(const struct flarei_ws_work *work)
{
    return work->site->worker;
}

static bool is_threaded(const struct flarei_ws_work *work)
{
    return work->ws->rule->way == &flarei_ws_blocking;
}

/* ---- A socket without a connection ---- */

static void gone_free(flare_ws *ws)
{
    flarei_websocket_release(owner_of(ws));
}

static flare_buffer *gone_output(flare_ws *ws)
{
    (void)ws;
    return NULL;
}

static size_t gone_unsent(const flare_ws *ws)
{
    (void)ws;
    return 0;
}

static void gone_written(flare_ws *ws)
{
    (void)ws;
}

static const struct flarei_ws_carrier gone = {
    .free = gone_free, .output = gone_output, .unsent = gone_unsent, .written = gone_written};

/* ---- Letters ---- */

static bool is_elsewhere(void)
{
    return flarei_threads_here();
}

static struct letter *letter_of(enum flarei_ws_opcode opcode, unsigned code, flare_str payload)
{
    struct letter *const letter = flarei_malloc(sizeof *letter + payload.len);

    if (letter == NULL)
        return NULL;
    *letter = (struct letter){.opcode = opcode, .code = code, .length = payload.len};
    if (payload.len != 0)
        memcpy(letter->bytes, payload.ptr, payload.len);
    return letter;
}

static bool has_room(const struct flarei_ws_work *work, size_t bytes)
{
    const size_t max = flarei_ws_send_max_bytes(work->ws);

    return work->posted_bytes == 0 || (work->posted_bytes < max && bytes <= max - work->posted_bytes);
}

static flare_err post(flare_ws *ws, enum flarei_ws_opcode opcode, unsigned code, flare_str payload)
{
    struct flarei_ws_work *const work = ws->work;
    struct letter *const letter = letter_of(opcode, code, payload);
    bool wake = false;
    flare_err err;

    if (letter == NULL)
        return FLARE_ERR_MEMORY;
    (void)pthread_mutex_lock(&work->lock);
    err = work->shut                                                  ? FLARE_ERR_CLOSED
          : opcode != FLAREI_WS_CLOSE && !has_room(work, payload.len) ? FLARE_ERR_AGAIN
                                                                      : FLARE_OK;
    if (err == FLARE_OK) {
        *work->last = letter;
        work->last = &letter->next;
        work->posted_bytes += payload.len;
        work->shut = opcode == FLAREI_WS_CLOSE;
        wake = !work->posted;
        work->posted = true;
    }
    (void)pthread_mutex_unlock(&work->lock);
    if (err != FLARE_OK)
        flarei_free(letter);
    if (wake)
        flare_loop_post(worker_of(work)->loop, &work->delivery);
    return err;
}

static size_t posted_bytes(const flare_ws *ws)
{
    struct flarei_ws_work *const work = ws->work;
    size_t bytes;

    (void)pthread_mutex_lock(&work->lock);
    bytes = work->posted_bytes;
    (void)pthread_mutex_unlock(&work->lock);
    return bytes;
}

static void shut(struct flarei_ws_work *work)
{
    (void)pthread_mutex_lock(&work->lock);
    work->shut = true;
    (void)pthread_mutex_unlock(&work->lock);
}

/* @return NULL when there is none: the next one posts the task again */
static struct letter *first_letter(struct flarei_ws_work *work)
{
    struct letter *letter;

    (void)pthread_mutex_lock(&work->lock);
    letter = work->first;
    work->posted = letter != NULL;
    (void)pthread_mutex_unlock(&work->lock);
    return letter;
}

static void drop_letter(struct flarei_ws_work *work, struct letter *letter)
{
    (void)pthread_mutex_lock(&work->lock);
    work->first = letter->next;
    if (work->first == NULL)
        work->last = &work->first;
    work->posted_bytes -= letter->length;
    (void)pthread_mutex_unlock(&work->lock);
    flarei_free(letter);
}

static void leave(struct flarei_ws_work *work);

static void deliver(struct flarei_ws_work *work)
{
    struct letter *letter;

    while ((letter = first_letter(work)) != NULL) {
        const flare_err err = flarei_ws_deliver(work->ws, letter->opcode, letter->code,
                                                (flare_str){letter->bytes, letter->length});

        if (err == FLARE_ERR_AGAIN) {
            flare_timer_set(worker_of(work)->loop, &work->again, PEER_MS);
            return;
        }
        if (err == FLARE_ERR_MEMORY) /* its sender goes on as if it were sent */
            (void)flare_ws_close(work->ws, FLAREI_WS_CODE_INTERNAL, FLARE_STR(""));
        if (err != FLARE_OK)
            shut(work);
        drop_letter(work, letter);
    }
    if (work->over)
        leave(work);
}

static void delivery_due(flare_loop *loop, flare_task *task)
{
    (void)loop;
    deliver(FLARE_OWNER(task, struct flarei_ws_work, delivery));
}

static void again_due(flare_loop *loop, flare_timer *timer)
{
    (void)loop;
    deliver(FLARE_OWNER(timer, struct flarei_ws_work, again));
}

/* ---- The functions ---- */

enum begun { BEGUN_NOT, BEGUN_WAITS, BEGUN_DONE };

static void go_on(struct flarei_ws_work *work);

static void call(struct flarei_ws_work *work)
{
    flare_ws *const ws = work->ws;

    if (work->closing)
        ws->rule->close(ws, ws->code);
    else
        ws->rule->message(ws, work->is_text, flarei_buffer_str(&work->message));
}

static void run_on_fiber(void *argument)
{
    call(argument);
    if (FLARE_UNLIKELY(flarei_fiber_current()->branches != 0))
        flarei_fiber_join_all();
}

static void returned(struct flarei_ws_work *work)
{
    flare_timer_cancel(worker_of(work)->loop, &work->deadline);
    go_on(work);
}

static void fiber_ended(void *argument)
{
    returned(argument);
}

static void run_on_thread(struct flarei_job *job)
{
    struct flarei_ws_work *const work = FLARE_OWNER(job, struct flarei_ws_work, job);

    call(work);
    flare_loop_post(worker_of(work)->loop, &work->returned);
}

static void thread_returned(flare_loop *loop, flare_task *task)
{
    (void)loop;
    returned(FLARE_OWNER(task, struct flarei_ws_work, returned));
}

static enum begun begin_fiber(struct flarei_ws_work *work)
{
    static const struct flarei_fiber_calls calls = {.run = run_on_fiber, .ended = fiber_ended};
    struct flarei_fibers *const fibers = flarei_worker_fibers(worker_of(work));
    enum flarei_fiber_state state;

    if (fibers == NULL || flarei_fiber_start(fibers, &calls, work, &work->cancel, &state) == NULL)
        return BEGUN_NOT;
    return state == FLAREI_FIBER_ENDED ? BEGUN_DONE : BEGUN_WAITS;
}

static enum begun begin_thread(struct flarei_ws_work *work)
{
    struct flarei_threads *const threads = flarei_server_threads(worker_of(work)->server);

    work->job = (struct flarei_job){.run = run_on_thread, .cancel = &work->cancel};
    return threads != NULL && flarei_threads_add(threads, &work->job) == FLARE_OK ? BEGUN_WAITS : BEGUN_NOT;
}

/* Its worker does not end before it. */
static void busy(struct flarei_ws_work *work)
{
    if (!work->busy)
        worker_of(work)->sockets_at_work++;
    work->busy = true;
}

static enum begun begin(struct flarei_ws_work *work)
{
    const uint32_t own_ms = work->ws->rule->time_ms;
    struct flarei_worker *const worker = worker_of(work);
    enum begun begun;

    flarei_cancel_init(&work->cancel);
    busy(work);
    begun = is_threaded(work) ? begin_thread(work) : begin_fiber(work);
    if (begun != BEGUN_WAITS)
        return begun;
    flare_timer_set(worker->loop, &work->deadline, own_ms != 0 ? own_ms : work->site->served->limits.time_ms);
    if (FLARE_UNLIKELY(worker->state != FLAREI_WORKER_SERVING))
        (void)flarei_cancel_flip(&work->cancel, FLAREI_CANCEL_DRAIN);
    return BEGUN_WAITS;
}

static void free_work(struct flarei_ws_work *work)
{
    flare_ws *const ws = work->ws;

    (void)pthread_mutex_destroy(&work->lock);
    flarei_arena_free(&work->arena);
    flarei_buffer_free(&work->message);
    flarei_buffer_free(&work->waiting);
    flarei_free(work);
    ws->work = NULL;
    flarei_ws_free(ws);
}

static void rest(struct flarei_ws_work *work)
{
    struct flarei_worker *const worker = worker_of(work);

    work->busy = false;
    worker->sockets_at_work--;
    if (FLARE_UNLIKELY(worker->state != FLAREI_WORKER_SERVING))
        flarei_worker_maybe_drained(worker);
}

/* All was said and heard: the end, once no task is under way. */
static void leave(struct flarei_ws_work *work)
{
    (void)pthread_mutex_lock(&work->lock);
    work->over = true;
    const bool posted = work->posted;
    (void)pthread_mutex_unlock(&work->lock);
    if (posted)
        return;
    rest(work);
    free_work(work);
}

static void keep_little(flare_buffer *buffer)
{
    flarei_buffer_clear(buffer);
    if (buffer->capacity > KEPT_BYTES)
        flarei_buffer_shrink(buffer, 0);
}

/* @return is there something to be done? */
static bool take_next(struct flarei_ws_work *work)
{
    const flare_buffer done = work->message;

    if (work->ended) {
        work->closing = true;
        return true;
    }
    if (!work->waits)
        return false;
    work->waits = false;
    if (work->ws->state != FLAREI_WS_OPEN)
        return false;
    work->message = work->waiting;
    work->waiting = done;
    keep_little(&work->waiting);
    work->is_text = work->waiting_is_text;
    return true;
}

/* It can't be run: a message is lost, and its socket with it, but the close function runs in any case. */
static FLARE_NOINLINE_COLD void refuse(struct flarei_ws_work *work)
{
    if (work->closing) {
        work->unbegun = true;
        flare_timer_set(worker_of(work)->loop, &work->deadline, AGAIN_MS);
        return;
    }
    flare_log(FLARE_LOG_ERROR, "a WebSocket's message: no memory or no thread to handle it");
    (void)flare_ws_close(work->ws, FLAREI_WS_CODE_INTERNAL, FLARE_STR(""));
    rest(work);
}

/* Does what is there to be done, up to what takes its time. */
static void go_on(struct flarei_ws_work *work)
{
    struct flarei_websocket *const websocket = owner_of(work->ws);
    enum begun begun = BEGUN_DONE;

    while (begun == BEGUN_DONE && !work->closing && take_next(work))
        begun = begin(work);
    if (begun == BEGUN_NOT) {
        refuse(work);
    } else if (begun == BEGUN_DONE && work->closing) {
        leave(work);
        return;
    } else if (begun == BEGUN_DONE && work->busy) {
        flarei_arena_reset(&work->arena);
        keep_little(&work->message);
        rest(work);
    }
    if (websocket->ws.held && !work->waits && !work->ended) {
        websocket->ws.held = false;
        flarei_websocket_resume(websocket);
    }
}

static void deadline_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_ws_work *const work = FLARE_OWNER(timer, struct flarei_ws_work, deadline);

    (void)loop;
    if (!work->unbegun) {
        (void)flarei_cancel_flip(&work->cancel, FLAREI_CANCEL_DEADLINE);
        return;
    }
    work->unbegun = work->closing = false;
    go_on(work);
}

/* ---- What a socket does with it ---- */

static bool open(flare_ws *ws)
{
    struct flarei_ws_work *const work = flarei_calloc(1, sizeof *work);

    if (work == NULL)
        return false;
    work->ws = ws;
    work->site = owner_of(ws)->connection->site;
    work->deadline.callback = deadline_due;
    work->again.callback = again_due;
    work->returned.callback = thread_returned;
    work->delivery.callback = delivery_due;
    work->last = &work->first;
    (void)pthread_mutex_init(&work->lock, NULL);
    flarei_cancel_init(&work->cancel);
    flarei_arena_init(&work->arena, ARENA_FIRST_BYTES, ARENA_LEAST_BYTES);
    flarei_buffer_init(&work->message, SIZE_MAX / 2);
    flarei_buffer_init(&work->waiting, SIZE_MAX / 2);
    ws->work = work;
    ws->arena = &work->arena;
    return true;
}

static void message(flare_ws *ws, bool is_text, flare_str payload)
{
    struct flarei_ws_work *const work = ws->work;

    flarei_buffer_clear(&work->waiting);
    if (flarei_buffer_reserve(&work->waiting, payload.len + 1) == NULL ||
        !flarei_buffer_append_str(&work->waiting, payload)) {
        (void)flare_ws_close(ws, FLAREI_WS_CODE_INTERNAL, FLARE_STR("no memory for the message"));
        return;
    }
    work->waiting_is_text = is_text;
    work->waits = true;
    if (work->busy)
        ws->held = true;
    else
        go_on(work);
}

/* In a drain a Close is said. */
static void cancel(flare_ws *ws, unsigned reason)
{
    if (reason == FLAREI_CANCEL_DRAIN)
        shut(ws->work);
    if (ws->work->busy)
        (void)flarei_cancel_flip(&ws->work->cancel, reason);
}

static bool is_cancelled(const flare_ws *ws)
{
    return flarei_cancel_reasons(&ws->work->cancel) != 0;
}

static void end(flare_ws *ws)
{
    struct flarei_ws_work *const work = ws->work;

    flarei_websocket_part(owner_of(ws));
    ws->carrier = &gone;
    work->ended = true;
    shut(work);
    if (ws->state == FLAREI_WS_OPENING) { /* nobody tried to accept it */
        busy(work);
        leave(work);
        return;
    }
    ws->state = FLAREI_WS_CLOSED;
    if (work->busy)
        cancel(ws, FLAREI_CANCEL_PEER);
    else
        go_on(work);
}

const struct flarei_ws_way flarei_ws_async = {
    .open = open, .message = message, .cancel = cancel, .cancelled = is_cancelled, .end = end};

const struct flarei_ws_way flarei_ws_blocking = {.open = open,
                                                 .message = message,
                                                 .cancel = cancel,
                                                 .cancelled = is_cancelled,
                                                 .end = end,
                                                 .elsewhere = is_elsewhere,
                                                 .post = post,
                                                 .posted_bytes = posted_bytes};
