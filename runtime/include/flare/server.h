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
#include <flare/service.h>

FLARE_BEGIN

/** How workers share a listening address. */
typedef enum flare_listeners {
    FLARE_LISTENERS_REUSEPORT = 0, /**< one socket a worker (SO_REUSEPORT) */
    FLARE_LISTENERS_SHARED         /**< one socket for all, woken one at a time (EPOLLEXCLUSIVE) */
} flare_listeners;

/** How a server runs; start from FLARE_OPTIONS_DEFAULT. */
typedef struct flare_options {
    unsigned workers;          /**< threads; 0 is one a core that the process may use */
    unsigned drain_seconds;    /**< how long requests under way may take after a stop */
    flare_log_mode log;        /**< to stderr */
    flare_listeners listeners; /**< how an address is shared */
    bool pin;                  /**< pin worker i to the i-th allowed core */
    bool expose_errors;        /**< error texts in bodies: for development only */
    bool handle_signals;       /**< SIGTERM and SIGINT drain; a second one stops at once */
    bool poll;                 /**< use poll(2) instead of the platform's best */
} flare_options;

/** The defaults: one worker a core, 30 s of drain, text log, signals handled. */
#define FLARE_OPTIONS_DEFAULT                                                                                \
    {                                                                                                        \
        0, 30, FLARE_LOG_TEXT, FLARE_LISTENERS_REUSEPORT, false, false, true, false                          \
    }

/** A server: listeners, workers and the services they serve. */
typedef struct flare_server flare_server;

/** Makes a server. @param options copied; NULL for the defaults @param server set on success; free it with
 * flare_server_free()
 *  @return FLARE_OK, FLARE_ERR_MEMORY, FLARE_ERR_DESCRIPTORS. Any thread. */
flare_err flare_server_new(const flare_options *options, flare_server **server);

/** Adds an address. @param server not yet running @param service must outlive the server; its state is opened
 * once, at its first address @param address "127.0.0.1:8080", "[::1]:8080", "unix:PATH"; port 0 takes a free
 * one
 *  @return FLARE_OK, or why it can't listen: FLARE_ERR_ADDRESS, FLARE_ERR_ADDRESS_IN_USE,
 * FLARE_ERR_PERMISSION, FLARE_ERR_DESCRIPTORS, FLARE_ERR_MEMORY, FLARE_ERR_STATE (flare_server_error() has
 * the sentence). The thread that owns the server. */
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

/** Serves until flare_server_stop() or a signal, then drains and returns. @param server with at least one
 * address
 *  @return FLARE_OK after a clean drain, FLARE_ERR_TIMEOUT if requests were cut off, or why it could not
 * start. The owner's thread. */
flare_err flare_server_run(flare_server *server);

/** Begins the drain. @param server a server. Any thread; safe in a signal handler. */
void flare_server_stop(flare_server *server);

/** Frees a server that isn't running. @param server may be NULL. Its owner's thread. */
void flare_server_free(flare_server *server);

/** The whole of an emitted main(): flags, FLARE_* variables, listening, serving. @param argc of main
 *  @param argv of main
 *  @param service to serve @return the exit status: 0, 1 if it could not serve or a drain timed out, 2 for a
 * wrong flag. Main thread. */
int flare_main(int argc, char **argv, const flare_service *service);

FLARE_END
#endif
