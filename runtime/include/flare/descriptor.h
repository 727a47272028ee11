/* flare/descriptor.h - descriptors handed to another process over a unix socket (SCM_RIGHTS).
 *
 *     int listener = ...;
 *     ptrdiff_t sent = flare_descriptors_send(fd, "L", 1, &listener, 1);
 *
 *     int got[1];
 *     size_t count = 1;
 *     ptrdiff_t bytes = flare_descriptors_receive(fd, buffer, sizeof buffer, got, &count);
 *
 * A sidecar gets its listening sockets so from who may bind them, and a new version of a program takes over
 * the sockets of the old one. Descriptors travel with the first byte that they were sent with: receive by
 * these functions wherever some may come, since a plain receive closes them.
 */
#ifndef FLARE_DESCRIPTOR_H
#define FLARE_DESCRIPTOR_H

#include <flare/net.h>

FLARE_BEGIN

/** The most descriptors of one message. */
#define FLARE_DESCRIPTORS_MAX 64

/** Sends bytes, and with the first of them descriptors, which the sender still owns its own copies of.
 *  @param fd a connected unix socket @param data borrowed for the call @param bytes at least 1
 *  @param descriptors borrowed for the call @param count up to FLARE_DESCRIPTORS_MAX; 0 is as
 * flare_socket_send()
 *  @return 1 to bytes: the descriptors are on their way, and the rest of the bytes goes without them;
 * FLARE_ERR_AGAIN (nothing is); FLARE_ERR_CLOSED; FLARE_ERR_RESET; FLARE_ERR_ARGUMENT (no bytes, or too many
 * descriptors); FLARE_ERR_DESCRIPTORS (too many of this user are on their way); another negative flare_err.
 * Any thread. */
ptrdiff_t flare_descriptors_send(int fd, const void *data, size_t bytes, const int *descriptors,
                                 size_t count) FLARE_MUST_USE;

/** Takes bytes, and the descriptors that came with them: close-on-exec, the caller's to close.
 *  @param fd a connected unix socket @param buffer where to @param bytes its room, at least 1
 *  @param descriptors receives them @param count its room (up to FLARE_DESCRIPTORS_MAX), set to how many
 * came, 0 on failure. Where more came than there is room for, all of them are closed
 *  @return 1 to bytes; FLARE_ERR_LIMIT (more descriptors than room, or than this process may open: the bytes
 * are lost); FLARE_ERR_AGAIN, FLARE_ERR_CLOSED, FLARE_ERR_RESET as flare_socket_receive(). Any thread. */
ptrdiff_t flare_descriptors_receive(int fd, void *buffer, size_t bytes, int *descriptors,
                                    size_t *count) FLARE_MUST_USE;

/** Makes two unix sockets that are connected with each other, non-blocking and close-on-exec, for a child or
 * another thread.
 *  @param ends receives them; the caller's to close @return FLARE_OK; FLARE_ERR_DESCRIPTORS;
 * FLARE_ERR_MEMORY. Any thread. */
flare_err flare_socket_pair(int ends[2]) FLARE_MUST_USE;

FLARE_END
#endif
