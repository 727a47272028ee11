#include "handlers.h"

#include <flare/client.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t now_ms(void);

atomic_int work_running;
atomic_int work_reason;
atomic_ullong work_told;
atomic_int work_delivered;

static void told(const flare_request *rq)
{
    atomic_store(&work_told, now_ms());
    atomic_store(&work_reason, (int)flare_cancel_reason(rq));
    atomic_fetch_sub(&work_running, 1);
}

static flare_str partial(flare_request *rq, unsigned steps)
{
    told(rq);
    return flare_format(rq, "partial: %u", steps);
}

/* A second at least, lest a test that fails hangs. */
static unsigned look_until(const flare_request *rq)
{
    unsigned steps = 0;

    atomic_fetch_add(&work_running, 1);
    while (!flare_cancelled(rq) && steps < 3000) {
        (void)poll(NULL, 0, 1);
        steps++;
    }
    return steps;
}

static unsigned wait_until(void)
{
    unsigned steps = 0;

    atomic_fetch_add(&work_running, 1);
    while (flare_sleep(1) == FLARE_OK && steps < 3000)
        steps++;
    return steps;
}

work_until_plain_reply work_until_plain(flare_request *rq)
{
    return work_until_plain_ok(rq, partial(rq, look_until(rq)));
}

work_timed_plain_reply work_timed_plain(flare_request *rq)
{
    return work_timed_plain_ok(rq, partial(rq, look_until(rq)));
}

work_until_async_reply work_until_async(flare_request *rq)
{
    return work_until_async_ok(rq, partial(rq, wait_until()));
}

work_timed_async_reply work_timed_async(flare_request *rq)
{
    return work_timed_async_ok(rq, partial(rq, wait_until()));
}

work_until_blocking_reply work_until_blocking(flare_request *rq)
{
    return work_until_blocking_ok(rq, partial(rq, look_until(rq)));
}

work_timed_blocking_reply work_timed_blocking(flare_request *rq)
{
    return work_timed_blocking_ok(rq, partial(rq, wait_until()));
}

static void thread(void *(*run)(void *), void *argument)
{
    pthread_t made;

    if (pthread_create(&made, NULL, run, argument) != 0)
        abort();
    (void)pthread_detach(made);
}

static void *until_deferred(void *argument)
{
    flare_deferred *const later = argument;
    flare_request *const rq = flare_deferred_request(later);

    work_until_deferred_deliver(later, work_until_deferred_ok(rq, partial(rq, look_until(rq))));
    return NULL;
}

void work_until_deferred(flare_request *rq, flare_deferred *later)
{
    (void)rq;
    thread(until_deferred, later);
}

static void *timed_deferred(void *argument)
{
    flare_deferred *const later = argument;
    flare_request *const rq = flare_deferred_request(later);

    work_timed_deferred_deliver(later, work_timed_deferred_ok(rq, partial(rq, look_until(rq))));
    return NULL;
}

void work_timed_deferred(flare_request *rq, flare_deferred *later)
{
    (void)rq;
    thread(timed_deferred, later);
}

/* Pieces until it is told; the last one may come too late. */
#define STREAM(name)                                                                                         \
    work_##name##_reply work_##name(flare_request *rq)                                                       \
    {                                                                                                        \
        work_##name##_ok_stream *const stream = work_##name##_ok_open(rq);                                   \
        unsigned steps = 0;                                                                                  \
                                                                                                             \
        atomic_fetch_add(&work_running, 1);                                                                  \
        while (steps < 3000 && work_##name##_ok_send(stream, FLARE_STR(".")) && flare_sleep(1) == FLARE_OK)  \
            steps++;                                                                                         \
        (void)!work_##name##_ok_send(stream, partial(rq, steps));                                            \
        return work_##name##_ok(stream);                                                                     \
    }
STREAM(until_stream)
STREAM(until_blocking_stream)
STREAM(timed_stream)
STREAM(timed_blocking_stream)

/* ---- Those that don't listen ---- */

work_stubborn_blocking_reply work_stubborn_blocking(flare_request *rq)
{
    atomic_fetch_add(&work_running, 1);
    (void)poll(NULL, 0, 1000);
    told(rq);
    return work_stubborn_blocking_ok(rq, FLARE_STR("late"));
}

static void *stubborn_deferred(void *argument)
{
    flare_deferred *const later = argument;
    flare_request *const rq = flare_deferred_request(later);

    (void)poll(NULL, 0, 1000);
    told(rq);
    work_stubborn_deferred_deliver(later, work_stubborn_deferred_ok(rq, FLARE_STR("late")));
    return NULL;
}

void work_stubborn_deferred(flare_request *rq, flare_deferred *later)
{
    (void)rq;
    atomic_fetch_add(&work_running, 1);
    thread(stubborn_deferred, later);
}

/* ---- Those that end the process ---- */

static int read_nothing(void)
{
    const volatile int *volatile const nowhere =
        (const volatile int *)16; /* not NULL, which a sanitizer sees */

    (void)!flare_sleep(100);
    return *nowhere;
}

work_crash_reply work_crash(flare_request *rq)
{
    return work_crash_ok(rq, flare_format(rq, "%d", read_nothing()));
}

static flare_err crash_step(void *argument)
{
    *(int *)argument = read_nothing();
    return FLARE_OK;
}

work_branch_crash_reply work_branch_crash(flare_request *rq)
{
    flare_branch branch;
    int got = 0;

    (void)flare_spawn(&branch, crash_step, &got);
    (void)flare_join(&branch);
    return work_branch_crash_ok(rq, flare_format(rq, "%d", got));
}

/* Small steps, so that none passes over the guard. */
static unsigned dig(volatile unsigned *above)
{
    volatile unsigned here[64];

    here[0] = *above + 1;
    if (here[0] < 1u << 30)
        here[1] = dig(here);
    return here[0] + here[1];
}

work_deep_reply work_deep(flare_request *rq)
{
    volatile unsigned steps = 0;

    (void)!flare_sleep(100);
    return work_deep_ok(rq, flare_format(rq, "%u", dig(&steps)));
}

/* ---- Around the reply ---- */

work_quick_reply work_quick(flare_request *rq)
{
    return work_quick_ok(rq, FLARE_STR("quick"));
}

work_sleep_reply work_sleep(flare_request *rq, const work_sleep_in *in)
{
    if (flare_sleep(in->ms) != FLARE_OK)
        return work_sleep_cancelled(rq);
    return work_sleep_ok(rq, flare_format(rq, "%u", (unsigned)in->ms));
}

work_replied_reply work_replied(flare_request *rq, const work_replied_in *in)
{
    const work_replied_reply reply = work_replied_ok(rq, flare_format(rq, "%u", (unsigned)in->ms));

    (void)!flare_sleep(in->ms);
    return reply;
}

work_big_reply work_big(flare_request *rq, const work_big_in *in)
{
    char *const text = malloc(in->bytes);
    work_big_reply reply;

    if (text == NULL || flare_sleep(1) != FLARE_OK) {
        free(text);
        return work_big_cancelled(rq);
    }
    memset(text, 'x', in->bytes);
    reply = work_big_ok(rq, (flare_str){text, in->bytes});
    free(text);
    return reply;
}

work_echo_reply work_echo(flare_request *rq, const work_echo_in *in)
{
    if (flare_sleep(10) != FLARE_OK)
        return work_echo_cancelled(rq);
    return work_echo_ok(rq, &in->body);
}

work_grind_reply work_grind(flare_request *rq, const work_grind_in *in)
{
    if (flare_sleep(10) != FLARE_OK)
        return work_grind_cancelled(rq);
    return work_grind_ok(rq, &in->body);
}

flare_reply work_bare(flare_request *rq, const work_bare_in *in)
{
    if (flare_sleep(in->ms) != FLARE_OK)
        return flare_cancelled_reply(rq);
    return flare_textf(rq, 200, "bare %u", (unsigned)in->ms);
}

/* ---- What they await ---- */

struct step {
    flare_branch branch;
    unsigned ms;
    unsigned done;
};

static flare_err sleep_step(void *argument)
{
    struct step *const step = argument;
    const flare_err err = flare_sleep(step->ms);

    if (err == FLARE_OK)
        step->done = 1;
    return err;
}

work_fan_reply work_fan(flare_request *rq, const work_fan_in *in)
{
    struct step *const steps = flare_alloc(rq, in->count * sizeof *steps);
    unsigned done = 0, cancelled = 0;

    for (unsigned i = 0; steps != NULL && i < in->count; i++) {
        steps[i] = (struct step){.ms = 50 + i};
        (void)flare_spawn(&steps[i].branch, sleep_step, &steps[i]);
    }
    for (unsigned i = 0; steps != NULL && i < in->count; i++) {
        cancelled += flare_join(&steps[i].branch) == FLARE_ERR_CANCELLED;
        done += steps[i].done;
    }
    if (cancelled != 0)
        told(rq);
    return work_fan_ok(rq, flare_format(rq, "%u of %u", done, (unsigned)in->count));
}

static void block(void *argument)
{
    (void)poll(NULL, 0, *(int *)argument);
    *(int *)argument = -1;
}

work_call_reply work_call(flare_request *rq, const work_call_in *in)
{
    int ms = (int)in->ms;
    const flare_err err = flare_run_blocking(block, &ms);

    return work_call_ok(rq, flare_format(rq, "%s %d", flare_err_name(err), ms));
}

static flare_err write_later(void *argument)
{
    const int *const values = argument;
    const flare_err err = flare_sleep((uint64_t)values[1]);

    return err == FLARE_OK && write(values[0], "!", 1) != 1 ? FLARE_ERR_IO : err;
}

work_pipe_reply work_pipe(flare_request *rq, const work_pipe_in *in)
{
    int ends[2], values[2];
    flare_branch branch;
    char byte = '?';
    flare_err err;

    if (pipe(ends) != 0)
        return work_pipe_fail(rq, "no pipe");
    values[0] = ends[1];
    values[1] = (int)in->ms;
    (void)flare_spawn(&branch, write_later, values);
    err = flare_wait_fd(ends[0], FLARE_READ, 200);
    (void)flare_join(&branch);
    if (err == FLARE_OK && read(ends[0], &byte, 1) != 1)
        byte = '0';
    (void)close(ends[0]);
    (void)close(ends[1]);
    if (err == FLARE_ERR_TIMEOUT)
        return work_pipe_gateway_timeout(rq);
    return work_pipe_ok(rq, flare_format(rq, "%s %c", flare_err_name(err), byte));
}

/* One queue for all, made at its first use and never freed before the process ends. */
static flare_queue *queue(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static flare_queue *made;

    (void)pthread_mutex_lock(&lock);
    if (made == NULL && flare_queue_new(&made, 2) != FLARE_OK)
        abort();
    (void)pthread_mutex_unlock(&lock);
    return made;
}

work_pop_reply work_pop(flare_request *rq)
{
    void *item = NULL;
    const flare_err err = flare_queue_pop(queue(), &item, 300);
    work_pop_reply reply;

    reply = work_pop_ok(rq, err == FLARE_OK ? flare_str_of(item) : flare_str_of(flare_err_name(err)));
    free(item);
    return reply;
}

work_push_reply work_push(flare_request *rq, const work_push_in *in)
{
    char *const copy = calloc(1, in->text.len + 1);

    if (copy != NULL)
        memcpy(copy, in->text.ptr, in->text.len);
    if (copy == NULL || flare_queue_push(queue(), copy, 300) != FLARE_OK) {
        free(copy);
        return work_push_fail(rq, "nobody takes it");
    }
    return work_push_no_content(rq);
}

/* ---- Without a reply ---- */

void work_dropped(flare_request *rq, flare_deferred *later)
{
    (void)rq;
    flare_deferred_drop(later);
}

void work_early(flare_request *rq, flare_deferred *later)
{
    work_early_deliver(later, work_early_ok(rq, FLARE_STR("early")));
}

work_given_up_reply work_given_up(flare_request *rq)
{
    if (flare_sleep(2000) != FLARE_OK)
        return work_given_up_cancelled(rq);
    return work_given_up_ok(rq, FLARE_STR("done"));
}

static flare_err ask(flare_request *rq, uint16_t port)
{
    const flare_fetch_options options = {.url = flare_format(rq, "http://127.0.0.1:%u/", (unsigned)port)};
    const flare_fetch_reply *reply;
    flare_client *client;
    flare_fetch *fetch;
    flare_err err = flare_client_create(&client, NULL, NULL);

    if (err != FLARE_OK)
        return err;
    atomic_fetch_add(&work_running, 1);
    err = flare_fetch_wait(&fetch, client, &options, &reply);
    flare_fetch_free(fetch);
    flare_client_free(client);
    told(rq);
    return err;
}

work_ask_async_reply work_ask_async(flare_request *rq, const work_ask_async_in *in)
{
    return work_ask_async_ok(rq, flare_str_of(flare_err_name(ask(rq, in->port))));
}

work_ask_blocking_reply work_ask_blocking(flare_request *rq, const work_ask_blocking_in *in)
{
    return work_ask_blocking_ok(rq, flare_str_of(flare_err_name(ask(rq, in->port))));
}
