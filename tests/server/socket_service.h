/* socket_service.h - WebSockets in the shape of emitted code, for the tests of the server.
 *
 *   WS   /echo     sends back what comes; a text "bye" is answered by a Close of 3000
 *   WS   /flood    sends SOCKET_FLOOD_BYTES in messages of 1 KiB as it is opened, as far as it may, and again
 *                  for each text
 *   WS   /timed    an echo with times of its own
 *   WS   /talk     an echo that wants a message now and then
 *   WS   /all      what one says, all hear: one frame
 *   WS   /refused  is refused by its open function: 403
 *   WS   /long     as /all, accepted by a head that the output must grow for
 *   WS   /other    is accepted, and then another reply is returned that nothing made
 *   GET  /plain    two bytes
 */
#ifndef SOCKET_SERVICE_H
#define SOCKET_SERVICE_H

#include "harness.h"

#define SOCKET_IDLE_MS     400u
#define SOCKET_PING_MS     300u /* of /timed, as the next two */
#define SOCKET_PONG_MS     200u
#define SOCKET_CLOSE_MS    300u
#define SOCKET_TALK_MS     600u
#define SOCKET_MESSAGE_MAX 100000u
#define SOCKET_FLOOD_BYTES (2u << 20)

extern flare_limits socket_limits;
extern const flare_service socket_service;
/** The same, but it does not say that it has sockets. */
extern const flare_service socket_silent_service;

/** Sockets open, how many ended, and the code that the last one was told. */
extern atomic_uint socket_open_count, socket_end_count, socket_last_code;
/** How many sends were told AGAIN, and how much was sent before the first. */
extern atomic_uint socket_again_count, socket_flooded_bytes;

/** Waits up to 3 s for `count` ends. @return whether they came */
bool socket_ends(unsigned count);

#endif
