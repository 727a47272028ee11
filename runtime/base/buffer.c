#include <flare/buffer.h>
#include <flare/memory.h>

/* The least storage worth allocating. */
#define GROWTH_MIN_BYTES 256u

void flarei_buffer_free(flare_buffer *buffer)
{
    flarei_free(buffer->ptr);
    flarei_buffer_init(buffer, buffer->max);
}

static void slide_to_front(flare_buffer *buffer)
{
    memmove(buffer->ptr, buffer->ptr + buffer->start, buffer->end - buffer->start);
    buffer->end -= buffer->start;
    buffer->start = 0;
}

/* Puts what is not consumed at the front of a storage of `capacity` bytes, which hold it. */
static bool storage_change(flare_buffer *buffer, size_t capacity)
{
    char *moved;

    if (buffer->start > 0)
        slide_to_front(buffer);
    moved = (char *)flarei_realloc(buffer->ptr, capacity);
    if (moved == NULL)
        return false;
    buffer->ptr = moved;
    buffer->capacity = capacity;
    buffer->limit = capacity;
    return true;
}

static size_t capacity_for(const flare_buffer *buffer, size_t bytes)
{
    const size_t needed = bytes > buffer->max - buffer->end ? buffer->max : buffer->end + bytes;
    size_t capacity = buffer->capacity < GROWTH_MIN_BYTES ? GROWTH_MIN_BYTES : buffer->capacity;

    while (capacity < needed && capacity <= buffer->max / 2)
        capacity *= 2;
    capacity = capacity < needed ? buffer->max : capacity;
    return capacity > buffer->max ? buffer->max : capacity;
}

char *flarei_buffer_reserve_slow(flare_buffer *buffer, size_t bytes)
{
    const size_t len = flarei_buffer_len(buffer);

    if (buffer->failed)
        return NULL;
    bytes = bytes == 0 ? 1 : bytes;
    if (bytes <= buffer->limit - buffer->end)
        return buffer->ptr + buffer->end;
    if (bytes > buffer->max || len > buffer->max - bytes)
        goto fail;
    /* Sliding moves no more than was consumed before, so its cost stays in proportion; at the maximum there
     * is no other way. */
    if (len + bytes <= buffer->capacity && (buffer->start >= len || buffer->capacity == buffer->max))
        slide_to_front(buffer);
    else if (!storage_change(buffer, capacity_for(buffer, bytes)) && bytes > buffer->capacity - buffer->end)
        goto fail;
    return buffer->ptr + buffer->end;
fail:
    buffer->failed = true;
    buffer->unfit = false;
    buffer->limit = buffer->end;
    return NULL;
}

void flarei_buffer_shrink(flare_buffer *buffer, size_t capacity)
{
    const size_t len = flarei_buffer_len(buffer);
    const bool failed = buffer->failed;

    capacity = capacity < len ? len : capacity;
    if (capacity >= buffer->capacity)
        return;
    if (capacity == 0)
        flarei_buffer_free(buffer);
    else
        (void)storage_change(buffer, capacity);
    buffer->failed = failed;
    buffer->limit = failed ? buffer->end : buffer->capacity;
}
