/* flare/connect.h - connecting to a host by its name: looked up off the loop, its addresses raced.
 *
 *     static void connected(flare_loop *loop, void *context, flare_err err, int fd);
 *     ...
 *     const flare_connect_options to = {.host = FLARE_STR("example.org"), .port = 443};
 *     err = flare_connect_start(&attempt, loop, &to, connected, client);
 *
 * The addresses of both families are tried in turn (Happy Eyeballs, RFC 8305): the next one begins when the
 * one before failed, or has not answered for a fifth of a second, and the first connection that stands
 * wins. To read and write over it, with TLS or without, <flare/stream.h> takes the same options.
 */
#ifndef FLARE_CONNECT_H
#define FLARE_CONNECT_H

#include <flare/loop.h>
#include <flare/net.h>

FLARE_BEGIN

/** How long an address has before the next one is tried beside it (RFC 8305 section 5), unless asked for
 * otherwise. */
#define FLARE_CONNECT_DELAY_MS 200
/** How long everything has, unless asked for otherwise. */
#define FLARE_CONNECT_TIMEOUT_MS 30000

/** Where to, and how. Zero means the default everywhere but in the place itself. */
typedef struct flare_connect_options {
    flare_str host;               /**< a name, or an IPv4 or IPv6 address as text, which is not looked up */
    uint16_t port;                /**< with `host` */
    const flare_address *address; /**< this one address instead of a host, such as a unix socket */
    uint32_t timeout_ms;          /**< for all of it. Default FLARE_CONNECT_TIMEOUT_MS */
    uint32_t delay_ms;            /**< before a further address. Default FLARE_CONNECT_DELAY_MS */
} flare_connect_options;

/** A connection being made; opaque. */
typedef struct flare_connect flare_connect;

/** Runs on the loop's thread, once, unless it was cancelled; the attempt is freed when it returns.
 *  @param loop as given @param context as given
 *  @param err FLARE_OK; FLARE_ERR_TIMEOUT; FLARE_ERR_NOT_FOUND (no such name, or no such unix socket);
 * FLARE_ERR_REFUSED; FLARE_ERR_UNREACHABLE; FLARE_ERR_RESET; FLARE_ERR_DESCRIPTORS; FLARE_ERR_MEMORY; another
 * system error. Of several addresses, what the last one failed with that could be reached
 *  @param fd non-blocking, the callee's to close; -1 with an error */
typedef void flare_connect_function(flare_loop *loop, void *context, flare_err err, int fd);

/** Begins to connect. The callback never runs before this returns.
 *  @param attempt receives it; flare's until its callback returned or it was cancelled; NULL on failure
 *  @param loop the thread's; it must outlive the attempt @param options copied, what they point to as well
 *  @param done what to call @param context given to it
 *  @return FLARE_OK; FLARE_ERR_ARGUMENT (no place, or no port); FLARE_ERR_MEMORY; of looking a name up, as
 * flare_dns_start(). The loop's thread. */
flare_err flare_connect_start(flare_connect **attempt, flare_loop *loop, const flare_connect_options *options,
                              flare_connect_function *done, void *context) FLARE_MUST_USE;

/** Forgets an attempt and closes what it had open: its callback does not run. As with flare_dns_cancel(), let
 *  the loop run once more before it is destroyed.
 *  @param attempt whose callback has not run; NULL is allowed. The loop's thread. No errors. */
void flare_connect_cancel(flare_connect *attempt);

/** The same for tools and tests: waits.
 *  @param fd receives the descriptor, non-blocking, the caller's to close; -1 on failure
 *  @param options borrowed for the call
 *  @return as flare_connect_start() and flare_connect_function; FLARE_ERR_DESCRIPTORS or FLARE_ERR_MEMORY
 * where there can be no loop. Any thread. */
flare_err flare_connect_wait(int *fd, const flare_connect_options *options) FLARE_MUST_USE;

FLARE_END
#endif
