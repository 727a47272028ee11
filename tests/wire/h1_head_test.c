#include "h1_guard.h"
#include "test.h"

#include <stdlib.h>

static const struct flarei_h1_limits defaults = FLAREI_H1_LIMITS_DEFAULT;
static flare_field fields[256];

typedef ptrdiff_t parse_function(const struct flarei_h1_limits *limits, const char *bytes, size_t length,
                                 struct flarei_h1_head *head);

static ptrdiff_t parse_with(parse_function *parse, const struct flarei_h1_limits *limits, const char *bytes,
                            size_t length, struct flarei_h1_head *head)
{
    memset(head, 0xa5, sizeof *head);
    head->fields = fields;
    head->field_capacity = 256;
    return parse(limits, guarded(bytes, length), length, head);
}

/* A text that grows; what does not fit is left out. */
struct note {
    char text[4096];
    size_t length;
};

static void add(struct note *note, const char *text, flare_str slice)
{
    int n = snprintf(note->text + note->length, sizeof note->text - note->length, "%s%.*s", text,
                     FLARE_STR_ARG(slice));
    note->length += (size_t)n;
    if (note->length >= sizeof note->text)
        note->length = sizeof note->text - 1;
}

static void add_if(struct note *note, bool condition, const char *text)
{
    if (condition)
        add(note, " ", flare_str_of(text));
}

/* A head in short: method, path, query, host, what it is, and its fields but Host. */
static struct note describe(const struct flarei_h1_head *head)
{
    static const char *const forms[] = {NULL, "absolute", "authority", "asterisk"};
    struct note note = {"", 0};
    char length[40];

    snprintf(length, sizeof length, "length=%llu", (unsigned long long)head->content_length);
    add(&note, "", flare_method_name(head->method));
    if (head->path.len)
        add(&note, " ", head->path);
    if (head->query.ptr)
        add(&note, " ?", head->query);
    add(&note, " @", head->host);
    add_if(&note, head->target_form != FLAREI_H1_ORIGIN_FORM, forms[head->target_form]);
    add_if(&note, head->version_minor == 0, "1.0");
    add_if(&note, head->has_content_length, length);
    add_if(&note, head->chunked, "chunked");
    add_if(&note, head->has_body, "body");
    add_if(&note, head->keep_alive, "keep");
    add_if(&note, head->wants_upgrade, "upgrade");
    add_if(&note, head->expect_continue, "continue");
    add_if(&note, head->expect_unknown, "expect?");
    add_if(&note, head->path_has_percent, "percent");
    add_if(&note, head->path_has_dot, "dot");
    for (size_t i = 0; i < head->field_count; i++) {
        if (i + 1 == head->notable[FLAREI_H1_HOST])
            continue;
        add(&note, " ", head->fields[i].name);
        add(&note, "=", head->fields[i].value);
    }
    return note;
}

/* Parses each prefix of the bytes, and the bytes with more behind them, with both codecs: 0 up to some
 * length, then always the same. Gives the shortest length with a verdict. */
static size_t check_splits(const struct flarei_h1_limits *limits, const char *bytes, size_t length,
                           ptrdiff_t want)
{
    struct flarei_h1_head head;
    size_t settled = 0;
    char *more = malloc(length + 64);

    memcpy(more, bytes, length);
    memset(more + length, 'x', 64);
    for (size_t n = 0; n <= length + 64; n++) {
        ptrdiff_t got = parse_with(flarei_h1_parse_head, limits, more, n, &head);
        ptrdiff_t twin = parse_with(bytewise_h1_parse_head, limits, more, n, &head);
        if (got != twin || (got != want && (got != 0 || settled || n >= length))) {
            test_ok = false;
            fprintf(stderr, "of %zu bytes the first %zu give %td, bytewise %td, not %td\n", length, n, got,
                    twin, want);
            break;
        }
        if (got != 0 && !settled)
            settled = n;
    }
    free(more);
    return settled;
}

static void complain(const struct head_row *row, const char *text)
{
    test_ok = false;
    fprintf(stderr, "RFC %s: %.*s\n  %s\n", row->section, (int)row->length, row->bytes, text);
}

TEST(accepted_rows)
{
    for (size_t i = 0; i < accepted_head_count; i++) {
        const struct head_row *row = &accepted_heads[i];
        struct flarei_h1_head head;
        ptrdiff_t n = parse_with(flarei_h1_parse_head, &defaults, row->bytes, row->length, &head);
        if (n != (ptrdiff_t)row->length)
            complain(row, n < 0 ? flarei_h1_refusal_text(n).ptr : "wrong length");
        else if (strcmp(describe(&head).text, row->want) != 0)
            complain(row, describe(&head).text);
        parse_with(bytewise_h1_parse_head, &defaults, row->bytes, row->length, &head);
        if (strcmp(describe(&head).text, row->want) != 0)
            complain(row, "bytewise differs");
        if (check_splits(&defaults, row->bytes, row->length, (ptrdiff_t)row->length) != row->length)
            complain(row, "accepted too early");
    }
}

TEST(refused_rows)
{
    for (size_t i = 0; i < refused_head_count; i++) {
        const struct head_row *row = &refused_heads[i];
        struct flarei_h1_head head;
        ptrdiff_t n = parse_with(flarei_h1_parse_head, &defaults, row->bytes, row->length, &head);
        if (n != row->refusal)
            complain(row, n < 0 ? flarei_h1_refusal_text(n).ptr : "accepted");
        check_splits(&defaults, row->bytes, row->length, row->refusal);
    }
}

TEST(there_are_enough_rows)
{
    CHECK(accepted_head_count + refused_head_count >= 150);
    CHECK(refused_head_count >= 60);
}

TEST(early_verdicts)
{
    static const struct {
        const char *bytes;
        size_t settled;
        int refusal;
    } rows[] = {
        {"\x16\x03\x01\x00\xee", 1, FLAREI_H1_BAD_REQUEST_LINE},
        {"GET / HTTP/1.1\nHost", 15, FLAREI_H1_BAD_LINE_END},
        {"GET / HTTP/1.1\r\nHost : a", 21, FLAREI_H1_BAD_FIELD_NAME},
        {"GET / HTTP/2.0\r\n", 14, FLAREI_H1_UNSUPPORTED_VERSION},
        {"GET /caf\xc3\xa9", 9, FLAREI_H1_BAD_TARGET},
        {"GET / HTTP/1.1\r\nX: \x01 and on it goes", 20, FLAREI_H1_BAD_FIELD_VALUE},
        {"GET / HTTP/1.1\r\nContent-Length: x\r\n", 35, FLAREI_H1_BAD_CONTENT_LENGTH},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_INT(check_splits(&defaults, rows[i].bytes, strlen(rows[i].bytes), rows[i].refusal),
                  rows[i].settled);
}

static char *repeat(char *at, const char *text, size_t times)
{
    for (size_t length = strlen(text); times > 0; times--, at += length)
        memcpy(at, text, length);
    return at;
}

TEST(head_limit)
{
    static const char head_bytes[] = "GET / HTTP/1.1\r\nHost: a\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n\r\n";
    size_t length = sizeof head_bytes - 1;
    struct flarei_h1_limits limits = defaults;

    limits.head_max_bytes = (uint32_t)length;
    CHECK_INT(check_splits(&limits, head_bytes, length, (ptrdiff_t)length), length);
    limits.head_max_bytes = (uint32_t)length - 1;
    CHECK_INT(check_splits(&limits, head_bytes, length, FLAREI_H1_HEAD_TOO_LARGE), length - 1);
    limits.head_max_bytes = 10;
    CHECK_INT(check_splits(&limits, head_bytes, length, FLAREI_H1_HEAD_TOO_LARGE), 10);
}

TEST(an_endless_head_is_refused_at_the_limit)
{
    char *bytes = malloc(20000), *at = repeat(bytes, "GET / HTTP/1.1\r\nX: ", 1);
    struct flarei_h1_head head;

    at = repeat(at, "y", 17000);
    CHECK_INT(parse_with(flarei_h1_parse_head, &defaults, bytes, 16383, &head), 0);
    CHECK_INT(parse_with(flarei_h1_parse_head, &defaults, bytes, 16384, &head), FLAREI_H1_HEAD_TOO_LARGE);
    CHECK_INT(parse_with(flarei_h1_parse_head, &defaults, bytes, (size_t)(at - bytes), &head),
              FLAREI_H1_HEAD_TOO_LARGE);
    CHECK_STR(head.method_token, "GET");
    CHECK_STR(head.target, "/");
    free(bytes);
}

TEST(target_limit)
{
    struct flarei_h1_limits limits = defaults;
    struct flarei_h1_head head;
    char bytes[200], *at = repeat(bytes, "GET /", 1);

    limits.target_max_bytes = 40;
    at = repeat(at, "a", 39);
    repeat(at, " HTTP/1.1\r\nHost: a\r\n\r\n", 1);
    size_t length = (size_t)(at - bytes) + 22;
    CHECK_INT(check_splits(&limits, bytes, length, (ptrdiff_t)length), length);
    limits.target_max_bytes = 39;
    CHECK_INT(check_splits(&limits, bytes, length, FLAREI_H1_TARGET_TOO_LONG), 44);
    bytes[10] = '\x01';
    CHECK_INT(check_splits(&limits, bytes, length, FLAREI_H1_BAD_TARGET), 11);
    bytes[10] = 'a';
    bytes[43] = '\x01';
    CHECK_INT(check_splits(&limits, bytes, length, FLAREI_H1_BAD_TARGET), 44);
    CHECK_INT(parse_with(flarei_h1_parse_head, &limits, bytes, 44, &head), FLAREI_H1_BAD_TARGET);
    CHECK_STR(head.method_token, "GET");
    CHECK_INT(head.target.len, 0);
}

TEST(field_limits)
{
    struct flarei_h1_limits limits = defaults;
    struct flarei_h1_head head;
    char bytes[2000], *at = repeat(bytes, "GET / HTTP/1.1\r\nHost: a\r\n", 1);

    at = repeat(at, "X: y\r\n", 99);
    at = repeat(at, "\r\n", 1);
    size_t length = (size_t)(at - bytes);
    CHECK_INT(parse_with(flarei_h1_parse_head, &limits, bytes, length, &head), length);
    CHECK_INT(head.field_count, 100);
    limits.field_max_count = 99;
    CHECK_INT(check_splits(&limits, bytes, length, FLAREI_H1_TOO_MANY_FIELDS), length - 2);
    limits.field_max_count = 1000;
    head = (struct flarei_h1_head){.fields = fields, .field_capacity = 100};
    CHECK_INT(flarei_h1_parse_head(&limits, bytes, length, &head), length);
    head = (struct flarei_h1_head){.fields = fields, .field_capacity = 99};
    CHECK_INT(flarei_h1_parse_head(&limits, bytes, length, &head), FLAREI_H1_TOO_MANY_FIELDS);
    head = (struct flarei_h1_head){.fields = fields, .field_capacity = 0};
    CHECK_INT(flarei_h1_parse_head(&limits, bytes, length, &head), FLAREI_H1_TOO_MANY_FIELDS);
}

TEST(a_long_method_is_501_and_one_of_32_bytes_is_known_to_be_unknown)
{
    static const char longest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct flarei_h1_head head;

    CHECK_INT(parse_with(flarei_h1_parse_head, &defaults, longest, sizeof longest - 1, &head),
              sizeof longest - 1);
    CHECK_INT(head.method, FLARE_METHOD_UNKNOWN);
    CHECK_INT(head.method_token.len, 32);
}

TEST(notable_fields)
{
    static const char bytes[] =
        "POST / HTTP/1.1\r\nCookie: a=1\r\nhost: a\r\nCONTENT-TYPE: t\r\nUpgrade: u\r\n"
        "Connection: close\r\nExpect: x\r\nContent-Length: 1\r\nCookie: b=2\r\n\r\n";
    struct flarei_h1_head head;

    CHECK(parse_with(flarei_h1_parse_head, &defaults, bytes, sizeof bytes - 1, &head) > 0);
    CHECK_INT(head.notable[FLAREI_H1_COOKIE], 1);
    CHECK_INT(head.notable[FLAREI_H1_HOST], 2);
    CHECK_INT(head.notable[FLAREI_H1_CONTENT_TYPE], 3);
    CHECK_INT(head.notable[FLAREI_H1_UPGRADE], 4);
    CHECK_INT(head.notable[FLAREI_H1_CONNECTION], 5);
    CHECK_INT(head.notable[FLAREI_H1_EXPECT], 6);
    CHECK_INT(head.notable[FLAREI_H1_CONTENT_LENGTH], 7);
    CHECK_INT(head.notable[FLAREI_H1_TRANSFER_ENCODING], 0);
    CHECK_INT(head.field_count, 8);
}

/* Names that are as long as a notable one, or differ in one byte, are not it. */
TEST(near_misses_are_not_notable)
{
    static const char *const names[] = {"Cookie",     "Host",         "Expect",         "Upgrade",
                                        "Connection", "Content-Type", "Content-Length", "Transfer-Encoding"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (size_t at = 0; at < strlen(names[i]); at++) {
            char bytes[100];
            struct flarei_h1_head head;
            int length = snprintf(bytes, sizeof bytes, "GET / HTTP/1.0\r\n%s: @\r\n\r\n", names[i]);
            bytes[16 + at] = '_';
            CHECK_INT(parse_with(flarei_h1_parse_head, &defaults, bytes, (size_t)length, &head), length);
            for (int k = 0; k < FLAREI_H1_NOTABLE_COUNT; k++)
                CHECK_INT(head.notable[k], 0);
        }
    }
}

/* Each byte at each place of each row: both codecs say the same. */
TEST(bytewise_is_the_same)
{
    for (size_t i = 0; i < accepted_head_count; i++) {
        const struct head_row *row = &accepted_heads[i];
        char bytes[400];
        memcpy(bytes, row->bytes, row->length);
        for (size_t at = 0; at < row->length; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                struct flarei_h1_head head;
                struct note note = {"", 0};
                bytes[at] = (char)byte;
                ptrdiff_t got = parse_with(flarei_h1_parse_head, &defaults, bytes, row->length, &head);
                if (got > 0)
                    note = describe(&head);
                ptrdiff_t twin = parse_with(bytewise_h1_parse_head, &defaults, bytes, row->length, &head);
                if (got != twin || (got > 0 && strcmp(note.text, describe(&head).text) != 0)) {
                    complain(row, "differs bytewise with another byte");
                    fprintf(stderr, "  byte %zu = 0x%02x: %td, %td\n", at, byte, got, twin);
                }
            }
            bytes[at] = row->bytes[at];
        }
    }
}

/* Values and targets of every length, so that each meets a block's edge in each way. */
TEST(every_length)
{
    char bytes[700];
    struct flarei_h1_head head;

    for (size_t n = 1; n < 150; n++) {
        char *at = repeat(bytes, "GET /", 1);
        at = repeat(at, "t", n);
        at = repeat(at, " HTTP/1.1\r\nHost: ", 1);
        at = repeat(at, "h", n);
        at = repeat(at, "\r\n", 1);
        at = repeat(at, "n", n);
        at = repeat(at, ": ", 1);
        at = repeat(at, "v", n);
        at = repeat(at, "\r\n\r\n", 1);
        size_t length = (size_t)(at - bytes);
        CHECK_INT(parse_with(flarei_h1_parse_head, &defaults, bytes, length, &head), length);
        CHECK_INT(head.path.len, n + 1);
        CHECK_INT(head.host.len, n);
        CHECK_INT(head.fields[1].name.len, n);
        CHECK_INT(head.fields[1].value.len, n);
        if (n < 40)
            check_splits(&defaults, bytes, length, (ptrdiff_t)length);
    }
}

/* Feeds each row byte by byte through worth_parsing: the same verdict, at most 63 bytes late, and few parses.
 */
TEST(worth_parsing_changes_no_verdict)
{
    size_t parses = 0, bytes_seen = 0;

    for (size_t i = 0; i < accepted_head_count + refused_head_count; i++) {
        const struct head_row *row =
            i < accepted_head_count ? &accepted_heads[i] : &refused_heads[i - accepted_head_count];
        ptrdiff_t want = row->refusal ? row->refusal : (ptrdiff_t)row->length, got = 0;
        struct flarei_h1_head head;
        size_t parsed = 0;
        for (size_t n = 1; n <= row->length && got == 0; n++) {
            bytes_seen++;
            if (!flarei_h1_worth_parsing(&defaults, guarded(row->bytes, n), n, parsed))
                continue;
            parses++;
            parsed = n;
            got = parse_with(flarei_h1_parse_head, &defaults, row->bytes, n, &head);
        }
        CHECK_INT(got, want);
    }
    CHECK(parses < bytes_seen);
}

TEST(worth_parsing_of_a_slow_head)
{
    size_t length = 16384, parses = 0, parsed = 0;
    char *bytes = malloc(length), *at = repeat(bytes, "GET / HTTP/1.1\r\nHost: a\r\n", 1);

    memset(at, 'x', (size_t)(bytes + length - at));
    for (size_t n = 1; n <= length; n++) {
        if (flarei_h1_worth_parsing(&defaults, bytes, n, parsed)) {
            parses++;
            parsed = n;
        }
    }
    CHECK(parses < 64 + length / 64 + 8);
    CHECK_INT(parsed, length);
    free(bytes);
}

TEST(methods)
{
#define SAME(identifier, token)                                                                              \
    CHECK_INT(flare_method_of(FLARE_STR(token)), FLARE_METHOD_##identifier);                                 \
    CHECK_STR(flare_method_name(FLARE_METHOD_##identifier), token);
    FLARE_METHODS(SAME)
#undef SAME
    CHECK_INT(FLARE_METHOD_COUNT, 41);
    CHECK_INT(flare_method_of(FLARE_STR("?")), FLARE_METHOD_UNKNOWN);
    CHECK_INT(flare_method_of(FLARE_STR("")), FLARE_METHOD_UNKNOWN);
    CHECK_INT(flare_method_of(FLARE_STR("GETS")), FLARE_METHOD_UNKNOWN);
    CHECK_STR(flare_method_name(FLARE_METHOD_UNKNOWN), "?");
    CHECK_STR(flare_method_name(FLARE_METHOD_COUNT), "?");
}

int main(void)
{
    RUN(accepted_rows);
    RUN(refused_rows);
    RUN(there_are_enough_rows);
    RUN(early_verdicts);
    RUN(head_limit);
    RUN(an_endless_head_is_refused_at_the_limit);
    RUN(target_limit);
    RUN(field_limits);
    RUN(a_long_method_is_501_and_one_of_32_bytes_is_known_to_be_unknown);
    RUN(notable_fields);
    RUN(near_misses_are_not_notable);
    RUN(bytewise_is_the_same);
    RUN(every_length);
    RUN(worth_parsing_changes_no_verdict);
    RUN(worth_parsing_of_a_slow_head);
    RUN(methods);
    return TEST_END();
}
