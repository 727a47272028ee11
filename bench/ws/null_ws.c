/* null_ws - the least a WebSocket echo can do, as the floor that flare's is measured against.
 *
 *     null_ws PORT      serves 127.0.0.1:PORT until a signal ends it
 *
 * It answers a handshake whose key it takes from the first head that comes, then unmasks frames of less than
 * 126 bytes and sends them back, by one recv and one send for each readable event. It checks nothing, limits
 * nothing and knows neither pings, fragments, closes nor time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { max_fds = 1024, max_input_bytes = 16 * 1024, key_bytes = 24 };

struct connection {
    bool open;
    size_t kept; /* bytes of a head or frame that has not ended yet */
    char input[max_input_bytes];
};

static struct connection *connections[max_fds];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int make_listener(unsigned short port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 511) != 0)
        fail("null_ws: listen");
    return fd;
}

static void watch(int epoll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("null_ws: epoll_ctl");
}

static void accept_all(int epoll_fd, int listener)
{
    const int on = 1;
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= max_fds) {
            close(fd);
            continue;
        }
        if (connections[fd] == NULL && (connections[fd] = malloc(sizeof *connections[fd])) == NULL)
            fail("null_ws: malloc");
        connections[fd]->open = false;
        connections[fd]->kept = 0;
        if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
            fail("null_ws: setsockopt");
        watch(epoll_fd, fd);
    }
}

/* Answers the handshake, once its head is whole (RFC 6455, section 4.2.2). False when it is none. */
static bool shake_hands(int fd, struct connection *connection)
{
    static const char name[] = "Sec-WebSocket-Key: ";
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char joined[key_bytes + sizeof guid - 1];
    unsigned char digest[SHA_DIGEST_LENGTH];
    unsigned char accept[32];
    char reply[256];
    const char *key;
    int length;

    if (memmem(connection->input, connection->kept, "\r\n\r\n", 4) == NULL)
        return connection->kept < max_input_bytes;
    key = memmem(connection->input, connection->kept, name, sizeof name - 1);
    if (key == NULL || key + sizeof name - 1 + key_bytes > connection->input + connection->kept)
        return false;
    memcpy(joined, key + sizeof name - 1, key_bytes);
    memcpy(joined + key_bytes, guid, sizeof guid - 1);
    SHA1(joined, sizeof joined, digest);
    EVP_EncodeBlock(accept, digest, sizeof digest);
    length = snprintf(reply, sizeof reply,
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Accept: %s\r\n\r\n",
                      (const char *)accept);
    connection->open = true;
    connection->kept = 0;
    return send(fd, reply, (size_t)length, MSG_NOSIGNAL) == length;
}

/* Writes the echo of a frame. @return its bytes */
static size_t echo(char *to, const char *frame, size_t payload_bytes)
{
    uint32_t mask;
    size_t i = 0;

    memcpy(&mask, frame + 2, sizeof mask);
    to[0] = frame[0];
    to[1] = (char)payload_bytes;
    for (; i + 4 <= payload_bytes; i += 4) {
        uint32_t word;

        memcpy(&word, frame + 6 + i, sizeof word);
        word ^= mask;
        memcpy(to + 2 + i, &word, sizeof word);
    }
    for (; i < payload_bytes; i++)
        to[2 + i] = (char)(frame[6 + i] ^ frame[2 + (i & 3)]);
    return 2 + payload_bytes;
}

/* One recv, one send. False when the connection is over. */
static bool serve(int fd, struct connection *connection)
{
    static char output[max_input_bytes];
    ssize_t got = recv(fd, connection->input + connection->kept, max_input_bytes - connection->kept, 0);
    const char *at = connection->input;
    const char *end;
    size_t length = 0;

    if (got <= 0)
        return got < 0 && errno == EAGAIN;
    connection->kept += (size_t)got;
    if (!connection->open)
        return shake_hands(fd, connection);
    end = connection->input + connection->kept;
    while (end - at >= 6 && (size_t)(end - at) >= 6u + (at[1] & 0x7f)) {
        const size_t payload_bytes = at[1] & 0x7f;

        length += echo(output + length, at, payload_bytes);
        at += 6 + payload_bytes;
    }
    connection->kept = (size_t)(end - at);
    if (connection->kept > 0)
        memmove(connection->input, at, connection->kept);
    return length == 0 || send(fd, output, length, MSG_NOSIGNAL) == (ssize_t)length;
}

int main(int argc, char **argv)
{
    struct epoll_event events[256];
    int epoll_fd = epoll_create1(0);
    int listener;

    if (argc != 2) {
        fprintf(stderr, "usage: null_ws PORT\n");
        return 2;
    }
    listener = make_listener((unsigned short)strtoul(argv[1], NULL, 10));
    watch(epoll_fd, listener);
    for (;;) {
        int count = epoll_wait(epoll_fd, events, 256, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == listener)
                accept_all(epoll_fd, listener);
            else if (!serve(fd, connections[fd]))
                close(fd);
        }
    }
}
