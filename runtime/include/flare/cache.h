/* flare/cache.h - what a handler tells `use cache()`: that something changed.
 *
 *     products_rename_reply products_rename(flare_request *rq, const products_rename_in *in)
 *     {
 *         ...
 *         flare_cache_forget(FLARE_STR("/products"));      // the list shows the name, too
 *         return products_rename_ok(rq);
 *     }
 *
 * What a request with an unsafe method changes is forgotten by itself where its path is one that is cached
 * (RFC 9111 section 4.4). These are for all else. They hold for the caches of all workers of the process, and
 * take no lock.
 */
#ifndef FLARE_CACHE_H
#define FLARE_CACHE_H

#include <flare/str.h>

FLARE_BEGIN

/** Forgets all kept replies of a path, whatever their query, host and fields; those that are being made too.
 * Any thread, no errors. @param path as a request has it, without a query; borrowed for the call */
void flare_cache_forget(flare_str path);

/** Forgets all kept replies. Any thread, no errors. */
void flare_cache_clear(void);

FLARE_END

#endif
