/* sarif.h - what every SARIF 2.1.0 document of flarec has; results and rules are the caller's. */
#ifndef FLAREC_TOOLS_SARIF_H
#define FLAREC_TOOLS_SARIF_H

#include "source.h"
#include "tools/json_write.h"

/* Up to the driver's version: its rules come next, then sarif_results(), the results, sarif_end(). */
void sarif_begin(struct text *text);
void sarif_results(struct text *text);
void sarif_end(struct text *text);
/* A location, with a message or NULL; nothing where the place has no source. */
void sarif_location(struct text *text, const char *key, struct place place, const char *message);

#endif
