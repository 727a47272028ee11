/* http/cache_own.h - the stores of a thread: one for each `use cache()` of the services that it serves. */
#ifndef FLAREI_HTTP_CACHE_OWN_H
#define FLAREI_HTTP_CACHE_OWN_H

#include "http/cache_store.h"

#include <flare/gen_use.h>

/** The thread's store for these settings; made at first use, and freed with the thread.
 *  @return NULL without memory */
struct flarei_cache_store *flarei_cache_own(const struct flarei_cache *settings);

#endif
