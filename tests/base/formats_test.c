#include "test.h"

#include <flare/formats.h>
#include <flare/random.h>

#include <arpa/inet.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

TEST(uuids)
{
    static const char *const wrong[] = {"",
                                        "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
                                        "f81d4fae-7dec-11d0-a765-00a0c91e6bf66",
                                        "f81d4fae7dec11d0a76500a0c91e6bf6",
                                        "{81d4fae-7dec-11d0-a765-00a0c91e6bf}",
                                        "f81d4fae-7dec-11d0-a765-00a0c91e6bfg",
                                        "f81d4fae-7dec-11d0-a765_00a0c91e6bf6",
                                        "f81d4fa-e7dec-11d0-a765-00a0c91e6bf6",
                                        "-81d4fae-7dec-11d0-a765-00a0c91e6bf6"};
    flare_uuid uuid = {{0}};
    char text[FLARE_UUID_BYTES];
    const flare_str formatted = {text, FLARE_UUID_BYTES};

    CHECK_INT(flare_uuid_parse(FLARE_STR("F81D4fae-7dec-11d0-A765-00a0c91e6bf6"), &uuid), FLARE_OK);
    CHECK(memcmp(uuid.bytes, "\xf8\x1d\x4f\xae\x7d\xec\x11\xd0\xa7\x65\x00\xa0\xc9\x1e\x6b\xf6", 16) == 0);
    CHECK_INT(flare_uuid_format(uuid, text), FLARE_UUID_BYTES);
    CHECK_STR(formatted, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    for (size_t i = 0; i < COUNT(wrong); i++)
        CHECK_INT(flare_uuid_parse(flare_str_of(wrong[i]), &uuid), FLARE_ERR_SYNTAX);
    CHECK_INT(uuid.bytes[0], 0xf8);
}

static bool all_ones(void *context, void *bytes, size_t len)
{
    memset(bytes, 0xff, len);
    ++*(int *)context;
    return true;
}

static bool nothing(void *context, void *bytes, size_t len)
{
    (void)context, (void)bytes, (void)len;
    return false;
}

TEST(random_uuids_have_version_and_variant)
{
    flare_uuid one = {{0}}, two = {{0}};
    char text[FLARE_UUID_BYTES];
    const flare_str formatted = {text, FLARE_UUID_BYTES};
    int calls = 0;

    CHECK_INT(flare_uuid_make(&one), FLARE_OK);
    CHECK_INT(flare_uuid_make(&two), FLARE_OK);
    CHECK(memcmp(&one, &two, sizeof one) != 0);
    flarei_random_set(all_ones, &calls);
    CHECK_INT(flare_uuid_make(&one), FLARE_OK);
    flare_uuid_format(one, text);
    CHECK_STR(formatted, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    CHECK_INT(calls, 1);
    flarei_random_set(nothing, NULL);
    CHECK_INT(flare_uuid_make(&two), FLARE_ERR_IO);
    flarei_random_set(NULL, NULL);
    CHECK(flarei_random_bytes(&two, sizeof two));
    CHECK(flarei_random_bytes(&two, 0));
}

TEST(ipv4_addresses)
{
    static const char *const right[] = {"0.0.0.0", "127.0.0.1", "255.255.255.255", "1.20.199.249"};
    static const char *const wrong[] = {
        "",         "1",         "1.2.3",     "1.2.3.",    "1.2.3.4.",   "1.2.3.4.5", ".1.2.3",
        "1..2.3",   "256.1.1.1", "1.1.1.256", "01.2.3.4",  "1.2.3.04",   "1.2.3.00",  "1.2.3.4 ",
        " 1.2.3.4", "1.2.3.-4",  "1.2.3.a",   "0x1.2.3.4", "1.2.3.1000", "1,2,3,4",   "1.2.3.4/8"};
    flare_ipv4 address = {{7, 7, 7, 7}};
    char text[FLARE_IPV4_MAX_BYTES];

    for (size_t i = 0; i < COUNT(wrong); i++)
        CHECK_INT(flare_ipv4_parse(flare_str_of(wrong[i]), &address), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_ipv4_parse((flare_str){NULL, 0}, &address), FLARE_ERR_SYNTAX);
    CHECK_INT(address.bytes[0], 7);
    for (size_t i = 0; i < COUNT(right); i++) {
        CHECK_INT(flare_ipv4_parse(flare_str_of(right[i]), &address), FLARE_OK);
        const flare_str formatted = {text, flare_ipv4_format(address, text)};

        CHECK_STR(formatted, right[i]);
    }
    CHECK(memcmp(address.bytes, "\x01\x14\xc7\xf9", 4) == 0);
}

TEST(ipv6_addresses)
{
    static const struct {
        const char *text, *canonical;
    } right[] = {
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"0:0:0:0:0:0:0:0", "::"},
        {"2001:0DB8:0000:0000:0001:0000:0000:0001",
         "2001:db8::1:0:0:1"},                            /* RFC 5952 section 4.2.3: the first */
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, /* 4.2.2: one group is not cut */
        {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"}, /* the longest */
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {"1:0:0:0:0:0:0:8", "1::8"},
        {"ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"},
        {"::ffff:192.0.2.33", "::ffff:192.0.2.33"},
        {"::FFFF:c000:0221", "::ffff:192.0.2.33"},
        {"0:0:0:0:0:0:13.1.68.3", "::d01:4403"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
        {"fe80::", "fe80::"},
    };
    static const char *const wrong[] = {"",
                                        ":",
                                        ":::",
                                        "1",
                                        "1:2:3:4:5:6:7",
                                        "1:2:3:4:5:6:7:8:9",
                                        "1:2:3:4:5:6:7:8:",
                                        ":1:2:3:4:5:6:7:8",
                                        "1::2::3",
                                        "1:::2",
                                        "::1:",
                                        ":1::",
                                        "12345::",
                                        "::g",
                                        "::1%eth0",
                                        "[::1]",
                                        "::1 ",
                                        " ::1",
                                        "1:2:3:4:5:6:7::8",
                                        "::1:2:3:4:5:6:7:8",
                                        "1:2:3:4:5:6:7:1.2.3.4",
                                        "::1.2.3",
                                        "::1.2.3.4:5",
                                        "::1.2.3.256",
                                        "1.2.3.4",
                                        "::1.2.3.4.5",
                                        "1:2:3:4:5:1.2.3.4",
                                        "::12345.2.3.4",
                                        "::01.2.3.4",
                                        "1:2:3:4:5:6:7:8::",
                                        "::-1",
                                        "1:2:3:4::5:6:7:1.2.3.4"};
    flare_ipv6 address = {{7}};
    char text[FLARE_IPV6_MAX_BYTES];

    for (size_t i = 0; i < COUNT(wrong); i++) {
        const flare_err err = flare_ipv6_parse(flare_str_of(wrong[i]), &address);

        if (err == FLARE_OK)
            fprintf(stderr, "in row %d of wrong:\n", (int)i);
        CHECK_INT(err, FLARE_ERR_SYNTAX);
    }
    CHECK_INT(flare_ipv6_parse((flare_str){NULL, 0}, &address), FLARE_ERR_SYNTAX);
    CHECK_INT(address.bytes[0], 7);
    for (size_t i = 0; i < COUNT(right); i++) {
        struct in6_addr want;

        CHECK_INT(flare_ipv6_parse(flare_str_of(right[i].text), &address), FLARE_OK);
        CHECK(inet_pton(AF_INET6, right[i].text, &want) == 1 && memcmp(&want, address.bytes, 16) == 0);
        const flare_str formatted = {text, flare_ipv6_format(address, text)};

        CHECK_STR(formatted, right[i].canonical);
    }
}

TEST(email_addresses)
{
    static const char *const right[] = {"a@b.c",
                                        "user@example.com",
                                        "first.last+tag@sub.example.co.uk",
                                        "!#$%&'*+-/=?^_`{|}~@example.org",
                                        "1@2.com",
                                        "x@xn--bcher-kva.example",
                                        "x@a-b.c-d"};
    static const char *const wrong[] = {"",
                                        "@",
                                        "a@",
                                        "@b.c",
                                        "a",
                                        "a@b",
                                        "a.b.c",
                                        ".a@b.c",
                                        "a.@b.c",
                                        "a..b@b.c",
                                        "a b@c.d",
                                        "a@b..c",
                                        "a@.b.c",
                                        "a@b.c.",
                                        "a@-b.c",
                                        "a@b-.c",
                                        "a@b_c.d",
                                        "a@b@c.d",
                                        "\"a b\"@c.d",
                                        "a@[127.0.0.1]",
                                        "a@127.0.0.1",
                                        "a@b.c ",
                                        " a@b.c",
                                        "a(x)@b.c",
                                        "\xc3\xa9@b.c",
                                        "a@\xc3\xa9.c",
                                        "a@b.c\n",
                                        "<a@b.c>",
                                        "a,b@c.d"};
    char text[300];

    for (size_t i = 0; i < COUNT(right); i++)
        CHECK(flare_email_valid(flare_str_of(right[i])));
    for (size_t i = 0; i < COUNT(wrong); i++) {
        if (flare_email_valid(flare_str_of(wrong[i])))
            fprintf(stderr, "in row %d of wrong:\n", (int)i);
        CHECK(!flare_email_valid(flare_str_of(wrong[i])));
    }
    CHECK(!flare_email_valid((flare_str){NULL, 0}));

    memset(text, 'a', sizeof text);
    memcpy(text + 64, "@b.c", 4);
    CHECK(flare_email_valid((flare_str){text, 68}));
    memcpy(text + 64, "a@b.c", 5);
    CHECK(!flare_email_valid((flare_str){text, 69})); /* a local part of 65 */

    memset(text, 'a', sizeof text);
    text[1] = '@';
    text[2 + 63] = '.';
    CHECK(flare_email_valid((flare_str){text, 70}));
    memset(text, 'a', sizeof text);
    text[1] = '@';
    text[2 + 64] = '.';
    CHECK(!flare_email_valid((flare_str){text, 70})); /* a label of 64 */

    memset(text, 'a', sizeof text);
    for (size_t i = 41; i < sizeof text; i += 50)
        text[i] = '.';
    text[1] = '@';
    CHECK(flare_email_valid((flare_str){text, 254}));
    CHECK(!flare_email_valid((flare_str){text, 255}));
}

TEST(urls_taken)
{
    static const char *const right[] = {"http://a",
                                        "https://example.com/",
                                        "HTTP://Example.COM",
                                        "http://example.com:8080/a/b;c=1,2?q=a/b?c&d#frag/?",
                                        "http://127.0.0.1/",
                                        "http://[::1]/",
                                        "http://[2001:db8::1]:443",
                                        "http://a:",
                                        "http://a:65535",
                                        "http://a?q",
                                        "http://a#f",
                                        "http://a/%20%e2%82%AC",
                                        "http://ex%41mple/",
                                        "http://a//b//",
                                        "http://a/:@!$&'()*+,;=-._~",
                                        "http://a:/x",
                                        "https://a.b-c_d~e/"};

    for (size_t i = 0; i < COUNT(right); i++) {
        if (!flare_url_valid(flare_str_of(right[i])))
            fprintf(stderr, "in row %d of right:\n", (int)i);
        CHECK(flare_url_valid(flare_str_of(right[i])));
    }
}

TEST(urls_refused)
{
    static const char *const wrong[] = {"",
                                        "http",
                                        "http:",
                                        "http://",
                                        "http:///",
                                        "http://?",
                                        "http://#",
                                        "http://:80",
                                        "http:/a",
                                        "http:a",
                                        "//a",
                                        "/a",
                                        "a",
                                        "ftp://a",
                                        "javascript://a",
                                        "htt://a",
                                        "httpss://a",
                                        "http ://a",
                                        " http://a",
                                        "http://a ",
                                        "http://a b",
                                        "http://a/ b",
                                        "http://a/%",
                                        "http://a/%2",
                                        "http://a/%2g",
                                        "http://%zz",
                                        "http://a:65536",
                                        "http://a:8x",
                                        "http://a:-1",
                                        "http://a:99999999999999999999",
                                        "http://u@a",
                                        "http://u:p@a",
                                        "http://[::1",
                                        "http://[::1]x",
                                        "http://[]",
                                        "http://[1.2.3.4]",
                                        "http://[::g]",
                                        "http://[v1.a]",
                                        "http://a/[",
                                        "http://a?[",
                                        "http://a#b#c",
                                        "http://a/\"",
                                        "http://a/<",
                                        "http://a/\\",
                                        "http://a/^",
                                        "http://a/`",
                                        "http://a/{",
                                        "http://a/\xc3\xa9",
                                        "http://\xc3\xa9",
                                        "http://a\n",
                                        "http://a/\x7f"};

    for (size_t i = 0; i < COUNT(wrong); i++) {
        if (flare_url_valid(flare_str_of(wrong[i])))
            fprintf(stderr, "in row %d of wrong:\n", (int)i);
        CHECK(!flare_url_valid(flare_str_of(wrong[i])));
    }
    CHECK(!flare_url_valid((flare_str){NULL, 0}));
    CHECK(!flare_url_valid((flare_str){"http://a\0", 9}));
}

int main(void)
{
    RUN(uuids);
    RUN(random_uuids_have_version_and_variant);
    RUN(ipv4_addresses);
    RUN(ipv6_addresses);
    RUN(email_addresses);
    RUN(urls_taken);
    RUN(urls_refused);
    return TEST_END();
}
