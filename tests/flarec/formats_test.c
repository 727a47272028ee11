/* What flarec takes for a date, an address and their kin in a spec is what the runtime takes from a client:
 * over one table, and over each text with one character changed, left out or doubled. */
#include <string.h>

#include <flare/formats.h>
#include <flare/time.h>

#include "check/check.h"
#include "test.h"

static bool compiler_takes(enum type_kind kind, const char *text)
{
    int64_t nanoseconds;

    return format_fits(kind, text) && (kind != TYPE_DATETIME || datetime_read(text, &nanoseconds));
}

static bool runtime_takes(enum type_kind kind, const char *text)
{
    const flare_str str = flare_str_of(text);
    flare_uuid uuid;
    flare_date date;
    flare_time time;
    flare_ipv4 ipv4;
    flare_ipv6 ipv6;

    if (kind == TYPE_UUID)
        return flare_uuid_parse(str, &uuid) == FLARE_OK;
    if (kind == TYPE_DATE)
        return flare_date_parse(str, &date) == FLARE_OK;
    if (kind == TYPE_DATETIME)
        return flare_time_parse(str, &time) == FLARE_OK;
    if (kind == TYPE_IPV4)
        return flare_ipv4_parse(str, &ipv4) == FLARE_OK;
    if (kind == TYPE_IPV6)
        return flare_ipv6_parse(str, &ipv6) == FLARE_OK;
    return kind == TYPE_EMAIL ? flare_email_valid(str) : flare_url_valid(str);
}

static const struct {
    enum type_kind kind;
    const char *text;
    bool fits;
} rows[] = {
    {TYPE_EMAIL, "ada@example.com", true},
    {TYPE_EMAIL, "a.b+c@x-y.example", true},
    {TYPE_EMAIL, "a@b", false},
    {TYPE_EMAIL, "a@b.1", false},
    {TYPE_EMAIL, "a..b@c.de", false},
    {TYPE_EMAIL, ".a@b.cd", false},
    {TYPE_EMAIL, "a@-b.cd", false},
    {TYPE_EMAIL, "a b@c.de", false},
    {TYPE_EMAIL, "\xc3\xa9@b.cd", false},
    {TYPE_URL, "https://example.com/a?b=%20#c", true},
    {TYPE_URL, "HTTP://[::1]:65535/", true},
    {TYPE_URL, "http://a:65536", false},
    {TYPE_URL, "http://[::1", false},
    {TYPE_URL, "http:///a", false},
    {TYPE_URL, "ftp://a", false},
    {TYPE_URL, "mailto:a@b.cd", false},
    {TYPE_URL, "http://a/%2", false},
    {TYPE_URL, "http://a/[b]", false},
    {TYPE_UUID, "00112233-4455-6677-8899-aAbBcCdDeEfF", true},
    {TYPE_UUID, "00112233-4455-6677-8899-aabbccddeef", false},
    {TYPE_DATE, "2024-02-29", true},
    {TYPE_DATE, "2023-02-29", false},
    {TYPE_DATE, "1900-02-29", false},
    {TYPE_DATETIME, "2024-02-29T23:59:59.999999999+23:59", true},
    {TYPE_DATETIME, "2262-04-11T23:47:16.854775807Z", true},
    {TYPE_DATETIME, "2262-04-11T23:47:16.854775808Z", false},
    {TYPE_DATETIME, "2262-04-12T00:47:16.854775807+01:00", true},
    {TYPE_DATETIME, "2263-01-01T00:00:00Z", false},
    {TYPE_DATETIME, "9999-12-31T23:59:59Z", false},
    {TYPE_DATETIME, "1677-09-21T00:12:43.145224192Z", true},
    {TYPE_DATETIME, "1677-09-21T00:12:43.145224191Z", false},
    {TYPE_DATETIME, "1969-12-31T23:59:59.5Z", true},
    {TYPE_DATETIME, "2024-01-01T00:00:60Z", false},
    {TYPE_DATETIME, "2024-01-01T00:00:00", false},
    {TYPE_IPV4, "127.0.0.1", true},
    {TYPE_IPV4, "127.0.0.01", false},
    {TYPE_IPV4, "256.0.0.1", false},
    {TYPE_IPV6, "2001:db8::ffff:1.2.3.4", true},
    {TYPE_IPV6, "1:2:3:4:5:6:7:8", true},
    {TYPE_IPV6, "::", true},
    {TYPE_IPV6, "1:2:3:4:5:6:7::8:9", false},
    {TYPE_IPV6, "fe80::1%lo", false},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

TEST(table)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (compiler_takes(rows[i].kind, rows[i].text) != rows[i].fits ||
            runtime_takes(rows[i].kind, rows[i].text) != rows[i].fits)
            fprintf(stderr, "row %s\n", rows[i].text);
        CHECK(compiler_takes(rows[i].kind, rows[i].text) == rows[i].fits);
        CHECK(runtime_takes(rows[i].kind, rows[i].text) == rows[i].fits);
    }
}

static void agree(enum type_kind kind, const char *text)
{
    if (compiler_takes(kind, text) != runtime_takes(kind, text))
        fprintf(stderr, "kind %d, %s: flarec %d\n", (int)kind, text, compiler_takes(kind, text));
    CHECK(compiler_takes(kind, text) == runtime_takes(kind, text));
}

TEST(near_misses)
{
    static const char letters[] = "0159aAfFgz.:-_~%/?#[]@ TtZz+!\x7f\xc3";
    char text[80];

    for (size_t i = 0; i < COUNT(rows); i++) {
        const size_t length = strlen(rows[i].text);
        for (size_t at = 0; at < length; at++) {
            memcpy(text, rows[i].text, length + 1);
            for (const char *letter = letters; *letter != '\0'; letter++) {
                text[at] = *letter;
                agree(rows[i].kind, text);
            }
            memcpy(text, rows[i].text, length + 1);
            memmove(text + at, text + at + 1, length - at);
            agree(rows[i].kind, text);
            memcpy(text, rows[i].text, at + 1);
            memcpy(text + at + 1, rows[i].text + at, length - at + 1);
            agree(rows[i].kind, text);
        }
    }
}

int main(void)
{
    RUN(table);
    RUN(near_misses);
    return TEST_END();
}
