/* server/notify.h - tells a service manager how the server is, by systemd's protocol (sd_notify(3)):
 * datagrams of `NAME=value` lines to the socket that NOTIFY_SOCKET names. Without one nothing is said.
 */
#ifndef FLAREI_SERVER_NOTIFY_H
#define FLAREI_SERVER_NOTIFY_H

#include <flare/loop.h>
#include <flare/server.h>

#include <stdatomic.h>

/** The manager's ear. */
struct flarei_notify {
    int fd;               /* -1: nobody listens */
    uint64_t interval_ms; /* of the watchdog's pulses; 0: it is not awaited */
    flare_timer timer;
    atomic_size_t awaited; /* workers that did not answer the last pulse */
};

/** Connects to `socket`, a path or `@` and an abstract name. @return a descriptor, or -1 */
int flarei_notify_connect(const char *socket);

/** Sends lines. @param fd may be -1. What can't be sent is lost */
void flarei_notify_say(int fd, const char *lines);

/** The server is ready: connects where options say so, and begins the watchdog's pulses. */
void flarei_notify_begin(flare_server *server);
void flarei_notify_ready(flare_server *server);
void flarei_notify_reloading(flare_server *server);
void flarei_notify_stopping(flare_server *server);
void flarei_notify_end(flare_server *server);

/** A worker's answer. */
void flarei_notify_pulse(flare_loop *loop, flare_task *task);

#endif
