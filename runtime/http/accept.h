/* http/accept.h - Accept-Encoding: which of several codings a client likes best. */
#ifndef FLAREI_HTTP_ACCEPT_H
#define FLAREI_HTTP_ACCEPT_H

#include <flare/gen.h>

/** The most codings that one negotiation is about. */
#define FLAREI_CODINGS_MAX 4

/** A weight, "0.5" (RFC 9110 section 12.4.2), in thousandths. @return -1 for what is none */
int flarei_weight_parse(flare_str text);

/** Takes in one Accept-Encoding line. Start with every weight -1. @param names of codings, in lower case
 *  @param weights of each, in thousandths: then of identity, and of what `*` stands for */
void flarei_accept_codings(flare_str line, const flare_str *names, size_t count,
                           int weights[static FLAREI_CODINGS_MAX + 2]);

/** The one of `names` with the highest weight, the first of equals. @return its index, or `count` for
 * identity: where none is accepted, and where identity is liked better */
size_t flarei_accept_choose(const int weights[static FLAREI_CODINGS_MAX + 2], size_t count);

#endif
