#include "lsp/frame.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"

void frames_add(struct frames *frames, const char *bytes, size_t length)
{
    if (frames->start > 0) {
        memmove(frames->bytes, frames->bytes + frames->start, frames->length - frames->start);
        frames->length -= frames->start;
        frames->start = 0;
    }
    if (frames->capacity - frames->length < length) {
        size_t capacity = frames->capacity > 0 ? frames->capacity : 4096;
        while (capacity - frames->length < length)
            capacity *= 2;
        char *const more = realloc(frames->bytes, capacity);
        if (more == NULL)
            arena_exhausted();
        frames->bytes = more;
        frames->capacity = capacity;
    }
    if (length > 0)
        memcpy(frames->bytes + frames->length, bytes, length);
    frames->length += length;
}

/* The empty line's end, or NULL. */
static const char *head_end(const char *bytes, size_t length)
{
    for (size_t i = 0; i + 4 <= length; i++) {
        if (memcmp(bytes + i, "\r\n\r\n", 4) == 0)
            return bytes + i + 4;
    }
    return NULL;
}

static bool whole(const char *at, const char *end, size_t *value)
{
    *value = 0;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (at == end)
        return false;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        *value = *value * 10 + (size_t)(*at - '0');
        if (*value > FRAME_MESSAGE_MAX_BYTES)
            return false;
    }
    return true;
}

/* The value of Content-Length among the lines up to the empty one; Content-Type may stand beside it. */
static bool content_length(const char *at, const char *end, size_t *value)
{
    static const char name[] = "Content-Length:";
    bool found = false;

    while (end - at > 2) {
        const char *line = memchr(at, '\r', (size_t)(end - at));
        if (line == NULL || line[1] != '\n' || memchr(at, ':', (size_t)(line - at)) == NULL)
            return false;
        if ((size_t)(line - at) >= sizeof name - 1 && strncasecmp(at, name, sizeof name - 1) == 0) {
            if (found || !whole(at + sizeof name - 1, line, value))
                return false;
            found = true;
        }
        at = line + 2;
    }
    return found;
}

enum frame_result frames_next(struct frames *frames, const char **message, size_t *length)
{
    const char *const bytes = frames->bytes + frames->start;
    const size_t left = frames->length - frames->start;
    const size_t looked = left < FRAME_HEAD_MAX_BYTES ? left : FRAME_HEAD_MAX_BYTES;
    const char *const end = left > 0 ? head_end(bytes, looked) : NULL;

    if (end == NULL)
        return left < FRAME_HEAD_MAX_BYTES ? FRAME_MORE : FRAME_BROKEN;
    if (!content_length(bytes, end, length))
        return FRAME_BROKEN;
    if (left - (size_t)(end - bytes) < *length)
        return FRAME_MORE;
    *message = end;
    frames->start += (size_t)(end - bytes) + *length;
    return FRAME_MESSAGE;
}

void frames_free(struct frames *frames)
{
    free(frames->bytes);
    *frames = (struct frames){0};
}
