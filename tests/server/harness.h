/* harness.h - a server in a thread of its own, and raw clients of it.
 *
 *     struct harness h;
 *     harness_start(&h, NULL);
 *     int fd = client_dial(&h);
 *     client_send(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
 *     struct reply reply = client_read(fd, false);
 *     CHECK_INT(reply.status, 200);
 *     harness_stop(&h);
 */
#ifndef HARNESS_H
#define HARNESS_H

#include "sample.h"

#include <pthread.h>
#include <sys/types.h>

struct harness {
    flare_server *server;
    pthread_t thread;
    flare_err result;
    uint16_t port;
};

/** How harness_start() runs servers; the matrix of a test program changes it. */
extern flare_options harness_options;

/** Serves sample_service on a free port. @return false with a line on stderr if it can't */
bool harness_start(struct harness *h, const flare_service *service);
/** The same at an address of its own. */
bool harness_start_at(struct harness *h, const char *address);
/** Asks it to stop; harness_join() waits for that. */
void harness_join(struct harness *h);
/** Both; the result is in h->result. */
void harness_stop(struct harness *h);

/** Runs tests over both back ends and both ways to share an address, pinned too. */
void harness_each_way(void (*run_all)(void));

/** The port of the i-th address. */
uint16_t harness_port(const flare_server *server, size_t index);

/** One reply as read. */
struct reply {
    int status;      /* 0: the connection ended, or nothing came for 3 s */
    bool timed_out;  /* the latter */
    bool close;      /* it has Connection: close */
    bool whole;      /* its body came completely */
    char head[2048]; /* terminated */
    size_t body_bytes;
    char body[1 << 18]; /* terminated */
};

/** Connects. @return a blocking descriptor with a receive timeout of 3 s, or -1 */
int client_dial(const struct harness *h);
int client_dial_port(uint16_t port);
/** The same with a small receive buffer. */
int client_dial_small(const struct harness *h);
/** Sends all. @return false if it can't */
bool client_send(int fd, const char *text);
bool client_send_bytes(int fd, const void *bytes, size_t length);
/** Reads one reply; interim ones too. @param head_only it has no body, whatever its head says */
void client_read(int fd, struct reply *reply, bool head_only);
/** Does the peer end the connection, with nothing more sent? Waits up to 3 s. @return 1 for FIN, -1 for a
 * reset, 0 for neither */
int client_ended(int fd);
/** Dials, sends, reads one reply and hangs up. @return its status */
int client_status(const struct harness *h, const char *request);

void sleep_ms(unsigned ms);
/** Milliseconds of a clock that only moves forward. */
uint64_t now_ms(void);

#define POST(path, fields, body) "POST " path " HTTP/1.1\r\nHost: test\r\n" fields "\r\n" body
#define GET(path)                "GET " path " HTTP/1.1\r\nHost: test\r\n\r\n"

#endif
