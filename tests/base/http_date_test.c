/* The date of replies: written when a second begins, and where it was. */
#include "test.h"

#include <flare/http_date.h>

TEST(the_line)
{
    flare_http_date date;
    flare_str line, text;

    flare_http_date_init(&date);
    line = flare_http_date_line(&date, 784111777);
    CHECK_STR(line, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"); /* RFC 9110, section 5.6.7 */
    text = flare_http_date_text(&date, 784111777);
    CHECK_STR(text, "Sun, 06 Nov 1994 08:49:37 GMT");
    line = flare_http_date_line(&date, 0);
    CHECK_STR(line, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
    line = flare_http_date_line(&date, INT64_MAX / FLARE_TIME_SECOND);
    CHECK_STR(line, "Date: Fri, 11 Apr 2262 23:47:16 GMT\r\n");
    line = flare_http_date_line(&date, INT64_MIN / FLARE_TIME_SECOND);
    CHECK_STR(line, "Date: Tue, 21 Sep 1677 00:12:44 GMT\r\n");
}

TEST(written_once_a_second)
{
    flare_http_date date;
    flare_str line;

    flare_http_date_init(&date);
    line = flare_http_date_line(&date, 784111777);
    date.line[6] = 'X'; /* seen as long as nobody writes it anew */
    CHECK(flare_http_date_line(&date, 784111777).ptr == line.ptr && line.ptr[6] == 'X');
    CHECK(flare_http_date_line(&date, 784111778).ptr == line.ptr && line.ptr[6] == 'S');
    CHECK_STR(line, "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n");
    line = flare_http_date_line(&date, 784111777); /* a clock that was set back */
    CHECK_STR(line, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
}

int main(void)
{
    RUN(the_line);
    RUN(written_once_a_second);
    return TEST_END();
}
