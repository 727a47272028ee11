/* flare/etag.h - entity tags (RFC 9110, section 8.8.3), and whether a condition holds.
 *
 *     if (in->if_match.has && !flare_etag_matches(in->if_match.value, version))
 *         return shop_put_precondition_failed(rq);
 */
#ifndef FLARE_ETAG_H
#define FLARE_ETAG_H

#include <flare/str.h>

FLARE_BEGIN

/** @return whether the text is one entity tag: `"x"` or `W/"x"`. @param text any bytes. Any thread. RFC 9110
 * section 8.8.3 */
bool flare_etag_valid(flare_str text);

/** @return whether the text is `*` or a list of entity tags, as an input of type `etag` holds it.
 *  @param text any bytes. Any thread. RFC 9110 section 13.1 */
bool flare_etag_list_valid(flare_str text);

/** If-Match: does the strong comparison find a tag in the list? A weak tag equals none; `*` matches any.
 *  @param list the value of an input of type `etag` @param etag the current one, quotes included; empty where
 * there is no representation, which nothing matches @return whether. Any thread. RFC 9110 section 13.1.1 */
bool flare_etag_matches(flare_str list, flare_str etag);

/** If-None-Match: the same by the weak comparison, in which `W/` does not count.
 *  @param list as above @param etag as above @return whether. Any thread. RFC 9110 section 13.1.2 */
bool flare_etag_matches_weakly(flare_str list, flare_str etag);

FLARE_END
#endif
