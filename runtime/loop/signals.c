/* Signals of a program, brought to a loop. Signal actions belong to the process, so this is the one piece of
 * the loop that has state of the process: the handler can't be given a context. */
#include <flare/assert.h>
#include <flare/loop.h>
#include <flare/net.h>

#include "loop/loop.h"
#include "net/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define NUMBERS 65 /* 1 to 64 on Linux */

static struct {
    flare_watch watch;
    flare_loop *loop;
    flare_signal_function *callback;
    void *context;
    bool caught[NUMBERS];
    struct sigaction before[NUMBERS];
    atomic_bool open;
    atomic_bool pending[NUMBERS]; /* what arrived; the pipe only wakes, so a full one loses nothing */
    atomic_int wake_fd;
    atomic_int handlers; /* how many threads are inside the handler */
} signals;

static void handle(int number)
{
    int saved = errno;
    static const char byte = 0;
    atomic_fetch_add(&signals.handlers, 1);
    atomic_store(&signals.pending[number], true);
    int fd = atomic_load(&signals.wake_fd);
    if (fd >= 0)
        (void)!flarei_sys.write(fd, &byte, 1);
    atomic_fetch_sub(&signals.handlers, 1);
    errno = saved;
}

bool flarei_signals_pending(int number)
{
    return atomic_load(&signals.pending[number]);
}

static void arrived(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    char buffer[64];
    (void)ready;
    while (flarei_sys.read(watch->fd, buffer, sizeof buffer) == (ssize_t)sizeof buffer)
        continue;
    for (int number = 1; number < NUMBERS; number++)
        if (signals.caught[number] && atomic_exchange(&signals.pending[number], false))
            signals.callback(loop, signals.context, number);
}

/* Puts the actions back, waits for handlers that other threads are in, then closes the pipe under them. */
static void undo(flare_loop *loop)
{
    for (int number = 1; number < NUMBERS; number++) {
        if (signals.caught[number])
            (void)flarei_sys.sigaction(number, &signals.before[number], NULL);
        signals.caught[number] = false;
        atomic_store(&signals.pending[number], false);
    }
    int wake_fd = atomic_exchange(&signals.wake_fd, -1);
    while (atomic_load(&signals.handlers) > 0)
        sched_yield();
    flare_loop_close(loop, &signals.watch);
    flare_socket_close(wake_fd);
    signals.loop = NULL;
    atomic_store(&signals.open, false);
}

static flare_err catch_all(const int *numbers, size_t count)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < count; i++) {
        int number = numbers[i];
        if (number <= 0 || number >= NUMBERS)
            return FLARE_ERR_ARGUMENT;
        if (signals.caught[number])
            continue;
        if (flarei_sys.sigaction(number, &action, &signals.before[number]) != 0)
            return flarei_err_from_errno(errno);
        signals.caught[number] = true;
    }
    return FLARE_OK;
}

flare_err flare_signals_open(flare_loop *loop, const int *numbers, size_t count,
                             flare_signal_function *callback, void *context)
{
    int fds[2];
    flare_err err;

    if (atomic_exchange(&signals.open, true))
        return FLARE_ERR_STATE;
    if (flarei_sys.pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) {
        err = flarei_err_from_errno(errno);
        atomic_store(&signals.open, false);
        return err;
    }
    signals.loop = loop;
    signals.callback = callback;
    signals.context = context;
    signals.watch = (flare_watch){.callback = arrived, .fd = fds[0], .want = FLARE_READ};
    atomic_store(&signals.wake_fd, fds[1]);
    err = flare_loop_add(loop, &signals.watch);
    if (err == FLARE_OK)
        err = catch_all(numbers, count);
    if (err != FLARE_OK)
        undo(loop);
    return err;
}

void flare_signals_close(flare_loop *loop)
{
    if (!atomic_load(&signals.open) ||
        !FLARE_ASSERT(signals.loop == loop, "signals are closed on their own loop"))
        return;
    undo(loop);
}

/* ---- Before anybody hears them ---- */

static void mask_signals(int how, bool reload_only)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGHUP);
    if (!reload_only) {
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGINT);
    }
    (void)pthread_sigmask(how, &set, NULL);
}

void flarei_signals_hold(bool reload_only)
{
    mask_signals(SIG_BLOCK, reload_only);
}

void flarei_signals_let_come(void)
{
    mask_signals(SIG_UNBLOCK, false);
}
