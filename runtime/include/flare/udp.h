/* flare/udp.h - datagrams, one at a time or a batch by one system call.
 *
 *     int fd = flare_udp_open(&address, NULL);
 *     ...watch fd for FLARE_READ...
 *     flare_datagram batch[32];
 *     for (size_t i = 0; i < 32; i++)
 *         batch[i] = (flare_datagram){.bytes = room[i], .capacity = sizeof room[i]};
 *     int got = flare_udp_receive_batch(fd, batch, 32);
 *     ...
 *     int sent = flare_udp_send_batch(fd, batch, (size_t)got);      (echo: the peers are in them)
 *
 * Sockets are non-blocking and close-on-exec, and are watched by a flare_loop like any other; close them with
 * flare_socket_close(). What can be returned as a count is a negative flare_err instead when it fails; EINTR
 * is retried inside. Nothing allocates.
 */
#ifndef FLARE_UDP_H
#define FLARE_UDP_H

#include <flare/net.h>

FLARE_BEGIN

/** The most bytes that a datagram can carry (65,535 less the headers of IPv4 and UDP). */
#define FLARE_UDP_MAX_BYTES 65507
/** The most datagrams that one system call moves; a larger batch is done by several calls. */
#define FLARE_UDP_BATCH_MAX 64

/** How to open. Zero means the default everywhere. */
typedef struct flare_udp_options {
    bool share_port;        /**< others of the same user may open the port too: the kernel spreads peers over
                                 them (SO_REUSEPORT) */
    bool broadcast;         /**< sending to broadcast addresses is allowed */
    uint32_t receive_bytes; /**< how much the kernel keeps for a slow reader; 0: the system's default */
} flare_udp_options;

/** One datagram of a batch. */
typedef struct flare_datagram {
    flare_address peer; /**< from whom, or to whom; FLARE_ADDRESS_NONE: to whom the socket is connected */
    char *bytes;        /**< the caller's room, or what to send */
    size_t capacity;    /**< of the room; not used in sending */
    size_t length;      /**< bytes that came, or that are to go */
    bool cut;           /**< it was longer than the room; the rest is lost */
} flare_datagram;

/** Opens a socket at an address of this machine.
 *  @param address IPv4, IPv6 (that only) or FLARE_ADDRESS_ANY (both); port 0 lets the kernel choose, and
 * flare_socket_local() tells it @param options borrowed for the call; NULL for the defaults
 *  @return a descriptor that the caller owns, or FLARE_ERR_ADDRESS_IN_USE, FLARE_ERR_ADDRESS,
 * FLARE_ERR_PERMISSION, FLARE_ERR_DESCRIPTORS, FLARE_ERR_MEMORY, FLARE_ERR_ARGUMENT (a unix socket, or none).
 * Any thread. */
int flare_udp_open(const flare_address *address, const flare_udp_options *options) FLARE_MUST_USE;

/** Talks with one peer only from now on: sends go there, other peers' datagrams are dropped by the kernel,
 * and a peer that is not there is told by the next call as FLARE_ERR_REFUSED.
 *  @param fd of flare_udp_open() @param peer with a port
 *  @return FLARE_OK; FLARE_ERR_UNREACHABLE; FLARE_ERR_ARGUMENT (not an address of a peer); another system
 * error. Any thread. */
flare_err flare_udp_connect(int fd, const flare_address *peer) FLARE_MUST_USE;

/** Takes one datagram.
 *  @param fd of flare_udp_open() @param datagram with room; peer, length and cut are set
 *  @return FLARE_OK (an empty datagram is one too); FLARE_ERR_AGAIN; FLARE_ERR_REFUSED (see
 * flare_udp_connect()); another system error. Any thread. */
flare_err flare_udp_receive(int fd, flare_datagram *datagram) FLARE_MUST_USE;

/** Sends one datagram, whole or not at all.
 *  @param fd of flare_udp_open() @param datagram with peer, bytes and length
 *  @return FLARE_OK; FLARE_ERR_AGAIN; FLARE_ERR_LIMIT (longer than the way there takes); FLARE_ERR_REFUSED;
 * FLARE_ERR_UNREACHABLE; FLARE_ERR_ARGUMENT (no peer); another system error. Any thread. */
flare_err flare_udp_send(int fd, const flare_datagram *datagram) FLARE_MUST_USE;

/** Takes as many as there are and fit into the batch.
 *  @param fd of flare_udp_open() @param batch each with room; the first ones are set @param count at least 1
 *  @return 1 to count; FLARE_ERR_AGAIN (none); else as flare_udp_receive(). Fewer than count means that the
 * next call would have said FLARE_ERR_AGAIN or an error. Any thread. */
int flare_udp_receive_batch(int fd, flare_datagram *batch, size_t count) FLARE_MUST_USE;

/** Sends a batch in its order.
 *  @param fd of flare_udp_open() @param batch each with peer, bytes and length @param count at least 1
 *  @return how many were taken, 1 to count; if none was, why the first one was not, as flare_udp_send(). Any
 * thread. */
int flare_udp_send_batch(int fd, const flare_datagram *batch, size_t count) FLARE_MUST_USE;

FLARE_END
#endif
