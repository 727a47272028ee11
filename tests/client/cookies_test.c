/* The jar: which cookies are kept, and which are sent where (RFC 6265bis). */
#include "client/cookies.h"

#include "allocator.h"
#include "test.h"

#include <stdio.h>

static const flare_time now = INT64_C(1700000000) * FLARE_TIME_SECOND;
static char sent[1 << 16];

static flare_str cookies_at(flare_cookie_jar *jar, const char *url, flare_time when)
{
    flare_buffer out;

    flarei_buffer_over(&out, sent, sizeof sent);
    CHECK_INT(flare_cookie_jar_get(jar, flare_str_of(url), when, &out), FLARE_OK);
    return flarei_buffer_str(&out);
}

static bool is_suffix(flare_str domain, void *context)
{
    (void)context;
    return flare_str_equal(domain, FLARE_STR("test")) || flare_str_equal(domain, FLARE_STR("co.test"));
}

static const struct {
    const char *set_by;
    const char *field;
    const char *asked;
    const char *sent;
} rows[] = {
    {"http://a.test/", "a=b", "http://a.test/", "a=b"},
    {"http://a.test/", "a=b", "http://A.TEST/x?y", "a=b"},
    {"http://a.test/", "a=b", "http://b.a.test/", ""},
    {"http://a.test/", "a=b", "http://test/", ""},
    {"http://a.test/", " a = b ; x", "http://a.test/", "a=b"},
    {"http://a.test/", "a=", "http://a.test/", "a="},
    {"http://a.test/", "=b", "http://a.test/", "b"},
    {"http://a.test/", "b", "http://a.test/", "b"},
    {"http://a.test/", "=", "http://a.test/", ""},
    {"http://a.test/", "", "http://a.test/", ""},
    {"http://a.test/", "a=b=c", "http://a.test/", "a=b=c"},
    {"http://a.test/", "a=\"b c\"", "http://a.test/", "a=\"b c\""},
    {"http://a.test/", "a=b\001", "http://a.test/", ""},
    /* Domain */
    {"http://b.a.test/", "a=b; Domain=a.test", "http://c.a.test/", "a=b"},
    {"http://b.a.test/", "a=b; Domain=.A.test", "http://a.test/", "a=b"},
    {"http://b.a.test/", "a=b; domain=.a.test", "http://xa.test/", ""},
    {"http://a.test/", "a=b; Domain=b.a.test", "http://b.a.test/", ""},
    {"http://a.test/", "a=b; Domain=other.test", "http://other.test/", ""},
    {"http://a.test/", "a=b; Domain=other.test", "http://a.test/", ""},
    {"http://a.test/", "a=b; Domain=test", "http://b.test/", ""},
    {"http://a.co.test/", "a=b; Domain=co.test", "http://b.co.test/", ""},
    {"http://co.test/", "a=b; Domain=co.test", "http://co.test/", "a=b"},
    {"http://co.test/", "a=b; Domain=co.test", "http://a.co.test/", ""},
    {"http://a.test/", "a=b; Domain=", "http://a.test/", "a=b"},
    {"http://127.0.0.1/", "a=b", "http://127.0.0.1:8080/", "a=b"},
    {"http://127.0.0.1/", "a=b; Domain=0.0.1", "http://127.0.0.1/", ""},
    {"http://[::1]/", "a=b", "http://[::1]/", "a=b"},
    /* Path */
    {"http://a.test/x/y", "a=b", "http://a.test/x/z", "a=b"},
    {"http://a.test/x/y", "a=b", "http://a.test/x", "a=b"},
    {"http://a.test/x/y", "a=b", "http://a.test/xy", ""},
    {"http://a.test/x/y", "a=b", "http://a.test/", ""},
    {"http://a.test/x", "a=b", "http://a.test/y", "a=b"},
    {"http://a.test?x", "a=b", "http://a.test/y", "a=b"},
    {"http://a.test/", "a=b; Path=/p", "http://a.test/p", "a=b"},
    {"http://a.test/", "a=b; Path=/p", "http://a.test/p/q?r", "a=b"},
    {"http://a.test/", "a=b; Path=/p", "http://a.test/pq", ""},
    {"http://a.test/", "a=b; Path=/p/", "http://a.test/p/q", "a=b"},
    {"http://a.test/x/y", "a=b; Path=p", "http://a.test/x/", "a=b"},
    /* Secure and prefixes */
    {"https://a.test/", "a=b; Secure", "https://a.test/", "a=b"},
    {"https://a.test/", "a=b; Secure", "http://a.test/", ""},
    {"http://a.test/", "a=b; Secure", "https://a.test/", ""},
    {"https://a.test/", "__Secure-a=b; Secure", "https://a.test/", "__Secure-a=b"},
    {"https://a.test/", "__SECURE-a=b", "https://a.test/", ""},
    {"https://a.test/", "__Host-a=b; Secure; Path=/", "https://a.test/", "__Host-a=b"},
    {"https://a.test/", "__Host-a=b; Secure", "https://a.test/", ""},
    {"https://a.test/", "__Host-a=b; Secure; Path=/; Domain=a.test", "https://a.test/", ""},
    {"https://a.test/", "=__Host-a=b; Secure; Path=/", "https://a.test/", ""},
    /* Life: now is 2023-11-14T22:13:20Z */
    {"http://a.test/", "a=b; Max-Age=1", "http://a.test/", "a=b"},
    {"http://a.test/", "a=b; Max-Age=0", "http://a.test/", ""},
    {"http://a.test/", "a=b; Max-Age=-1", "http://a.test/", ""},
    {"http://a.test/", "a=b; Max-Age=x", "http://a.test/", "a=b"},
    {"http://a.test/", "a=b; Max-Age=99999999999999999999", "http://a.test/", "a=b"},
    {"http://a.test/", "a=b; Expires=Tue, 14 Nov 2023 22:13:21 GMT", "http://a.test/", "a=b"},
    {"http://a.test/", "a=b; Expires=Tue, 14 Nov 2023 22:13:20 GMT", "http://a.test/", ""},
    {"http://a.test/", "a=b; Expires=Tue, 14-Nov-23 22:13:21 GMT", "http://a.test/", "a=b"},
    {"http://a.test/", "a=b; Expires=Tue Nov 14 22:13:21 2023", "http://a.test/", "a=b"},
    {"http://a.test/", "a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "http://a.test/", ""},
    {"http://a.test/", "a=b; Expires=soon", "http://a.test/", "a=b"},
    {"http://a.test/", "a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=9", "http://a.test/", "a=b"},
    {"http://a.test/", "a=b; Max-Age=0; Expires=Tue, 14 Nov 2033 22:13:21 GMT", "http://a.test/", ""},
};

TEST(one_cookie)
{
    const flare_cookie_jar_options options = {.is_public_suffix = is_suffix};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        flare_cookie_jar *jar;

        CHECK_INT(flare_cookie_jar_create(&jar, &options), FLARE_OK);
        CHECK_INT(flare_cookie_jar_set(jar, flare_str_of(rows[i].set_by), flare_str_of(rows[i].field), now),
                  FLARE_OK);
        const flare_str got = cookies_at(jar, rows[i].asked, now);
        CHECK_STR(got, rows[i].sent);
        if (!test_ok)
            fprintf(stderr, "  in row %zu: %s\n", i, rows[i].field);
        flare_cookie_jar_free(jar);
    }
}

static void set(flare_cookie_jar *jar, const char *url, const char *field)
{
    CHECK_INT(flare_cookie_jar_set(jar, flare_str_of(url), flare_str_of(field), now), FLARE_OK);
}

TEST(order_and_replacing)
{
    flare_cookie_jar *jar;
    flare_str got;

    CHECK_INT(flare_cookie_jar_create(&jar, NULL), FLARE_OK);
    set(jar, "http://a.test/", "first=1");
    set(jar, "http://a.test/", "second=2");
    set(jar, "http://a.test/", "deep=3; Path=/x/y");
    set(jar, "http://a.test/", "first=4");
    got = cookies_at(jar, "http://a.test/x/y", now);
    CHECK_STR(got, "deep=3; first=4; second=2");
    CHECK_INT(flare_cookie_jar_count(jar), 3);
    set(jar, "http://a.test/", "second=; Max-Age=0");
    got = cookies_at(jar, "http://a.test/", now);
    CHECK_STR(got, "first=4");
    set(jar, "http://a.test/", "brief=5; Max-Age=10");
    got = cookies_at(jar, "http://a.test/", now + 9 * FLARE_TIME_SECOND);
    CHECK_STR(got, "first=4; brief=5");
    got = cookies_at(jar, "http://a.test/", now + 10 * FLARE_TIME_SECOND);
    CHECK_STR(got, "first=4");
    flare_cookie_jar_clear(jar);
    CHECK_INT(flare_cookie_jar_count(jar), 0);
    CHECK_INT(flare_cookie_jar_set(jar, FLARE_STR("ftp://a.test/"), FLARE_STR("a=b"), now),
              FLARE_ERR_ARGUMENT);
    flare_cookie_jar_free(jar);
    flare_cookie_jar_free(NULL);
}

TEST(plain_http_does_not_touch_secure_cookies)
{
    flare_cookie_jar *jar;
    flare_str got;

    CHECK_INT(flare_cookie_jar_create(&jar, NULL), FLARE_OK);
    set(jar, "https://a.test/", "a=good; Secure; Path=/x");
    set(jar, "http://a.test/", "a=bad; Path=/x");
    set(jar, "http://a.test/", "a=bad; Path=/x/y; Domain=a.test");
    set(jar, "http://a.test/", "a=; Max-Age=0; Path=/x");
    got = cookies_at(jar, "https://a.test/x/y", now);
    CHECK_STR(got, "a=good");
    flare_cookie_jar_free(jar);
}

TEST(limits)
{
    static char field[FLARE_COOKIE_MAX_BYTES + 16];
    flare_cookie_jar *jar;

    CHECK_INT(flare_cookie_jar_create(&jar, NULL), FLARE_OK);
    memset(field, 'v', sizeof field);
    field[1] = '=';
    field[FLARE_COOKIE_MAX_BYTES + 1] = '\0';
    set(jar, "http://a.test/", field);
    CHECK_INT(flare_cookie_jar_count(jar), 1);
    field[FLARE_COOKIE_MAX_BYTES + 1] = 'v';
    field[FLARE_COOKIE_MAX_BYTES + 2] = '\0';
    set(jar, "http://b.test/", field);
    CHECK_INT(flare_cookie_jar_count(jar), 1);
    flare_cookie_jar_clear(jar);
    for (int i = 0; i < FLARE_COOKIES_OF_DOMAIN_MAX + 1; i++) {
        (void)snprintf(field, sizeof field, "c%d=x", i);
        set(jar, "http://a.test/", field);
    }
    CHECK_INT(flare_cookie_jar_count(jar), FLARE_COOKIES_OF_DOMAIN_MAX);
    const flare_str got = cookies_at(jar, "http://a.test/", now);
    CHECK(got.len > 5 && memcmp(got.ptr, "c1=x;", 5) == 0);
    for (int i = 0; i < FLARE_COOKIES_MAX; i++) {
        (void)snprintf(field, sizeof field, "http://h%d.test/", i);
        set(jar, field, "a=b");
    }
    CHECK_INT(flare_cookie_jar_count(jar), FLARE_COOKIES_MAX);
    flare_cookie_jar_free(jar);
}

TEST(without_memory)
{
    for (size_t fail_at = 1; fail_at < 5; fail_at++) {
        struct test_allocator heap = {.fail_at = fail_at};
        flare_cookie_jar *jar;

        test_allocator_use(&heap);
        if (flare_cookie_jar_create(&jar, NULL) == FLARE_OK) {
            const flare_err err =
                flare_cookie_jar_set(jar, FLARE_STR("http://a.test/"), FLARE_STR("a=b"), now);

            CHECK_INT(err, fail_at < 4 ? FLARE_ERR_MEMORY : FLARE_OK);
            CHECK_INT(flare_cookie_jar_count(jar), err == FLARE_OK);
        }
        flare_cookie_jar_free(jar);
        test_allocator_use(NULL);
        CHECK_INT(heap.live, 0);
    }
}

int main(void)
{
    RUN(one_cookie);
    RUN(order_and_replacing);
    RUN(plain_http_does_not_touch_secure_cookies);
    RUN(limits);
    RUN(without_memory);
    return TEST_END();
}
