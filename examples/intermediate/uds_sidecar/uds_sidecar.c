/* A parent that may bind a port hands the listening socket to a child over a unix socket; the child, which
 * may not, serves it. */
#include <flare/descriptor.h>
#include <flare/stream.h>

#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void wait_until_readable(int fd)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};

    (void)poll(&item, 1, 5000);
}

/* The sidecar: takes the listener, and serves one peer. */
static int be_sidecar(int channel)
{
    flare_listener listener = {.fd = -1};
    size_t count = 1;
    char name[32];
    ptrdiff_t got;
    int peer;

    wait_until_readable(channel);
    got = flare_descriptors_receive(channel, name, sizeof name, &listener.fd, &count);
    if (got <= 0 || count != 1)
        return 1;
    (void)printf("sidecar: got %.*s\n", (int)got, name);
    (void)fflush(stdout);
    wait_until_readable(listener.fd);
    peer = flare_listener_accept(&listener, NULL);
    if (peer < 0 || flare_socket_send(peer, "hello from the sidecar", 22) != 22)
        return 1;
    flare_socket_close(peer);
    return 0;
}

static flare_err ask(const flare_address *address)
{
    const flare_dial_options to = {
        .to = {.host = address->family == FLARE_ADDRESS_IPV4 ? FLARE_STR("127.0.0.1") : FLARE_STR("::1"),
               .port = address->port,
               .timeout_ms = 5000}};
    flare_stream *stream;
    char answer[64];
    ptrdiff_t got;
    flare_err err = flare_stream_dial_wait(&stream, &to);

    if (err != FLARE_OK)
        return err;
    got = flare_stream_read_wait(stream, answer, sizeof answer, 5000);
    flare_stream_close(stream);
    if (got > 0)
        (void)printf("parent: \"%.*s\"\n", (int)got, answer);
    return got > 0 ? FLARE_OK : (flare_err)got;
}

static flare_err hand_over(const char *place)
{
    flare_listener listener;
    flare_address address;
    int ends[2], status = 0;
    pid_t child;
    flare_err err = flare_address_parse(flare_str_of(place), &address, NULL);

    if (err == FLARE_OK)
        err = flare_listener_open(&listener, &address, NULL);
    if (err == FLARE_OK)
        err = flare_socket_pair(ends);
    if (err != FLARE_OK)
        return err;
    child = fork();
    if (child == 0) {
        (void)close(listener.fd);
        (void)close(ends[0]);
        _exit(be_sidecar(ends[1]));
    }
    flare_socket_close(ends[1]);
    if (child < 0 || flare_descriptors_send(ends[0], "a listener", 10, &listener.fd, 1) != 10)
        err = FLARE_ERR_IO;
    if (err == FLARE_OK)
        err = ask(&listener.address);
    flare_socket_close(ends[0]);
    flare_listener_close(&listener);
    if (child > 0 && (waitpid(child, &status, 0) != child || status != 0))
        err = FLARE_ERR_IO;
    return err;
}

int main(int argc, char **argv)
{
    const flare_err err = hand_over(argc > 1 ? argv[1] : "127.0.0.1:0");

    if (err != FLARE_OK)
        (void)fprintf(stderr, "%s\n", flare_err_text(err));
    return err != FLARE_OK;
}
