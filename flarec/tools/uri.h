/* uri.h - paths of files in URIs (RFC 3986). */
#ifndef FLAREC_TOOLS_URI_H
#define FLAREC_TOOLS_URI_H

#include "emit/text.h"

/* Adds a path, with escapes for all that means something else in a URI, or nothing. */
void uri_path(struct text *uri, const char *path);

#endif
