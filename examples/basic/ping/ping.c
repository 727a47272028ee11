/* Asks hosts for an echo of ICMP, over IPv4 and IPv6; without arguments it shows what it would send. */
#include <flare/bytes.h>
#include <flare/loop.h>
#include <flare/raw.h>

#include <stdio.h>

enum { IDENTIFIER = 42, ECHO_BYTES = 13, TIMEOUT_MS = 2000 };

struct ping {
    flare_watch watch;
    flare_timer timer;
    flare_raw raw;
    flare_address peer;
    bool back;
};

/* RFC 792 and RFC 4443: type, code, checksum, identifier, number, and what comes back as it was sent. */
static void write_echo(char bytes[ECHO_BYTES], bool ipv4)
{
    flare_bytes_writer writer = flare_bytes_writer_of(bytes, ECHO_BYTES);

    flare_write_u8(&writer, ipv4 ? 8 : 128);
    flare_write_u8(&writer, 0);
    flare_write_u16(&writer, 0);
    flare_write_u16(&writer, IDENTIFIER);
    flare_write_u16(&writer, 1);
    flare_write_bytes(&writer, FLARE_STR("flare"));
    if (ipv4) { /* else it is the kernel's */
        writer = flare_bytes_writer_of(bytes + 2, 2);
        flare_write_u16(&writer, flare_checksum(bytes, ECHO_BYTES));
    }
}

/* All echoes of this machine come by; an answer to ours has its content. */
static bool answers(const struct ping *ping, const flare_datagram *datagram)
{
    flare_bytes_reader reader = flare_bytes_reader_of((flare_str){datagram->bytes, datagram->length});
    const unsigned type = flare_read_u8(&reader);
    flare_str content;

    (void)flare_read_bytes(&reader, 7);
    content = flare_read_bytes(&reader, ECHO_BYTES - 8);
    return !reader.failed && type == (ping->raw.kind == FLARE_ADDRESS_IPV4 ? 0 : 129) &&
           flare_address_equal(&datagram->peer, &ping->peer) && flare_str_equal(content, FLARE_STR("flare"));
}

static void ready(flare_loop *loop, flare_watch *watch, unsigned bits)
{
    struct ping *const ping = FLARE_OWNER(watch, struct ping, watch);
    char room[128];
    flare_datagram datagram = {.bytes = room, .capacity = sizeof room};

    (void)bits;
    while (!ping->back && flare_raw_receive(&ping->raw, &datagram) == FLARE_OK)
        ping->back = answers(ping, &datagram);
    if (ping->back)
        flare_loop_stop(loop);
}

static void give_up(flare_loop *loop, flare_timer *timer)
{
    (void)timer;
    flare_loop_stop(loop);
}

/* Where raw sockets are not allowed, pings may be. */
static flare_err open_raw(flare_raw *raw, const flare_address *peer)
{
    const flare_address here = {.family = peer->family};
    const unsigned protocol = peer->family == FLARE_ADDRESS_IPV4 ? FLARE_RAW_ICMP : FLARE_RAW_ICMPV6;
    const flare_err err = flare_raw_open(raw, &here, protocol, NULL);

    if (err != FLARE_ERR_PERMISSION)
        return err;
    return flare_raw_open(raw, &here, protocol, &(flare_raw_options){.ping = true});
}

static flare_err ask(flare_loop *loop, const flare_address *peer, bool *back)
{
    struct ping ping = {.peer = *peer, .timer = {.callback = give_up}};
    char echo[ECHO_BYTES];
    const flare_datagram datagram = {.peer = *peer, .bytes = echo, .length = sizeof echo};
    flare_err err = open_raw(&ping.raw, peer);

    if (err != FLARE_OK)
        return err;
    ping.watch = (flare_watch){.callback = ready, .fd = ping.raw.fd, .want = FLARE_READ};
    err = flare_loop_add(loop, &ping.watch);
    if (err != FLARE_OK) {
        flare_socket_close(ping.raw.fd);
        return err;
    }
    write_echo(echo, peer->family == FLARE_ADDRESS_IPV4);
    err = flare_raw_send(&ping.raw, &datagram);
    flare_timer_set(loop, &ping.timer, TIMEOUT_MS);
    if (err == FLARE_OK)
        err = flare_loop_run(loop);
    flare_timer_cancel(loop, &ping.timer);
    flare_loop_close(loop, &ping.watch);
    *back = ping.back;
    return err;
}

static void show(const char *name, bool ipv4)
{
    char echo[ECHO_BYTES];

    write_echo(echo, ipv4);
    (void)printf("%s:", name);
    for (size_t i = 0; i < sizeof echo; i++)
        (void)printf(" %02x", (unsigned)(unsigned char)echo[i]);
    (void)printf("\n");
}

/* An address as people write it has no port and no brackets. */
static flare_err read_address(const char *text, flare_address *address)
{
    char whole[128];

    (void)snprintf(whole, sizeof whole, strchr(text, ':') != NULL ? "[%s]:0" : "%s:0", text);
    return flare_address_parse(flare_str_of(whole), address, NULL);
}

int main(int argc, char **argv)
{
    flare_loop *loop;
    flare_err err = flare_loop_create(&loop, FLARE_LOOP_DEFAULT);
    int missing = 0;

    if (argc == 1) {
        show("IPv4", true);
        show("IPv6", false);
    }
    for (int i = 1; i < argc && err == FLARE_OK; i++) {
        flare_address peer;
        bool back = false;

        err = read_address(argv[i], &peer);
        if (err == FLARE_OK)
            err = ask(loop, &peer, &back);
        if (err != FLARE_OK)
            (void)fprintf(stderr, "%s: %s\n", argv[i], flare_err_text(err));
        else
            (void)printf("%s: %s\n", argv[i], back ? "it came back" : "nothing came back");
        missing += err != FLARE_OK || !back;
    }
    flare_loop_destroy(loop);
    return missing != 0 || err != FLARE_OK;
}
