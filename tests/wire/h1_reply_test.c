#include "wire/h1.h"
#include "test.h"

TEST(status_lines)
{
    char line[FLAREI_H1_STATUS_LINE_MAX_BYTES];
    size_t registered = 0;

    CHECK_STR(flarei_h1_status_line(200), "HTTP/1.1 200 OK\r\n");
    CHECK_STR(flarei_h1_status_line(511), "HTTP/1.1 511 Network Authentication Required\r\n");
    CHECK_STR(flarei_h1_reason(204), "No Content");
    CHECK_STR(flarei_h1_reason(431), "Request Header Fields Too Large");
    CHECK_STR(flarei_h1_status_line(299), "");
    CHECK_STR(flarei_h1_reason(299), "");
    for (unsigned status = 0; status <= 1000; status++) {
        flare_str constant = flarei_h1_status_line(status);
        if (constant.len == 0)
            continue;
        registered++;
        CHECK_INT(flarei_h1_write_status_line(line, status), constant.len);
        CHECK(memcmp(line, constant.ptr, constant.len) == 0);
        CHECK(constant.len <= sizeof line);
        CHECK_INT((unsigned)(constant.ptr[9] - '0') * 100 + (unsigned)(constant.ptr[10] - '0') * 10 +
                      (unsigned)(constant.ptr[11] - '0'),
                  status);
        CHECK(memcmp(constant.ptr, "HTTP/1.1 ", 9) == 0);
        CHECK(memcmp(constant.ptr + constant.len - 2, "\r\n", 2) == 0);
        CHECK_INT(flarei_h1_reason(status).len, constant.len - 15);
    }
    CHECK_INT(registered, 61);
}

/* RFC 9112, section 4: the space in front of an absent reason phrase stays. */
TEST(unregistered_status)
{
    char line[FLAREI_H1_STATUS_LINE_MAX_BYTES];
    size_t length = flarei_h1_write_status_line(line, 299);

    CHECK_STR(((flare_str){line, length}), "HTTP/1.1 299 \r\n");
    length = flarei_h1_write_status_line(line, 999);
    CHECK_STR(((flare_str){line, length}), "HTTP/1.1 999 \r\n");
}

TEST(chunk_lines)
{
    static const struct {
        uint64_t size;
        const char *want;
    } rows[] = {{1, "1\r\n"},
                {15, "f\r\n"},
                {16, "10\r\n"},
                {255, "ff\r\n"},
                {256, "100\r\n"},
                {0x12345678, "12345678\r\n"},
                {UINT64_MAX, "ffffffffffffffff\r\n"},
                {0, "0\r\n"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[FLAREI_H1_CHUNK_LINE_MAX_BYTES];
        size_t length = flarei_h1_write_chunk_line(line, rows[i].size);
        CHECK_STR(((flare_str){line, length}), rows[i].want);
    }
}

TEST(refusals)
{
#define REFUSAL(code, value, status, text)                                                                   \
    CHECK_INT(code, value);                                                                                  \
    CHECK_INT(flarei_h1_refusal_status(code), status);                                                       \
    CHECK_STR(flarei_h1_refusal_text(code), text);                                                           \
    CHECK(flarei_h1_reason(status).len > 0);
    FLAREI_H1_REFUSALS(REFUSAL)
#undef REFUSAL
    CHECK_INT(flarei_h1_refusal_status(-1000), 400);
    CHECK(flarei_h1_refusal_text(-1000).len > 0);
}

int main(void)
{
    RUN(status_lines);
    RUN(unregistered_status);
    RUN(chunk_lines);
    RUN(refusals);
    return TEST_END();
}
