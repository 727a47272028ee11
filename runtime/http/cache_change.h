/* http/cache_change.h - which kept replies are of before a change. Each worker has a cache of its own, and a
 * change must reach all: so paths fall on counters that all share, a change counts one up, and a kept reply
 * is good while its counter is what it was when its request came. */
#ifndef FLAREI_HTTP_CACHE_CHANGE_H
#define FLAREI_HTTP_CACHE_CHANGE_H

#include <flare/cache.h>

/** How often the path, or another one on its counter, was changed. */
uint64_t flarei_cache_generation(flare_str path);

#endif
