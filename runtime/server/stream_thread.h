/* server/stream_thread.h - streams of handlers on other threads than the request's. */
#ifndef FLAREI_SERVER_STREAM_THREAD_H
#define FLAREI_SERVER_STREAM_THREAD_H

#include "server/work.h"

/** As flarei_stream_calls says. */
void flarei_stream_hop(flare_request *rq, void (*step)(flare_request *rq, void *argument), void *argument);

/** Of the handler's thread: waits for what the last step said. @return as flarei_stream_calls says */
flare_err flarei_stream_thread_wait(flare_request *rq);

/** Of the request's thread: ends that wait, if there is one. */
void flarei_stream_thread_wake(flare_request *rq);

/** The same: the connection is gone. A handler that is at work meanwhile learns it at its next step. */
void flarei_stream_thread_leave(flare_request *rq);

#endif
