/* http/reply.h - what the http room's files share of reply making. */
#ifndef FLAREI_HTTP_REPLY_H
#define FLAREI_HTTP_REPLY_H

#include <flare/gen_json.h>

/** Forgets what this request's reply has written so far; it may be answered again. */
void flarei_reply_undo(flare_request *rq);

/** Begins a reply that is not written by a constructor here. @return false: one was made already */
bool flarei_reply_begin(flare_request *rq, unsigned status);

/** Writes all of a head to rq->out, as HTTP/1 has it. @param framing lines that tell where the content ends,
 * or empty @return false without memory */
bool flarei_reply_head(flare_request *rq, const struct flarei_head *head, flare_str framing);

/** The service's own page for an error, where it has one. @param reply set if there is @return whether there
 * is */
bool flarei_reply_page(flare_request *rq, const flare_problem_info *problem, flare_reply *reply);

/** A problem+json reply. @param slug its `type`, empty for about:blank @param detail empty for none; both
 * constants */
flare_reply flarei_reply_problem_of(flare_request *rq, unsigned status, flare_str slug, flare_str detail);

/** What errors call a rule, such as "max_length". @return a constant */
flare_str flarei_rule_name(enum flarei_rule rule);

/** What errors call where an input stands, such as "query". @return a constant */
flare_str flarei_place_name(enum flarei_place place);

/** The 422 of a body that breaks its type. */
flare_reply flarei_reply_json_refusals(flare_request *rq, const struct flarei_json *json);

/** A 304 in place of a reply that has this head: with those of its fields that a 304 has. */
flare_reply flarei_reply_not_modified(flare_request *rq, const struct flarei_head *head);

/** Adds a reply field whose name and value outlive the reply. @return FLARE_OK, FLARE_ERR_LIMIT,
 * FLARE_ERR_MEMORY */
flare_err flarei_reply_field_constant(flare_request *rq, flare_str name, flare_str value);

/** The same for a field that stays if the reply is undone and another one made, unless a field stands before
 * it that does not: what uses add before the handler runs. */
flare_err flarei_reply_field_kept(flare_request *rq, flare_str name, flare_str value);

/** The top bit of a byte is set where it is a control character: below 0x20 a subtraction sets it, at 0x7f an
 * addition does; a byte that had it before is fine. A carry from a neighbour can only find more. */
static inline uint64_t flarei_controls(const char *bytes)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t word;

    memcpy(&word, bytes, sizeof word);
    return ((word - 0x20 * each) | (word + each)) & ~word & 0x80 * each;
}

/** Is a value valid and eight bytes or more without even a HTAB, as nearly all are? Of the others,
 * flarei_field_value_valid() knows more. */
static inline bool flarei_field_value_plain(flare_str value)
{
    if (value.len < 8)
        return false;
    const char *const last = value.ptr + value.len - 8;
    uint64_t found = flarei_controls(value.ptr) | flarei_controls(last);
    for (const char *at = value.ptr + 8; at < last; at += 8)
        found |= flarei_controls(at);
    return found == 0;
}

/** Is a content type among these, "image/" + "*" being any image? None declared: it is. */
bool flarei_media_type_among(const flare_str *declared, uint32_t count, flare_str content_type);

/** Two numbers that no other call gives. */
void flarei_unique(uint64_t words[static 2]);

/** Is this a token (RFC 9110 section 5.6.2)? */
bool flarei_token_valid(flare_str name);

/** As flare_request_header(), in any state. */
bool flarei_request_field(const flare_request *rq, flare_str name, flare_str *value);

#endif
