#include "http/multipart.h"

bool flarei_multipart_begin(struct flarei_multipart *parser, flare_str content_type)
{
    flare_str boundary;

    if (!flarei_multipart_boundary(content_type, &boundary))
        return false;
    parser->state = FLAREI_MULTIPART_IN_PREAMBLE;
    parser->failure = 0;
    parser->delimiter_length = (uint8_t)(4 + boundary.len);
    memcpy(parser->delimiter, "\r\n--", 4);
    memcpy(parser->delimiter + 4, boundary.ptr, boundary.len);
    parser->head_length = 0;
    /* The body begins at the start of a line. */
    parser->matched = parser->unsent = 2;
    return true;
}

static int fail(struct flarei_multipart *parser, int event)
{
    parser->state = FLAREI_MULTIPART_FAILED;
    parser->failure = (uint8_t)-event;
    return event;
}

static flare_str cut(flare_str *bytes, size_t length)
{
    const flare_str piece = {bytes->ptr, length};

    bytes->ptr += length;
    bytes->len -= length;
    return piece;
}

/* ---- Content, up to the delimiter ---- */

/* How many bytes can't be part of the delimiter. What follows is one, or its beginning at the end. */
static size_t content_length(const struct flarei_multipart *parser, flare_str bytes)
{
    const char *const end = flarei_str_end(bytes);
    const char *at = bytes.ptr;

    while ((at = (const char *)memchr(at, '\r', (size_t)(end - at))) != NULL) {
        const size_t left = (size_t)(end - at);

        if (memcmp(at, parser->delimiter,
                   left < parser->delimiter_length ? left : parser->delimiter_length) == 0)
            return (size_t)(at - bytes.ptr);
        if (++at == end)
            break;
    }
    return bytes.len;
}

/* Goes on with a delimiter whose beginning was withheld. Only its first byte is a CR, so where it does not go
 * on, no other one began within it. @return is what was withheld content, now in `withheld`? */
static bool mismatches(struct flarei_multipart *parser, flare_str *bytes, flare_str *withheld)
{
    const size_t most = (size_t)(parser->delimiter_length - parser->matched);
    const size_t length = bytes->len < most ? bytes->len : most;
    size_t same = 0;

    while (same < length && bytes->ptr[same] == parser->delimiter[parser->matched + same])
        same++;
    (void)cut(bytes, same);
    parser->matched = (uint8_t)(parser->matched + same);
    if (same == length)
        return false;
    *withheld = (flare_str){parser->delimiter + parser->unsent, (size_t)(parser->matched - parser->unsent)};
    parser->matched = parser->unsent = 0;
    return true;
}

/* PREAMBLE and DATA: @return DATA, PART_END, MORE, or -1 to go on with another state or at once */
static int content(struct flarei_multipart *parser, flare_str *bytes, flare_str *data)
{
    const bool in_part = parser->state == FLAREI_MULTIPART_IN_DATA;

    if (parser->matched == 0) {
        *data = cut(bytes, content_length(parser, *bytes));
        if (data->len != 0)
            return in_part ? FLAREI_MULTIPART_DATA : -1;
    }
    if (bytes->len == 0)
        return FLAREI_MULTIPART_MORE;
    if (mismatches(parser, bytes, data))
        return in_part && data->len != 0 ? FLAREI_MULTIPART_DATA : -1;
    if (parser->matched != parser->delimiter_length)
        return FLAREI_MULTIPART_MORE;
    parser->matched = parser->unsent = 0;
    parser->state = FLAREI_MULTIPART_AFTER_BOUNDARY;
    return in_part ? FLAREI_MULTIPART_PART_END : -1;
}

/* ---- What follows a boundary ---- */

/* One byte behind a boundary: "--" ends the body; blanks and a line's end begin a part. Any other is refused:
 * another reader might take the line for content. */
static bool after_boundary(struct flarei_multipart *parser, char byte)
{
    switch ((enum flarei_multipart_state)parser->state) {
    case FLAREI_MULTIPART_AFTER_BOUNDARY:
    case FLAREI_MULTIPART_AFTER_PADDING:
        if (byte == '-' && parser->state == FLAREI_MULTIPART_AFTER_BOUNDARY)
            parser->state = FLAREI_MULTIPART_AFTER_HYPHEN;
        else if (byte == ' ' || byte == '\t')
            parser->state = FLAREI_MULTIPART_AFTER_PADDING;
        else if (byte == '\r')
            parser->state = FLAREI_MULTIPART_AFTER_CR;
        else
            return false;
        return true;
    case FLAREI_MULTIPART_AFTER_HYPHEN:
        parser->state = FLAREI_MULTIPART_IN_EPILOGUE;
        return byte == '-';
    case FLAREI_MULTIPART_AFTER_CR:
        parser->state = FLAREI_MULTIPART_IN_HEAD;
        parser->head_length = 0;
        return byte == '\n';
    case FLAREI_MULTIPART_IN_PREAMBLE:
    case FLAREI_MULTIPART_IN_DATA:
    case FLAREI_MULTIPART_IN_HEAD:
    case FLAREI_MULTIPART_IN_EPILOGUE:
    case FLAREI_MULTIPART_FAILED:
        break;
    }
    return false;
}

static bool head_complete(const struct flarei_multipart *parser)
{
    const char *const end = parser->head + parser->head_length;

    if (parser->head_length == 2)
        return memcmp(parser->head, "\r\n", 2) == 0;
    return parser->head_length >= 4 && memcmp(end - 4, "\r\n\r\n", 4) == 0;
}

/* Collects field lines, one a turn. @return PART, an error, or MORE to go on */
static int head(struct flarei_multipart *parser, flare_str *bytes, struct flarei_multipart_out *out)
{
    const char *const line_end = (const char *)memchr(bytes->ptr, '\n', bytes->len);
    const size_t length = line_end != NULL ? (size_t)(line_end - bytes->ptr) + 1 : bytes->len;
    const size_t room = sizeof parser->head - parser->head_length;

    if (length > room)
        return fail(parser, FLAREI_MULTIPART_HEAD_TOO_LARGE);
    memcpy(parser->head + parser->head_length, bytes->ptr, length);
    parser->head_length = (uint16_t)(parser->head_length + length);
    (void)cut(bytes, length);
    if (line_end == NULL || !head_complete(parser))
        return FLAREI_MULTIPART_MORE;
    if (!flarei_multipart_head(parser->head, parser->head_length, out))
        return fail(parser, FLAREI_MULTIPART_MALFORMED);
    parser->state = FLAREI_MULTIPART_IN_DATA;
    parser->matched = parser->unsent = 2; /* an empty part: the boundary may follow the empty line at once */
    return FLAREI_MULTIPART_PART;
}

int flarei_multipart_next(struct flarei_multipart *parser, flare_str *bytes, struct flarei_multipart_out *out)
{
    int event = -1;

    while (bytes->len != 0) {
        switch ((enum flarei_multipart_state)parser->state) {
        case FLAREI_MULTIPART_IN_PREAMBLE:
        case FLAREI_MULTIPART_IN_DATA:
            event = content(parser, bytes, &out->data);
            if (event > 0)
                return event;
            break;
        case FLAREI_MULTIPART_IN_HEAD:
            event = head(parser, bytes, out);
            if (event != FLAREI_MULTIPART_MORE)
                return event;
            break;
        case FLAREI_MULTIPART_IN_EPILOGUE:
            (void)cut(bytes, bytes->len);
            break;
        case FLAREI_MULTIPART_FAILED:
            return -(int)parser->failure;
        case FLAREI_MULTIPART_AFTER_BOUNDARY:
        case FLAREI_MULTIPART_AFTER_PADDING:
        case FLAREI_MULTIPART_AFTER_HYPHEN:
        case FLAREI_MULTIPART_AFTER_CR:
            if (!after_boundary(parser, *cut(bytes, 1).ptr))
                return fail(parser, FLAREI_MULTIPART_MALFORMED);
            if (parser->state == FLAREI_MULTIPART_IN_EPILOGUE)
                return FLAREI_MULTIPART_END;
            break;
        }
    }
    return parser->state == FLAREI_MULTIPART_FAILED ? -(int)parser->failure : FLAREI_MULTIPART_MORE;
}
