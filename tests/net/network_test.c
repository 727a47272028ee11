/* Ranges of addresses. */
#include "test.h"

#include "net/network.h"

#include <flare/formats.h>

static struct flarei_network network;

static bool parse(const char *text)
{
    const char *why = NULL;
    const flare_err err = flarei_network_parse(flare_str_of(text), &network, &why);

    CHECK(err == FLARE_OK || (err == FLARE_ERR_SYNTAX && why != NULL));
    return err == FLARE_OK;
}

static bool holds(const char *range, const char *ip)
{
    uint8_t bytes[16] = {0};
    flare_ipv4 ipv4;
    flare_ipv6 ipv6;
    const bool four = flare_ipv4_parse(flare_str_of(ip), &ipv4) == FLARE_OK;

    if (four)
        memcpy(bytes, ipv4.bytes, 4);
    else if (flare_ipv6_parse(flare_str_of(ip), &ipv6) == FLARE_OK)
        memcpy(bytes, ipv6.bytes, 16);
    return parse(range) &&
           flarei_network_holds(&network, 1, four ? FLARE_ADDRESS_IPV4 : FLARE_ADDRESS_IPV6, bytes);
}

TEST(holds_what_has_its_prefix)
{
    CHECK(holds("10.0.0.0/8", "10.255.255.255"));
    CHECK(!holds("10.0.0.0/8", "11.0.0.0"));
    CHECK(holds("10.1.2.128/25", "10.1.2.128") && holds("10.1.2.128/25", "10.1.2.255"));
    CHECK(!holds("10.1.2.128/25", "10.1.2.127"));
    CHECK(holds("192.0.2.1", "192.0.2.1") && !holds("192.0.2.1", "192.0.2.2"));
    CHECK(holds("192.0.2.1/32", "192.0.2.1"));
    CHECK(holds("0.0.0.0/0", "255.1.2.3") && !holds("0.0.0.0/0", "::1"));
    CHECK(holds("2001:db8::/33", "2001:db8:7fff::1") && !holds("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(holds("::1", "::1") && !holds("::1", "::2") && holds("::/0", "::2") && !holds("::/0", "1.2.3.4"));
}

TEST(unix_is_peers_without_an_address)
{
    const uint8_t none[16] = {0};

    CHECK(parse("unix"));
    CHECK(flarei_network_holds(&network, 1, FLARE_ADDRESS_NONE, none));
    CHECK(!flarei_network_holds(&network, 1, FLARE_ADDRESS_IPV4, none));
    CHECK(!flarei_network_holds(&network, 0, FLARE_ADDRESS_NONE, none));
}

TEST(refuses_what_is_no_range)
{
    static const char *const rows[] = {
        "",       "/8",   "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.1/8", "10.0.0.0/8x", "::1/127",
        "::/129", "host", "10.0.0",    "[::1]",       "10.0.0.0 /8", "unix:/a",    "::/256"};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK(!parse(rows[i]));
    CHECK(parse("::/128"));
}

int main(void)
{
    RUN(holds_what_has_its_prefix);
    RUN(unix_is_peers_without_an_address);
    RUN(refuses_what_is_no_range);
    return TEST_END();
}
