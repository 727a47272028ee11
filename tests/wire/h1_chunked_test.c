#include "h1_guard.h"
#include "test.h"

#include <stdlib.h>

static const struct flarei_h1_limits defaults = FLAREI_H1_LIMITS_DEFAULT;

/* What became of a body: its bytes, its trailers as "name=value ", how it ended and what was used. */
struct outcome {
    char body[8192];
    char trailers[8192];
    size_t body_bytes;
    size_t trailer_bytes;
    size_t used;
    int end;
};

static void keep(char *to, size_t *used, flare_str bytes, const char *after)
{
    memcpy(to + *used, bytes.ptr, bytes.len);
    *used += bytes.len;
    memcpy(to + *used, after, strlen(after) + 1);
    *used += strlen(after);
}

/* Decodes bytes that come `step` at a time; what a call leaves is put in front of the next. */
static struct outcome *run(const struct flarei_h1_limits *limits, uint64_t body_max, const char *bytes,
                           size_t length, size_t first, size_t step)
{
    static struct outcome outcome;
    struct flarei_h1_chunked decoder;
    struct flarei_h1_chunked_part part;
    size_t used = 0;

    outcome = (struct outcome){.end = 0};
    flarei_h1_chunked_init(&decoder, limits, body_max);
    for (size_t come = first < length ? first : length;; come = come + step < length ? come + step : length) {
        flare_str input = {guarded(bytes + used, come - used), come - used};
        do {
            outcome.end = flarei_h1_chunked_next(&decoder, &input, &part);
            if (outcome.end == FLAREI_H1_CHUNKED_DATA) {
                CHECK(part.data.len > 0);
                keep(outcome.body, &outcome.body_bytes, part.data, "");
            } else if (outcome.end == FLAREI_H1_CHUNKED_TRAILER) {
                keep(outcome.trailers, &outcome.trailer_bytes, part.field.name, "=");
                keep(outcome.trailers, &outcome.trailer_bytes, part.field.value, " ");
            }
        } while (outcome.end > 0 && outcome.end != FLAREI_H1_CHUNKED_END);
        used = come - input.len;
        if (outcome.end != FLAREI_H1_CHUNKED_MORE || come == length)
            break;
    }
    if (outcome.end != FLAREI_H1_CHUNKED_MORE) {
        flare_str input = {"0\r\n\r\n", 5};
        CHECK_INT(flarei_h1_chunked_next(&decoder, &input, &part), outcome.end);
        CHECK_INT(input.len, 5);
    }
    outcome.used = used;
    return &outcome;
}

struct row {
    const char *section;
    const char *bytes;
    const char *body;
    const char *trailers;
    int end;
};

#define OK(section, bytes, body, trailers)                                                                   \
    {                                                                                                        \
        section, bytes, body, trailers, FLAREI_H1_CHUNKED_END                                                \
    }
#define NO(section, bytes, body, refusal)                                                                    \
    {                                                                                                        \
        section, bytes, body, NULL, FLAREI_H1_##refusal                                                      \
    }
#define MORE(section, bytes, body)                                                                           \
    {                                                                                                        \
        section, bytes, body, "", FLAREI_H1_CHUNKED_MORE                                                     \
    }

static const struct row rows[] = {
    OK("9112 7.1", "0\r\n\r\n", "", ""),
    OK("9112 7.1", "5\r\nhello\r\n0\r\n\r\n", "hello", ""),
    OK("9112 7.1", "5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n", "hello world", ""),
    OK("9112 7.1 hexadecimal", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789", ""),
    OK("9112 7.1 hexadecimal", "a\r\n0123456789\r\n0\r\n\r\n", "0123456789", ""),
    OK("9112 7.1", "10\r\n0123456789abcdef\r\n0\r\n\r\n", "0123456789abcdef", ""),
    OK("9112 7.1 leading zeros", "0000000000000000000005\r\nhello\r\n000\r\n\r\n", "hello", ""),
    OK("9112 7.1 data that looks like chunks", "7\r\n0\r\n\r\n0\r\r\n0\r\n\r\n", "0\r\n\r\n0\r", ""),
    OK("9112 7.1.1", "5;a\r\nhello\r\n0\r\n\r\n", "hello", ""),
    OK("9112 7.1.1", "5;a=b\r\nhello\r\n0;c=d\r\n\r\n", "hello", ""),
    OK("9112 7.1.1", "5;a=b;c;d=\"e\"\r\nhello\r\n0\r\n\r\n", "hello", ""),
    OK("9112 7.1.1 quoted", "5;a=\"b;\\\"c\\\\ \t\xff\"\r\nhello\r\n0\r\n\r\n", "hello", ""),
    OK("9112 7.1.1 an empty quote", "5;a=\"\";b\r\nhello\r\n0\r\n\r\n", "hello", ""),
    OK("9112 7.1.1 bad whitespace", "5 \t; a = b ;\tc\t=\t\"d\" ; e ; f\r\nhello\r\n0\r\n\r\n", "hello", ""),
    OK("9112 7.1.2", "0\r\nX: y\r\n\r\n", "", "X=y "),
    OK("9112 7.1.2", "1\r\na\r\n0\r\nX:  y \r\nZ:\r\n\r\n", "a", "X=y Z= "),
    OK("9112 7.1.2", "0\r\nX-Checksum-Of-All: 0123456789012345678901234567890123456789\r\n\r\n", "",
       "X-Checksum-Of-All=0123456789012345678901234567890123456789 "),
    OK("9110 6.5.1 skipped", "0\r\nAuthorization: x\r\nX: y\r\nset-cookie: z\r\nTE: a\r\n\r\n", "", "X=y "),
    OK("9110 6.5.1 skipped", "0\r\nContent-Type: x\r\nTrailer: y\r\nConnection: close\r\n\r\n", "", ""),
    OK("9112 7.1 the next request stays", "1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "a", ""),

    MORE("9112 8 cut", "", ""),
    MORE("9112 8 cut", "5", ""),
    MORE("9112 8 cut", "5\r", ""),
    MORE("9112 8 cut", "5\r\nhel", "hel"),
    MORE("9112 8 cut", "5\r\nhello\r", "hello"),
    MORE("9112 8 cut", "5\r\nhello\r\n0\r\n", "hello"),
    MORE("9112 8 cut", "0\r\n\r", ""),
    MORE("9112 8 cut", "0\r\nX: y", ""),
    MORE("9112 8 cut", "0\r\nX: y\r", ""),
    MORE("9112 8 cut", "5;a=\"b\\", ""),

    NO("9112 7.1 no size", "\r\nhello\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1 no size", ";a\r\nhello\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1", "x\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1", " 5\r\nhello\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1", "-5\r\nhello\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1", "+5\r\nhello\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1", "0x5\r\nhello\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1", "5g\r\nhello\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1", "5_0\r\nhello\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1", "5,\r\nhello\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1 a blank", "5 \r\nhello\r\n", "", BAD_CHUNK_EXTENSION),
    NO("9112 7.1 a blank", "5 0\r\nhello\r\n", "", BAD_CHUNK_EXTENSION),
    MORE("9112 7.1 the largest size", "7fffffffffffffff\r\n", ""),
    NO("9112 7.1 overflow", "8000000000000000\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1 overflow", "10000000000000000\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1 overflow", "10000000000000005\r\nhello\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1 overflow", "ffffffffffffffff5\r\nhello\r\n", "", BAD_CHUNK_SIZE),
    NO("9112 7.1 bare LF", "5\nhello\r\n", "", BAD_LINE_END),
    NO("9112 7.1 bare CR", "5\rhello\r\n", "", BAD_LINE_END),
    NO("9112 7.1 CR CR LF", "5\r\r\nhello\r\n", "", BAD_LINE_END),
    NO("9112 7.1.1 bare LF", "5;a\nhello\r\n", "", BAD_LINE_END),
    NO("9112 7.1.1 bare LF", "5;\nhello\r\n", "", BAD_LINE_END),
    NO("9112 7.1.1 bare LF", "5;a=b\nhello\r\n", "", BAD_LINE_END),
    NO("9112 7.1.1 bare LF in a quote", "5;a=\"b\n\"\r\nhello\r\n", "", BAD_LINE_END),
    NO("9112 7.1.1 bare LF after a quote", "5;a=\"b\"\nhello\r\n", "", BAD_LINE_END),
    NO("9112 7.1.1 CRLF in a quote", "5;a=\"b\r\n\"\r\nhello\r\n", "", BAD_LINE_END),
    NO("9112 7.1.1 bare CR", "5;a\rb\r\nhello\r\n", "", BAD_LINE_END),
    NO("9112 7.1.1 no name", "5;\r\nhello\r\n", "", BAD_LINE_END),
    NO("9112 7.1.1 no name", "5;;a\r\nhello\r\n", "", BAD_CHUNK_EXTENSION),
    NO("9112 7.1.1 no name", "5;=a\r\nhello\r\n", "", BAD_CHUNK_EXTENSION),
    NO("9112 7.1.1 no value", "5;a=\r\nhello\r\n", "", BAD_LINE_END),
    NO("9112 7.1.1 no value", "5;a=;b\r\nhello\r\n", "", BAD_CHUNK_EXTENSION),
    NO("9112 7.1.1", "5;a=b=c\r\nhello\r\n", "", BAD_CHUNK_EXTENSION),
    NO("9112 7.1.1", "5;a b\r\nhello\r\n", "", BAD_CHUNK_EXTENSION),
    NO("9112 7.1.1 a blank at the end", "5;a \r\nhello\r\n", "", BAD_LINE_END),
    NO("9112 7.1.1 a blank at the end", "5;a=b \r\nhello\r\n", "", BAD_CHUNK_EXTENSION),
    NO("9112 7.1.1", "5;a=\"b\"c\r\nhello\r\n", "", BAD_CHUNK_EXTENSION),
    NO("9112 7.1.1 a control", "5;a\x01\r\nhello\r\n", "", BAD_CHUNK_EXTENSION),
    NO("9112 7.1.1 a control", "5;a=\"\x7f\"\r\nhello\r\n", "", BAD_CHUNK_EXTENSION),
    NO("9112 7.1.1 a control", "5;a=\"\\\x01\"\r\nhello\r\n", "", BAD_CHUNK_EXTENSION),
    NO("9112 7.1 no CRLF after data", "5\r\nhello0\r\n\r\n", "hello", BAD_CHUNK_END),
    NO("9112 7.1 too much data", "4\r\nhello\r\n0\r\n\r\n", "hell", BAD_CHUNK_END),
    NO("9112 7.1 too little data", "6\r\nhello\r\n0\r\n\r\n", "hello\r", BAD_CHUNK_END),
    NO("9112 7.1 bare LF after data", "5\r\nhello\n0\r\n\r\n", "hello", BAD_CHUNK_END),
    NO("9112 7.1 bare CR after data", "5\r\nhello\r0\r\n\r\n", "hello", BAD_CHUNK_END),
    NO("9112 7.1.2 bare LF", "0\r\n\n", "", BAD_LINE_END),
    NO("9112 7.1.2 bare LF", "0\r\nX: y\n\r\n", "", BAD_LINE_END),
    NO("9112 7.1.2 bare CR", "0\r\n\rX", "", BAD_LINE_END),
    NO("9112 7.1.2", "0\r\nX : y\r\n\r\n", "", BAD_FIELD_NAME),
    NO("9112 7.1.2", "0\r\n: y\r\n\r\n", "", BAD_FIELD_NAME),
    NO("9112 7.1.2 no colon", "0\r\nGET / HTTP/1.1\r\n\r\n", "", BAD_FIELD_NAME),
    NO("9112 7.1.2 folded", "0\r\nX: y\r\n z\r\n\r\n", "", FOLDED_FIELD),
    NO("9112 7.1.2 folded", "0\r\n X: y\r\n\r\n", "", FOLDED_FIELD),
    NO("9112 7.1.2 a control", "0\r\nX: \x01\r\n\r\n", "", BAD_FIELD_VALUE),
    NO("9110 6.5.1", "0\r\nContent-Length: 5\r\n\r\n", "", FORBIDDEN_TRAILER),
    NO("9110 6.5.1", "0\r\ntransfer-encoding: chunked\r\n\r\n", "", FORBIDDEN_TRAILER),
    NO("9110 6.5.1", "0\r\nHOST: a\r\n\r\n", "", FORBIDDEN_TRAILER),
};

static void check_row(const struct row *row)
{
    size_t length = strlen(row->bytes), first_used = 0;

    for (size_t step = 1; step < 4; step++) {
        for (size_t first = 0; first <= length; first++) {
            const struct outcome *outcome =
                run(&defaults, INT64_MAX, row->bytes, length, first, step < 3 ? step : length);
            if (first == 0 && step == 1)
                first_used = outcome->used;
            if (outcome->end == row->end && strcmp(outcome->body, row->body) == 0 &&
                (!row->trailers || strcmp(outcome->trailers, row->trailers) == 0) &&
                (row->end != FLAREI_H1_CHUNKED_END || outcome->used == first_used))
                continue;
            test_ok = false;
            fprintf(stderr,
                    "RFC %s, first %zu then by %zu: %s\n  ended %d, not %d; body \"%s\" trailers \"%s\"\n",
                    row->section, first, step, row->bytes, outcome->end, row->end, outcome->body,
                    outcome->trailers);
        }
    }
}

TEST(every_row_at_every_split)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_row(&rows[i]);
    }
}

TEST(a_nul_is_no_digit)
{
    CHECK_INT(run(&defaults, 100, "5\0\r\n", 4, 4, 1)->end, FLAREI_H1_BAD_CHUNK_SIZE);
}

TEST(the_next_request_is_left)
{
    static const char bytes[] = "1\r\na\r\n0\r\nX: y\r\n\r\nGET /";

    CHECK_INT(run(&defaults, 100, bytes, sizeof bytes - 1, sizeof bytes, 1)->used, sizeof bytes - 1 - 5);
}

static int end_of(const struct flarei_h1_limits *limits, uint64_t body_max, const char *bytes)
{
    size_t length = strlen(bytes);
    int end = run(limits, body_max, bytes, length, length, 1)->end;

    for (size_t first = 0; first < length; first++)
        CHECK_INT(run(limits, body_max, bytes, length, first, 1)->end, end);
    return end;
}

TEST(body_limit)
{
    CHECK_INT(end_of(&defaults, 5, "5\r\nhello\r\n0\r\n\r\n"), FLAREI_H1_CHUNKED_END);
    CHECK_INT(end_of(&defaults, 4, "5\r\nhello\r\n0\r\n\r\n"), FLAREI_H1_BODY_TOO_LARGE);
    CHECK_INT(end_of(&defaults, 5, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"), FLAREI_H1_CHUNKED_END);
    CHECK_INT(end_of(&defaults, 4, "3\r\nhel\r\n2\r\n"), FLAREI_H1_BODY_TOO_LARGE);
    CHECK_INT(end_of(&defaults, 0, "0\r\n\r\n"), FLAREI_H1_CHUNKED_END);
    CHECK_INT(end_of(&defaults, 0, "1\r\n"), FLAREI_H1_BODY_TOO_LARGE);
}

TEST(chunk_line_limit)
{
    struct flarei_h1_limits limits = defaults;

    limits.chunk_line_max_bytes = 6;
    CHECK_INT(end_of(&limits, 9, "1;ab\r\nx\r\n0;cd\r\n\r\n"), FLAREI_H1_CHUNKED_END);
    CHECK_INT(end_of(&limits, 9, "1;abc\r\nx\r\n0\r\n\r\n"), FLAREI_H1_CHUNK_LINE_TOO_LONG);
    CHECK_INT(end_of(&limits, 9, "00001\r\n"), FLAREI_H1_CHUNK_LINE_TOO_LONG);
    CHECK_INT(end_of(&limits, 9, "0001\r\nx\r\n0\r\n\r\n"), FLAREI_H1_CHUNKED_END);
}

/* A peer that sends long extensions with tiny chunks is stopped; one that sends them with real data is not.
 */
TEST(extensions_are_no_way_to_waste)
{
    static char bytes[200000];
    size_t length = 0;
    const char *line = "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                       "aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n";

    for (int i = 0; i < 1000; i++, length += strlen(line))
        memcpy(bytes + length, line, strlen(line));
    const struct outcome *outcome = run(&defaults, 10000, bytes, GUARDED_BYTES, GUARDED_BYTES, 1);
    CHECK_INT(outcome->end, FLAREI_H1_CHUNK_LINE_TOO_LONG);
    CHECK(outcome->used > 16384 && outcome->used < 30000);

    length = 0;
    for (int i = 0; i < 500; i++) {
        memcpy(bytes + length, line, strlen(line));
        bytes[length] = '8';
        length += strlen(line) - 3;
        memcpy(bytes + length, "01234567\r\n", 10);
        length += 10;
    }
    CHECK_INT(run(&defaults, 10000, bytes, length, length, 1)->end, FLAREI_H1_CHUNK_LINE_TOO_LONG);

    length = 0;
    for (int i = 0; i < 2000; i++, length += 6)
        memcpy(bytes + length, "1\r\nx\r\n", 6);
    memcpy(bytes + length, "0\r\n\r\n", 5);
    CHECK_INT(run(&defaults, 10000, bytes, length + 5, length + 5, 1)->end, FLAREI_H1_CHUNKED_END);
}

TEST(trailer_limits)
{
    struct flarei_h1_limits limits = defaults;

    limits.trailer_max_bytes = 14;
    CHECK_INT(end_of(&limits, 9, "0\r\nA: b\r\nC: d\r\n\r\n"), FLAREI_H1_CHUNKED_END);
    limits.trailer_max_bytes = 13;
    CHECK_INT(end_of(&limits, 9, "0\r\nA: b\r\nC: d\r\n\r\n"), FLAREI_H1_TRAILERS_TOO_LARGE);
    CHECK_INT(end_of(&limits, 9, "0\r\nAAAAAAAAAAAAAAAA"), FLAREI_H1_TRAILERS_TOO_LARGE);
    limits.trailer_max_bytes = 1;
    CHECK_INT(end_of(&limits, 9, "0\r\n\r\n"), FLAREI_H1_TRAILERS_TOO_LARGE);
    limits = defaults;
    limits.field_max_count = 2;
    CHECK_INT(end_of(&limits, 9, "0\r\nA: b\r\nTE: d\r\n\r\n"), FLAREI_H1_CHUNKED_END);
    CHECK_INT(end_of(&limits, 9, "0\r\nA: b\r\nTE: d\r\nE: f\r\n\r\n"), FLAREI_H1_TOO_MANY_FIELDS);
}

/* Decodes in place, and into room of every size. */
TEST(decode)
{
    static const char bytes[] = "5;a=b\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nX: y\r\n\r\nrest";
    size_t length = sizeof bytes - 1;

    for (size_t room = 1; room <= 12; room++) {
        struct flarei_h1_chunked decoder;
        flare_str input = {guarded(bytes, length), length};
        char body[32];
        size_t used = 0, written;
        int event;
        flarei_h1_chunked_init(&decoder, &defaults, 100);
        do {
            event = flarei_h1_chunked_decode(&decoder, &input, body + used, room, &written);
            CHECK(written <= room);
            used += written;
        } while (event == FLAREI_H1_CHUNKED_DATA);
        CHECK_INT(event, FLAREI_H1_CHUNKED_END);
        CHECK_STR(((flare_str){body, used}), "hello world");
        CHECK_STR(input, "rest");
    }

    struct flarei_h1_chunked decoder;
    char *place = guarded(bytes, length);
    flare_str input = {place, length};
    size_t written;
    flarei_h1_chunked_init(&decoder, &defaults, 100);
    CHECK_INT(flarei_h1_chunked_decode(&decoder, &input, place, length, &written), FLAREI_H1_CHUNKED_END);
    CHECK_STR(((flare_str){place, written}), "hello world");

    input = (flare_str){"zz", 2};
    flarei_h1_chunked_init(&decoder, &defaults, 100);
    CHECK_INT(flarei_h1_chunked_decode(&decoder, &input, place, 10, &written), FLAREI_H1_BAD_CHUNK_SIZE);
    input = (flare_str){"5\r\nhe", 5};
    flarei_h1_chunked_init(&decoder, &defaults, 100);
    CHECK_INT(flarei_h1_chunked_decode(&decoder, &input, place, 10, &written), FLAREI_H1_CHUNKED_MORE);
    CHECK_INT(written, 2);
}

int main(void)
{
    RUN(every_row_at_every_split);
    RUN(a_nul_is_no_digit);
    RUN(the_next_request_is_left);
    RUN(body_limit);
    RUN(chunk_line_limit);
    RUN(extensions_are_no_way_to_waste);
    RUN(trailer_limits);
    RUN(decode);
    return TEST_END();
}
