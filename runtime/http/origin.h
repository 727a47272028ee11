/* http/origin.h - origins as browsers send them (RFC 6454 section 7). */
#ifndef FLAREI_HTTP_ORIGIN_H
#define FLAREI_HTTP_ORIGIN_H

#include <flare/gen.h>

/** Is an origin among these? A '*' in one of them stands for a label or more of its host. */
bool flarei_origin_among(const flare_str *origins, uint32_t count, flare_str origin);

#endif
