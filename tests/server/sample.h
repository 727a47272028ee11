/* sample.h - a service written by hand in the shape of emitted code, for the tests of the server.
 *
 *   GET   /plaintext       13 bytes from a C handler
 *   POST  /echo            the body, as bytes; at most SAMPLE_BODY_MAX
 *   POST  /timed/:limit    the same, with SAMPLE_TIMED_MS as its own limit, body_time or time
 *   POST  /ignore          never asks for its body
 *   GET   /big/N           N bytes
 *   GET   /forged          a reply that no constructor made
 *   GET   /slow            sleeps for 50 ms
 *   GET   /count           how many requests the state has seen
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <flare/gen.h>
#include <flare/server.h>

#include <stdatomic.h>

#define SAMPLE_BODY_MAX 100000u
#define SAMPLE_TIMED_MS 600 /* what /timed/:limit gives a body */

/** What `state_open` makes. */
struct sample_state {
    atomic_uint seen;
};

/** Its limits; a test sets what it needs before it starts a server. */
extern flare_limits sample_limits;
extern atomic_int sample_states_open;
extern atomic_uint sample_after_count;
extern const flare_service sample_service;
/** The same with another name and no state. */
extern const flare_service sample_other_service;
/** With `use log()`. */
extern const flare_service sample_logged_service;
/** One that was emitted for another runtime. */
extern const flare_service sample_stale_service;
/** One whose state can't be opened. */
extern const flare_service sample_stateless_service;

#endif
