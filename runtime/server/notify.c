#include "server/notify.h"

#include "loop/loop.h"
#include "net/sys.h"
#include "server/server.h"

#include <flare/number.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

/* A pulse is answered before the next one is due; three of them in the time that the manager waits. */
enum { PULSES = 3 };

int flarei_notify_connect(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    const size_t length = strlen(path);
    int fd;

    if ((path[0] != '/' && path[0] != '@') || length >= sizeof name.sun_path)
        return -1;
    memcpy(name.sun_path, path, length);
    if (path[0] == '@')
        name.sun_path[0] = '\0';
    fd = flarei_sys.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && flarei_sys.connect(fd, (const struct sockaddr *)&name,
                                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) != 0) {
        flare_socket_close(fd);
        fd = -1;
    }
    return fd;
}

void flarei_notify_say(int fd, const char *lines)
{
    if (fd >= 0)
        (void)!flarei_sys.send(fd, lines, strlen(lines), MSG_NOSIGNAL);
}

/* ---- The watchdog ---- */

void flarei_notify_pulse(flare_loop *loop, flare_task *task)
{
    struct flarei_worker *worker = FLARE_OWNER(task, struct flarei_worker, pulse_task);

    (void)loop;
    atomic_fetch_sub(&worker->server->notify.awaited, 1);
}

/* While all workers answer, the manager hears so; one that hangs makes all of it silent. In a drain, which
 * has its own end, those that have ended are not asked. */
static void pulse_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_notify *notify = FLARE_OWNER(timer, struct flarei_notify, timer);
    flare_server *server = FLARE_OWNER(notify, flare_server, notify);

    flare_timer_set(loop, timer, notify->interval_ms);
    if (!server->draining && atomic_load(&notify->awaited) != 0)
        return;
    flarei_notify_say(notify->fd, "WATCHDOG=1");
    if (server->draining)
        return;
    atomic_store(&notify->awaited, server->worker_count);
    for (size_t i = 0; i < server->worker_count; i++)
        flare_loop_post(server->workers[i]->loop, &server->workers[i]->pulse_task);
}

/* How often the manager wants to hear of this process, or of its supervisor; 0 if it does not. */
static uint64_t watchdog_ms(pid_t self)
{
    const char *const period = getenv("WATCHDOG_USEC");
    const char *const process = getenv("WATCHDOG_PID");
    uint64_t us = 0, pid = 0;

    if (period == NULL || flare_u64_parse(flare_str_of(period), &us) != FLARE_OK)
        return 0;
    if (process != NULL &&
        (flare_u64_parse(flare_str_of(process), &pid) != FLARE_OK || pid != (uint64_t)self))
        return 0;
    return us / 1000;
}

/* ---- A server's life ---- */

void flarei_notify_begin(flare_server *server)
{
    struct flarei_notify *notify = &server->notify;
    const bool supervised = notify->fd >= 0;
    const char *const path = server->options.notify ? getenv("NOTIFY_SOCKET") : NULL;
    uint64_t period_ms;

    if (!supervised && path != NULL)
        notify->fd = flarei_notify_connect(path);
    if (notify->fd < 0)
        return;
    flarei_notify_ready(server);
    period_ms = watchdog_ms(supervised ? getppid() : getpid());
    if (period_ms == 0)
        return;
    notify->interval_ms = period_ms / PULSES + (period_ms < PULSES);
    notify->timer.callback = pulse_due;
    flare_timer_set(server->control, &notify->timer, 0);
}

void flarei_notify_ready(flare_server *server)
{
    flarei_notify_say(server->notify.fd, "READY=1\nSTATUS=serving");
}

void flarei_notify_reloading(flare_server *server)
{
    char lines[64];
    const uint64_t now_ns = flarei_loop_clock_ns();

    if (server->notify.fd < 0 || now_ns == 0)
        return;
    (void)snprintf(lines, sizeof lines, "RELOADING=1\nMONOTONIC_USEC=%llu",
                   (unsigned long long)(now_ns / 1000));
    flarei_notify_say(server->notify.fd, lines);
}

void flarei_notify_stopping(flare_server *server)
{
    flarei_notify_say(server->notify.fd, "STOPPING=1\nSTATUS=draining");
}

void flarei_notify_end(flare_server *server)
{
    flare_timer_cancel(server->control, &server->notify.timer);
    if (server->notify.fd >= 0)
        flare_socket_close(server->notify.fd);
    server->notify.fd = -1;
}
