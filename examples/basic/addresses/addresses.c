/* Reads addresses and networks as people write them, and says what each is. */
#include <flare/network.h>

#include <stdio.h>

static const char *const kinds[] = {
    [FLARE_ADDRESS_GLOBAL] = "of the internet",      [FLARE_ADDRESS_UNSPECIFIED] = "no address",
    [FLARE_ADDRESS_LOOPBACK] = "this machine",       [FLARE_ADDRESS_PRIVATE] = "this site",
    [FLARE_ADDRESS_LINK_LOCAL] = "this wire",        [FLARE_ADDRESS_SHARED] = "a carrier's",
    [FLARE_ADDRESS_MULTICAST] = "a group",           [FLARE_ADDRESS_BROADCAST] = "everybody on the wire",
    [FLARE_ADDRESS_DOCUMENTATION] = "for documents", [FLARE_ADDRESS_RESERVED] = "reserved",
};

static void show_address(const char *text)
{
    char written[FLARE_ADDRESS_TEXT_MAX_BYTES];
    flare_address address;
    const char *why;

    if (flare_address_parse(flare_str_of(text), &address, &why) != FLARE_OK) {
        (void)printf("%s: %s\n", text, why);
        return;
    }
    (void)flare_address_format(&address, written, sizeof written);
    (void)printf("%s: %s\n", written, kinds[flare_address_kind_of(&address)]);
}

static void show_network(const char *text, const flare_network *network)
{
    static const char *const peers[] = {"10.1.2.3:80", "[2001:db8::7]:80"};
    flare_address address;

    for (size_t i = 0; i < 2; i++)
        if (flare_address_parse(flare_str_of(peers[i]), &address, NULL) == FLARE_OK)
            (void)printf("%s %s %s\n", text,
                         flare_network_holds(network, &address) ? "holds" : "does not hold", peers[i]);
}

int main(int argc, char **argv)
{
    flare_network network;

    for (int i = 1; i < argc; i++) {
        if (flare_network_parse(flare_str_of(argv[i]), &network) == FLARE_OK)
            show_network(argv[i], &network);
        else
            show_address(argv[i]);
    }
    return 0;
}
