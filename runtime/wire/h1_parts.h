/* wire/h1_parts.h - what the files of the head parser share. */
#ifndef FLAREI_H1_PARTS_H
#define FLAREI_H1_PARTS_H

#include "wire/h1.h"

/* What the fields of a head said that bears on framing, as bits. */
enum {
    H1_SAID_HOST = 1 << 0,
    H1_SAID_CLOSE = 1 << 1,
    H1_SAID_KEEP_ALIVE = 1 << 2,
    H1_SAID_UPGRADE = 1 << 3,
    H1_SAID_LENGTH = 1 << 4,
    H1_SAID_CODING = 1 << 5,         /* a Transfer-Encoding field is there */
    H1_SAID_CHUNKED = 1 << 6,        /* and the last coding so far is chunked */
    H1_SAID_UNKNOWN_CODING = 1 << 7, /* and one is not chunked */
    H1_SAID_BAD_CODING = 1 << 8,     /* malformed, or chunked is not once and last */
    H1_SAID_CONTINUE = 1 << 9,
    H1_SAID_UNKNOWN_EXPECT = 1 << 10,
    H1_SAID_TYPE = 1 << 11 /* a Content-Type field is there */
};

/* What the value of one field line says; of Transfer-Encoding, in the light of what was `said` before. */
unsigned flarei_h1_read_connection(flare_str value);
unsigned flarei_h1_read_transfer_encoding(flare_str value, unsigned said);
unsigned flarei_h1_read_expect(flare_str value);

/* Where a Transfer-Encoding is there: may it frame a body (RFC 9112, section 6.3)? 0 or a refusal. */
FLARE_NOINLINE_COLD int flarei_h1_coding_refusal(unsigned said, bool version_1_1);

/* 0, or FLAREI_H1_BAD_CONTENT_LENGTH. */
int flarei_h1_read_content_length(flare_str value, uint64_t *length);

/* Is this host[:port] (RFC 9110, section 7.2)? */
bool flarei_h1_authority_valid(flare_str authority, bool port_needed);

/* Sets target_form, path, query and, where the target names one, host. `question` is the target's first '?'
 * or NULL. 0 or a refusal. */
int flarei_h1_read_target(struct flarei_h1_head *head, const char *question);

#endif
