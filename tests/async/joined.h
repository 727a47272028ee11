/* joined.h - how the handlers of joined.flare are led, and what they tell. */
#ifndef JOINED_H
#define JOINED_H

#include "joined.flare.h"

#include <stdatomic.h>

enum joined_mode { KEPT, NO_STORE, PRIVATE, BIG, FAILS, FAILS_ONCE, BY_LANG, SHORT_LIVED };

extern atomic_int joined_mode;
extern atomic_int joined_hold;    /* while it is not 0, handlers wait */
extern atomic_int joined_seen;    /* requests */
extern atomic_int joined_ended;   /* the same, once they are over */
extern atomic_int joined_asked;   /* handlers that began */
extern atomic_int joined_running; /* of these, that have not ended */
extern atomic_int joined_most;    /* the most of them at a time */
extern atomic_int joined_drained; /* one of them was told of a drain */

#endif
