/* What runs beside the services: opened and closed on the workers' threads, told of the drain. */
#include "harness.h"
#include "test.h"

#include <flare/net.h>

#include <sched.h>
#include <stdatomic.h>

static atomic_uint opened, drained, closed, ticks;
static flare_err refusal;
static _Thread_local bool here;
static atomic_bool elsewhere;

static flare_timer timers[2];

static void tick_due(flare_loop *loop, flare_timer *timer)
{
    if (!here)
        atomic_store(&elsewhere, true);
    atomic_fetch_add(&ticks, 1);
    flare_timer_set(loop, timer, 5);
}

static flare_err open_guest(flare_loop *loop, unsigned worker, void *context)
{
    CHECK(context == &opened);
    if (refusal != FLARE_OK && worker == 1)
        return refusal;
    here = true;
    atomic_fetch_add(&opened, 1);
    timers[worker] = (flare_timer){.callback = tick_due};
    flare_timer_set(loop, &timers[worker], 5);
    return FLARE_OK;
}

static void drain_guest(flare_loop *loop, unsigned worker, void *context)
{
    (void)loop, (void)worker, (void)context;
    if (!here)
        atomic_store(&elsewhere, true);
    atomic_fetch_add(&drained, 1);
}

static void close_guest(flare_loop *loop, unsigned worker, void *context)
{
    (void)context;
    if (!here)
        atomic_store(&elsewhere, true);
    flare_timer_cancel(loop, &timers[worker]);
    atomic_fetch_add(&closed, 1);
}

static const flare_server_guest guest = {
    .open = open_guest, .drain = drain_guest, .close = close_guest, .context = &opened};

static void *run_server(void *server)
{
    return flare_server_run(server) == FLARE_OK ? NULL : server;
}

static void serve(unsigned workers)
{
    flare_options options = FLARE_OPTIONS_DEFAULT;
    flare_server *server;
    pthread_t thread;
    void *failed;
    static struct reply reply;

    options.workers = workers;
    options.handle_signals = false;
    options.log = FLARE_LOG_OFF;
    opened = drained = closed = ticks = 0;
    CHECK_INT(flare_server_new(&options, &server), FLARE_OK);
    CHECK_INT(flare_server_listen(server, &sample_service, "127.0.0.1:0"), FLARE_OK);
    CHECK_INT(flare_server_set_guest(server, &guest), FLARE_OK);
    CHECK_INT(pthread_create(&thread, NULL, run_server, server), 0);
    if (refusal == FLARE_OK) {
        const int fd = client_dial_port(harness_port(server, 0));

        CHECK(client_send(fd, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, 404);
        flare_socket_close(fd);
        while (atomic_load(&ticks) < 10)
            (void)sched_yield();
        flare_server_stop(server);
    }
    CHECK_INT(pthread_join(thread, &failed), 0);
    CHECK_INT(failed != NULL, refusal != FLARE_OK);
    CHECK_INT(flare_server_set_guest(server, NULL), FLARE_ERR_STATE);
    flare_server_free(server);
    CHECK_INT(closed, opened);
}

TEST(on_one_worker)
{
    serve(1);
    CHECK_INT(opened, 1);
    CHECK_INT(drained, 1);
}

TEST(on_two_workers)
{
    serve(2);
    CHECK_INT(opened, 2);
    CHECK_INT(drained, 2);
}

TEST(one_that_refuses_ends_the_server)
{
    refusal = FLARE_ERR_LIMIT;
    serve(2);
    CHECK_INT(opened, 1);
    refusal = FLARE_OK;
}

int main(void)
{
    RUN(on_one_worker);
    RUN(on_two_workers);
    RUN(one_that_refuses_ends_the_server);
    CHECK(!elsewhere);
    return TEST_END() || elsewhere;
}
