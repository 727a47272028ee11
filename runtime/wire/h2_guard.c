#include "wire/h2_session.h"

enum {
    BUDGET_MAX = 1000,
    BUDGET_PER_SECOND = 50,
    RESET_COST = 4, /* a stream was made for nothing */
    REPLY_GAIN = 2,
    CONTENT_BYTES_PER_GAIN = 1024,
    PRIORITY_BYTES = 5
};

void flarei_h2_guard_begin(struct flarei_h2_session *session, uint64_t now_ms)
{
    session->budget = BUDGET_MAX;
    session->earned_ms = now_ms;
    session->scan =
        (struct flarei_h2_scan){.skip = FLAREI_H2_PREFACE_BYTES, .want = FLAREI_H2_FRAME_HEAD_BYTES};
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
    session->spent += (uint32_t)cost;
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
    case NGHTTP2_DATA: /* see data_head() */
        return 0;
    case NGHTTP2_RST_STREAM:
        spend(session, RESET_COST);
        return 0;
    default:
        spend(session, 1);
        return 0;
    }
}

/* ---- What libnghttp2 passes over ---- */

static uint32_t read32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int32_t stream_id(const struct flarei_h2_scan *scan)
{
    return (int32_t)(read32(scan->bytes + 5) & INT32_MAX);
}

/* On a stream that the peer has ended, or reset, no DATA comes (RFC 9113, section 5.1); of one that was reset
 * here it may be on its way still. */
static void data_head(struct flarei_h2_session *session)
{
    const struct flarei_h2_scan *const scan = &session->scan;
    const int32_t id = stream_id(scan);

    if (FLARE_UNLIKELY(id <= session->last_id && id > session->reset_id &&
                       nghttp2_session_find_stream(session->nghttp2, id) == NULL) &&
        !session->ended)
        flarei_h2_terminate(session, FLAREI_H2_STREAM_CLOSED);
    if (read32(scan->bytes) >> 8 == 0 && (scan->bytes[4] & NGHTTP2_FLAG_END_STREAM) == 0)
        spend(session, 1);
}

/* A PRIORITY is of a stream, and no stream depends on itself (RFC 7540, section 5.3.1). */
static void priority_frame(struct flarei_h2_session *session)
{
    const struct flarei_h2_scan *const scan = &session->scan;
    const int32_t id = stream_id(scan);
    const int32_t parent = (int32_t)(read32(scan->bytes + FLAREI_H2_FRAME_HEAD_BYTES) & INT32_MAX);

    if ((id == 0 || parent == id) && !session->ended)
        flarei_h2_terminate(session, FLAREI_H2_PROTOCOL_ERROR);
}

/* Goes to the end of what is looked at next. @return how many bytes that takes, at most `length` */
static size_t scan_step(struct flarei_h2_scan *scan, const char *bytes, size_t length)
{
    size_t step = scan->skip != 0 ? scan->skip : (size_t)(scan->want - scan->have);

    if (step > length)
        step = length;
    if (scan->skip != 0) {
        scan->skip -= (uint32_t)step;
    } else {
        memcpy(scan->bytes + scan->have, bytes, step);
        scan->have = (uint8_t)(scan->have + step);
    }
    return step;
}

size_t flarei_h2_guard_scan(struct flarei_h2_session *session, const char *bytes, size_t length)
{
    struct flarei_h2_scan *const scan = &session->scan;
    size_t at = 0;

    if (scan->due) { /* all before the frame's last byte was taken */
        scan->due = false;
        if (scan->bytes[3] == NGHTTP2_DATA)
            data_head(session);
        else
            priority_frame(session);
        at = 1;
    }
    while (at < length) {
        at += scan_step(scan, bytes + at, length - at);
        if (scan->skip != 0 || scan->have < scan->want)
            continue;
        const uint32_t payload = read32(scan->bytes) >> 8;
        const bool data = scan->bytes[3] == NGHTTP2_DATA;
        const bool priority = scan->bytes[3] == NGHTTP2_PRIORITY && payload == PRIORITY_BYTES;
        if (priority && scan->want == FLAREI_H2_FRAME_HEAD_BYTES) {
            scan->want += PRIORITY_BYTES;
            continue;
        }
        scan->skip = priority ? 0 : payload;
        scan->have = 0;
        scan->want = FLAREI_H2_FRAME_HEAD_BYTES;
        scan->heads++;
        if (data || priority) {
            scan->due = true;
            return at - 1;
        }
        if (FLARE_UNLIKELY(scan->heads == FLAREI_H2_HEADS_AT_ONCE))
            return at;
    }
    return length;
}

bool flarei_h2_resets(const struct flarei_h2_session *session, int32_t id, const char *bytes, size_t length)
{
    struct flarei_h2_scan scan = session->scan;

    for (size_t at = 0; at < length;) {
        at += scan_step(&scan, bytes + at, length - at);
        if (scan.skip != 0 || scan.have < scan.want)
            continue;
        if (scan.bytes[3] == NGHTTP2_RST_STREAM && stream_id(&scan) == id)
            return true;
        /* Of a PRIORITY that was begun before, the payload is in `bytes`. */
        scan.skip = scan.want == FLAREI_H2_FRAME_HEAD_BYTES ? read32(scan.bytes) >> 8 : 0;
        scan.have = 0;
        scan.want = FLAREI_H2_FRAME_HEAD_BYTES;
    }
    return false;
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
