/* tls/peer.h - what a peer's certificate says. */
#ifndef FLAREI_TLS_PEER_H
#define FLAREI_TLS_PEER_H

#include "tls/stream.h"

#include <flare/arena.h>

/** Reads the peer's certificate. @param certificate set to it, or NULL where none was shown; all of it lies
 * in the arena @return FLARE_OK, FLARE_ERR_MEMORY, FLARE_ERR_SYNTAX */
flare_err flarei_tls_peer(const struct flarei_tls_stream *stream, flare_arena *arena,
                          const flare_certificate **certificate);

#endif
