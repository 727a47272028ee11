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

/** As flare_request_header(), in any state. */
bool flarei_request_field(const flare_request *rq, flare_str name, flare_str *value);

#endif
