/* stream_service.h - a service whose handlers stream, in the shape of emitted code.
 *
 *   GET   /give/N    N bytes, piece by piece
 *   POST  /sink      reads its body: its length, and the trailer Checksum
 *   POST  /echo      writes back what it reads, as it comes
 *   GET   /break     fails after three bytes
 *   GET   /trailers  three bytes and a trailer
 *   GET   /hold      a byte, and nothing more until its peer is gone
 *   GET   /events    an event, and comments every 100 ms
 *   GET   /text/N    N bytes of text under compress() and server_timing(), 0: three bytes, and it holds
 *   GET   /feed      the same uses, an event
 *   POST  /upload    as /echo, under compress()
 *   POST  /save      keeps its body in a file: the error, and how many bytes were kept
 *   POST  /leave     replies without having read its body
 */
#ifndef STREAM_SERVICE_H
#define STREAM_SERVICE_H

#include <flare/gen_stream.h>

#include <stdatomic.h>

#define STREAM_BODY_MAX (64u << 20)
#define STREAM_PAUSE_MS 600 /* what a body of /sink may pause */

extern flare_limits stream_limits;
/** Its handlers run on threads of the pool, not on fibers. */
extern bool stream_blocking;
extern const flare_service stream_service;

/** The file of /save while that runs, else -1. */
extern atomic_int stream_save_fd;
/** Handlers that were told that their peer is gone. */
extern atomic_int stream_lost;
/** Requests that ended. */
extern atomic_int stream_ended;
/** The most bytes that were given to one reply ahead of its peer are bounded: bytes of /give so far. */
extern _Atomic uint64_t stream_given;

#endif
