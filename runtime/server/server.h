/* server/server.h - what a server and its workers are made of; the rooms' other files each do one thing with
 * it.
 *
 *     server          worker (a thread each)         connection
 *       served   <---   site: served + pools    <---   a peer of one site
 *       endpoint <---   listener
 *
 * A server's members are written before its workers start and after they ended; what is shared meanwhile is
 * atomic.
 */
#ifndef FLAREI_SERVER_SERVER_H
#define FLAREI_SERVER_SERVER_H

#include "base/link.h"
#include "http/serving.h"
#include "http/websocket.h"
#include "server/notify.h"
#include "tls/stream.h"
#include "wire/h2.h"

#include <flare/http_date.h>
#include <flare/pool.h>
#include <flare/gen.h>
#include <flare/loop.h>
#include <flare/net.h>
#include <flare/server.h>

#include <stdatomic.h>

/** Beyond a head's limit an input buffer has this much room, for a body or what was pipelined behind. */
#define FLAREI_INPUT_SLACK_BYTES 16384u
/** Replies of one batch are sent once they reach this much, before the next request runs. */
#define FLAREI_OUTPUT_HIGH_BYTES 65536u
/** A reply must fit in this; no peer can make it grow, only a handler. */
#define FLAREI_OUTPUT_MAX_BYTES (64u << 20)
/** Storage that an output buffer begins with, and keeps in the pool. */
#define FLAREI_OUTPUT_KEEP_BYTES 16384u

/** Addresses, and services, that one server may have. */
#define FLAREI_ADDRESSES_MAX 64

/** A service that this server serves. */
struct flarei_served {
    const flare_service *service;
    void *state;
    flare_limits limits; /* no zeros left but keep_alive_max */
    struct flarei_h1_limits h1;
    struct flarei_h2_limits h2;
    size_t input_bytes;
};

/** An address that was asked for. */
struct flarei_endpoint {
    flare_listener socket; /* worker 0's, or everybody's */
    struct flarei_served *served;
    bool shared;
    bool secure;       /* peers speak TLS */
    bool proxy;        /* peers are proxies, which speak the PROXY protocol first */
    atomic_uint users; /* workers that still accept from `socket`; the last one closes it */
    char text[FLARE_ADDRESS_TEXT_MAX_BYTES + sizeof("proxy:tls:")];
};

struct flarei_worker;

/** One service on one worker: everything that its connections borrow. */
struct flarei_site {
    const struct flarei_served *served;
    struct flarei_worker *worker;
    flare_pool connections;
    flare_pool inputs;
    flare_pool outputs;
    flare_pool_item *large_outputs; /* that are to be freed, unless they are taken before */
    flare_pool exchanges;
    void *worker_state; /* the service's own */
    flare_pool h2_requests;
    struct flarei_h2_blocks h2_blocks;
    uint32_t connection_count;
    bool full; /* its listeners wait until a connection ends */
};

/** One address on one worker. */
struct flarei_listener {
    flare_watch watch;
    flare_timer retry;
    struct flarei_site *site;
    struct flarei_endpoint *endpoint;
    flare_listener own; /* fd -1 where the endpoint's socket is used */
    bool open;
    bool failing;  /* the last accept failed, and was logged */
    bool refusing; /* the last peer was no trusted proxy, and was logged */
};

/** What a worker did. */
struct flarei_counters {
    uint64_t accepted;
    uint64_t served;      /* requests replied to */
    uint64_t idle_closed; /* connections closed by the drain with no request under way */
    uint64_t aborted;     /* connections cut with a request under way */
};

enum flarei_worker_state { FLAREI_WORKER_SERVING, FLAREI_WORKER_DRAINING, FLAREI_WORKER_ENDED };

struct flarei_connection;
struct flarei_trust;
struct flarei_fibers;
struct flarei_upstream_client;
struct flarei_threads;
struct flarei_websocket;
struct flarei_work;

/** A connection that is to go on at the end of this turn of the loop, if `connection` is set. */
struct flarei_stirred {
    struct flarei_connection *connection;
    struct flarei_link place;
};

struct flarei_worker {
    flare_loop *loop; /* its own, or the server's control loop when it is alone */
    flare_server *server;
    flare_worker *thread; /* NULL when it runs in the server's */
    bool running;         /* tasks posted to it are run */
    bool has_guest;       /* it is open */
    struct flarei_site *sites;
    struct flarei_listener *listeners;
    size_t site_count;
    size_t listener_count;
    struct flarei_link connections; /* all of them */
    size_t connection_count;
    struct flarei_link works;     /* requests whose handlers are at work: server/work.h */
    uint32_t sockets_at_work;     /* the same of WebSockets: server/websocket_work.c */
    struct flarei_fibers *fibers; /* NULL until an async handler runs */
    void (*close_fibers)(struct flarei_worker *worker);
    struct flarei_upstream_client *upstreams; /* NULL until a request is passed on */
    void (*close_upstreams)(struct flarei_worker *worker);
    enum flarei_worker_state state;
    unsigned index;
    const flare_request *request; /* begun last, for its last words */
    void *crash_stack;
    bool expose_errors;
    flare_str date; /* "Date: …\r\n", of `dates` */
    flare_http_date dates;
    struct flarei_counters counters;
    uint64_t drain_start_ms;
    uint64_t served_before_drain;
    flare_timer drain_timer;
    flare_timer trim_timer;
    flare_timer free_timer;   /* active while a site has large_outputs */
    flare_timer unsent_timer; /* due at once while `unsent` is not empty */
    struct flarei_link unsent;
    flare_timer stir_timer; /* due at once while `stirred` is not empty */
    struct flarei_link stirred;
    const struct flarei_websockets *websockets; /* NULL: none of its services has any */
    struct flarei_ws_shared websocket_shared;   /* of them; zeros where there are none */
    flare_task drain_task;                      /* from the control loop */
    flare_task cut_task;
    flare_task tls_task;
    atomic_bool tls_posted;
    struct flarei_tls_context *tls; /* what new connections begin with; NULL where none speaks TLS */
    struct flarei_tls_lane tls_lane;
    struct flarei_trust *trust; /* the proxies that it believes; NULL: none */
    flare_task trust_task;
    atomic_bool trust_posted;
    flare_task pulse_task; /* from the control loop, which asks whether this loop runs */
    flare_task done_task;  /* to the control loop, when the thread ends */
    flare_err failure;     /* of its loop */
};

struct flare_server {
    flare_options options;
    flare_loop *control; /* of the thread that runs the server: signals, stop, the end of workers */
    bool
        alone; /* the one worker runs on the control loop: a process of one thread is cheaper to serve from */
    flare_task stop_task;
    atomic_bool stop_asked;
    struct flarei_served *served[FLAREI_ADDRESSES_MAX];
    struct flarei_endpoint *endpoints[FLAREI_ADDRESSES_MAX];
    struct flarei_worker **workers;
    size_t served_count;
    size_t endpoint_count;
    size_t worker_count;
    size_t threads;                 /* of workers, that did not end */
    pthread_mutex_t tls_lock;       /* of `tls`, while workers run */
    struct flarei_tls_context *tls; /* NULL until an address needs it */
    struct flarei_tls_tickets tls_tickets;
    pthread_mutex_t trust_lock; /* of `trust`, while workers run */
    struct flarei_trust *trust;
    flare_task reload_task;
    atomic_bool reload_asked;
    void (*reloading)(void *context); /* what a reload does before the certificates, or NULL */
    void *reloading_context;
    struct flarei_notify notify;
    bool signals_held;     /* until somebody hears them: flarei_signals_hold() */
    unsigned first_worker; /* what the first one is called, where others are other processes */
    _Atomic(struct flarei_threads *) blocking; /* NULL until something blocks */
    void (*_Atomic close_blocking)(flare_server *server);
    struct flarei_serving serving;
    flare_timer delay_timer;         /* from a stop to the drain */
    const flare_server_guest *guest; /* NULL: nobody */
    bool ran;
    atomic_bool draining;
    bool cut_short;
    char error[256];
};

/** Opens a service on one worker in the calling thread, without an address: peers are handed to
 * flarei_connection_open(), and the caller turns `control`. @param server new, of one worker that is not
 * pinned
 *  @return FLARE_OK, or as flare_server_listen() and flare_server_run() */
flare_err flarei_server_begin(flare_server *server, const flare_service *service);
/** Drains what was begun. */
void flarei_server_end(flare_server *server);

#endif
