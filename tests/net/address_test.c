#include "test.h"

#include <flare/net.h>

#include "net/sockaddr.h"
#include "net/sys.h"

#include <arpa/inet.h>
#include <stdlib.h>

static unsigned one_interface(const char *name)
{
    return strcmp(name, "flare0") == 0 ? 7 : 0;
}

TEST(parses_and_formats)
{
    static const struct {
        const char *text;
        flare_address_family family;
        unsigned port, scope;
        const char *back; /* NULL: the same */
    } rows[] = {
        {"127.0.0.1:8080", FLARE_ADDRESS_IPV4, 8080, 0, NULL},
        {"0.0.0.0:0", FLARE_ADDRESS_IPV4, 0, 0, NULL},
        {"255.255.255.255:65535", FLARE_ADDRESS_IPV4, 65535, 0, NULL},
        {"1.2.3.4:00080", FLARE_ADDRESS_IPV4, 80, 0, "1.2.3.4:80"},
        {"[::1]:8080", FLARE_ADDRESS_IPV6, 8080, 0, NULL},
        {"[::]:0", FLARE_ADDRESS_IPV6, 0, 0, NULL},
        {"[2001:DB8:0:0:1:0:0:1]:443", FLARE_ADDRESS_IPV6, 443, 0, "[2001:db8::1:0:0:1]:443"},
        {"[2001:db8:0:1:1:1:1:1]:1", FLARE_ADDRESS_IPV6, 1, 0, NULL},
        {"[::ffff:192.0.2.1]:80", FLARE_ADDRESS_IPV6, 80, 0, NULL},
        {"[fe80::1%3]:80", FLARE_ADDRESS_IPV6, 80, 3, NULL},
        {"[fe80::1%flare0]:80", FLARE_ADDRESS_IPV6, 80, 7, "[fe80::1%7]:80"},
        {"*:8080", FLARE_ADDRESS_ANY, 8080, 0, NULL},
        {":8080", FLARE_ADDRESS_ANY, 8080, 0, "*:8080"},
        {"8080", FLARE_ADDRESS_ANY, 8080, 0, "*:8080"},
        {":0", FLARE_ADDRESS_ANY, 0, 0, "*:0"},
        {"unix:/run/a b:c.sock", FLARE_ADDRESS_UNIX, 0, 0, NULL},
        {"unix:x", FLARE_ADDRESS_UNIX, 0, 0, NULL},
    };
    flarei_sys.if_nametoindex = one_interface;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        flare_address address, again;
        const char *reason = "untouched";
        char text[FLARE_ADDRESS_TEXT_MAX_BYTES];
        CHECK_INT(flare_address_parse(flare_str_of(rows[i].text), &address, &reason), FLARE_OK);
        CHECK(reason == NULL);
        CHECK_INT(address.family, rows[i].family);
        CHECK_INT(address.port, rows[i].port);
        CHECK_INT(address.scope, rows[i].scope);
        size_t length = flare_address_format(&address, text, sizeof text);
        CHECK_STR(((flare_str){text, length}), rows[i].back ? rows[i].back : rows[i].text);
        CHECK_INT(flare_address_parse((flare_str){text, length}, &again, NULL), FLARE_OK);
        CHECK(flare_address_equal(&address, &again));
    }
    flarei_sys_reset();
}

TEST(reads_the_bytes)
{
    flare_address address;
    CHECK_INT(flare_address_parse(FLARE_STR("10.2.30.255:1"), &address, NULL), FLARE_OK);
    CHECK(memcmp(address.ip, "\x0a\x02\x1e\xff", 4) == 0);
    CHECK_INT(flare_address_parse(FLARE_STR("[1:2::ff]:1"), &address, NULL), FLARE_OK);
    CHECK(memcmp(address.ip, "\0\1\0\2\0\0\0\0\0\0\0\0\0\0\0\xff", 16) == 0);
    CHECK_INT(flare_address_parse(FLARE_STR("unix:/tmp/x"), &address, NULL), FLARE_OK);
    CHECK(strcmp(address.path, "/tmp/x") == 0);
}

TEST(refuses_with_a_reason)
{
    static const struct {
        const char *text;
        flare_err err;
        const char *reason; /* a part of it */
    } rows[] = {
        {"", FLARE_ERR_SYNTAX, "empty"},
        {":", FLARE_ERR_SYNTAX, "port"},
        {"*", FLARE_ERR_SYNTAX, "no port"},
        {"*:", FLARE_ERR_SYNTAX, "port must be"},
        {"127.0.0.1", FLARE_ERR_SYNTAX, "no port"},
        {"127.0.0.1:", FLARE_ERR_SYNTAX, "port must be"},
        {"127.0.0.1:http", FLARE_ERR_SYNTAX, "port must be"},
        {"127.0.0.1:-1", FLARE_ERR_SYNTAX, "port must be"},
        {"127.0.0.1:+1", FLARE_ERR_SYNTAX, "port must be"},
        {"127.0.0.1: 1", FLARE_ERR_SYNTAX, "port must be"},
        {"127.0.0.1:80 ", FLARE_ERR_SYNTAX, "port must be"},
        {"127.0.0.1:65536", FLARE_ERR_RANGE, "65535"},
        {"127.0.0.1:99999999999999999999999999", FLARE_ERR_RANGE, "65535"},
        {"65536", FLARE_ERR_RANGE, "65535"},
        {"127.0.0.256:80", FLARE_ERR_SYNTAX, "IPv4"},
        {"127.0.0:80", FLARE_ERR_SYNTAX, "IPv4"},
        {"127.0.0.1.1:80", FLARE_ERR_SYNTAX, "IPv4"},
        {"127.0.0.01:80", FLARE_ERR_SYNTAX, "IPv4"},
        {"00000000000000000000.0.0.1:80", FLARE_ERR_SYNTAX, "IPv4"},
        {"localhost:80", FLARE_ERR_SYNTAX, "host names"},
        {"0x7f.0.0.1:80", FLARE_ERR_SYNTAX, "host names"},
        {"**:80", FLARE_ERR_SYNTAX, "host names"},
        {"::1:80", FLARE_ERR_SYNTAX, "brackets"},
        {"fe80::1", FLARE_ERR_SYNTAX, "brackets"},
        {"[", FLARE_ERR_SYNTAX, "no ]"},
        {"[::1", FLARE_ERR_SYNTAX, "no ]"},
        {"[]:80", FLARE_ERR_SYNTAX, "IPv6"},
        {"[::1]", FLARE_ERR_SYNTAX, "no port"},
        {"[::1]80", FLARE_ERR_SYNTAX, "no port"},
        {"[::1]:", FLARE_ERR_SYNTAX, "port must be"},
        {"[::1]:65536", FLARE_ERR_RANGE, "65535"},
        {"[127.0.0.1]:80", FLARE_ERR_SYNTAX, "IPv6"},
        {"[:::1]:80", FLARE_ERR_SYNTAX, "IPv6"},
        {"[::12345]:80", FLARE_ERR_SYNTAX, "IPv6"},
        {"[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb]:80", FLARE_ERR_SYNTAX, "IPv6"},
        {"[fe80::1%]:80", FLARE_ERR_SYNTAX, "zone"},
        {"[fe80::1%0]:80", FLARE_ERR_NOT_FOUND, "interface"},
        {"[fe80::1%4294967296]:80", FLARE_ERR_NOT_FOUND, "interface"},
        {"[fe80::1%no-such]:80", FLARE_ERR_NOT_FOUND, "interface"},
        {"[fe80::1%0123456789abcdef]:80", FLARE_ERR_SYNTAX, "zone"},
        {"unix:", FLARE_ERR_SYNTAX, "no path"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        flare_address address = {.port = 4711};
        const char *reason = NULL;
        flare_err err = flare_address_parse(flare_str_of(rows[i].text), &address, &reason);
        if (err != rows[i].err || !reason || !strstr(reason, rows[i].reason))
            fprintf(stderr, "\"%s\": %s: %s\n", rows[i].text, flare_err_name(err),
                    reason ? reason : "no reason");
        CHECK_INT(err, rows[i].err);
        CHECK(reason && strstr(reason, rows[i].reason));
        CHECK_INT(address.port, 4711);
        CHECK_INT(flare_address_parse(flare_str_of(rows[i].text), &address, NULL), rows[i].err);
    }
}

TEST(limits_the_path)
{
    char text[5 + FLARE_ADDRESS_PATH_MAX_BYTES + 1], back[FLARE_ADDRESS_TEXT_MAX_BYTES];
    flare_address address;
    memset(text, 'p', sizeof text);
    memcpy(text, "unix:", 5);
    flare_str longest = {text, sizeof text - 1};
    CHECK_INT(flare_address_parse(longest, &address, NULL), FLARE_OK);
    CHECK_INT(flare_address_format(&address, back, sizeof back), longest.len);
    CHECK(memcmp(back, text, longest.len) == 0 && back[longest.len] == '\0');
    CHECK_INT(flare_address_parse((flare_str){text, sizeof text}, &address, NULL), FLARE_ERR_LIMIT);

    text[7] = '\0';
    CHECK_INT(flare_address_parse(longest, &address, NULL), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_address_parse((flare_str){"[::1\0]:80", 9}, &address, NULL), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_address_parse((flare_str){"1.2.3.4\0:80", 11}, &address, NULL), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_address_parse((flare_str){"1.2.3.4:80\0", 11}, &address, NULL), FLARE_ERR_SYNTAX);
}

/* Every prefix of good addresses, in a block that ends with them: what reads past the end shows under a
 * sanitizer. */
TEST(reads_no_further_than_told)
{
    static const char *const whole[] = {"127.0.0.1:8080", "[fe80::1%1]:80", "unix:/a", "*:1", "65535"};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        for (size_t length = 0; length <= strlen(whole[i]); length++) {
            char *copy = malloc(length + 1);
            flare_address address;
            if (!copy)
                return;
            memcpy(copy + 1, whole[i], length);
            flare_err err = flare_address_parse((flare_str){copy + 1, length}, &address, NULL);
            CHECK(length < strlen(whole[i]) || err == FLARE_OK);
            free(copy);
        }
}

TEST(formats_into_too_little)
{
    flare_address address = {.family = FLARE_ADDRESS_IPV4, .port = 80, .ip = {127, 0, 0, 1}};
    char text[6];
    CHECK_INT(flare_address_format(&address, NULL, 0), 12);
    CHECK_INT(flare_address_format(&address, text, sizeof text), 12);
    CHECK(strcmp(text, "127.0") == 0);
    address = (flare_address){.family = FLARE_ADDRESS_NONE};
    CHECK_INT(flare_address_format(&address, text, sizeof text), 1);
    CHECK(strcmp(text, "-") == 0);
}

TEST(compares)
{
    static const char *const rows[] = {"1.2.3.4:1", "1.2.3.4:2", "1.2.3.5:1", "*:1",     "*:2",    "[::1]:1",
                                       "[::1]:2",   "[::2]:1",   "[::1%1]:1", "unix:/a", "unix:/b"};
    size_t count = sizeof rows / sizeof rows[0];
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            flare_address a, b;
            CHECK_INT(flare_address_parse(flare_str_of(rows[i]), &a, NULL), FLARE_OK);
            CHECK_INT(flare_address_parse(flare_str_of(rows[j]), &b, NULL), FLARE_OK);
            CHECK_INT(flare_address_equal(&a, &b), i == j);
        }
    flare_address none = {.family = FLARE_ADDRESS_NONE}, other = {.family = FLARE_ADDRESS_NONE, .port = 9};
    CHECK(flare_address_equal(&none, &other));
}

TEST(converts_to_sockaddr_and_back)
{
    union flarei_sockaddr name;
    flare_address address = {.family = FLARE_ADDRESS_NONE}, back;
    CHECK_INT(flarei_sockaddr_from_address(&name, &address), 0);

    address = (flare_address){.family = FLARE_ADDRESS_UNIX};
    CHECK_INT(flarei_sockaddr_from_address(&name, &address), 0);
    memset(address.path, 'x', sizeof address.path);
    CHECK_INT(flarei_sockaddr_from_address(&name, &address), 0);
    address.path[FLARE_ADDRESS_PATH_MAX_BYTES] = '\0';
    socklen_t bytes = flarei_sockaddr_from_address(&name, &address);
    CHECK_INT(flarei_sockaddr_to_address(&name, bytes, &back), FLARE_OK);
    CHECK(flare_address_equal(&address, &back));

    /* An unnamed and an abstract unix socket have no path. */
    CHECK_INT(flarei_sockaddr_to_address(&name, sizeof name.local.sun_family, &back), FLARE_OK);
    CHECK_INT(back.family, FLARE_ADDRESS_NONE);
    name.local.sun_path[0] = '\0';
    CHECK_INT(flarei_sockaddr_to_address(&name, bytes, &back), FLARE_OK);
    CHECK_INT(back.family, FLARE_ADDRESS_NONE);
    /* A kernel may fill sun_path without a NUL: one byte more than fits us. */
    memset(name.local.sun_path, 'x', sizeof name.local.sun_path);
    CHECK_INT(flarei_sockaddr_to_address(&name, sizeof name.local, &back), FLARE_ERR_UNSUPPORTED);

    /* RFC 4291, 2.5.5.2: IPv4 over an IPv6 socket. */
    memset(&name, 0, sizeof name);
    name.ipv6.sin6_family = AF_INET6;
    name.ipv6.sin6_port = htons(99);
    inet_pton(AF_INET6, "::ffff:192.0.2.33", &name.ipv6.sin6_addr);
    CHECK_INT(flarei_sockaddr_to_address(&name, sizeof name.ipv6, &back), FLARE_OK);
    CHECK_INT(back.family, FLARE_ADDRESS_IPV4);
    CHECK_INT(back.port, 99);
    CHECK(memcmp(back.ip, "\xc0\0\2\x21", 4) == 0);

    name.any.sa_family = AF_PACKET;
    CHECK_INT(flarei_sockaddr_to_address(&name, sizeof name, &back), FLARE_ERR_UNSUPPORTED);
}

int main(void)
{
    RUN(parses_and_formats);
    RUN(reads_the_bytes);
    RUN(refuses_with_a_reason);
    RUN(limits_the_path);
    RUN(reads_no_further_than_told);
    RUN(formats_into_too_little);
    RUN(compares);
    RUN(converts_to_sockaddr_and_back);
    return TEST_END();
}
