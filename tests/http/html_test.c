#include "test.h"

#include <flare/gen_html.h>

static flare_buffer out;

#define WRITES(call, text)                                                                                   \
    do {                                                                                                     \
        flarei_buffer_clear(&out);                                                                           \
        call;                                                                                                \
        const flare_str got = flarei_buffer_str(&out);                                                       \
        CHECK_STR(got, text);                                                                                \
        CHECK(!out.failed);                                                                                  \
    } while (0)

#define FAILS(call)                                                                                          \
    do {                                                                                                     \
        flarei_buffer_clear(&out);                                                                           \
        call;                                                                                                \
        CHECK(out.failed);                                                                                   \
    } while (0)

TEST(text)
{
    WRITES(flarei_put_html(&out, FLARE_STR("")), "");
    WRITES(flarei_put_html(&out, (flare_str){NULL, 0}), "");
    WRITES(flarei_put_html(&out, FLARE_STR("plain")), "plain");
    WRITES(flarei_put_html(&out, FLARE_STR("<a b=\"c\" d='e'>&amp;")),
           "&lt;a b=&#34;c&#34; d=&#39;e&#39;&gt;&amp;amp;");
    WRITES(flarei_put_html(&out, FLARE_STR("a\0b")), "a\xef\xbf\xbd"
                                                     "b");
    WRITES(flarei_put_html(&out, FLARE_STR("\xc3\xa9\xf0\x9f\x94\xa5\n\x7f`=/")),
           "\xc3\xa9\xf0\x9f\x94\xa5\n\x7f`=/");
    FAILS(flarei_put_html(&out, FLARE_STR("caf\xe9")));
    FAILS(flarei_put_html(&out, FLARE_STR("\xc0\xbcscript>")));
}

TEST(markup)
{
    WRITES(flarei_put_markup(&out, FLARE_STR("<b>a</b>")), "<b>a</b>");
    WRITES(flarei_put_markup(&out, (flare_str){NULL, 0}), "");
    FAILS(flarei_put_markup(&out, FLARE_STR("\xff")));
}

TEST(parts_of_urls)
{
    WRITES(flarei_put_url_part(&out, FLARE_STR("")), "");
    WRITES(flarei_put_url_part(&out, FLARE_STR("azAZ09-._~")), "azAZ09-._~");
    WRITES(flarei_put_url_part(&out, FLARE_STR("a b/c?d&e=f#g:h%i+j\"k'l<m>")),
           "a%20b%2Fc%3Fd%26e%3Df%23g%3Ah%25i%2Bj%22k%27l%3Cm%3E");
    WRITES(flarei_put_url_part(&out, FLARE_STR("\xc3\xa9\0\\")), "%C3%A9%00%5C");
    FAILS(flarei_put_url_part(&out, FLARE_STR("\xe9")));
}

TEST(urls)
{
    WRITES(flarei_put_url(&out, FLARE_STR("")), "");
    WRITES(flarei_put_url(&out, FLARE_STR("/a?b=c&d=%20#e")), "/a?b=c&amp;d=%20#e");
    WRITES(flarei_put_url(&out, FLARE_STR("https://[::1]:80/a(b)*c,d;e=f$g!h@i+j")),
           "https://[::1]:80/a(b)*c,d;e=f$g!h@i+j");
    WRITES(flarei_put_url(&out, FLARE_STR("HTTP://a")), "HTTP://a");
    WRITES(flarei_put_url(&out, FLARE_STR("mailto:a@b")), "mailto:a@b");
    WRITES(flarei_put_url(&out, FLARE_STR("tel:+1")), "tel:+1");
    WRITES(flarei_put_url(&out, FLARE_STR("sms:1")), "sms:1");
    WRITES(flarei_put_url(&out, FLARE_STR("a'b\"c d<e>\\f`{|}^")), "a%27b%22c%20d%3Ce%3E%5Cf%60%7B%7C%7D%5E");
    WRITES(flarei_put_url(&out, FLARE_STR("\xc3\xa9")), "%C3%A9");
    FAILS(flarei_put_url(&out, FLARE_STR("/\xe9")));
}

TEST(schemes)
{
    static const char *const bad[] = {
        "javascript:a",
        "JavaScript:a",
        " javascript:a",
        "\tjavascript:a",
        "java\tscript:a",
        "java\nscript:a",
        "\x01javascript:a",
        "vbscript:a",
        "data:,a",
        "file:///a",
        "blob:a",
        "httpss://a",
        "htt://a",
        "http\t://a",
        " http://a",
        ":a",
        "a:b",
    };
    static const char *const relative[] = {"a/b:c", "a?b:c", "a#b:c", "./a:b", "//a:80/", "#a:b"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        WRITES(flarei_put_url(&out, (flare_str){bad[i], strlen(bad[i])}), "about:invalid");
    for (size_t i = 0; i < sizeof relative / sizeof *relative; i++)
        WRITES(flarei_put_url(&out, (flare_str){relative[i], strlen(relative[i])}), relative[i]);
    WRITES(flarei_put_url(&out, FLARE_STR("https")), "https");
}

/* Each length in turn has no room: it never writes behind the end, and says so. */
TEST(no_room)
{
    static const flare_str value = FLARE_STR_INIT("<a href=\"x\">&'\xc3\xa9</a>");
    void (*const writers[])(flare_buffer *, flare_str) = {flarei_put_html, flarei_put_url,
                                                          flarei_put_url_part, flarei_put_markup};

    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        char storage[200];
        flare_buffer whole, small;
        size_t length;

        flarei_buffer_over(&whole, storage, sizeof storage);
        writers[i](&whole, value);
        length = flarei_buffer_len(&whole);
        CHECK(!whole.failed && length != 0);
        for (size_t room = 0; room <= length; room++) {
            memset(storage, '#', sizeof storage);
            flarei_buffer_over(&small, storage, room);
            writers[i](&small, value);
            CHECK(small.failed == (room < length));
            CHECK(storage[room] == '#');
        }
    }
}

int main(void)
{
    flarei_buffer_init(&out, 1 << 20);
    RUN(text);
    RUN(markup);
    RUN(parts_of_urls);
    RUN(urls);
    RUN(schemes);
    RUN(no_room);
    flarei_buffer_free(&out);
    return TEST_END();
}
