/* wire/h2_session.h - what the files of the HTTP/2 session share. */
#ifndef FLAREI_H2_SESSION_H
#define FLAREI_H2_SESSION_H

#include "wire/h2.h"

#include <flare/assert.h>

#include <nghttp2/nghttp2.h>

/* A field as libnghttp2 takes it, which only reads it. */
static inline nghttp2_nv flarei_h2_line(flare_str name, flare_str value)
{
    nghttp2_nv line = {.namelen = name.len, .valuelen = value.len, .flags = NGHTTP2_NV_FLAG_NONE};

    memcpy(&line.name, &name.ptr, sizeof line.name);
    memcpy(&line.value, &value.ptr, sizeof line.value);
    return line;
}

/* What libnghttp2 takes its memory by; and the end of blocks that a failed session could not give back. */
nghttp2_mem flarei_h2_memory(struct flarei_h2_session *session);
void flarei_h2_memory_end(struct flarei_h2_session *session);

/* Frames that are worth nothing are paid for from a budget, which time and sent content raise. */
void flarei_h2_guard_begin(struct flarei_h2_session *session, uint64_t now_ms);
void flarei_h2_guard_time(struct flarei_h2_session *session, uint64_t now_ms);
void flarei_h2_guard_earn(struct flarei_h2_session *session, size_t content_bytes);

/* Follows the frames for what libnghttp2 does not look at, and counts their heads.
 * @return how many bytes it is to take before this is called with the rest; all of them where that is
 * `length` */
#define FLAREI_H2_HEADS_AT_ONCE 8
size_t flarei_h2_guard_scan(struct flarei_h2_session *session, const char *bytes, size_t length);

/* libnghttp2's callbacks: each frame's head, and each frame that is refused. */
int flarei_h2_guard_frame(nghttp2_session *nghttp2, const nghttp2_frame_hd *head, void *context);
int flarei_h2_guard_invalid(nghttp2_session *nghttp2, const nghttp2_frame *frame, int error, void *context);

#endif
