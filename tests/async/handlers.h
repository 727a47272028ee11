/* handlers.h - what the handlers of work.flare tell the tests. */
#ifndef HANDLERS_H
#define HANDLERS_H

#include "work.flare.h"

#include <stdatomic.h>

extern atomic_int work_running;   /* `until` handlers that began and have not ended */
extern atomic_int work_reason;    /* what the last one was told */
extern atomic_ullong work_told;   /* when, on now_ms()'s clock */
extern atomic_int work_delivered; /* by threads of deferred handlers */

#endif
