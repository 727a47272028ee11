/* flare/raw.h - packets of a protocol of one's own, or ICMP, straight over IPv4 and IPv6.
 *
 *     const flare_address here = {.family = FLARE_ADDRESS_IPV4};
 *     flare_raw raw;
 *     err = flare_raw_open(&raw, &here, FLARE_RAW_ICMP, &(flare_raw_options){.ping = true});
 *     ...watch raw.fd for FLARE_READ...
 *     err = flare_raw_send(&raw, &(flare_datagram){.peer = peer, .bytes = echo, .length = sizeof echo});
 *     err = flare_raw_receive(&raw, &datagram);
 *
 * Only a process that may (on Linux CAP_NET_RAW) opens one, but for `ping`, which a system may allow to
 * everybody. Sockets are non-blocking and close-on-exec, and are watched by a flare_loop like any other;
 * close their fd with flare_socket_close(). Each gets a copy of all that comes of its protocol, whoever it is
 * meant for. Nothing allocates.
 */
#ifndef FLARE_RAW_H
#define FLARE_RAW_H

#include <flare/udp.h>

FLARE_BEGIN

/** ICMP's number (RFC 792), for IPv4. */
#define FLARE_RAW_ICMP 1
/** ICMPv6's number (RFC 4443), whose checksum the kernel writes. */
#define FLARE_RAW_ICMPV6 58

/** How to open. Zero means the default everywhere. */
typedef struct flare_raw_options {
    bool ping;      /**< ICMP's echoes alone: the kernel writes their identifier and checksum, and hands on
                       only the answers to one's own. Linux allows it to the groups of
                       net.ipv4.ping_group_range */
    bool header;    /**< IPv4: what is sent begins with the IP header (RFC 791), of the caller's making */
    bool broadcast; /**< sending to broadcast addresses is allowed */
} flare_raw_options;

/** An open socket. */
typedef struct flare_raw {
    int fd;                    /**< to be watched, and closed */
    flare_address_family kind; /**< IPv4 or IPv6 */
    bool heads;                /**< the kernel hands on IP headers, which flare_raw_receive() takes off */
} flare_raw;

/** Opens a socket of a protocol.
 *  @param raw receives it; its fd is the caller's to close; -1 on failure
 *  @param address one of this machine, or the family's unspecified one; IPv4 or IPv6, its port 0
 *  @param protocol 1 to 255, as in the IP header @param options borrowed for the call; NULL for the defaults
 *  @return FLARE_OK; FLARE_ERR_PERMISSION; FLARE_ERR_ADDRESS (not of this machine);
 * FLARE_ERR_ARGUMENT (another family, a port, a protocol that can't be, `ping` of another than ICMP, `header`
 * of IPv6 or a ping); FLARE_ERR_UNSUPPORTED; FLARE_ERR_DESCRIPTORS; FLARE_ERR_MEMORY. Any thread. */
flare_err flare_raw_open(flare_raw *raw, const flare_address *address, unsigned protocol,
                         const flare_raw_options *options) FLARE_MUST_USE;

/** Takes one packet, without its IP header.
 *  @param raw open @param datagram with room; peer (whose port is 0), length and cut are set
 *  @return FLARE_OK (an empty packet is one too); FLARE_ERR_AGAIN; FLARE_ERR_SYNTAX (its IP header is none;
 * it is lost); another system error. Any thread. */
flare_err flare_raw_receive(const flare_raw *raw, flare_datagram *datagram) FLARE_MUST_USE;

/** Sends one packet, whole or not at all.
 *  @param raw open @param datagram with peer, whose port is not looked at, bytes and length
 *  @return FLARE_OK; FLARE_ERR_AGAIN; FLARE_ERR_LIMIT (longer than the way there takes);
 * FLARE_ERR_UNREACHABLE; FLARE_ERR_PERMISSION; FLARE_ERR_ARGUMENT (no peer, or of the other family); another
 * system error. Any thread. */
flare_err flare_raw_send(const flare_raw *raw, const flare_datagram *datagram) FLARE_MUST_USE;

/** The Internet's checksum (RFC 1071) of bytes in which its own place holds zeros; of bytes that hold it, 0
 * if it is right.
 *  @param bytes any @param len how many @return the number, to be written with its high byte first. Any
 * thread. No errors. */
uint16_t flare_checksum(const void *bytes, size_t len);

FLARE_END
#endif
