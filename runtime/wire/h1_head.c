/* One pass over the bytes, no state between calls: each line is scanned once, 16 bytes at a time, and what a
 * field means for framing is settled when its line ends. Verdicts are given in the order of the bytes. */
#include "wire/h1_line.h"
#include "wire/h1_parts.h"

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

/* RFC 9112, section 2.2: at least one empty line before a request line is to be ignored. */
static struct step skip_empty_lines(struct span span, const char *at)
{
    for (int i = 0; i < 2 && at < span.end && *at == '\r'; i++) {
        if (span.end - at < 2)
            return stop(0);
        if (at[1] != '\n')
            return stop(FLAREI_H1_BAD_LINE_END);
        at += 2;
    }
    return go_on(at);
}

static FLARE_NOINLINE_COLD struct step read_any_method(struct span span, const char *at,
                                                       struct flarei_h1_head *head)
{
    head->method_token = (flare_str){NULL, 0};
    head->target = (flare_str){NULL, 0};
    struct step step = skip_empty_lines(span, at);
    if (!step.at)
        return step;
    at = step.at;
    const char *space = skip_bytes(at, span.end, H1_TOKEN);
    size_t length = (size_t)(space - at);

    if (length > FLAREI_H1_METHOD_MAX_BYTES)
        return stop(FLAREI_H1_METHOD_TOO_LONG);
    if (space == span.end)
        return stop(0);
    if (length == 0 || *space != ' ')
        return stop(FLAREI_H1_BAD_REQUEST_LINE);
    head->method_token = (flare_str){at, length};
    head->method = flare_method_of(head->method_token);
    return go_on(space + 1);
}

H1_INLINE struct step read_method(struct span span, const char *at, struct flarei_h1_head *head)
{
    if (FLARE_UNLIKELY(!block_fits(span, at) || load32(at) != load32("GET ")))
        return read_any_method(span, at, head);
    head->method = FLARE_METHOD_GET;
    head->method_token = (flare_str){at, 3};
    return go_on(at + 4);
}

/* Notes a '?', and what the path in front of it holds. */
static void mark_target_byte(struct flarei_h1_head *head, const char *target, const char *at,
                             const char **question)
{
    if (*question)
        return;
    if (*at == '?')
        *question = at;
    else if (*at == '%')
        head->path_has_percent = true;
    else if (*at == '.' && at > target && at[-1] == '/')
        head->path_has_dot = true;
}

static H1_NOINLINE struct step read_any_target(struct span span, const char *at, uint32_t max_bytes,
                                               struct flarei_h1_head *head)
{
    const char *end = at, *question = NULL;

    head->target = (flare_str){NULL, 0};
    for (;; end++) {
#if H1_SIMD
        end = skip_blocks(span, end, plain_target);
#endif
        if (end == span.end || !is_class(*end, H1_TARGET))
            break;
        mark_target_byte(head, at, end, &question);
    }
    size_t length = (size_t)(end - at);
    if (length > max_bytes)
        return stop(FLAREI_H1_TARGET_TOO_LONG);
    if (end == span.end)
        return stop(0);
    if (length == 0 || *end == '\r' || *end == '\n')
        return stop(FLAREI_H1_BAD_REQUEST_LINE);
    if (*end != ' ')
        return stop(FLAREI_H1_BAD_TARGET);
    head->target = (flare_str){at, length};
    int refusal = flarei_h1_read_target(head, question);
    return refusal ? stop(refusal) : go_on(end + 1);
}

/* A path that fits into a block and has nothing to be marked; all others are left to read_any_target. */
H1_INLINE struct step read_target(struct span span, const char *at, uint32_t max_bytes,
                                  struct flarei_h1_head *head)
{
#if H1_SIMD
    if (FLARE_LIKELY(block_fits(span, at) && *at == '/' && head->method != FLARE_METHOD_CONNECT)) {
        size_t length = h1_run(plain_target(h1_load(at)));
        if (FLARE_LIKELY(at[length] == ' ' && length <= max_bytes)) {
            head->target = (flare_str){at, length};
            head->path = (flare_str){at, length};
            head->target_form = FLAREI_H1_ORIGIN_FORM;
            return go_on(at + length + 1);
        }
    }
#endif
    return read_any_target(span, at, max_bytes, head);
}

static FLARE_NOINLINE_COLD struct step read_other_version(struct span span, const char *at,
                                                          struct flarei_h1_head *head)
{
    static const char form[] = "HTTP/0.0";
    int n = 0;

    for (; n < 8 && at + n < span.end; n++) {
        bool digit = at[n] >= '0' && at[n] <= '9';
        if (form[n] == '0' ? !digit : at[n] != form[n])
            return stop(FLAREI_H1_BAD_VERSION);
    }
    if (n < 8)
        return stop(0);
    if (at[5] != '1')
        return stop(FLAREI_H1_UNSUPPORTED_VERSION);
    head->version_minor = at[7] != '0';
    at += 8;
    if (at == span.end)
        return stop(0);
    if (*at != '\r')
        return stop(*at == '\n' ? FLAREI_H1_BAD_LINE_END : FLAREI_H1_BAD_VERSION);
    if (span.end - at < 2)
        return stop(0);
    return at[1] == '\n' ? go_on(at + 2) : stop(FLAREI_H1_BAD_LINE_END);
}

H1_INLINE struct step read_version(struct span span, const char *at, struct flarei_h1_head *head)
{
    if (FLARE_LIKELY(block_fits(span, at) && load64(at) == load64("HTTP/1.1") &&
                     load16(at + 8) == load16("\r\n"))) {
        head->version_minor = 1;
        return go_on(at + 10);
    }
    return read_other_version(span, at, head);
}

#if H1_SIMD

H1_INLINE size_t run_of_plain_pair(const char *at, size_t skipped)
{
    return h1_run_of_pair(plain_line(h1_load(at)), plain_line(h1_load(at + H1_BLOCK)), (unsigned)skipped);
}

/* Where the plain bytes from `at` on stop, if the last pair has at least two bytes of them; else NULL. */
H1_INLINE const char *skip_plain_tail(struct span span, const char *at)
{
    uintptr_t beyond = (uintptr_t)at - span.last_pair;

    if (FLARE_UNLIKELY(beyond >= 2 * H1_BLOCK))
        return NULL;
    return at + run_of_plain_pair(at - beyond, beyond);
}

/* The same where a pair of plain bytes has just been passed; on their last two bytes if it can't be told. */
H1_INLINE const char *skip_more_plain(struct span span, const char *at)
{
    size_t run;

    do {
        if (FLARE_UNLIKELY((uintptr_t)at > span.last_pair)) {
            const char *end = skip_plain_tail(span, at);
            return end ? end : at - 2;
        }
        run = run_of_plain_pair(at, 0);
        at += run;
    } while (run == 2 * H1_BLOCK);
    return at;
}

/* Reads a plain line whose name is longer than a block, or any other line. */
static H1_NOINLINE struct step read_odd_line(struct span span, const char *at, const char *end,
                                             flare_field *field)
{
    const char *colon = skip_blocks(span, at, plain_name);

    if (colon == at || load16(end) != load16("\r\n") || load16(colon) != load16(": ") || colon[2] == ' ' ||
        end[-1] == ' ')
        return flarei_h1_read_line(span.end, at, field);
    field->name = (flare_str){at, (size_t)(colon - at)};
    field->value = (flare_str){colon + 2, (size_t)(end - colon - 2)};
    return go_on(end + 2);
}

/* Reads a line as nearly all are: a name of letters and '-', one blank, visible ASCII. It judges nothing:
 * whatever else it meets, it leaves to others. The line starts with a letter. */
H1_INLINE struct step read_plain_line(struct span span, const char *at, flare_field *field)
{
    const char *end;

    if (FLARE_LIKELY((uintptr_t)at <= span.last_pair)) {
        size_t run = run_of_plain_pair(at, 0);
        end = at + run;
        if (FLARE_UNLIKELY(run == 2 * H1_BLOCK))
            end = skip_more_plain(span, end);
    } else {
        end = skip_plain_tail(span, at);
        if (FLARE_UNLIKELY(!end || !block_fits(span, at)))
            return flarei_h1_read_line(span.end, at, field);
    }
    const char *colon = at + h1_run(plain_name(h1_load(at)));
    if (FLARE_UNLIKELY(load16(end) != load16("\r\n") || load16(colon) != load16(": ") || colon[2] == ' ' ||
                       end[-1] == ' '))
        return read_odd_line(span, at, end, field);
    const char *value = colon + 2;
    field->name = (flare_str){at, (size_t)(colon - at)};
    field->value = (flare_str){value, (size_t)(end - value)};
    return go_on(end + 2);
}

#endif

/* Notes that a stored field is the first of its kind. */
H1_INLINE void note(struct flarei_h1_head *head, enum flarei_h1_notable which, const flare_field *field)
{
    if (head->notable[which] == 0)
        head->notable[which] = (uint16_t)(field - head->fields + 1);
}

#if H1_SIMD

static H1_NOINLINE size_t long_host_length(struct span span, const char *host)
{
    return (size_t)(skip_blocks(span, host, plain_host) - host);
}

#endif

#if H1_SIMD

/* A port below 60000: the others are judged as numbers. */
static H1_NOINLINE bool is_plain_port(struct span span, const char *colon, const char *end)
{
    const size_t length = (size_t)(end - colon);

    return *colon == ':' && block_fits(span, colon + 1) && length <= (colon[1] < '6' ? 6 : 5) &&
           1 + h1_run(digits(h1_load(colon + 1))) == length;
}

#endif

/* Is this plainly a name or an IPv4 address, perhaps with a port? */
H1_INLINE bool is_plain_authority(struct span span, flare_str authority)
{
#if H1_SIMD
    if (FLARE_UNLIKELY(!block_fits(span, authority.ptr)))
        return false;
    size_t host = h1_run(plain_host(h1_load(authority.ptr)));
    if (FLARE_UNLIKELY(host == H1_BLOCK))
        host = long_host_length(span, authority.ptr);
    if (host == authority.len || host == 0)
        return host > 0;
    return is_plain_port(span, authority.ptr + host, flarei_str_end(authority));
#else
    (void)span;
    (void)authority;
    return false;
#endif
}

/* What a field line adds to `said`, or a refusal. */
struct saying {
    unsigned said;
    int refusal;
};

H1_INLINE struct saying read_host(struct span span, struct flarei_h1_head *head, const flare_field *field,
                                  unsigned said)
{
    flare_str value = field->value;

    if (FLARE_UNLIKELY(said & H1_SAID_HOST))
        return (struct saying){said, FLAREI_H1_REPEATED_HOST};
    head->notable[FLAREI_H1_HOST] = (uint16_t)(field - head->fields + 1);
    if (FLARE_UNLIKELY(!is_plain_authority(span, value) && value.len &&
                       !flarei_h1_authority_valid(value, false)))
        return (struct saying){said, FLAREI_H1_BAD_HOST};
    if (FLARE_LIKELY(head->host.ptr == NULL)) /* else the target named it */
        head->host = value;
    return (struct saying){said | H1_SAID_HOST, 0};
}

H1_INLINE unsigned read_connection(flare_str value)
{
    if (value.len == 10 && is_word8(value.ptr, "keep-ali") &&
        (load16(value.ptr + 8) | 0x2020) == load16("ve"))
        return H1_SAID_KEEP_ALIVE;
    return flarei_h1_read_connection(value);
}

static struct saying read_content_length(struct flarei_h1_head *head, const flare_field *field, unsigned said)
{
    if (said & H1_SAID_LENGTH)
        return (struct saying){said, FLAREI_H1_REPEATED_CONTENT_LENGTH};
    note(head, FLAREI_H1_CONTENT_LENGTH, field);
    return (struct saying){said | H1_SAID_LENGTH,
                           flarei_h1_read_content_length(field->value, &head->content_length)};
}

/* Notes a field just stored if it is notable, and reads what it says. */
H1_INLINE struct saying note_field(struct span span, struct flarei_h1_head *head, const flare_field *field,
                                   unsigned said)
{
    const char *at = field->name.ptr;

    switch (field->name.len) {
    case 4:
        if (is_word4(at, "host"))
            return read_host(span, head, field, said);
        break;
    case 6:
        if (is_word4(at, "cook") && is_word4(at + 2, "okie")) {
            note(head, FLAREI_H1_COOKIE, field);
        } else if (is_word4(at, "expe") && is_word4(at + 2, "pect")) {
            note(head, FLAREI_H1_EXPECT, field);
            said |= flarei_h1_read_expect(field->value);
        }
        break;
    case 7:
        if (is_word4(at, "upgr") && is_word4(at + 3, "rade"))
            note(head, FLAREI_H1_UPGRADE, field);
        break;
    case 10:
        if (is_word8(at, "connecti") && is_word4(at + 6, "tion")) {
            note(head, FLAREI_H1_CONNECTION, field);
            said |= read_connection(field->value);
        }
        break;
    case 12:
        if (is_word8(at, "content-") && is_word4(at + 8, "type")) {
            note(head, FLAREI_H1_CONTENT_TYPE, field);
            said |= H1_SAID_TYPE;
        }
        break;
    case 14:
        if (is_word8(at, "content-") && is_word8(at + 6, "t-length"))
            return read_content_length(head, field, said);
        break;
    case 17:
        if (is_word8(at, "transfer") && is_word8(at + 8, "-encodin") && (at[16] | 0x20) == 'g') {
            note(head, FLAREI_H1_TRANSFER_ENCODING, field);
            said = flarei_h1_read_transfer_encoding(field->value, said);
        }
        break;
    default:
        break;
    }
    return (struct saying){said, 0};
}

/* What only the whole head tells. 0 or a refusal. */
H1_INLINE int settle(struct flarei_h1_head *head, unsigned said)
{
    bool version_1_1 = head->version_minor == 1;

    head->keep_alive = version_1_1;
    if (FLARE_LIKELY(version_1_1 && (said & ~(unsigned)H1_SAID_KEEP_ALIVE) == H1_SAID_HOST))
        return 0;
    if (version_1_1 && !(said & H1_SAID_HOST))
        return FLAREI_H1_MISSING_HOST;
    if (said & H1_SAID_CODING) {
        int refusal = flarei_h1_coding_refusal(said, version_1_1);
        if (refusal)
            return refusal;
        head->chunked = true;
    }
    head->is_special = true;
    head->keep_alive = !(said & H1_SAID_CLOSE) && (version_1_1 || (said & H1_SAID_KEEP_ALIVE));
    head->has_content_length = (said & H1_SAID_LENGTH) != 0;
    head->has_body = head->chunked || head->content_length > 0;
    head->wants_upgrade = version_1_1 && (said & H1_SAID_UPGRADE) && head->notable[FLAREI_H1_UPGRADE];
    head->expect_continue = version_1_1 && (said & H1_SAID_CONTINUE) && head->has_body;
    head->expect_unknown = (said & H1_SAID_UNKNOWN_EXPECT) != 0;
    return 0;
}

/* A line for which there is no room: its own verdict comes first. */
static FLARE_NOINLINE_COLD struct step stop_at_field(struct span span, const char *at)
{
    flare_field field;
    struct step step = flarei_h1_read_line(span.end, at, &field);

    return step.at ? stop(FLAREI_H1_TOO_MANY_FIELDS) : step;
}

/* Reads field lines up to the end of the empty line, and settles what they mean. */
H1_INLINE struct step read_fields(struct span span, const char *at, uint32_t field_max,
                                  struct flarei_h1_head *head)
{
    flare_field *field = head->fields, *const limit = head->fields + field_max;
    unsigned said = 0;

    for (; at < span.end; field++) {
        bool letter = (signed char)*at > ':';
        struct step step;
        if (FLARE_UNLIKELY(!letter && *at == '\r'))
            break;
        if (FLARE_UNLIKELY(field >= limit))
            return stop_at_field(span, at);
#if H1_SIMD
        if (FLARE_LIKELY(letter))
            step = read_plain_line(span, at, field);
        else
#endif
            step = flarei_h1_read_line(span.end, at, field);
        if (FLARE_UNLIKELY(!step.at))
            return step;
        at = step.at;
        struct saying saying = note_field(span, head, field, said);
        if (FLARE_UNLIKELY(saying.refusal != 0))
            return stop(saying.refusal);
        said = saying.said;
    }
    head->field_count = (uint16_t)(field - head->fields);
    if (span.end - at < 2)
        return stop(0);
    if (at[1] != '\n')
        return stop(FLAREI_H1_BAD_LINE_END);
    int refusal = settle(head, said);
    return refusal ? stop(refusal) : go_on(at + 2);
}

H1_INLINE struct step read_head(struct span span, const char *at, const struct flarei_h1_limits *limits,
                                struct flarei_h1_head *head)
{
    struct step step = read_method(span, at, head);
    if (FLARE_UNLIKELY(!step.at))
        return step;
    step = read_target(span, step.at, limits->target_max_bytes, head);
    if (FLARE_UNLIKELY(!step.at))
        return step;
    step = read_version(span, step.at, head);
    if (FLARE_UNLIKELY(!step.at))
        return step;
    uint32_t field_max = head->field_capacity;
    if (field_max > limits->field_max_count)
        field_max = limits->field_max_count;
    return read_fields(span, step.at, field_max, head);
}

ptrdiff_t flarei_h1_parse_head(const struct flarei_h1_limits *limits, const char *bytes, size_t length,
                               struct flarei_h1_head *head)
{
    size_t seen = length < limits->head_max_bytes ? length : limits->head_max_bytes;

    /* What a good head need not set is everything from `query` on. */
    memset(&head->query, 0, sizeof *head - offsetof(struct flarei_h1_head, query));
    struct step step = read_head(span_of(bytes, seen), bytes, limits, head);
    if (FLARE_LIKELY(step.at != NULL))
        return step.at - bytes;
    return step.verdict == 0 && length >= limits->head_max_bytes ? FLAREI_H1_HEAD_TOO_LARGE : step.verdict;
}

bool flarei_h1_worth_parsing(const struct flarei_h1_limits *limits, const char *bytes, size_t length,
                             size_t parsed_length)
{
    if (length <= 64 || length - parsed_length >= 64 || length >= limits->head_max_bytes)
        return true;
    return skip_bytes(bytes + parsed_length, bytes + length, H1_VALUE) != bytes + length;
}
