/* multipart/form-data: framing in any split, what a part's head may say, and boundaries. */
#include "http/multipart.h"
#include "test.h"

#include <flare/text.h>

/* Events as text: `name|filename|type{content}`, then `.` at the end, `!` malformed, `^` too large a head. */
static char found[20000];
static size_t found_length;

static void say(flare_str text)
{
    if (text.len == 0 || found_length + text.len >= sizeof found)
        return;
    memcpy(found + found_length, text.ptr, text.len);
    found_length += text.len;
    found[found_length] = '\0';
}

static const char *parse(const char *content_type, flare_str body, size_t piece)
{
    static struct flarei_multipart parser;
    struct flarei_multipart_out out;
    int event = 0;

    found_length = 0;
    found[0] = '\0';
    if (!flarei_multipart_begin(&parser, flare_str_of(content_type)))
        return "no boundary";
    while (body.len != 0 && event >= 0) {
        flare_str bytes = {body.ptr, body.len < piece ? body.len : piece};

        body = (flare_str){body.ptr + bytes.len, body.len - bytes.len};
        while ((event = flarei_multipart_next(&parser, &bytes, &out)) > 0) {
            if (event == FLAREI_MULTIPART_PART) {
                say(out.name);
                say(out.has_filename ? FLARE_STR("|") : FLARE_STR("-"));
                say(out.filename);
                say(FLARE_STR("|"));
                say(out.content_type);
                say(FLARE_STR("{"));
            } else if (event == FLAREI_MULTIPART_DATA) {
                say(out.data);
            } else {
                say(event == FLAREI_MULTIPART_END ? FLARE_STR(".") : FLARE_STR("}"));
            }
        }
    }
    if (event < 0)
        say(event == FLAREI_MULTIPART_MALFORMED ? FLARE_STR("!") : FLARE_STR("^"));
    /* What failed stays failed. */
    flare_str more = FLARE_STR("--B\r\n");

    if (event < 0)
        CHECK_INT(flarei_multipart_next(&parser, &more, &out), event);
    return found;
}

static void check(const char *content_type, flare_str body, const char *want)
{
    for (size_t piece = 1; piece <= body.len + 1; piece = piece < 40 ? piece + 1 : piece * 2) {
        const flare_str got = flare_str_of(parse(content_type, body, piece));

        CHECK_STR(got, want);
    }
}

#define B(body)      FLARE_STR(body)
#define TYPE         "multipart/form-data; boundary=B"
#define DISPOSITION  "Content-Disposition: form-data; "
#define PART(fields) "--B\r\n" DISPOSITION fields "\r\n\r\n"

TEST(framing)
{
    check(TYPE, B(PART("name=a") "1\r\n--B--\r\n"), "a-|text/plain{1}.");
    check(TYPE, B(PART("name=a") "1\r\n" PART("name=b") "2\r\n--B--"), "a-|text/plain{1}b-|text/plain{2}.");
    check(TYPE, B("--B--\r\n"), ".");
    check(TYPE, B("pre\r\namble\r\n" PART("name=a") "1\r\n--B--epi--B\r\nlogue"), "a-|text/plain{1}.");
    check(TYPE, B("x--B\r\n--B \t \r\n" DISPOSITION "name=a\r\n\r\n\r\n--B--"), "a-|text/plain{}.");
    check(TYPE, B(PART("name=a") "--B--"), "a-|text/plain{}.");
    check(TYPE, B(PART("name=a") "\r\r\n-\r\n--\r\n-- B\n--B\r\n--B--"),
          "a-|text/plain{\r\r\n-\r\n--\r\n-- B\n--B}.");
    check(TYPE, B(PART("name=a") "--A\r\n--B--"), "a-|text/plain{--A}.");
    /* A line that begins as the boundary does and goes on is nobody's content. */
    check(TYPE, B(PART("name=a") "1\r\n--Bx\r\n"), "a-|text/plain{1}!");
    check(TYPE, B(PART("name=a") "1\r\n--B-x"), "a-|text/plain{1}!");
    check(TYPE, B("--B --"), "!");
    check(TYPE, B("--B\rx"), "!");
    check(TYPE, B("--B\n" DISPOSITION "name=a\n\n1\n--B--"), "!");
    /* Cut short: no end. */
    check(TYPE, B(PART("name=a") "1\r\n--B"), "a-|text/plain{1}");
    check(TYPE, B(PART("name=a") "1\r\n--B-"), "a-|text/plain{1}");
    check(TYPE, B("--B\r\nConte"), "");
    check(TYPE, B(""), "");
}

TEST(heads)
{
    check(TYPE, B(PART("name=\"a b\"; filename=\"x.png\"\r\nContent-Type: image/png ") "1\r\n--B--"),
          "a b|x.png|image/png{1}.");
    check(TYPE,
          B("--B\r\ncontent-type:image/png\r\nX: y\r\nCONTENT-disposition:FORM-data;NAME=a\r\n\r\n\r\n--B--"),
          "a-|image/png{}.");
    /* As browsers, curl and old browsers escape. */
    check(TYPE, B(PART("name=\"%22\\\"\\\\%2a\"; filename=\"C:\\dir\\%22.txt\"") "\r\n--B--"),
          "\"\"\\%2a|C:\\dir\\\".txt|text/plain{}.");
    check(TYPE, B(PART("name=\"a\"; filename=\"\"") "\r\n--B--"), "a||text/plain{}.");
    check(TYPE, B(PART("name=\"a\"; filename=\"\xc3\xa9\"; ") "\r\n--B--"), "a|\xc3\xa9|text/plain{}.");
    check(TYPE, B(PART("name=\"a\"; filename*=UTF-8''x.txt; x=y") "\r\n--B--"), "a-|text/plain{}.");
    check(TYPE, B(PART("name=\"a\"; filename*=x; x=y") "\r\n--B--"), "a-|text/plain{}.");
    check(TYPE, B(PART("name=\"a\"\r\nContent-Transfer-Encoding: 8BIT") "\r\n--B--"), "a-|text/plain{}.");
    check(TYPE, B(PART("name=\"a\"\r\nContent-Transfer-Encoding: base64") "\r\n--B--"), "!");
    static const char *const wrong[] = {"filename=\"a\"",
                                        "name=\"a",
                                        "name=",
                                        "name=\"a\"; name=\"b\"",
                                        "name=a; filename=x; filename=y",
                                        "name=a b",
                                        "name=\"a\" x",
                                        "name=a\r\n folded",
                                        "name=a\r\nno colon",
                                        "name=a\r\n: x",
                                        "name=a\r\nX : y",
                                        "name=a\r\nX: \x01",
                                        "name=a\r\nX: \x7f",
                                        "name=a\r\n" DISPOSITION "name=a",
                                        "name=a\nX: y",
                                        "=a"};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char body[200];
        const int length = snprintf(body, sizeof body, PART("%s") "\r\n--B--", wrong[i]);

        check(TYPE, (flare_str){body, (size_t)length}, "!");
    }
    check(TYPE, B("--B\r\n\r\n\r\n--B--"), "!");
    check(TYPE, B("--B\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--B--"), "!");
    check(TYPE, B("--B\r\nContent-Type: text/plain\r\n\r\n\r\n--B--"), "!");
}

static void check_head_of(size_t bytes, const char *want)
{
    static char body[FLAREI_PART_HEAD_MAX_BYTES + 100];
    static const char start[] = "--B\r\n" DISPOSITION "name=a\r\nX: ";
    const size_t before = 5, end = before + bytes;

    memset(body, 'y', sizeof body);
    memcpy(body, start, sizeof start - 1);
    memcpy(body + end - 4, "\r\n\r\n", 4);
    memcpy(body + end, "\r\n--B--", 7);
    check(TYPE, (flare_str){body, end + 7}, want);
}

TEST(head_limit)
{
    check_head_of(FLAREI_PART_HEAD_MAX_BYTES - 1, "a-|text/plain{}.");
    check_head_of(FLAREI_PART_HEAD_MAX_BYTES, "a-|text/plain{}.");
    check_head_of(FLAREI_PART_HEAD_MAX_BYTES + 1, "^");
}

TEST(boundaries)
{
    static const struct {
        const char *type, *boundary; /* NULL: refused */
    } rows[] = {
        {"multipart/form-data; boundary=abc", "abc"},
        {"multipart/form-data;BOUNDARY=abc ; charset=utf-8", "abc"},
        {"multipart/form-data; charset=\"a;boundary=x\"; boundary=\"a b:c\"", "a b:c"},
        {"multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
         "----WebKitFormBoundary7MA4YWxkTrZu0gW"},
        {"multipart/form-data; boundary==_?", "=_?"},
        {"multipart/form-data; boundary=abc;", "abc"},
        {"multipart/form-data; "
         "boundary=1234567890123456789012345678901234567890123456789012345678901234567890",
         "1234567890123456789012345678901234567890123456789012345678901234567890"},
        {"multipart/form-data; "
         "boundary=12345678901234567890123456789012345678901234567890123456789012345678901",
         NULL},
        {"multipart/form-data", NULL},
        {"", NULL},
        {"multipart/form-data; boundary=", NULL},
        {"multipart/form-data; boundary=\"\"", NULL},
        {"multipart/form-data; boundary=\"a", NULL},
        {"multipart/form-data; boundary=\"a \"", NULL},
        {"multipart/form-data; boundary=a; boundary=b", NULL},
        {"multipart/form-data; boundary=a\"b", NULL},
        {"multipart/form-data; boundary=\"a\"b", NULL},
        {"multipart/form-data; boundary=\xc3\xa9", NULL},
        {"multipart/form-data; boundary", NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        flare_str boundary = {NULL, 0};
        const bool good = flarei_multipart_boundary(flare_str_of(rows[i].type), &boundary);

        CHECK_INT(good, rows[i].boundary != NULL);
        if (good && rows[i].boundary != NULL)
            CHECK_STR(boundary, rows[i].boundary);
        if (good != (rows[i].boundary != NULL))
            fprintf(stderr, "%s\n", rows[i].type);
    }
}

int main(void)
{
    RUN(framing);
    RUN(heads);
    RUN(head_limit);
    RUN(boundaries);
    return TEST_END();
}
