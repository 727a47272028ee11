/* closed_loop - one connection that sends D requests, waits for their D replies, and does so N times.
 *
 *     closed_loop PORT DEPTH TIMES PATH
 *
 * Its requests are byte for byte those of the rate benchmark (pipeline.lua), so that instructions counted
 * under it are instructions of the same work. The first reply tells how long each one is; prints that length.
 * Exit 1 when the server says anything else than replies of 200 of one length.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { max_depth = 64, max_request_bytes = 512, max_reply_bytes = 1024 };

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int dial(unsigned short port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        fail("closed_loop: connect");
    return fd;
}

static void send_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0)
            fail("closed_loop: send");
        bytes += sent;
        count -= (size_t)sent;
    }
}

static size_t receive(int fd, char *bytes, size_t room)
{
    ssize_t got = recv(fd, bytes, room, 0);

    if (got <= 0)
        fail("closed_loop: recv");
    return (size_t)got;
}

/* Sends one request and returns the length of its reply: the head and what its Content-Length says. */
static size_t probe(int fd, const char *request, size_t request_bytes)
{
    char reply[max_reply_bytes + 1];
    size_t have = 0;

    send_all(fd, request, request_bytes);
    for (;;) {
        const char *end;
        const char *field;
        have += receive(fd, reply + have, max_reply_bytes - have);
        reply[have] = '\0';
        end = strstr(reply, "\r\n\r\n");
        field = strcasestr(reply, "\r\ncontent-length:");
        if (end != NULL) {
            size_t length = (size_t)(end - reply) + 4;
            length += field != NULL && field < end ? strtoul(field + 17, NULL, 10) : 0;
            if (strncmp(reply, "HTTP/1.1 200 ", 13) != 0 || have > length) {
                fprintf(stderr, "closed_loop: the reply is\n%s\n", reply);
                exit(1);
            }
            if (have == length)
                return length;
        }
        if (have == max_reply_bytes) {
            fprintf(stderr, "closed_loop: no reply within %d bytes\n", max_reply_bytes);
            exit(1);
        }
    }
}

int main(int argc, char **argv)
{
    static char requests[max_depth * max_request_bytes];
    static char replies[max_depth * max_reply_bytes];
    char request[max_request_bytes];
    unsigned long depth;
    unsigned long times;
    size_t request_bytes;
    size_t reply_bytes;
    int fd;

    if (argc != 5 || (depth = strtoul(argv[2], NULL, 10)) < 1 || depth > max_depth) {
        fprintf(stderr, "usage: closed_loop PORT DEPTH(1..%d) TIMES PATH\n", max_depth);
        return 2;
    }
    times = strtoul(argv[3], NULL, 10);
    request_bytes = (size_t)snprintf(request, sizeof request,
                                     "GET %s HTTP/1.1\r\nHost: localhost\r\n"
                                     "Accept: text/plain,text/html;q=0.9,application/xhtml+xml;q=0.9,"
                                     "application/xml;q=0.8,*/*;q=0.7\r\nConnection: keep-alive\r\n\r\n",
                                     argv[4]);
    if (request_bytes >= sizeof request) {
        fprintf(stderr, "closed_loop: the path is too long\n");
        return 2;
    }
    for (size_t i = 0; i < depth; i++)
        memcpy(requests + i * request_bytes, request, request_bytes);

    fd = dial((unsigned short)strtoul(argv[1], NULL, 10));
    reply_bytes = probe(fd, request, request_bytes);
    for (unsigned long i = 0; i < times; i++) {
        size_t want = depth * reply_bytes;
        send_all(fd, requests, depth * request_bytes);
        for (size_t have = 0; have < want;)
            have += receive(fd, replies + have, want - have);
        for (size_t j = 0; j < depth; j++) {
            if (memcmp(replies + j * reply_bytes, "HTTP/1.1 200 ", 13) != 0) {
                fprintf(stderr, "closed_loop: a reply is not a 200 of %zu bytes\n", reply_bytes);
                return 1;
            }
        }
    }
    close(fd);
    printf("%zu\n", reply_bytes);
    return 0;
}
