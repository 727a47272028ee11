/* flare/flow.h - bodies that a handler reads as they come, and replies that it sends piece by piece.
 *
 *     PUT /blobs/:id -> async put_blob { path id: u64; body stream(..1GiB); reply 201; }
 *
 *     shop_put_blob_reply shop_put_blob(flare_request *rq, const shop_put_blob_in *in)
 *     {
 *         flare_str piece;
 *
 *         while (flare_body_read(rq, &piece))
 *             store(in->id, piece);
 *         if (flare_body_failed(rq))
 *             return shop_put_blob_fail(rq, "it did not come whole");
 *         return shop_put_blob_created(rq);
 *     }
 *
 * Memory stays flat whatever the length: the peer is read no faster than the handler reads. Reading and
 * sending wait, so they are for `async` handlers. What a reply `stream` or `sse` is sent by is in the emitted
 * header.
 */
#ifndef FLARE_FLOW_H
#define FLARE_FLOW_H

#include <flare/request.h>

FLARE_BEGIN

/** Waits for the next piece of a body that the route declares as `stream`.
 *  @param rq the request @param piece set to one byte or more, borrowed: valid until the next read; empty
 * where there is none
 *  @return false at the end, and where the rest can't be had: flare_body_failed() tells the two apart. Then
 * the reply is the server's, whatever the handler says that is not an error: 400 for a body that ended early
 * or is malformed, 408 for one that is late, 413 for one that is too long. The handler's thread. */
bool flare_body_read(flare_request *rq, flare_str *piece) FLARE_MUST_USE;

/** Did a body that was read as a stream, or by `_next()`, not come whole? @param rq the request @return
 * whether; false before its end. The handler's thread. */
bool flare_body_failed(const flare_request *rq);

/** Reads what is left of the body into a file.
 *  @param rq the request @param fd open for writing; stays the caller's; its position moves
 *  @param bytes set to how many were written
 *  @return FLARE_OK; FLARE_ERR_CLOSED where flare_body_failed(); FLARE_ERR_DISK_FULL, FLARE_ERR_IO or another
 * error of writing. May block on a disk. The handler's thread. */
flare_err flare_body_save(flare_request *rq, int fd, uint64_t *bytes) FLARE_MUST_USE;

/** Finds a trailer field that came behind the body (RFC 9110 section 6.5), once that was read to its end.
 *  @param rq the request @param name in any case @param value set to the borrowed value when found
 *  @return whether there is one. The handler's thread. */
bool flare_request_trailer(const flare_request *rq, flare_str name, flare_str *value);

/** What an event has beside its data, for `_send_event()` of a reply `sse`; all zeros: nothing. */
typedef struct flare_event {
    flare_str id;      /**< what the client sends as Last-Event-ID when it comes back; one line */
    flare_str name;    /**< its type; empty: of a union the arm's name, else none, which is "message" */
    uint32_t retry_ms; /**< how long the client waits before it comes back; 0: as before */
} flare_event;

FLARE_END
#endif
