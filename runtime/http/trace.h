/* http/trace.h - W3C Trace Context's traceparent. */
#ifndef FLAREI_HTTP_TRACE_H
#define FLAREI_HTTP_TRACE_H

#include <flare/gen.h>

/** "00-" trace "-" span "-" flags */
#define FLAREI_TRACEPARENT_BYTES 55

/** Is this a traceparent (Trace Context, section 3.2)? Of a later version what this one knows of it. */
bool flarei_traceparent_valid(flare_str text);

/** The request's own, or empty where nothing traces it. In any state. */
static inline flare_str flarei_request_trace(const flare_request *rq)
{
    const bool traced = (rq->marks & FLAREI_MARK_TRACE) != 0;

    return (flare_str){traced ? rq->trace : NULL, traced ? FLAREI_TRACEPARENT_BYTES : 0};
}

#endif
