/* http/request.h - the life of a request between a wire and a service's dispatch. */
#ifndef FLAREI_HTTP_REQUEST_H
#define FLAREI_HTTP_REQUEST_H

#include <flare/gen.h>

/** A reply of this mark says "not yet"; no request carries it. */
#define FLAREI_PARKED_MARK UINT32_MAX

/** Begins a request. Only what may be read before something else sets it is set here: clearing all of the
 * struct would cost more than a dispatch.
 *  @param rq a slot of the worker's pool, in state FREE; its arena is set and reset, and
 * what stays the same for all its requests is set: files, worker_state, websockets, serving; work is NULL
 *  @param service whose request it is @param state of the service @param out where h1 writes the reply */
static inline void flarei_request_begin(flare_request *rq, const flare_service *service, void *state,
                                        flare_buffer *out)
{
    const flare_str none = {NULL, 0};
    const uint32_t mark = rq->mark + 1;

    if (FLARE_ASSERT_MODE == FLARE_ASSERT_ALL) { /* so that what is missing below is noticed */
        flare_arena *const arena = rq->arena;
        const struct flarei_file_calls *const files = rq->files;
        void *const worker_state = rq->worker_state;
        struct flarei_work *const work = rq->work;
        const struct flarei_ws_carrier *const websockets = rq->websockets;
        const struct flarei_serving *const serving = rq->serving;

        memset(rq, 0xa5, sizeof *rq);
        rq->arena = arena;
        rq->files = files;
        rq->worker_state = worker_state;
        rq->websockets = websockets;
        rq->serving = serving;
        rq->work = work;
    }
    rq->mark = FLARE_UNLIKELY(mark == 0 || mark == FLAREI_PARKED_MARK) ? 1 : mark;
    rq->path = none;
    rq->query = none;
    rq->fields = NULL;
    rq->field_count = 0;
    rq->refusal_count = 0;
    rq->method = FLARE_METHOD_UNKNOWN;
    rq->state = FLAREI_REQUEST_OPEN;
    rq->version_minor = 0;
    rq->path_plain = false;
    rq->head_only = rq->keep_alive = rq->expose_errors = false;
    rq->body_complete = true;
    rq->has_body = rq->expects_continue = rq->in_page = false;
    rq->streamed = rq->body_failed = false;
    rq->out = out;
    rq->date = none;
    rq->service = service;
    rq->service_state = state;
    rq->limits = service->limits;
    rq->connection = NULL;
    rq->target = none;
    rq->reply_start = flarei_buffer_len(out);
    /* In two parts: each is few enough bytes for stores in place. */
    memset(&rq->wire, 0, offsetof(flare_request, body) - offsetof(flare_request, wire));
    memset(&rq->body, 0, offsetof(flare_request, body_max_bytes) - offsetof(flare_request, body));
    rq->reply_length_width = 0;
}

/** As flarei_request_target(), for a path that may need more than to be pointed at. */
flare_err flarei_request_odd_target(flare_request *rq, flare_str path, bool has_percent);

/** Sets path and query from the target's raw parts: dot segments (escaped too) are refused, and a path with
 * '%' gets a copy in the request's memory in which escaped unreserved characters are plain and other escapes
 * in upper case.
 *  @param path ASCII without control characters, as a wire must have checked: what is not escaped is not
 * looked at again @param has_percent whether the path holds a '%' @param may_have_dots whether it holds a
 * "/."
 *  @return FLARE_OK; FLARE_ERR_SYNTAX (400: a bad escape, an escaped NUL, a dot segment); FLARE_ERR_MEMORY.
 * RFC 3986 section 6.2.2 */
static inline flare_err flarei_request_target(flare_request *rq, flare_str path, flare_str query,
                                              bool has_percent, bool may_have_dots)
{
    rq->query = query;
    rq->path = path;
    rq->path_plain = !has_percent;
    if (FLARE_LIKELY(!has_percent && !may_have_dots))
        return FLARE_OK;
    return flarei_request_odd_target(rq, path, has_percent);
}

/** The replies to what no service is asked: 501 for an unregistered method or CONNECT, 204 for OPTIONS *. */
flare_reply flarei_request_outside(flare_request *rq);

/** Judges what a handler returned: a reply made for this request, or the parked mark where it parked or is at
 * work. Anything else becomes a 500 and a log line. @return false: it waits for its body (the state is
 * PARKED), or has streamed its reply (STREAMED), or the handler is at work, maybe on another thread: then
 * nothing but rq->work is to be touched */
bool flarei_request_judge(flare_request *rq, flare_reply reply);

/** Runs the service's dispatch where it is to be asked, and judges the reply: only a constructor can have
 * made this very mark and left the request replied. @return whether it is, as flarei_request_judge() */
static inline bool flarei_request_dispatch(flare_request *rq)
{
    flare_reply reply;

    if (FLARE_UNLIKELY(rq->method == FLARE_METHOD_UNKNOWN || rq->method == FLARE_METHOD_CONNECT ||
                       (rq->path.len == 1 && rq->path.ptr[0] == '*')))
        reply = flarei_request_outside(rq);
    else
        reply = rq->service->dispatch(rq);
    if (FLARE_UNLIKELY(reply.flarei_mark != rq->mark || rq->state != FLAREI_REQUEST_REPLIED))
        return flarei_request_judge(rq, reply);
    return true;
}

/** The same for an extended CONNECT (RFC 8441), which only routes of WebSockets take. */
bool flarei_request_connect(flare_request *rq);

/** Goes on with a parked request whose body is complete in rq->body; judges as above. @return the same */
bool flarei_request_resume(flare_request *rq);

/* A body that is to be read as it comes, not collected: rq->upload is set where dispatch parked the request.
 * Then the wire gives its bytes, and resumes with an empty rq->body. Where one of these returns false, it
 * refuses with rq->body_refusal and its detail. */

/* The way there: a service without such bodies does not hold the code that reads them. */
struct flarei_upload_calls {
    bool (*feed)(flare_request *rq, flare_str bytes);
    bool (*end)(flare_request *rq);
    void (*close)(flare_request *rq);
};

/** Takes the next bytes of the body, at most rq->body_max_bytes in all, which the wire counts. */
FLARE_MUST_USE static inline bool flarei_upload_feed(flare_request *rq, flare_str bytes)
{
    return rq->upload_calls->feed(rq, bytes);
}
/** All of them were given: is the body complete? */
FLARE_MUST_USE static inline bool flarei_upload_end(flare_request *rq)
{
    return rq->upload_calls->end(rq);
}
/** Closes its files: at the end of every request whose rq->upload is set. */
static inline void flarei_upload_close(flare_request *rq)
{
    rq->upload_calls->close(rq);
}

/** A refusal outside the service (400, 408, 413, 414, 417, 431, 500, 501, 503, 505, 507): problem+json,
 * Connection: close. Undoes whatever this request wrote before. @param detail for the log and for the body: a
 * constant that tells nothing about the inside */
void flarei_request_refuse(flare_request *rq, unsigned status, flare_str detail);

/** Ends the socket of a handshake that was not accepted. */
void flarei_request_drop_websocket(flare_request *rq);

/** Frees what a stream holds. */
void flarei_stream_free(flare_request *rq);

/** After-phases of a request that was replied to; then its memory is given back and the slot is FREE. */
static inline void flarei_request_end(flare_request *rq)
{
    if (FLARE_UNLIKELY(rq->service->after != NULL)) {
        rq->state = FLAREI_REQUEST_ENDING;
        rq->service->after(rq);
    }
    if (FLARE_UNLIKELY(rq->ws != NULL))
        flarei_request_drop_websocket(rq);
    if (FLARE_UNLIKELY(rq->arena->chunk != NULL)) {
        if (rq->upload != NULL) /* it is in that memory */
            flarei_upload_close(rq);
        if (rq->streamed)
            flarei_stream_free(rq);
        flarei_arena_reset(rq->arena);
    }
    rq->state = FLAREI_REQUEST_FREE;
}

/** A parked request that will have no reply, since its peer is gone: what was entered is left, then as above.
 */
void flarei_request_abandon(flare_request *rq);

#endif
