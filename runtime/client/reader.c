#include <flare/reader.h>

#include <flare/net.h>

/* The least that is asked for at once. */
enum { ASK_BYTES = 4096 };

/* ---- Sources ---- */

void flare_reader_over(flare_reader *reader, flare_reader_source *read, void *source, size_t max_bytes)
{
    *reader = (flare_reader){.read = read, .source = source};
    flarei_buffer_init(&reader->buffer, max_bytes > SIZE_MAX - ASK_BYTES ? SIZE_MAX : max_bytes + ASK_BYTES);
}

static ptrdiff_t read_stream(void *source, void *buffer, size_t bytes)
{
    return flare_stream_read(source, buffer, bytes);
}

void flare_reader_over_stream(flare_reader *reader, flare_stream *stream, uint32_t timeout_ms,
                              size_t max_bytes)
{
    flare_reader_over(reader, read_stream, stream, max_bytes);
    reader->timeout_ms = timeout_ms;
}

static ptrdiff_t read_socket(void *source, void *buffer, size_t bytes)
{
    return flare_socket_receive((int)(intptr_t)source, buffer, bytes);
}

void flare_reader_over_socket(flare_reader *reader, int fd, size_t max_bytes)
{
    flare_reader_over(reader, read_socket, (void *)(intptr_t)fd, max_bytes);
}

/* Only ever read from: the buffer over it has no room to write to. */
void flare_reader_over_memory(flare_reader *reader, flare_str bytes)
{
    *reader = (flare_reader){.read = NULL, .ended = FLARE_ERR_CLOSED};
    flarei_buffer_over(&reader->buffer, (char *)(uintptr_t)bytes.ptr, bytes.len);
    reader->buffer.end = bytes.len;
}

void flare_reader_free(flare_reader *reader)
{
    if (reader->read != NULL)
        flarei_buffer_free(&reader->buffer);
    reader->given = reader->looked = 0;
}

/* ---- Reading ---- */

static size_t max_of(const flare_reader *reader)
{
    return reader->read ? reader->buffer.max - ASK_BYTES : SIZE_MAX;
}

static void drop_given(flare_reader *reader)
{
    if (reader->given == 0)
        return;
    flarei_buffer_consume(&reader->buffer, reader->given);
    reader->given = reader->looked = 0;
}

/* Asks the source once. @return FLARE_OK if more came */
static flare_err fill(flare_reader *reader)
{
    char *to;
    ptrdiff_t got;

    if (reader->ended != FLARE_OK)
        return reader->ended;
    to = flarei_buffer_reserve(&reader->buffer, 1);
    if (to == NULL) {
        flarei_buffer_truncate(&reader->buffer,
                               flarei_buffer_len(&reader->buffer)); /* it may be asked again */
        return FLARE_ERR_MEMORY;
    }
    const size_t room = flarei_buffer_room(&reader->buffer);
    if (reader->timeout_ms > 0)
        got = flare_stream_read_wait(reader->source, to, room, reader->timeout_ms);
    else
        got = reader->read(reader->source, to, room);
    if (got > 0) {
        flarei_buffer_commit(&reader->buffer, (size_t)got);
        return FLARE_OK;
    }
    if (got != FLARE_ERR_AGAIN && got != FLARE_ERR_TIMEOUT)
        reader->ended = (flare_err)got;
    return (flare_err)got;
}

/* Gives `count` bytes, of which the delimiter after them is `more`. */
static flare_err give(flare_reader *reader, size_t count, size_t more, flare_str *bytes)
{
    *bytes = (flare_str){flarei_buffer_str(&reader->buffer).ptr, count};
    reader->given = count + more;
    return FLARE_OK;
}

flare_err flare_reader_until(flare_reader *reader, flare_str delimiter, flare_str *bytes)
{
    const size_t max = max_of(reader);

    if (delimiter.len == 0)
        return FLARE_ERR_ARGUMENT;
    drop_given(reader);
    for (;;) {
        const flare_str there = flarei_buffer_str(&reader->buffer);
        const char *const found =
            there.len > reader->looked
                ? memmem(there.ptr + reader->looked, there.len - reader->looked, delimiter.ptr, delimiter.len)
                : NULL;
        const size_t length = found ? (size_t)(found - there.ptr) + delimiter.len : there.len + 1;
        flare_err err;

        if (length > max)
            return FLARE_ERR_LIMIT;
        if (found != NULL)
            return give(reader, length - delimiter.len, delimiter.len, bytes);
        /* Its first bytes may be here already. */
        reader->looked = there.len >= delimiter.len ? there.len - delimiter.len + 1 : 0;
        err = fill(reader);
        if (err != FLARE_OK) {
            reader->looked = 0; /* the next call may look for another one */
            return err;
        }
    }
}

flare_err flare_reader_line(flare_reader *reader, flare_str *line)
{
    const flare_err err = flare_reader_until(reader, FLARE_STR("\n"), line);

    if (err == FLARE_OK && line->len > 0 && line->ptr[line->len - 1] == '\r')
        line->len--;
    return err;
}

flare_err flare_reader_peek(flare_reader *reader, size_t count, flare_str *bytes)
{
    drop_given(reader);
    if (count > max_of(reader))
        return FLARE_ERR_LIMIT;
    while (flarei_buffer_len(&reader->buffer) < count) {
        const flare_err err = fill(reader);

        if (err != FLARE_OK)
            return err;
    }
    *bytes = (flare_str){flarei_buffer_str(&reader->buffer).ptr, count};
    return FLARE_OK;
}

flare_err flare_reader_exactly(flare_reader *reader, size_t count, flare_str *bytes)
{
    const flare_err err = flare_reader_peek(reader, count, bytes);

    if (err == FLARE_OK)
        reader->given = count;
    return err;
}

flare_err flare_reader_some(flare_reader *reader, flare_str *bytes)
{
    flare_err err = flare_reader_peek(reader, 1, bytes);

    if (err == FLARE_OK)
        err = give(reader, flarei_buffer_len(&reader->buffer), 0, bytes);
    return err;
}

flare_str flare_reader_rest(const flare_reader *reader)
{
    flare_str rest = flarei_buffer_str(&reader->buffer);

    if (reader->given > 0) {
        rest.ptr += reader->given;
        rest.len -= reader->given;
    }
    return rest;
}
