/* Who a connection or a request comes from: the PROXY protocol's header, and lists of proxies. */
#include "test.h"

#include "wire/forwarded.h"
#include "wire/proxy.h"

#include <stdlib.h>

static struct flarei_hop hop;

/* Every shorter part is incomplete, what follows is not looked at, and all of it lies at the end of its
 * memory. */
static ptrdiff_t parse(const void *bytes, size_t length)
{
    ptrdiff_t whole;
    char *copy = malloc(length + 1);

    memcpy(copy, bytes, length);
    whole = flarei_proxy_parse((flare_str){copy, length}, &hop);
    for (size_t part = 0; whole > 0 && part < (size_t)whole; part++) {
        struct flarei_hop ignored;
        char *end = malloc(part + 1);

        memcpy(end + 1, bytes, part);
        CHECK_INT(flarei_proxy_parse((flare_str){end + 1, part}, &ignored), 0);
        free(end);
    }
    if (whole > 0 && (size_t)whole == length) {
        struct flarei_hop ignored;

        copy[length] = 'G';
        CHECK_INT(flarei_proxy_parse((flare_str){copy, length + 1}, &ignored), whole);
    }
    free(copy);
    return whole;
}

static ptrdiff_t parse_text(const char *text)
{
    return parse(text, strlen(text));
}

TEST(takes_version_1)
{
    static const char longest[] = "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                                  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";

    CHECK_INT(parse_text("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"), 45);
    CHECK_INT(hop.kind, FLAREI_HOP_IPV4);
    CHECK(memcmp(hop.ip, "\xc0\x00\x02\x01", 4) == 0);
    CHECK_INT(hop.port, 56324);
    CHECK_INT(parse_text("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n"), 36);
    CHECK_INT(hop.kind, FLAREI_HOP_IPV6);
    CHECK_INT(hop.ip[15], 1);
    CHECK_INT(parse_text("PROXY TCP6 ::ffff:192.0.2.9 ::1 1 2\r\n"), 37);
    CHECK_INT(hop.kind, FLAREI_HOP_IPV4);
    CHECK_INT(hop.ip[3], 9);
    CHECK_INT(parse_text(longest), sizeof longest - 1);
    CHECK_INT(parse_text("PROXY UNKNOWN\r\n"), 15);
    CHECK_INT(hop.kind, FLAREI_HOP_UNKNOWN);
    CHECK_INT(parse_text("PROXY UNKNOWN ffff::1 whatever it says 1 2\r\n"), 44);
    CHECK_INT(hop.kind, FLAREI_HOP_UNKNOWN);
}

TEST(refuses_what_is_no_version_1)
{
    static const char *const rows[] = {
        "GET / HTTP/1.1\r\n",
        "proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY\r\n",
        "PROXY \r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 \r\n",
        "PROXY TCP4  192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 65536\r\n",
        "PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n",
        "PROXY TCP4 ::1 198.51.100.1 1 2\r\n",
        "PROXY TCP6 192.0.2.1 ::1 1 2\r\n",
        "PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n",
        "\r\n\r\n\r",
        "\x16\x03\x01",
    };
    char line[109];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_INT(parse_text(rows[i]), -1);
    memcpy(line, "PROXY UNKNOWN ", 14);
    memset(line + 14, 'x', sizeof line - 14);
    memcpy(line + 105, "\r\n", 2);
    CHECK_INT(parse(line, 107), 107);
    memcpy(line + 105, "xx", 2);
    CHECK_INT(parse(line, 106), 0);
    CHECK_INT(parse(line, 107), -1);
}

#define V2(version_command, family, length) "\r\n\r\n\0\r\nQUIT\n" version_command family length
#define V2_IPV4                             "\xc0\x00\x02\x01\xc6\x33\x64\x01\xdc\x04\x01\xbb"

static ptrdiff_t parse_bytes(const char *bytes, size_t length_with_nul)
{
    return parse(bytes, length_with_nul - 1);
}

#define PARSE(bytes) parse_bytes(bytes, sizeof(bytes))

TEST(takes_version_2)
{
    CHECK_INT(PARSE(V2("\x21", "\x11", "\0\x0c") V2_IPV4), 28);
    CHECK_INT(hop.kind, FLAREI_HOP_IPV4);
    CHECK(memcmp(hop.ip, "\xc0\x00\x02\x01", 4) == 0);
    CHECK_INT(hop.port, 56324);
    CHECK_INT(PARSE(V2("\x21", "\x21", "\0\x24") "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                                                 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x12\x34\x01\xbb"),
              52);
    CHECK_INT(hop.kind, FLAREI_HOP_IPV6);
    CHECK_INT(hop.port, 0x1234);
    /* LOCAL, of no family or of one */
    CHECK_INT(PARSE(V2("\x20", "\0", "\0\0")), 16);
    CHECK_INT(hop.kind, FLAREI_HOP_UNKNOWN);
    CHECK_INT(PARSE(V2("\x20", "\x11", "\0\x0c") V2_IPV4), 28);
    CHECK_INT(hop.kind, FLAREI_HOP_UNKNOWN);
    /* Extensions are passed over, such as a name (2) and padding (4). */
    CHECK_INT(PARSE(V2("\x21", "\x11", "\0\x17") V2_IPV4 "\x02\0\x03"
                                                         "a.b\x04\0\x02\0\0"),
              39);
    CHECK_INT(hop.port, 56324);
}

TEST(checks_the_sum_of_version_2)
{
    char bytes[] = V2("\x21", "\x11", "\0\x13") V2_IPV4 "\x03\0\x04\x73\x7e\xe9\x19";

    CHECK_INT(PARSE(bytes), 35);
    for (size_t i = 16; i < sizeof bytes - 1; i++) {
        if (i == 28) /* its type: with another it is no sum */
            continue;
        bytes[i] ^= 1;
        CHECK_INT(flarei_proxy_parse((flare_str){bytes, sizeof bytes - 1}, &hop), -1);
        bytes[i] ^= 1;
    }
}

TEST(refuses_what_is_no_version_2)
{
    static char large[FLAREI_PROXY_MAX_BYTES + 2];

    CHECK_INT(PARSE(V2("\x11", "\x11", "\0\x0c") V2_IPV4), -1); /* version 1 */
    CHECK_INT(PARSE(V2("\x22", "\x11", "\0\x0c") V2_IPV4), -1); /* an unknown command */
    CHECK_INT(PARSE(V2("\x21", "\x41", "\0\x0c") V2_IPV4), -1); /* an unknown family */
    CHECK_INT(PARSE(V2("\x21", "\x13", "\0\x0c") V2_IPV4), -1); /* an unknown transport */
    CHECK_INT(PARSE(V2("\x21", "\x11", "\0\x0b") "12345678901"), -1);
    CHECK_INT(PARSE(V2("\x21", "\x21", "\0\x0c") V2_IPV4), -1);
    CHECK_INT(PARSE(V2("\x21", "\x11", "\0\x0e") V2_IPV4 "\x04\0"), -1);
    CHECK_INT(PARSE(V2("\x21", "\x11", "\0\x0f") V2_IPV4 "\x04\0\x01"), -1);
    CHECK_INT(PARSE(V2("\x21", "\x11", "\0\x11") V2_IPV4 "\x03\0\x02\0\0"), -1); /* a sum of two bytes */
    memcpy(large, V2("\x20", "\0", "\x0f\xf0"), 16);
    memcpy(large + 16, "\x04\x0f\xed", 3);
    CHECK_INT(flarei_proxy_parse((flare_str){large, FLAREI_PROXY_MAX_BYTES}, &hop), FLAREI_PROXY_MAX_BYTES);
    memcpy(large + 14, "\x0f\xf1", 2);
    CHECK_INT(flarei_proxy_parse((flare_str){large, 16}, &hop), -1);
}

static char shown[64];

/* `4 192.0.2.1:80` as text: the kind, the last byte of the address, the port. */
static const char *read_hop(const char *text)
{
    const struct flarei_hop read = flarei_hop_parse(flare_str_of(text));

    snprintf(shown, sizeof shown, "%d %d %d", (int)read.kind, read.ip[read.kind == FLAREI_HOP_IPV6 ? 15 : 3],
             read.port);
    return shown;
}

TEST(reads_addresses)
{
    static const char *const rows[][2] = {
        {"192.0.2.1", "1 1 0"},
        {"192.0.2.1:80", "1 1 80"},
        {"2001:db8::2", "2 2 0"},
        {"[2001:db8::2]", "2 2 0"},
        {"[2001:db8::2]:7", "2 2 7"},
        {"::ffff:192.0.2.4", "1 4 0"},
        {"", "0 0 0"},
        {"unknown", "0 0 0"},
        {"_hidden", "0 0 0"},
        {"[192.0.2.1]", "0 0 0"},
        {"[::1", "0 0 0"},
        {"[::1]x", "0 0 0"},
        {"192.0.2.1:65536", "0 0 0"},
        {"192.0.2.1:", "0 0 0"},
        {"192.0.2.1 ", "0 0 0"},
        {"host.example", "0 0 0"},
        {"192.0.2.1:80:90", "0 0 0"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const flare_str got = flare_str_of(read_hop(rows[i][0]));

        CHECK_STR(got, rows[i][1]);
    }
}

/* All entries from the right, by the last byte of each; `?` for one that names nobody. */
static flare_str take_all(bool (*take)(flare_str *list, struct flarei_hop *hop), const char *text)
{
    flare_str list = flare_str_of(text);
    size_t length = 0;

    while (length + 8 < sizeof shown && take(&list, &hop))
        length +=
            (size_t)(hop.kind == FLAREI_HOP_UNKNOWN ? snprintf(shown + length, sizeof shown - length, "? ")
                                                    : snprintf(shown + length, sizeof shown - length, "%d ",
                                                               hop.ip[hop.kind == FLAREI_HOP_IPV4 ? 3 : 15]));
    return (flare_str){shown, length};
}

TEST(reads_lists_from_the_right)
{
    static const char *const plain[][2] = {
        {"", ""},
        {"10.0.0.1", "1 "},
        {"10.0.0.1, 10.0.0.2,10.0.0.3:9", "3 2 1 "},
        {",, 10.0.0.1 ,\t10.0.0.2 , ", "2 1 "},
        {"\"evil, 10.0.0.2", "2 ? "},
        {"unknown, [::7]:1, ::8", "8 7 ? "},
    };
    static const char *const standard[][2] = {
        {"", ""},
        {"for=10.0.0.1", "1 "},
        {"for=10.0.0.1;proto=https, For=\"[::2]:80\";by=10.0.0.9", "2 1 "},
        {"by=10.0.0.9", "? "},
        {"for=10.0.0.1;for=10.0.0.2", "? "},
        {"for=\"evil, for=10.0.0.2", "2 ? "}, /* what stands left can't change it */
        {"for=10.0.0.1, for=\"a,b\", for=10.0.0.3", "3 ? 1 "},
        {"for=_x, for=unknown,for=\"10.0.0.1\"", "1 ? ? "},
        {"for", "? "},
        {"for=\"", "? "},
    };

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        const flare_str got = take_all(flarei_forwarded_for_take, plain[i][0]);

        CHECK_STR(got, plain[i][1]);
    }
    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++) {
        const flare_str got = take_all(flarei_forwarded_take, standard[i][0]);

        CHECK_STR(got, standard[i][1]);
    }
}

int main(void)
{
    RUN(takes_version_1);
    RUN(refuses_what_is_no_version_1);
    RUN(takes_version_2);
    RUN(checks_the_sum_of_version_2);
    RUN(refuses_what_is_no_version_2);
    RUN(reads_addresses);
    RUN(reads_lists_from_the_right);
    return TEST_END();
}
