/* server/h2_work.h - requests at work on HTTP/2, as the rest sees them. Built without HTTP/2, there are none.
 */
#ifndef FLAREI_SERVER_H2_WORK_H
#define FLAREI_SERVER_H2_WORK_H

#include "server/work.h"

#if FLAREI_HTTP2

/** The handler has returned: its reply runs by urgency, as others do. */
void flarei_h2_request_worked(struct flarei_connection *connection, struct flarei_h2_request *request);

/** Its time is over, and it was taken away: 503 in its place. */
void flarei_h2_request_late(struct flarei_connection *connection, struct flarei_h2_request *request);

/** The size of struct flarei_h2_reply_head. */
size_t flarei_h2_reply_head_bytes(void);

/** Did the peer reset the stream of a plain handler's request meanwhile? It keeps the loop from hearing of
 * that, so what came is received, to be taken when it has returned, and looked through. */
bool flarei_h2_request_reset_meanwhile(const flare_request *rq);

/** Asks the handlers that are at work to come to an end. */
void flarei_h2_connection_cancel(struct flarei_connection *connection, unsigned reason);

#else

static inline void flarei_h2_request_worked(struct flarei_connection *connection,
                                            struct flarei_h2_request *request)
{
    (void)connection, (void)request;
}

static inline void flarei_h2_request_late(struct flarei_connection *connection,
                                          struct flarei_h2_request *request)
{
    (void)connection, (void)request;
}

static inline size_t flarei_h2_reply_head_bytes(void)
{
    return 0;
}

static inline bool flarei_h2_request_reset_meanwhile(const flare_request *rq)
{
    (void)rq;
    return false;
}

static inline void flarei_h2_connection_cancel(struct flarei_connection *connection, unsigned reason)
{
    (void)connection, (void)reason;
}

#endif
#endif
