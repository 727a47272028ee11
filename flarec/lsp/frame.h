/* frame.h - messages out of a stream: header lines, an empty line, as many bytes as Content-Length says. */
#ifndef FLAREC_LSP_FRAME_H
#define FLAREC_LSP_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#define FRAME_HEAD_MAX_BYTES    ((size_t)4096)
#define FRAME_MESSAGE_MAX_BYTES ((size_t)64 << 20)

/* Start with {0}. */
struct frames {
    char *bytes;
    size_t start, length, capacity; /* what was not taken yet is bytes[start..length) */
};

enum frame_result { FRAME_MORE, FRAME_MESSAGE, FRAME_BROKEN };

void frames_add(struct frames *frames, const char *bytes, size_t length);
/* The next message, which stays until bytes are added. After FRAME_BROKEN nothing follows. */
enum frame_result frames_next(struct frames *frames, const char **message, size_t *length);
void frames_free(struct frames *frames);

#endif
