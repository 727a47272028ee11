/* flare/net.h - addresses, listeners and non-blocking stream sockets.
 *
 *     flare_address address;
 *     const char *why;
 *     if (flare_address_parse(FLARE_STR("127.0.0.1:8080"), &address, &why) != FLARE_OK)
 *         return usage(why);
 *     flare_listener listener;
 *     flare_err err = flare_listener_open(&listener, &address, NULL);
 *     ...
 *     int fd = flare_listener_accept(&listener, NULL);     (FLARE_ERR_AGAIN: nobody is waiting)
 *     ...
 *     flare_listener_close(&listener);
 *
 * Every descriptor made here is non-blocking and close-on-exec. A function that returns a count or a
 * descriptor returns a negative flare_err instead when it fails; EINTR is retried inside. No function here
 * allocates.
 */
#ifndef FLARE_NET_H
#define FLARE_NET_H

#include <flare/err.h>
#include <flare/str.h>

FLARE_BEGIN

/* ---- Addresses ---- */

/** What kind of address it is. */
typedef enum flare_address_family {
    FLARE_ADDRESS_NONE = 0, /**< no address: a zeroed struct, or an unnamed peer of a unix socket */
    FLARE_ADDRESS_ANY,      /**< every local address, IPv6 and IPv4 both; to listen on only */
    FLARE_ADDRESS_IPV4,     /**< ip[0..3] and port */
    FLARE_ADDRESS_IPV6,     /**< ip[0..15], port and scope; never stands for IPv4 (see flare_listener_open) */
    FLARE_ADDRESS_UNIX      /**< path */
} flare_address_family;

/** The longest path of a unix socket, in bytes, its NUL not counted. */
#define FLARE_ADDRESS_PATH_MAX_BYTES 107
/** Room that flare_address_format() needs for any address, its NUL counted. */
#define FLARE_ADDRESS_TEXT_MAX_BYTES (sizeof("unix:") + FLARE_ADDRESS_PATH_MAX_BYTES)

/** Where to listen or connect, or who the peer is. A plain value: copy it freely, zero it for "none". */
typedef struct flare_address {
    flare_address_family family;                 /**< which of the fields below are meant */
    uint16_t port;                               /**< host byte order; 0 asks the kernel to choose one */
    uint32_t scope;                              /**< IPv6 zone index (RFC 4007), 0 for none */
    uint8_t ip[16];                              /**< network byte order; IPv4 uses the first four */
    char path[FLARE_ADDRESS_PATH_MAX_BYTES + 1]; /**< NUL terminated */
} flare_address;

/** Reads an address as an operator writes it:
 *
 *      127.0.0.1:8080      IPv4 (four decimal numbers without leading zeros)
 *      [::1]:8080          IPv6 in brackets (RFC 3986, 3.2.2), that address only; [fe80::1%eth0]:80 with a
 * zone
 *      *:8080  :8080  8080 every address of the machine, IPv6 and IPv4
 *      unix:/run/shop.sock the path of a unix socket, to the end of the text
 *
 *  The port is decimal, 0 to 65535; 0 lets the kernel choose. Host names are refused, since looking one up
 * may block and may give several answers.
 *  @param text borrowed for the call @param address written only on success
 *  @param reason if not NULL, receives a constant English text on failure, NULL on success
 *  @return FLARE_OK; FLARE_ERR_SYNTAX; FLARE_ERR_RANGE (the port is above 65535); FLARE_ERR_LIMIT (the path
 * is longer than FLARE_ADDRESS_PATH_MAX_BYTES); FLARE_ERR_NOT_FOUND (no such zone). Any thread. */
flare_err flare_address_parse(flare_str text, flare_address *address, const char **reason) FLARE_MUST_USE;

/** Writes the address as flare_address_parse() reads it, NUL terminated; IPv6 in the form of RFC 5952, a zone
 * by its number, FLARE_ADDRESS_NONE as `-`. Text that does not fit is cut, as snprintf does.
 *  @param address what to write @param buffer where to, or NULL if bytes is 0
 *  @param bytes its size; FLARE_ADDRESS_TEXT_MAX_BYTES is always enough
 *  @return the bytes of the whole text, NUL not counted. No errors. Any thread. */
size_t flare_address_format(const flare_address *address, char *buffer, size_t bytes);

/** Do two addresses name the same place? Fields that the family does not use are ignored.
 *  @param a one @param b the other @return true if so. No errors. Any thread. */
bool flare_address_equal(const flare_address *a, const flare_address *b);

/* ---- Listeners ---- */

/** Who else may listen on the same TCP port (SO_REUSEPORT). */
typedef enum flare_listener_group {
    FLARE_LISTENER_ALONE = 0, /**< nobody */
    /** The first of a group of listeners, one per worker: fails with FLARE_ERR_ADDRESS_IN_USE if anyone
     * listens there already, so that two programs never share a port by accident. Then others may join. */
    FLARE_LISTENER_FIRST,
    /** A further one of the group (same user); give it the address that the first one got. The kernel spreads
     * new connections over the group. */
    FLARE_LISTENER_JOIN
} flare_listener_group;

/** How to listen. Zero means the default everywhere, so `{0}` or NULL is a good choice. */
typedef struct flare_listener_options {
    flare_listener_group group; /**< TCP only; a unix socket can only be alone: share its descriptor */
    int backlog; /**< connections that may wait to be accepted; 0 means 4096 (the kernel caps it) */
    /** Seconds that the kernel keeps a new TCP connection to itself until its first bytes came
     *  (TCP_DEFER_ACCEPT, Linux; ignored elsewhere); 0 means off. */
    uint32_t defer_accept_s;
} flare_listener_options;

/** A socket that listens. The owner may read the fields; only the functions below write them. */
typedef struct flare_listener {
    int fd;                /**< the descriptor; -1 when closed */
    flare_address address; /**< as asked for, with the port that the kernel chose for port 0 */
    uint64_t file_device;  /**< which file of a unix socket is ours to unlink; both 0 if none */
    uint64_t file_inode;   /**< see file_device */
} flare_listener;

/** Binds and listens. TCP: SO_REUSEADDR is set, and TCP_NODELAY, which accepted sockets inherit.
 *
 *  IPv6 policy: FLARE_ADDRESS_IPV6 takes IPv6 only (IPV6_V6ONLY on), so `[::]:80` and `0.0.0.0:80` can be
 * listened on side by side whatever the system's default. FLARE_ADDRESS_ANY takes both through one IPv6
 * socket (peers over IPv4 are reported as such), or IPv4 alone where the machine has no IPv6.
 *
 *  Unix: a socket file that a crashed process left behind is removed; one that somebody listens on, or a file
 * of another kind, never is (FLARE_ERR_ADDRESS_IN_USE). The check is made under a lock on the directory, so
 * two programs that start together can't take each other's file; where the directory can't be locked no file
 * is removed. The file's mode follows the umask.
 *  @param listener written whole; its fd is -1 on failure @param address where
 *  @param options how, borrowed for the call; NULL for the defaults
 *  @return FLARE_OK; FLARE_ERR_ADDRESS_IN_USE; FLARE_ERR_ADDRESS (not an address of this machine, or NONE);
 *  FLARE_ERR_PERMISSION; FLARE_ERR_NOT_FOUND (no such directory); FLARE_ERR_DESCRIPTORS; FLARE_ERR_MEMORY;
 *  FLARE_ERR_UNSUPPORTED (a unix socket in a group); or another system error. Any thread. */
flare_err flare_listener_open(flare_listener *listener, const flare_address *address,
                              const flare_listener_options *options) FLARE_MUST_USE;

/** Takes a socket that listens already, as a service manager hands it over. Its file, if it is a unix socket,
 * stays where it is at the end.
 *  @param listener written whole; its fd is -1 on failure @param fd the listener's from now on, made
 * non-blocking and close-on-exec; the caller's on failure
 *  @return FLARE_OK; FLARE_ERR_ARGUMENT (not a stream socket that listens); FLARE_ERR_UNSUPPORTED (of a
 * family other than IP and unix); or a system error. Any thread. */
flare_err flare_listener_adopt(flare_listener *listener, int fd) FLARE_MUST_USE;

/** Closes the socket and removes the file of a unix socket if it is still the one that this listener made.
 *  Closing twice is allowed. A process that inherited the listener by fork calls close(2) on fd instead.
 *  @param listener one that was opened (its fd may be -1). No errors. One thread at a time. */
void flare_listener_close(flare_listener *listener);

/** Takes one waiting connection.
 *  @param listener open @param peer receives the peer's address; NULL if it is not wanted, which is cheaper
 *  (flare_socket_peer() finds it later)
 *  @return a descriptor that the caller owns, or FLARE_ERR_AGAIN (nobody waits); FLARE_ERR_DESCRIPTORS or
 *  FLARE_ERR_MEMORY (the connection stays in the queue and no new edge is coming: try again later); another
 *  negative flare_err breaks the listener. Connections that died in the queue are skipped. Any thread. */
int flare_listener_accept(const flare_listener *listener, flare_address *peer) FLARE_MUST_USE;

/* ---- Stream sockets ---- */

/** Begins to connect, TCP (with TCP_NODELAY) or unix. Unless it is refused at once the connection is under
 * way: wait until fd is writable, then ask flare_socket_error().
 *  @param address where; port 0 and FLARE_ADDRESS_ANY are refused
 *  @return a descriptor that the caller owns, or FLARE_ERR_ARGUMENT, FLARE_ERR_REFUSED, FLARE_ERR_NOT_FOUND,
 *  FLARE_ERR_AGAIN (a unix listener's queue is full), FLARE_ERR_UNREACHABLE, FLARE_ERR_DESCRIPTORS, … Any
 * thread. */
int flare_socket_connect(const flare_address *address) FLARE_MUST_USE;

/** Takes what has arrived.
 *  @param fd a connected socket @param buffer where to @param bytes its room, at least 1
 *  @return 1 to bytes; FLARE_ERR_CLOSED (the peer sent its last byte, or shut down); FLARE_ERR_AGAIN;
 *  FLARE_ERR_RESET; FLARE_ERR_TIMEOUT; another negative flare_err. Any thread. */
ptrdiff_t flare_socket_receive(int fd, void *buffer, size_t bytes) FLARE_MUST_USE;

/** Takes what has arrived for nobody to read, as flare_socket_receive(), but cheaper where the system can
 * drop it.
 *  @param fd a connected socket @param buffer holds anything, or nothing new, afterwards
 *  @param bytes its room, at least 1 @return as flare_socket_receive(): what was dropped. Any thread. */
ptrdiff_t flare_socket_discard(int fd, void *buffer, size_t bytes) FLARE_MUST_USE;

/** Sends as much as the kernel takes at once; never raises SIGPIPE.
 *  @param fd a connected socket @param data borrowed for the call @param bytes how many, at least 1
 *  @return 1 to bytes (fewer when the kernel's buffer is full); FLARE_ERR_AGAIN (none; wait until it is
 * writable); FLARE_ERR_CLOSED; FLARE_ERR_RESET; FLARE_ERR_MEMORY (the kernel has no buffers now: treat as
 * AGAIN, with a timer); another negative flare_err. Any thread. */
ptrdiff_t flare_socket_send(int fd, const void *data, size_t bytes) FLARE_MUST_USE;

/** The most slices that one flare_socket_send_slices() takes. */
#define FLARE_SOCKET_SLICES_MAX 64

/** As flare_socket_send(), for several slices in one system call; empty slices are allowed, all of them empty
 * not.
 *  @param fd a connected socket @param slices borrowed for the call
 *  @param count 1 or more; those after the first FLARE_SOCKET_SLICES_MAX are left for the next call
 *  @return bytes of all slices together that were taken, or as flare_socket_send(). Any thread. */
ptrdiff_t flare_socket_send_slices(int fd, const flare_str *slices, size_t count) FLARE_MUST_USE;

/** A place for bytes that come. */
typedef struct flare_room {
    char *ptr;  /**< the caller's */
    size_t len; /**< bytes of it */
} flare_room;

/** As flare_socket_receive(), into several places in one system call, each filled before the next; empty ones
 * are allowed, all of them empty not.
 *  @param fd a connected socket @param rooms borrowed for the call, what they point to is written
 *  @param count 1 or more; those after the first FLARE_SOCKET_SLICES_MAX are left for the next call
 *  @return bytes of all places together that were filled, or as flare_socket_receive(). Any thread. */
ptrdiff_t flare_socket_receive_rooms(int fd, const flare_room *rooms, size_t count) FLARE_MUST_USE;

/** Tells the peer that nothing more comes (FIN); receiving goes on.
 *  @param fd a connected socket @return FLARE_OK; FLARE_ERR_CLOSED if it is not connected any more. Any
 * thread. */
flare_err flare_socket_shutdown(int fd);

/** Makes the coming close discard what is unsent and reset the connection (SO_LINGER 0), for peers that broke
 * a rule.
 *  @param fd a TCP socket @return FLARE_OK, or a system error such as FLARE_ERR_IO, which can be ignored. Any
 * thread. */
flare_err flare_socket_abort(int fd);

/** Closes a descriptor. A watch on it is to be removed first: flare_loop_close() does both.
 *  @param fd owned by the caller until now; a closed one is a broken contract (FLARE_ASSERT). Any thread. */
void flare_socket_close(int fd);

/** The pending error of a socket, and clears it: how a connection attempt ended.
 *  @param fd a socket @return FLARE_OK if there is none, else e.g. FLARE_ERR_REFUSED. Any thread. */
flare_err flare_socket_error(int fd) FLARE_MUST_USE;

/** The socket's own address; of a listener at port 0 the port that it got.
 *  @param fd a socket @param address written only on success; FLARE_ADDRESS_NONE for an unnamed unix socket;
 * an IPv4 address that an IPv6 socket carries (RFC 4291, 2.5.5.2) is given as IPv4
 *  @return FLARE_OK; FLARE_ERR_UNSUPPORTED (another family); or a system error. Any thread. */
flare_err flare_socket_local(int fd, flare_address *address) FLARE_MUST_USE;

/** The peer's address; as flare_socket_local() otherwise.
 *  @param fd a connected socket @param address written only on success
 *  @return as flare_socket_local(), and FLARE_ERR_CLOSED if it is not connected (any more). Any thread. */
flare_err flare_socket_peer(int fd, flare_address *address) FLARE_MUST_USE;

FLARE_END
#endif
