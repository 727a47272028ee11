/* flare/dns.h - host names to addresses without holding up a loop.
 *
 *     static void found(flare_loop *loop, void *context, flare_err err, const flare_address *addresses,
 *                       size_t count);
 *     ...
 *     err = flare_dns_start(&lookup, loop, FLARE_STR("example.org"), 443, found, client);
 *
 * The system's resolver (getaddrinfo) may block for seconds, so a few threads of the process ask it; they
 * start when they are needed and end when they are idle. To connect by name, <flare/connect.h> does all of
 * it.
 */
#ifndef FLARE_DNS_H
#define FLARE_DNS_H

#include <flare/loop.h>
#include <flare/net.h>

FLARE_BEGIN

/** The longest host name (RFC 1035 section 2.3.4, as text). */
#define FLARE_DNS_NAME_MAX_BYTES 253
/** The most addresses that a lookup gives; further ones are left out. */
#define FLARE_DNS_ADDRESSES_MAX 16
/** The most threads that ask at a time; further lookups wait. */
#define FLARE_DNS_THREADS_MAX 4
/** The most lookups of a process that may wait. */
#define FLARE_DNS_WAITING_MAX 1024

/** A lookup under way; opaque. */
typedef struct flare_dns_lookup flare_dns_lookup;

/** Runs on the loop's thread, once, unless the lookup was cancelled; the lookup is freed when it returns.
 *  @param loop as given @param context as given
 *  @param err FLARE_OK; FLARE_ERR_NOT_FOUND (no such name, or it has no address); FLARE_ERR_UNREACHABLE (no
 * name server answers); FLARE_ERR_MEMORY; another system error
 *  @param addresses in the order to try them (RFC 6724), both families; they live until it returns
 *  @param count how many, 1 to FLARE_DNS_ADDRESSES_MAX; 0 with an error */
typedef void flare_dns_function(flare_loop *loop, void *context, flare_err err,
                                const flare_address *addresses, size_t count);

/** Asks for the addresses of a name. The callback never runs before this returns.
 *  @param lookup receives it; flare's until its callback returned or it was cancelled; NULL on failure
 *  @param loop the thread's; it must outlive the lookup @param host copied; a name, or an address as text
 *  @param port given to each address @param done what to call @param context given to it
 *  @return FLARE_OK; FLARE_ERR_ARGUMENT (empty, or holds a NUL); FLARE_ERR_RANGE (longer than
 * FLARE_DNS_NAME_MAX_BYTES); FLARE_ERR_LIMIT (too many wait); FLARE_ERR_MEMORY; FLARE_ERR_AGAIN (the system
 * has no thread). The loop's thread. */
flare_err flare_dns_start(flare_dns_lookup **lookup, flare_loop *loop, flare_str host, uint16_t port,
                          flare_dns_function *done, void *context) FLARE_MUST_USE;

/** Forgets a lookup: its callback does not run. The system's answer may still be waited for by its thread.
 *  Before a loop is destroyed, let it run once after its last cancel: an answer may be on its way to it.
 *  @param lookup whose callback has not run; NULL is allowed. The loop's thread. No errors. */
void flare_dns_cancel(flare_dns_lookup *lookup);

/** The same for tools and tests: waits.
 *  @param host borrowed for the call @param port given to each address @param timeout_ms the longest wait; 0
 * means 30 s @param addresses where to; the caller's @param room how many fit @param count receives how many
 *  @return as flare_dns_function is told, and FLARE_ERR_TIMEOUT; what flare_loop_create() and
 * flare_dns_start() return. Any thread. */
flare_err flare_dns_resolve(flare_str host, uint16_t port, uint32_t timeout_ms, flare_address *addresses,
                            size_t room, size_t *count) FLARE_MUST_USE;

FLARE_END
#endif
