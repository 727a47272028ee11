/* flare/buffer.h - a contiguous buffer that is written at the end and consumed from the front.
 *
 *     flare_buffer out;
 *     flarei_buffer_init(&out, 64 * 1024);
 *     flarei_buffer_append_str(&out, FLARE_STR("HTTP/1.1 200 OK\r\n"));
 *     if (out.failed) ...                       // one check at the end is enough
 *     flarei_buffer_consume(&out, sent);
 *     flarei_buffer_free(&out);
 *
 * It never holds more than its maximum. The first write that has no room sets `failed`; from then on nothing
 * is appended until the buffer is cleared, truncated or freed. A buffer belongs to one thread at a time.
 */
#ifndef FLARE_BUFFER_H
#define FLARE_BUFFER_H

#include <flare/str.h>

FLARE_BEGIN

/** A growable buffer. Read the members freely; write them through the functions. */
typedef struct flare_buffer {
    char *ptr;       /**< the storage, or NULL while there is none */
    size_t start;    /**< offset of the first byte not consumed */
    size_t end;      /**< offset behind the last byte written */
    size_t limit;    /**< where writing must stop: `capacity`, or `end` once failed */
    size_t capacity; /**< bytes of storage */
    size_t max;      /**< that `capacity` may reach */
    bool failed;     /**< a write had no room or no memory */
    bool unfit;      /**< of one that failed: it had a value that can't be written */
    uint32_t depth;  /**< of the values that are being written, where their type has no bound */
} flare_buffer;

/** Prepares a buffer; allocates nothing. The owner's thread; no errors.
 *  @param buffer to fill; every earlier content is forgotten @param max bytes it may ever hold */
static inline void flarei_buffer_init(flare_buffer *buffer, size_t max)
{
    *buffer = FLARE_LIT(flare_buffer){NULL, 0, 0, 0, 0, max, false, false, 0};
}

/** Prepares a buffer over storage of the caller's that never grows. It must not be freed or shrunk. The
 * owner's thread; no errors.
 *  @param buffer to fill @param storage outlives the buffer @param bytes of it */
static inline void flarei_buffer_over(flare_buffer *buffer, char *storage, size_t bytes)
{
    *buffer = FLARE_LIT(flare_buffer){storage, 0, 0, bytes, bytes, bytes, false, false, 0};
}

/** Marks the content as unfit, as a write without room does. The owner's thread; no errors. */
static inline void flarei_buffer_fail(flare_buffer *buffer)
{
    buffer->failed = true;
    buffer->unfit = true;
    buffer->limit = buffer->end;
}

/** Gives the storage back. The buffer is then as after init and may be used again. The owner's thread. */
void flarei_buffer_free(flare_buffer *buffer);

/** @return the bytes not consumed; valid until the next reserve, append, shrink, truncate or free. */
static inline flare_str flarei_buffer_str(const flare_buffer *buffer)
{
    return FLARE_LIT(flare_str){buffer->ptr ? buffer->ptr + buffer->start : NULL,
                                buffer->end - buffer->start};
}

/** @return how many bytes are not consumed. */
static inline size_t flarei_buffer_len(const flare_buffer *buffer)
{
    return buffer->end - buffer->start;
}

/** The way of flarei_buffer_reserve() when the storage must move or grow. Not for direct use. */
FLARE_MUST_USE char *flarei_buffer_reserve_slow(flare_buffer *buffer, size_t bytes);

/** Makes room for `bytes` more. May move the storage. The owner's thread.
 *  @return where to write them (announce them with flarei_buffer_commit(); at least `bytes` are free there,
 *          and all of flarei_buffer_room()); NULL, and `failed` set, if the maximum or memory forbids it. */
FLARE_MUST_USE static inline char *flarei_buffer_reserve(flare_buffer *buffer, size_t bytes)
{
    if (FLARE_LIKELY(bytes - 1 < buffer->limit - buffer->end))
        return buffer->ptr + buffer->end;
    return flarei_buffer_reserve_slow(buffer, bytes);
}

/** @return bytes that can be written without moving or growing the storage. */
static inline size_t flarei_buffer_room(const flare_buffer *buffer)
{
    return buffer->limit - buffer->end;
}

/** Counts bytes written behind a reserve as the buffer's.
 *  @param bytes at most what was reserved, or flarei_buffer_room() */
static inline void flarei_buffer_commit(flare_buffer *buffer, size_t bytes)
{
    buffer->end += bytes;
}

/** Appends a copy of bytes. The owner's thread.
 *  @param bytes not inside this buffer; NULL only with len 0
 *  @return false, and `failed` set, if nothing was appended; may be ignored for a check of `failed` later */
static inline bool flarei_buffer_append(flare_buffer *buffer, const void *bytes, size_t len)
{
    char *to;

    if (len == 0)
        return !buffer->failed;
    to = flarei_buffer_reserve(buffer, len);
    if (FLARE_UNLIKELY(to == NULL))
        return false;
    memcpy(to, bytes, len);
    buffer->end += len;
    return true;
}

/** Appends a copy of a slice; as flarei_buffer_append(). */
static inline bool flarei_buffer_append_str(flare_buffer *buffer, flare_str text)
{
    return flarei_buffer_append(buffer, text.ptr, text.len);
}

/** Appends one byte; as flarei_buffer_append(). */
static inline bool flarei_buffer_append_byte(flare_buffer *buffer, char byte)
{
    char *const to = flarei_buffer_reserve(buffer, 1);

    if (FLARE_UNLIKELY(to == NULL))
        return false;
    *to = byte;
    buffer->end++;
    return true;
}

/** Drops bytes from the front; nothing moves. When all are dropped, writing starts at the front again.
 *  @param bytes at most flarei_buffer_len() */
static inline void flarei_buffer_consume(flare_buffer *buffer, size_t bytes)
{
    buffer->start += bytes;
    if (buffer->start == buffer->end && !buffer->failed)
        buffer->start = buffer->end = 0;
}

/** Cuts the buffer back to its first `len` unconsumed bytes and forgets a failure.
 *  @param len at most flarei_buffer_len() */
static inline void flarei_buffer_truncate(flare_buffer *buffer, size_t len)
{
    buffer->end = buffer->start + len;
    buffer->limit = buffer->capacity;
    buffer->failed = false;
}

/** Empties the buffer and forgets a failure; keeps the storage. */
static inline void flarei_buffer_clear(flare_buffer *buffer)
{
    buffer->start = 0;
    flarei_buffer_truncate(buffer, 0);
}

/** Gives storage back beyond `capacity` bytes, or beyond what is not consumed if that is more; 0 on an empty
 *  buffer gives all of it back. The storage may move. Failing to shrink is not an error. The owner's thread.
 */
void flarei_buffer_shrink(flare_buffer *buffer, size_t capacity);

FLARE_END
#endif
