/* Kinds of addresses at the edges of their ranges, and networks. */
#include "test.h"

#include <flare/network.h>

static flare_address address_of(const char *ip)
{
    char text[64];
    flare_address address = {.family = FLARE_ADDRESS_NONE};

    (void)snprintf(text, sizeof text, strchr(ip, ':') ? "[%s]:1" : "%s:1", ip);
    CHECK_INT(flare_address_parse(flare_str_of(text), &address, NULL), FLARE_OK);
    return address;
}

TEST(kinds)
{
    static const struct {
        const char *ip;
        flare_address_kind kind;
    } rows[] = {
        {"8.8.8.8", FLARE_ADDRESS_GLOBAL},
        {"0.0.0.0", FLARE_ADDRESS_UNSPECIFIED},
        {"0.255.255.255", FLARE_ADDRESS_UNSPECIFIED},
        {"1.0.0.0", FLARE_ADDRESS_GLOBAL},
        {"9.255.255.255", FLARE_ADDRESS_GLOBAL},
        {"10.0.0.0", FLARE_ADDRESS_PRIVATE},
        {"10.255.255.255", FLARE_ADDRESS_PRIVATE},
        {"100.63.255.255", FLARE_ADDRESS_GLOBAL},
        {"100.64.0.0", FLARE_ADDRESS_SHARED},
        {"100.127.255.255", FLARE_ADDRESS_SHARED},
        {"100.128.0.0", FLARE_ADDRESS_GLOBAL},
        {"127.0.0.1", FLARE_ADDRESS_LOOPBACK},
        {"127.255.255.255", FLARE_ADDRESS_LOOPBACK},
        {"169.254.0.1", FLARE_ADDRESS_LINK_LOCAL},
        {"172.15.255.255", FLARE_ADDRESS_GLOBAL},
        {"172.16.0.0", FLARE_ADDRESS_PRIVATE},
        {"172.31.255.255", FLARE_ADDRESS_PRIVATE},
        {"172.32.0.0", FLARE_ADDRESS_GLOBAL},
        {"192.0.0.1", FLARE_ADDRESS_RESERVED},
        {"192.0.2.1", FLARE_ADDRESS_DOCUMENTATION},
        {"192.168.0.1", FLARE_ADDRESS_PRIVATE},
        {"198.18.0.1", FLARE_ADDRESS_RESERVED},
        {"198.51.100.1", FLARE_ADDRESS_DOCUMENTATION},
        {"203.0.113.1", FLARE_ADDRESS_DOCUMENTATION},
        {"224.0.0.1", FLARE_ADDRESS_MULTICAST},
        {"239.255.255.255", FLARE_ADDRESS_MULTICAST},
        {"240.0.0.1", FLARE_ADDRESS_RESERVED},
        {"255.255.255.255", FLARE_ADDRESS_BROADCAST},
        {"::", FLARE_ADDRESS_UNSPECIFIED},
        {"::1", FLARE_ADDRESS_LOOPBACK},
        {"::2", FLARE_ADDRESS_GLOBAL},
        {"::ffff:127.0.0.1", FLARE_ADDRESS_LOOPBACK},
        {"::ffff:10.1.2.3", FLARE_ADDRESS_PRIVATE},
        {"100::1", FLARE_ADDRESS_RESERVED},
        {"2001:db8::1", FLARE_ADDRESS_DOCUMENTATION},
        {"2001:db9::1", FLARE_ADDRESS_GLOBAL},
        {"3fff:fff::1", FLARE_ADDRESS_DOCUMENTATION},
        {"fbff::1", FLARE_ADDRESS_GLOBAL},
        {"fc00::1", FLARE_ADDRESS_PRIVATE},
        {"fdff::1", FLARE_ADDRESS_PRIVATE},
        {"fe80::1", FLARE_ADDRESS_LINK_LOCAL},
        {"febf::1", FLARE_ADDRESS_LINK_LOCAL},
        {"fec0::1", FLARE_ADDRESS_GLOBAL},
        {"ff02::1", FLARE_ADDRESS_MULTICAST},
    };
    const flare_address local = {.family = FLARE_ADDRESS_UNIX, .path = "/x"};
    const flare_address any = {.family = FLARE_ADDRESS_ANY};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const flare_address address = address_of(rows[i].ip);

        if (flare_address_kind_of(&address) != rows[i].kind) {
            (void)fprintf(stderr, "%s\n", rows[i].ip);
            CHECK_INT(flare_address_kind_of(&address), rows[i].kind);
        }
    }
    CHECK_INT(flare_address_kind_of(&local), FLARE_ADDRESS_LOOPBACK);
    CHECK_INT(flare_address_kind_of(&any), FLARE_ADDRESS_UNSPECIFIED);
}

TEST(networks_are_read_and_written)
{
    static const char *const same[] = {"10.0.0.0/8",    "0.0.0.0/0", "192.168.128.0/17", "1.2.3.4/32",
                                       "2001:db8::/32", "::/0",      "fe80::/10",        "::1/128"};
    static const char *const wrong[] = {"",          "10.0.0.0/",   "10.0.0.0/08", "10.0.0.0/a",
                                        "10.0.0/8",  "10.0.0.0/-1", "/8",          "10.0.0.0/8 ",
                                        "[::1]/128", "::/1000"};
    static const char *const beyond[] = {"10.0.0.0/33", "10.0.0.1/8", "10.128.0.0/8", "192.168.128.0/16",
                                         "::/129",      "::1/127",    "2001:db8::/28"};
    char text[FLARE_NETWORK_TEXT_MAX_BYTES];
    flare_network network;

    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        CHECK_INT(flare_network_parse(flare_str_of(same[i]), &network), FLARE_OK);
        CHECK_INT(flare_network_format(&network, text, sizeof text), strlen(same[i]));
        CHECK(strcmp(text, same[i]) == 0);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_INT(flare_network_parse(flare_str_of(wrong[i]), &network), FLARE_ERR_SYNTAX);
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++)
        CHECK_INT(flare_network_parse(flare_str_of(beyond[i]), &network), FLARE_ERR_RANGE);
    CHECK_INT(flare_network_parse(FLARE_STR("1.2.3.4"), &network), FLARE_OK);
    CHECK_INT(network.bits, 32);
    CHECK_INT(flare_network_format(&network, NULL, 0), 10);
}

static bool holds(const char *text, const char *ip)
{
    const flare_address address = address_of(ip);
    flare_network network = {.bits = 0};

    CHECK_INT(flare_network_parse(flare_str_of(text), &network), FLARE_OK);
    return flare_network_holds(&network, &address);
}

TEST(who_belongs_to_a_network)
{
    const flare_address local = {.family = FLARE_ADDRESS_UNIX, .path = "/x"};
    flare_network all;

    CHECK(holds("10.0.0.0/8", "10.255.255.255"));
    CHECK(!holds("10.0.0.0/8", "11.0.0.0"));
    CHECK(holds("192.168.128.0/17", "192.168.128.0"));
    CHECK(!holds("192.168.128.0/17", "192.168.127.255"));
    CHECK(holds("10.0.0.0/8", "::ffff:10.1.1.1"));
    CHECK(holds("0.0.0.0/0", "1.2.3.4"));
    CHECK(!holds("0.0.0.0/0", "::1"));
    CHECK(!holds("::/0", "1.2.3.4"));
    CHECK(holds("::/0", "::ffff:1.2.3.4"));
    CHECK(holds("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK(!holds("2001:db8::/33", "2001:db8:8000::"));
    CHECK(holds("::1", "::1"));
    CHECK_INT(flare_network_parse(FLARE_STR("0.0.0.0/0"), &all), FLARE_OK);
    CHECK(!flare_network_holds(&all, &local));
}

int main(void)
{
    RUN(kinds);
    RUN(networks_are_read_and_written);
    RUN(who_belongs_to_a_network);
    return TEST_END();
}
