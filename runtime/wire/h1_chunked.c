/* Chunk lines are read byte by byte and never held; data is handed out where it lies; a trailer line is read
 * when all of it is there. */
#include "wire/h1_line.h"

enum {
    SIZE_START, /* nothing of a chunk line yet */
    SIZE,
    LINE_SPACE, /* blanks after a size or an extension: only ';' may follow */
    EXTENSION,  /* after ';' */
    EXTENSION_NAME,
    EXTENSION_NAME_SPACE,
    EXTENSION_EQUALS, /* after '=' */
    EXTENSION_TOKEN,
    EXTENSION_QUOTED,
    EXTENSION_ESCAPE,
    EXTENSION_QUOTED_END,
    LINE_FEED, /* of a chunk line */
    DATA,
    DATA_RETURN,
    DATA_FEED,
    TRAILERS,
    OVER,
    REFUSED
};

/* What chunk lines may cost beyond 16 bytes and twice their data each, over a whole body: a peer can't make
 * us read much to receive little. */
#define EXCESS_MAX_BYTES 16384

void flarei_h1_chunked_init(struct flarei_h1_chunked *decoder, const struct flarei_h1_limits *limits,
                            uint64_t body_max_bytes)
{
    *decoder = (struct flarei_h1_chunked){.body_left = body_max_bytes,
                                          .line_max = limits->chunk_line_max_bytes,
                                          .trailer_left = limits->trailer_max_bytes,
                                          .trailer_count = limits->field_max_count,
                                          .state = SIZE_START};
}

static int refuse(struct flarei_h1_chunked *decoder, int refusal)
{
    decoder->state = REFUSED;
    decoder->refusal = (int8_t)refusal;
    return refusal;
}

static int hex_value(char byte)
{
    char lower = (char)(byte | 0x20);

    if (byte >= '0' && byte <= '9')
        return byte - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* What may follow a size or a whole extension; `others` is the refusal of anything else. */
static int read_line_end(struct flarei_h1_chunked *decoder, char byte, int others)
{
    if (byte == '\r')
        decoder->state = LINE_FEED;
    else if (byte == ';')
        decoder->state = EXTENSION;
    else if (is_blank(byte))
        decoder->state = LINE_SPACE;
    else
        return byte == '\n' ? FLAREI_H1_BAD_LINE_END : others;
    return 0;
}

static int read_size(struct flarei_h1_chunked *decoder, char byte)
{
    int digit = hex_value(byte);

    if (digit < 0)
        return decoder->state == SIZE ? read_line_end(decoder, byte, FLAREI_H1_BAD_CHUNK_SIZE)
                                      : FLAREI_H1_BAD_CHUNK_SIZE;
    if (decoder->size >> 59)
        return FLAREI_H1_BAD_CHUNK_SIZE;
    decoder->size = decoder->size << 4 | (uint64_t)digit;
    decoder->state = SIZE;
    return 0;
}

static int read_extension(struct flarei_h1_chunked *decoder, char byte)
{
    switch (decoder->state) {
    case EXTENSION_NAME:
        if (is_class(byte, H1_TOKEN))
            return 0;
        if (is_blank(byte))
            decoder->state = EXTENSION_NAME_SPACE;
        else if (byte == '=')
            decoder->state = EXTENSION_EQUALS;
        else
            return read_line_end(decoder, byte, FLAREI_H1_BAD_CHUNK_EXTENSION);
        return 0;
    case EXTENSION_NAME_SPACE:
        if (is_blank(byte))
            return 0;
        if (byte != '=' && byte != ';')
            break;
        decoder->state = byte == '=' ? EXTENSION_EQUALS : EXTENSION;
        return 0;
    case EXTENSION_TOKEN:
        return is_class(byte, H1_TOKEN) ? 0 : read_line_end(decoder, byte, FLAREI_H1_BAD_CHUNK_EXTENSION);
    case EXTENSION_QUOTED:
        if (!is_class(byte, H1_VALUE))
            break;
        if (byte == '\\')
            decoder->state = EXTENSION_ESCAPE;
        else if (byte == '"')
            decoder->state = EXTENSION_QUOTED_END;
        return 0;
    case EXTENSION_ESCAPE:
        if (!is_class(byte, H1_VALUE))
            break;
        decoder->state = EXTENSION_QUOTED;
        return 0;
    case EXTENSION_QUOTED_END:
        return read_line_end(decoder, byte, FLAREI_H1_BAD_CHUNK_EXTENSION);
    case EXTENSION:
    case EXTENSION_EQUALS:
    default:
        if (is_blank(byte))
            return 0;
        if (byte == '"' && decoder->state == EXTENSION_EQUALS)
            decoder->state = EXTENSION_QUOTED;
        else if (!is_class(byte, H1_TOKEN))
            break;
        else
            decoder->state = decoder->state == EXTENSION ? EXTENSION_NAME : EXTENSION_TOKEN;
        return 0;
    }
    return byte == '\n' || byte == '\r' ? FLAREI_H1_BAD_LINE_END : FLAREI_H1_BAD_CHUNK_EXTENSION;
}

/* The whole line is there: is what it announces acceptable? */
static int end_line(struct flarei_h1_chunked *decoder, char byte)
{
    if (byte != '\n')
        return FLAREI_H1_BAD_LINE_END;
    if (decoder->size > decoder->body_left)
        return FLAREI_H1_BODY_TOO_LARGE;
    decoder->body_left -= decoder->size;
    decoder->excess += decoder->line_bytes;
    uint64_t justified = 16 + 2 * decoder->size;
    decoder->excess -= justified < decoder->excess ? justified : decoder->excess;
    if (decoder->excess > EXCESS_MAX_BYTES)
        return FLAREI_H1_CHUNK_LINE_TOO_LONG;
    decoder->line_bytes = 0;
    decoder->state = decoder->size ? DATA : TRAILERS;
    return 0;
}

static int read_line_byte(struct flarei_h1_chunked *decoder, char byte)
{
    if (++decoder->line_bytes > decoder->line_max)
        return FLAREI_H1_CHUNK_LINE_TOO_LONG;
    switch (decoder->state) {
    case SIZE_START:
    case SIZE:
        return read_size(decoder, byte);
    case LINE_SPACE:
        if (is_blank(byte))
            return 0;
        if (byte != ';')
            return FLAREI_H1_BAD_CHUNK_EXTENSION;
        decoder->state = EXTENSION;
        return 0;
    case LINE_FEED:
        return end_line(decoder, byte);
    default:
        return read_extension(decoder, byte);
    }
}

/* Trailers that frame or route are attacks; those that change how a message is handled have no business
 * here (RFC 9110, section 6.5.1). */
static int judge_trailer(flare_str name)
{
    static const flare_str refused[] = {FLARE_STR_INIT("content-length"), FLARE_STR_INIT("host"),
                                        FLARE_STR_INIT("transfer-encoding")};
    static const flare_str skipped[] = {FLARE_STR_INIT("authorization"),
                                        FLARE_STR_INIT("cache-control"),
                                        FLARE_STR_INIT("connection"),
                                        FLARE_STR_INIT("content-encoding"),
                                        FLARE_STR_INIT("content-range"),
                                        FLARE_STR_INIT("content-type"),
                                        FLARE_STR_INIT("cookie"),
                                        FLARE_STR_INIT("expect"),
                                        FLARE_STR_INIT("forwarded"),
                                        FLARE_STR_INIT("if-match"),
                                        FLARE_STR_INIT("if-modified-since"),
                                        FLARE_STR_INIT("if-none-match"),
                                        FLARE_STR_INIT("if-range"),
                                        FLARE_STR_INIT("if-unmodified-since"),
                                        FLARE_STR_INIT("keep-alive"),
                                        FLARE_STR_INIT("max-forwards"),
                                        FLARE_STR_INIT("pragma"),
                                        FLARE_STR_INIT("proxy-authorization"),
                                        FLARE_STR_INIT("proxy-connection"),
                                        FLARE_STR_INIT("range"),
                                        FLARE_STR_INIT("set-cookie"),
                                        FLARE_STR_INIT("te"),
                                        FLARE_STR_INIT("trailer"),
                                        FLARE_STR_INIT("upgrade")};

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (is_word(name, refused[i]))
            return FLAREI_H1_FORBIDDEN_TRAILER;
    for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++)
        if (is_word(name, skipped[i]))
            return FLAREI_H1_CHUNKED_MORE;
    return FLAREI_H1_CHUNKED_TRAILER;
}

static void advance(flare_str *input, size_t bytes)
{
    input->ptr += bytes;
    input->len -= bytes;
}

/* One line of the trailer section: TRAILER, END, MORE with the line taken (go on) or not (wait), a refusal.
 */
static int read_trailer_line(struct flarei_h1_chunked *decoder, flare_str *input, flare_field *field)
{
    const char *start = input->ptr;
    size_t seen = input->len < decoder->trailer_left ? input->len : decoder->trailer_left;
    struct step step = stop(0);
    int event = FLAREI_H1_CHUNKED_END;

    if (seen > 1 && *start == '\r') {
        step = start[1] == '\n' ? go_on(start + 2) : stop(FLAREI_H1_BAD_LINE_END);
    } else if (seen > 0 && *start != '\r') {
        step = flarei_h1_read_line(start + seen, start, field);
        if (step.at && decoder->trailer_count-- == 0)
            return FLAREI_H1_TOO_MANY_FIELDS;
        event = step.at ? judge_trailer(field->name) : FLAREI_H1_CHUNKED_MORE;
    }
    if (!step.at)
        return step.verdict == 0 && input->len >= decoder->trailer_left ? FLAREI_H1_TRAILERS_TOO_LARGE
                                                                        : step.verdict;
    decoder->trailer_left -= (uint32_t)(step.at - start);
    advance(input, (size_t)(step.at - start));
    return event;
}

static int read_trailers(struct flarei_h1_chunked *decoder, flare_str *input, flare_field *field)
{
    for (;;) {
        size_t before = input->len;
        int event = read_trailer_line(decoder, input, field);
        if (event < 0)
            return refuse(decoder, event);
        if (event == FLAREI_H1_CHUNKED_END)
            decoder->state = OVER;
        if (event != FLAREI_H1_CHUNKED_MORE || input->len == before)
            return event;
    }
}

/* As flarei_h1_chunked_next, with at most `data_max` bytes of data; none if that is 0. */
static int next_event(struct flarei_h1_chunked *decoder, flare_str *input,
                      struct flarei_h1_chunked_part *part, size_t data_max)
{
    for (;;) {
        if (decoder->state == REFUSED)
            return decoder->refusal;
        if (decoder->state == OVER)
            return FLAREI_H1_CHUNKED_END;
        if (decoder->state == TRAILERS)
            return read_trailers(decoder, input, &part->field);
        if (input->len == 0)
            return FLAREI_H1_CHUNKED_MORE;
        if (decoder->state == DATA) {
            size_t bytes = input->len < decoder->size ? input->len : (size_t)decoder->size;
            if (bytes > data_max)
                bytes = data_max;
            part->data = (flare_str){input->ptr, bytes};
            advance(input, bytes);
            decoder->size -= bytes;
            if (decoder->size == 0)
                decoder->state = DATA_RETURN;
            return FLAREI_H1_CHUNKED_DATA;
        }
        char byte = *input->ptr;
        advance(input, 1);
        if (decoder->state == DATA_RETURN || decoder->state == DATA_FEED) {
            if (byte != (decoder->state == DATA_RETURN ? '\r' : '\n'))
                return refuse(decoder, FLAREI_H1_BAD_CHUNK_END);
            decoder->state = decoder->state == DATA_RETURN ? DATA_FEED : SIZE_START;
            continue;
        }
        int refusal = read_line_byte(decoder, byte);
        if (refusal)
            return refuse(decoder, refusal);
    }
}

int flarei_h1_chunked_next(struct flarei_h1_chunked *decoder, flare_str *input,
                           struct flarei_h1_chunked_part *part)
{
    return next_event(decoder, input, part, SIZE_MAX);
}

int flarei_h1_chunked_decode(struct flarei_h1_chunked *decoder, flare_str *input, char *destination,
                             size_t capacity, size_t *written)
{
    struct flarei_h1_chunked_part part;
    int event;

    *written = 0;
    do {
        event = next_event(decoder, input, &part, capacity - *written);
        if (event == FLAREI_H1_CHUNKED_DATA) {
            if (part.data.len == 0)
                return event;
            memmove(destination + *written, part.data.ptr, part.data.len);
            *written += part.data.len;
        }
    } while (event == FLAREI_H1_CHUNKED_DATA || event == FLAREI_H1_CHUNKED_TRAILER);
    return event;
}
