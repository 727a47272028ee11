/* ws_load - WebSockets that send text messages of 32 bytes and wait for their echoes.
 *
 *     ws_load PORT PATH CONNECTIONS DEPTH SECONDS
 *
 * Each connection sends DEPTH messages by one write, waits for all their echoes, then sends the next ones.
 * Every echo is compared with what was sent. Prints the messages echoed and the seconds they took. SECONDS of
 * 0 sends one batch on each connection. Exit 1 when a server says anything else.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    max_connections = 1000,
    max_depth = 64,
    message_bytes = 32,
    frame_bytes = 6 + message_bytes,
    echo_bytes = 2 + message_bytes
};

struct peer {
    int fd;
    size_t have;
    char echoes[max_depth * echo_bytes];
};

static struct peer peers[max_connections];
static char frames[max_depth * frame_bytes];
static char wanted[max_depth * echo_bytes];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Messages differ, and so do their masks, which are fixed: what a server does must not hang on luck. */
static void make_frames(size_t depth)
{
    uint32_t draw = 2463534242u;

    for (size_t i = 0; i < depth; i++) {
        char *const frame = frames + i * frame_bytes;
        char *const echo = wanted + i * echo_bytes;

        draw ^= draw << 13;
        draw ^= draw >> 17;
        draw ^= draw << 5;
        frame[0] = echo[0] = (char)0x81;
        frame[1] = (char)(0x80 | message_bytes);
        echo[1] = message_bytes;
        memcpy(frame + 2, &draw, 4);
        for (size_t j = 0; j < message_bytes; j++) {
            echo[2 + j] = (char)('A' + (i + j) % 26);
            frame[6 + j] = (char)(echo[2 + j] ^ frame[2 + (j & 3)]);
        }
    }
}

static void send_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0)
            fail("ws_load: send");
        bytes += sent;
        count -= (size_t)sent;
    }
}

static int dial(unsigned short port, const char *path)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    char head[1024];
    size_t have = 0;
    int length;

    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        fail("ws_load: connect");
    length = snprintf(head, sizeof head,
                      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                      path, (unsigned)port);
    send_all(fd, head, (size_t)length);
    while (have < 4 || memcmp(head + have - 4, "\r\n\r\n", 4) != 0) {
        const ssize_t got = recv(fd, head + have, 1, 0);
        if (got <= 0 || ++have == sizeof head)
            fail("ws_load: handshake");
    }
    if (strncmp(head, "HTTP/1.1 101 ", 13) != 0) {
        fprintf(stderr, "ws_load: the reply is\n%.*s\n", (int)have, head);
        exit(1);
    }
    return fd;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Takes what came. @return 1 when all echoes are there */
static int receive(struct peer *peer, size_t depth)
{
    const size_t want = depth * echo_bytes;
    const ssize_t got = recv(peer->fd, peer->echoes + peer->have, want - peer->have, MSG_DONTWAIT);

    if (got <= 0)
        fail("ws_load: recv");
    peer->have += (size_t)got;
    if (peer->have < want)
        return 0;
    if (memcmp(peer->echoes, wanted, want) != 0) {
        fprintf(stderr, "ws_load: an echo is not what was sent\n");
        exit(1);
    }
    peer->have = 0;
    return 1;
}

int main(int argc, char **argv)
{
    struct epoll_event events[256];
    unsigned long long messages = 0;
    const int epoll_fd = epoll_create1(0);
    size_t connections;
    size_t depth;
    size_t busy;
    double seconds;
    double start;
    double end;

    if (argc != 6 || (connections = strtoul(argv[3], NULL, 10)) < 1 || connections > max_connections ||
        (depth = strtoul(argv[4], NULL, 10)) < 1 || depth > max_depth) {
        fprintf(stderr, "usage: ws_load PORT PATH CONNECTIONS(1..%d) DEPTH(1..%d) SECONDS\n", max_connections,
                max_depth);
        return 2;
    }
    seconds = strtod(argv[5], NULL);
    make_frames(depth);
    for (size_t i = 0; i < connections; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &peers[i]};

        peers[i].fd = dial((unsigned short)strtoul(argv[1], NULL, 10), argv[2]);
        if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, peers[i].fd, &event) != 0)
            fail("ws_load: epoll_ctl");
    }
    start = now();
    end = start + seconds;
    for (size_t i = 0; i < connections; i++)
        send_all(peers[i].fd, frames, depth * frame_bytes);
    for (busy = connections; busy > 0;) {
        const int count = epoll_wait(epoll_fd, events, 256, 10000);
        const double time = now();

        if (count <= 0)
            fail("ws_load: no echo within 10 s");
        for (int i = 0; i < count; i++) {
            struct peer *const peer = events[i].data.ptr;

            if (!receive(peer, depth))
                continue;
            messages += depth;
            if (time < end)
                send_all(peer->fd, frames, depth * frame_bytes);
            else
                busy--;
        }
    }
    printf("%llu messages in %.6f s\n", messages, now() - start);
    return 0;
}
