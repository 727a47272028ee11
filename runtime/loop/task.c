/* Work handed to a loop by other threads, and the wake-up that goes with it. */
#include "loop/loop.h"

#include <flare/net.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>
#if defined(__linux__)
#include <sys/eventfd.h>
#define WAKE_FLAGS (EFD_CLOEXEC | EFD_NONBLOCK)
#else
#define WAKE_FLAGS 0
#endif

/* Takes all tasks at once; they were stacked, so the oldest is turned to the front. */
static void run_tasks(flare_loop *loop)
{
    flare_task *stack = atomic_exchange_explicit(&loop->tasks, NULL, memory_order_acquire);
    flare_task *queue = NULL;
    while (stack) {
        flare_task *next = stack->next;
        stack->next = queue;
        queue = stack;
        stack = next;
    }
    while (queue) {
        flare_task *task = queue;
        queue = task->next;
        task->next = NULL;
        task->callback(loop, task);
    }
}

static void woken(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    /* An eventfd gives 8 bytes; a pipe may hold more than one buffer. Read before the tasks are taken:
     * whoever posts after that finds an empty stack and wakes again. */
    char buffer[512];
    (void)ready;
    while (flarei_sys.read(watch->fd, buffer, sizeof buffer) == (ssize_t)sizeof buffer)
        continue;
    run_tasks(loop);
}

void flarei_loop_wake(flare_loop *loop)
{
    static const uint64_t one = 1;
    ssize_t written;
    /* Any other failure means that it is full, and so about to wake anyway. */
    do
        written = flarei_sys.write(loop->wake_fd, &one, sizeof one);
    while (written < 0 && errno == EINTR);
}

void flare_loop_post(flare_loop *loop, flare_task *task)
{
    flare_task *top = atomic_load_explicit(&loop->tasks, memory_order_relaxed);
    do
        task->next = top;
    while (!atomic_compare_exchange_weak_explicit(&loop->tasks, &top, task, memory_order_release,
                                                  memory_order_relaxed));
    if (!top)
        flarei_loop_wake(loop);
}

flare_err flarei_wake_open(flare_loop *loop)
{
    int fds[2];
    fds[0] = fds[1] = flarei_sys.eventfd(0, WAKE_FLAGS);
    if (fds[0] < 0 && (errno != ENOSYS || flarei_sys.pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0))
        return flarei_err_from_errno(errno);
    loop->wake_watch = (flare_watch){.callback = woken, .fd = fds[0], .want = FLARE_READ};
    loop->wake_fd = fds[1];
    flare_err err = flare_loop_add(loop, &loop->wake_watch);
    if (err != FLARE_OK)
        flarei_wake_close(loop);
    return err;
}

void flarei_wake_close(flare_loop *loop)
{
    if (loop->wake_fd != loop->wake_watch.fd)
        flare_socket_close(loop->wake_fd);
    flare_loop_close(loop, &loop->wake_watch);
}
