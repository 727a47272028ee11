/* flare/server.h - serve compiled services.
 *
 *     int main(int argc, char **argv) { return flare_main(argc, argv, &hello_service); }
 *
 * or, embedded, two services in one program:
 *
 *     flare_server *server;
 *     flare_options options = FLARE_OPTIONS_DEFAULT;
 *     if (flare_server_new(&options, &server) == FLARE_OK &&
 *         flare_server_listen(server, &hello_service, "127.0.0.1:8080") == FLARE_OK &&
 *         flare_server_listen(server, &admin_service, "unix:/run/admin.sock") == FLARE_OK)
 *         flare_server_run(server);
 *     flare_server_free(server);
 */
#ifndef FLARE_SERVER_H
#define FLARE_SERVER_H

#include <flare/log.h>
#include <flare/loop.h>
#include <flare/service.h>
#include <flare/tls.h>

FLARE_BEGIN

/** How workers share a listening address. */
typedef enum flare_listeners {
    FLARE_LISTENERS_REUSEPORT = 0, /**< one socket a worker (SO_REUSEPORT) */
    FLARE_LISTENERS_SHARED         /**< one socket for all, woken one at a time (EPOLLEXCLUSIVE) */
} flare_listeners;

/** Where trusted proxies write down whom they got a request from. Only one field is read: a proxy that writes
 * one of them passes the other on as a client made it up. */
typedef enum flare_forwarded_field {
    FLARE_FORWARDED_FOR = 0, /**< X-Forwarded-For */
    FLARE_FORWARDED_STANDARD /**< Forwarded (RFC 7239) */
} flare_forwarded_field;

/** How a server runs; start from FLARE_OPTIONS_DEFAULT. */
typedef struct flare_options {
    unsigned workers;             /**< 0 is one a core that the process may use; at most 1024 */
    unsigned drain_seconds;       /**< how long requests under way may take after a stop */
    unsigned drain_delay_seconds; /**< from a stop to the drain: requests are taken, but ready() says 503; a
                                     second stop by signal ends it */
    flare_log_mode log;           /**< to stderr; the log is the process's: see flare_server_new() */
    flare_listeners listeners;    /**< how an address is shared */
    bool pin;                     /**< pin worker i to the i-th allowed core */
    bool expose_errors;           /**< error texts in bodies: for development only */
    bool handle_signals; /**< SIGTERM and SIGINT drain; a second one stops at once; SIGHUP reloads where
                            there is an address with `tls:` or a signed session */
    bool poll;           /**< use poll(2) instead of the platform's best */
    /** For addresses with `tls:`, or NULL; borrowed with all it points to, as long as the server lives. */
    const flare_tls_options *tls;
    /** Who may say on whose behalf it asks, as `10.0.0.0/8`, `::1` or `unix`; NULL for nobody. Read by
     * flare_server_new(), so borrowed for that call only. */
    const char *const *trusted_proxies;
    size_t trusted_proxy_count;      /**< of trusted_proxies */
    flare_forwarded_field forwarded; /**< where they say it */
    bool notify; /**< tell systemd when the server is ready, reloads and stops, and that its loops run
                    (NOTIFY_SOCKET, WATCHDOG_USEC) */
    unsigned blocking_threads; /**< at most so many for what blocks; 0 is 64. They start as they are needed */
    /** Of the keys that sessions are signed with (see flare_keys_read()), or NULL; borrowed as long. */
    const char *session_key_file;
    /** The keys themselves (see flare_keys_parse()), where there is no file; or NULL. */
    const char *session_keys;
} flare_options;

/** The defaults: one worker a core, 30 s of drain, text log, signals handled. */
#define FLARE_OPTIONS_DEFAULT                                                                                \
    {                                                                                                        \
        0, 30, 0, FLARE_LOG_TEXT, FLARE_LISTENERS_REUSEPORT, false, false, true, false, NULL, NULL, 0,       \
            FLARE_FORWARDED_FOR, false, 0, NULL, NULL                                                        \
    }

/** A server: listeners, workers and the services they serve. */
typedef struct flare_server flare_server;

/** Makes a server, and sets the log of the process to `options.log` on stderr: a program that has a sink of
 * its own calls flare_log_setup() after this, and before the server runs.
 *  @param options copied; NULL for the defaults @param server set on success, else NULL; free it with
 * flare_server_free()
 *  @return FLARE_OK, FLARE_ERR_MEMORY, FLARE_ERR_DESCRIPTORS; FLARE_ERR_SYNTAX (a trusted proxy is no address
 * or range). Any thread. */
flare_err flare_server_new(const flare_options *options, flare_server **server);

/** Adds an address and begins to listen there: peers that connect wait until the server runs. A server has at
 * most 64 addresses, of any number of services; TCP and unix sockets mix.
 *  @param server not yet running @param service must outlive the server; its state is opened
 * once, at its first address @param address "127.0.0.1:8080", "[::1]:8080", "unix:PATH"; port 0 takes a free
 * one (see flare_address_parse() for all forms). `fd:NAME` or `fd:3` is a socket that was handed
 * over (systemd's LISTEN_FDS), which the server closes at its end. With "tls:" before it, peers speak TLS
 * there. With "proxy:" before all, each connection begins with a header of the PROXY protocol (version 1 or
 * 2), and only trusted proxies may connect
 *  @return FLARE_OK, or why it can't listen: as flare_address_parse() and flare_listener_open();
 * FLARE_ERR_UNSUPPORTED (the service was emitted for another runtime), FLARE_ERR_STATE (its state could not
 * be opened, the server has run, there is no certificate for `tls:`, or no trusted proxy for `proxy:`), what
 * is wrong with the certificates, FLARE_ERR_LIMIT, FLARE_ERR_MEMORY. flare_server_error() has the sentence.
 * The thread that owns the server. */
flare_err flare_server_listen(flare_server *server, const flare_service *service, const char *address);

/** The address of the i-th flare_server_listen(), with the port it got. @param server a server @param index
 * from 0
 *  @return a text that lives as long as the server, or NULL past the last. Any thread. */
const char *flare_server_address(const flare_server *server, size_t index);

/** The sentence for the last failure. @param server a server @return never NULL; lives until the next call.
 * Its owner's thread. */
const char *flare_server_error(const flare_server *server);

/** The state of a service. @param server a server @param service one of its services @return what
 * `state_open` made, which lives as long as the server, or NULL. Any thread. */
void *flare_server_state(const flare_server *server, const flare_service *service);

/** Serves until flare_server_stop() or a signal, then drains and returns. One worker that is not pinned
 * serves in the calling thread; else each has a thread of its own, and the caller's waits.
 *
 *  The drain: who has connected is accepted, then nobody listens; idle connections end; requests under way
 * are finished, their replies say `Connection: close`. What is left after `drain_seconds` is cut. Each worker
 * logs one line of what it did.
 *  @param server with at least one address; it can run once
 *  @return FLARE_OK after a clean drain, FLARE_ERR_TIMEOUT if requests were cut off, FLARE_ERR_STATE (no
 * address, or it has run), or why it could not start (flare_server_error() has the sentence). The owner's
 * thread. */
flare_err flare_server_run(flare_server *server);

/* ---- Beside the services: descriptors and timers of the program's own ---- */

/** What else runs on the loops of a server's workers: another protocol, timers, descriptors of the program's
 * own. All of it runs on the worker's thread, between requests, so what it shares with the handlers of that
 * worker needs no lock. */
typedef struct flare_server_guest {
    /** Called on each worker's thread before it serves: opens what it needs on that loop. An error ends the
     * server. @param loop the worker's @param worker its number, from 0 @param context as given */
    flare_err (*open)(flare_loop *loop, unsigned worker, void *context);
    /** Called when the drain begins, or NULL: stops taking new peers. The worker ends when its last HTTP
     * connection did, whatever the guest still has. Parameters as open's */
    void (*drain)(flare_loop *loop, unsigned worker, void *context);
    /** Called where open was without an error, on the worker's thread when it serves no more, or NULL:
     * removes and closes all that was opened on the loop. Parameters as open's */
    void (*close)(flare_loop *loop, unsigned worker, void *context);
    void *context; /**< given to each */
} flare_server_guest;

/** Sets what runs beside the services.
 *  @param server not yet running @param guest must outlive the server; NULL for nobody
 *  @return FLARE_OK; FLARE_ERR_STATE (it has run). Its owner's thread. */
flare_err flare_server_set_guest(flare_server *server, const flare_server_guest *guest);

/** The loop of the worker that runs a handler: for timers and descriptors that outlive the request.
 *  @param rq the request @return the loop, which lives as long as the worker. The request's thread; from a
 * `blocking` handler it may only be posted to. No errors. */
flare_loop *flare_request_loop(const flare_request *rq);

/** Begins the drain; a second call changes nothing, a call before the run ends it at once. @param server not
 * freed before the call returned. No errors. Any thread; safe in a signal handler. */
void flare_server_stop(flare_server *server);

/** Reads the files of `options.tls` again, soon: new connections get them, those that are there go on, and
 * sessions still resume. If something is wrong with the files, the log says it and nothing changes.
 *  @param server not freed before the call returned. No errors. Any thread; safe in a signal handler. */
void flare_server_reload(flare_server *server);

/** Frees a server that isn't running. @param server may be NULL. Its owner's thread. */
void flare_server_free(flare_server *server);

/** The whole of an emitted main(): flags, FLARE_* variables (`--help` lists them), listening, serving. For
 * each address it prints `NAME VERSION listening on http://ADDRESS` (or https) to stdout, with the port it
 * got; SIGPIPE is ignored from then on.
 *  @param argc of main
 *  @param argv of main
 *  @param service to serve @return the exit status: 0, 1 if it could not serve or a drain timed out, 2 for a
 * wrong flag, certificate or key. Main thread. */
int flare_main(int argc, char **argv, const flare_service *service);

/** As flare_main(), with a guest on the workers' loops.
 *  @param argc of main @param argv of main @param service to serve @param guest NULL for nobody
 *  @return as flare_main(). Main thread. */
int flare_main_with_guest(int argc, char **argv, const flare_service *service,
                          const flare_server_guest *guest);

FLARE_END
#endif
