/* http/reply.h - what the http room's files share of reply making. */
#ifndef FLAREI_HTTP_REPLY_H
#define FLAREI_HTTP_REPLY_H

#include <flare/gen.h>

/** Forgets what this request's reply has written so far; it may be answered again. */
void flarei_reply_undo(flare_request *rq);

/** A problem+json reply. @param slug its `type`, empty for about:blank @param detail empty for none; both
 * constants */
flare_reply flarei_reply_problem_of(flare_request *rq, unsigned status, flare_str slug, flare_str detail);

/** Adds a reply field whose name and value outlive the reply. @return FLARE_OK, FLARE_ERR_LIMIT,
 * FLARE_ERR_MEMORY */
flare_err flarei_reply_field_constant(flare_request *rq, flare_str name, flare_str value);

/** Is a value valid and eight bytes or more without even a HTAB, as nearly all are? Of the others,
 * flarei_field_value_valid() knows more. */
static inline bool flarei_field_value_plain(flare_str value)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t word, found = 0;

    if (value.len < 8)
        return false;
    /* Eight bytes at a time, the last ones perhaps twice. Below 0x20 a subtraction sets a byte's top bit, at
     * 0x7f an addition does; bytes that had it before are fine. A carry from a neighbour can only find more.
     */
    for (size_t at = 0;; at = value.len - at < 16 ? value.len - 8 : at + 8) {
        memcpy(&word, value.ptr + at, sizeof word);
        found |= ((word - 0x20 * each) | (word + each)) & ~word;
        if (at == value.len - 8)
            return (found & 0x80 * each) == 0;
    }
}

/** As flare_request_header(), in any state. */
bool flarei_request_field(const flare_request *rq, flare_str name, flare_str *value);

#endif
