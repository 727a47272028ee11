/* One pass over the bytes, no state between calls: each line is scanned once, 16 bytes at a time, and what a
 * field means for framing is settled when its line ends. Verdicts are given in the order of the bytes. */
#include "wire/h1_line.h"
#include "wire/h1_parts.h"

struct parse {
    const char *start; /* of all bytes */
    const char *end;   /* of those that may be looked at */
    uint32_t target_max;
    uint32_t field_max;
    unsigned said;
    int verdict; /* why the last step gave NULL: 0 for want of bytes, or a refusal */
};

static uint32_t load32(const char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint64_t load64(const char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* Tokens compare in any case with bit 0x20 set: of the bytes of a token only a letter becomes a letter so,
 * and only '-' becomes '-'. */
static bool is_word4(const char *at, const char *word)
{
    return (load32(at) | 0x20202020u) == load32(word);
}

static bool is_word8(const char *at, const char *word)
{
    return (load64(at) | 0x2020202020202020u) == load64(word);
}

static const char *stop(struct parse *parse, int verdict)
{
    parse->verdict = verdict;
    return NULL;
}

/* RFC 9112, section 2.2: at least one empty line before a request line is to be ignored. */
static FLARE_NOINLINE_COLD const char *skip_empty_lines(struct parse *parse, const char *at)
{
    for (int i = 0; i < 2 && at < parse->end && *at == '\r'; i++) {
        if (parse->end - at < 2)
            return stop(parse, 0);
        if (at[1] != '\n')
            return stop(parse, FLAREI_H1_BAD_LINE_END);
        at += 2;
    }
    return at;
}

static FLARE_NOINLINE_COLD const char *read_other_method(struct parse *parse, struct flarei_h1_head *head,
                                                         const char *at)
{
    const char *space = scan_bytes(at, parse->end, H1_TOKEN);
    size_t length = (size_t)(space - at);

    if (length > FLAREI_H1_METHOD_MAX_BYTES)
        return stop(parse, FLAREI_H1_METHOD_TOO_LONG);
    if (space == parse->end)
        return stop(parse, 0);
    if (length == 0 || *space != ' ')
        return stop(parse, FLAREI_H1_BAD_REQUEST_LINE);
    head->method_token = (flare_str){at, length};
    head->method = flare_method_of(head->method_token);
    return space + 1;
}

static inline const char *read_method(struct parse *parse, struct flarei_h1_head *head, const char *at)
{
    if (FLARE_LIKELY(parse->end - at >= 4 && load32(at) == load32("GET "))) {
        head->method = FLARE_METHOD_GET;
        head->method_token = (flare_str){at, 3};
        return at + 4;
    }
    return read_other_method(parse, head, at);
}

static inline const char *read_target(struct parse *parse, struct flarei_h1_head *head, const char *at)
{
    struct target_marks marks = {NULL, false, false};
    const char *end = scan_target(at, parse->end, parse->start, &marks);
    size_t length = (size_t)(end - at);

    if (FLARE_UNLIKELY(length > parse->target_max))
        return stop(parse, FLAREI_H1_TARGET_TOO_LONG);
    if (FLARE_UNLIKELY(end == parse->end))
        return stop(parse, 0);
    if (FLARE_UNLIKELY(*end != ' ' || length == 0))
        return stop(parse, length && *end != '\r' && *end != '\n' ? FLAREI_H1_BAD_TARGET
                                                                  : FLAREI_H1_BAD_REQUEST_LINE);
    head->target = (flare_str){at, length};
    head->path_has_percent = marks.percent;
    head->path_has_dot = marks.dot;
    if (FLARE_LIKELY(*at == '/' && head->method != FLARE_METHOD_CONNECT)) {
        head->target_form = FLAREI_H1_ORIGIN_FORM;
        head->path = head->target;
        if (marks.question) {
            head->path.len = (size_t)(marks.question - at);
            head->query = (flare_str){marks.question + 1, (size_t)(end - marks.question - 1)};
        }
    } else {
        int refusal = flarei_h1_read_other_target(head, marks.question);
        if (refusal)
            return stop(parse, refusal);
    }
    return end + 1;
}

static FLARE_NOINLINE_COLD const char *read_other_version(struct parse *parse, struct flarei_h1_head *head,
                                                          const char *at)
{
    static const char form[] = "HTTP/0.0";
    int n = 0;

    for (; n < 8 && at + n < parse->end; n++) {
        bool digit = at[n] >= '0' && at[n] <= '9';
        if (form[n] == '0' ? !digit : at[n] != form[n])
            return stop(parse, FLAREI_H1_BAD_VERSION);
    }
    if (n < 8)
        return stop(parse, 0);
    if (at[5] != '1')
        return stop(parse, FLAREI_H1_UNSUPPORTED_VERSION);
    head->version_minor = at[7] != '0';
    at += 8;
    if (at == parse->end)
        return stop(parse, 0);
    if (*at != '\r')
        return stop(parse, *at == '\n' ? FLAREI_H1_BAD_LINE_END : FLAREI_H1_BAD_VERSION);
    if (parse->end - at < 2)
        return stop(parse, 0);
    return at[1] == '\n' ? at + 2 : stop(parse, FLAREI_H1_BAD_LINE_END);
}

static inline const char *read_version(struct parse *parse, struct flarei_h1_head *head, const char *at)
{
    if (FLARE_LIKELY(parse->end - at >= 10 && load64(at) == load64("HTTP/1.1") &&
                     load16(at + 8) == load16("\r\n"))) {
        head->version_minor = 1;
        return at + 10;
    }
    return read_other_version(parse, head, at);
}

static inline void note(struct flarei_h1_head *head, enum flarei_h1_notable which)
{
    if (head->notable[which] == 0)
        head->notable[which] = (uint16_t)head->field_count;
}

static inline int read_host(struct parse *parse, struct flarei_h1_head *head, flare_str value)
{
    if (FLARE_UNLIKELY(head->notable[FLAREI_H1_HOST]))
        return FLAREI_H1_REPEATED_HOST;
    head->notable[FLAREI_H1_HOST] = (uint16_t)head->field_count;
    if (FLARE_UNLIKELY(value.len && !flarei_h1_authority_valid(value, false, parse->start)))
        return FLAREI_H1_BAD_HOST;
    if (head->target_form == FLAREI_H1_ORIGIN_FORM || head->target_form == FLAREI_H1_ASTERISK_FORM)
        head->host = value;
    return 0;
}

static inline void read_connection(struct parse *parse, struct flarei_h1_head *head, flare_str value)
{
    note(head, FLAREI_H1_CONNECTION);
    if (value.len == 10 && is_word8(value.ptr, "keep-ali") &&
        (load16(value.ptr + 8) | 0x2020) == load16("ve"))
        parse->said |= H1_SAID_KEEP_ALIVE;
    else
        flarei_h1_read_connection(value, &parse->said);
}

/* Notes the field just stored if it is notable, and reads what it says. 0 or a refusal. */
static inline int note_field(struct parse *parse, struct flarei_h1_head *head, flare_str name,
                             flare_str value)
{
    const char *at = name.ptr;

    switch (name.len) {
    case 4:
        if (is_word4(at, "host"))
            return read_host(parse, head, value);
        break;
    case 6:
        if (is_word4(at, "cook") && is_word4(at + 2, "okie")) {
            note(head, FLAREI_H1_COOKIE);
        } else if (is_word4(at, "expe") && is_word4(at + 2, "pect")) {
            note(head, FLAREI_H1_EXPECT);
            flarei_h1_read_expect(value, &parse->said);
        }
        break;
    case 7:
        if (is_word4(at, "upgr") && is_word4(at + 3, "rade"))
            note(head, FLAREI_H1_UPGRADE);
        break;
    case 10:
        if (is_word8(at, "connecti") && is_word4(at + 6, "tion"))
            read_connection(parse, head, value);
        break;
    case 12:
        if (is_word8(at, "content-") && is_word4(at + 8, "type"))
            note(head, FLAREI_H1_CONTENT_TYPE);
        break;
    case 14:
        if (is_word8(at, "content-") && is_word8(at + 6, "t-length")) {
            if (head->notable[FLAREI_H1_CONTENT_LENGTH])
                return FLAREI_H1_REPEATED_CONTENT_LENGTH;
            note(head, FLAREI_H1_CONTENT_LENGTH);
            return flarei_h1_read_content_length(value, &head->content_length);
        }
        break;
    case 17:
        if (is_word8(at, "transfer") && is_word8(at + 8, "-encodin") && (at[16] | 0x20) == 'g') {
            note(head, FLAREI_H1_TRANSFER_ENCODING);
            flarei_h1_read_transfer_encoding(value, &parse->said);
        }
        break;
    default:
        break;
    }
    return 0;
}

/* Reads field lines up to the end of the empty line. */
static inline const char *read_fields(struct parse *parse, struct flarei_h1_head *head, const char *at)
{
    const char *const end = parse->end;

    while (at < end && *at != '\r') {
        flare_field field;
        at = read_field_line(parse->start, end, at, &field, &parse->verdict);
        if (FLARE_UNLIKELY(!at))
            return NULL;
        if (FLARE_UNLIKELY(head->field_count >= parse->field_max))
            return stop(parse, FLAREI_H1_TOO_MANY_FIELDS);
        head->fields[head->field_count++] = field;
        int refusal = note_field(parse, head, field.name, field.value);
        if (FLARE_UNLIKELY(refusal != 0))
            return stop(parse, refusal);
    }
    if (end - at < 2)
        return stop(parse, 0);
    return at[1] == '\n' ? at + 2 : stop(parse, FLAREI_H1_BAD_LINE_END);
}

/* RFC 9112, section 6.3: how a Transfer-Encoding frames the body. 0 or a refusal. */
static FLARE_NOINLINE_COLD int settle_coding(const struct parse *parse, struct flarei_h1_head *head)
{
    unsigned said = parse->said;

    if (head->version_minor == 0)
        return FLAREI_H1_TRANSFER_ENCODING_IN_1_0;
    if (head->notable[FLAREI_H1_CONTENT_LENGTH])
        return FLAREI_H1_TWO_FRAMINGS;
    if (said & H1_SAID_BAD_CODING)
        return FLAREI_H1_BAD_TRANSFER_ENCODING;
    if (said & H1_SAID_UNKNOWN_CODING)
        return FLAREI_H1_UNKNOWN_TRANSFER_ENCODING;
    head->chunked = true;
    return 0;
}

/* What only the whole head tells. 0 or a refusal. */
static inline int settle(const struct parse *parse, struct flarei_h1_head *head)
{
    unsigned said = parse->said;

    if (FLARE_UNLIKELY(!head->notable[FLAREI_H1_HOST] && head->version_minor == 1))
        return FLAREI_H1_MISSING_HOST;
    if (FLARE_UNLIKELY(said & H1_SAID_CODING)) {
        int refusal = settle_coding(parse, head);
        if (refusal)
            return refusal;
    }
    head->has_content_length = head->notable[FLAREI_H1_CONTENT_LENGTH] != 0;
    head->has_body = head->chunked || head->content_length > 0;
    head->keep_alive = !(said & H1_SAID_CLOSE) && (head->version_minor == 1 || (said & H1_SAID_KEEP_ALIVE));
    head->wants_upgrade =
        head->version_minor == 1 && (said & H1_SAID_UPGRADE) && head->notable[FLAREI_H1_UPGRADE];
    head->expect_continue = head->version_minor == 1 && head->has_body && (said & H1_SAID_CONTINUE);
    head->expect_unknown = (said & H1_SAID_UNKNOWN_EXPECT) != 0;
    return 0;
}

static uint32_t smallest(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

ptrdiff_t flarei_h1_parse_head(const struct flarei_h1_limits *limits, const char *bytes, size_t length,
                               struct flarei_h1_head *head)
{
    size_t seen = length < limits->head_max_bytes ? length : limits->head_max_bytes;
    struct parse parse = {.start = bytes,
                          .end = bytes + seen,
                          .target_max = limits->target_max_bytes,
                          .field_max =
                              smallest(smallest(limits->field_max_count, head->field_capacity), UINT16_MAX)};
    const char *at = bytes;

    *head = (struct flarei_h1_head){.fields = head->fields, .field_capacity = head->field_capacity};
    if (FLARE_UNLIKELY(seen > 0 && *at == '\r'))
        at = skip_empty_lines(&parse, at);
    if (at)
        at = read_method(&parse, head, at);
    if (at)
        at = read_target(&parse, head, at);
    if (at)
        at = read_version(&parse, head, at);
    if (at)
        at = read_fields(&parse, head, at);
    if (FLARE_UNLIKELY(!at)) {
        if (parse.verdict == 0 && length >= limits->head_max_bytes)
            return FLAREI_H1_HEAD_TOO_LARGE;
        return parse.verdict;
    }
    int refusal = settle(&parse, head);
    return refusal ? refusal : at - bytes;
}

bool flarei_h1_worth_parsing(const struct flarei_h1_limits *limits, const char *bytes, size_t length,
                             size_t parsed_length)
{
    if (length <= 64 || length - parsed_length >= 64 || length >= limits->head_max_bytes)
        return true;
    return scan_value(bytes + parsed_length, bytes + length, bytes) != bytes + length;
}
