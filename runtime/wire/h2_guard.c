#include "wire/h2_session.h"

enum {
    BUDGET_MAX = 1000,
    BUDGET_PER_SECOND = 50,
    RESET_COST = 4, /* a stream was made for nothing */
    REPLY_GAIN = 2,
    CONTENT_BYTES_PER_GAIN = 1024
};

void flarei_h2_guard_begin(struct flarei_h2_session *session, uint64_t now_ms)
{
    session->budget = BUDGET_MAX;
    session->earned_ms = now_ms;
}

static void earn(struct flarei_h2_session *session, uint64_t gain)
{
    const uint64_t room = (uint64_t)(BUDGET_MAX - session->budget);

    session->budget += (int32_t)(gain < room ? gain : room);
}

void flarei_h2_guard_time(struct flarei_h2_session *session, uint64_t now_ms)
{
    const uint64_t gone_ms = now_ms - session->earned_ms;

    if (FLARE_LIKELY(gone_ms < 1000))
        return;
    session->earned_ms = now_ms;
    earn(session, gone_ms / 1000 * BUDGET_PER_SECOND);
}

void flarei_h2_guard_earn(struct flarei_h2_session *session, size_t content_bytes)
{
    earn(session, content_bytes != 0 ? content_bytes / CONTENT_BYTES_PER_GAIN : REPLY_GAIN);
}

static void spend(struct flarei_h2_session *session, int32_t cost)
{
    session->budget -= cost;
    if (FLARE_UNLIKELY(session->budget < 0 && !session->ended))
        flarei_h2_terminate(session, FLAREI_H2_ENHANCE_YOUR_CALM);
}

int flarei_h2_guard_frame(nghttp2_session *nghttp2, const nghttp2_frame_hd *head, void *context)
{
    struct flarei_h2_session *session = context;

    switch (head->type) {
    case NGHTTP2_HEADERS:
        session->head_bytes = 0;
        /* An id may not be below one that was opened, unless it is of a stream that is open, whose trailers
         * these are (RFC 9113, section 5.1.1). */
        if (FLARE_UNLIKELY(head->stream_id <= session->last_id &&
                           nghttp2_session_find_stream(nghttp2, head->stream_id) == NULL) &&
            !session->ended)
            flarei_h2_terminate(session, FLAREI_H2_STREAM_CLOSED);
        return 0;
    case NGHTTP2_DATA:
        if (head->length == 0 && (head->flags & NGHTTP2_FLAG_END_STREAM) == 0)
            spend(session, 1);
        return 0;
    case NGHTTP2_RST_STREAM:
        spend(session, RESET_COST);
        return 0;
    default:
        spend(session, 1);
        return 0;
    }
}

/* The peer's fault made the server reset a stream, which costs as much as a reset of the peer's. */
int flarei_h2_guard_invalid(nghttp2_session *nghttp2, const nghttp2_frame *frame, int error, void *context)
{
    (void)nghttp2;
    (void)frame;
    (void)error;
    spend(context, RESET_COST);
    return 0;
}
