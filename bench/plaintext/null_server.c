/* null_server - the least an HTTP server can do, as the floor that flare is measured against.
 *
 *     null_server PORT REPLY_BYTES      serves 127.0.0.1:PORT until a signal ends it
 *
 * It finds the end of each head by memmem and answers every one with the same reply of REPLY_BYTES bytes, by
 * one recv and one send for each readable event. It parses nothing, checks nothing and limits nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { max_fds = 1024, max_input_bytes = 16 * 1024, max_output_bytes = 64 * 1024, max_reply_bytes = 1024 };

struct connection {
    size_t kept; /* bytes of a head that has not ended yet */
    char input[max_input_bytes];
};

static struct connection *connections[max_fds];
static char reply[max_reply_bytes];
static size_t reply_bytes;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* A plaintext reply padded to `bytes` by the value of its Server field. */
static void make_reply(size_t bytes)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nServer: ";
    static const char tail[] = "\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!";
    const size_t head_bytes = sizeof head - 1;
    const size_t tail_bytes = sizeof tail - 1;

    if (bytes < head_bytes + tail_bytes || bytes > max_reply_bytes) {
        fprintf(stderr, "null_server: a reply has %zu to %d bytes\n", head_bytes + tail_bytes,
                max_reply_bytes);
        exit(2);
    }
    memset(reply, '0', bytes);
    memcpy(reply, head, head_bytes);
    memcpy(reply + bytes - tail_bytes, tail, tail_bytes);
    reply_bytes = bytes;
}

static int make_listener(unsigned short port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 511) != 0)
        fail("null_server: listen");
    return fd;
}

static void watch(int epoll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("null_server: epoll_ctl");
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
            fail("null_server: malloc");
        connections[fd]->kept = 0;
        if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
            fail("null_server: setsockopt");
        watch(epoll_fd, fd);
    }
}

/* One recv, one send. False when the connection is over. */
static bool serve(int fd, struct connection *connection)
{
    static char output[max_output_bytes];
    ssize_t got = recv(fd, connection->input + connection->kept, max_input_bytes - connection->kept, 0);
    const char *at = connection->input;
    const char *end;
    const char *found;
    size_t length = 0;

    if (got <= 0)
        return got < 0 && errno == EAGAIN;
    end = connection->input + connection->kept + (size_t)got;
    while (end - at >= 4 && (found = memmem(at, (size_t)(end - at), "\r\n\r\n", 4)) != NULL) {
        if (length + reply_bytes > max_output_bytes)
            return false;
        memcpy(output + length, reply, reply_bytes);
        length += reply_bytes;
        at = found + 4;
    }
    connection->kept = (size_t)(end - at);
    if (connection->kept == max_input_bytes)
        return false;
    if (connection->kept > 0)
        memmove(connection->input, at, connection->kept);
    return length == 0 || send(fd, output, length, MSG_NOSIGNAL) == (ssize_t)length;
}

int main(int argc, char **argv)
{
    struct epoll_event events[256];
    int epoll_fd = epoll_create1(0);
    int listener;

    if (argc != 3) {
        fprintf(stderr, "usage: null_server PORT REPLY_BYTES\n");
        return 2;
    }
    make_reply(strtoul(argv[2], NULL, 10));
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
