/* talk.h - what the functions of talk.flare tell the tests. A message's first word says what is done with it:
 *
 *   echo    after a short wait it is sent back
 *   until   it waits until it is told that nobody waits for it
 *   gate    it waits for talk_gate
 *   flood   it sends until that says that it can't
 *   bye     it ends the socket with 3000
 */
#ifndef TALK_H
#define TALK_H

#include "talk.flare.h"

#include <stdatomic.h>

enum { TALK_BLOCK_BYTES = 32768 }; /* of what a flood sends at a time */

extern atomic_bool talk_gate;
extern atomic_int talk_open;      /* sockets */
extern atomic_int talk_began;     /* messages */
extern atomic_int talk_ended;     /* messages */
extern atomic_int talk_running;   /* functions */
extern atomic_int talk_overlaps;  /* functions that began while another one ran */
extern atomic_int talk_cancelled; /* messages that were told so */
extern atomic_int talk_sent;      /* what the last `until` or `flood` was told as it sent */
extern atomic_int talk_code;      /* what the last close function was told */
extern atomic_int talk_waited;    /* what that got as it waited */

void talk_reset(void);

#endif
