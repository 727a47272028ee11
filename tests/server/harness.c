#include "harness.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Clients keep to the system's own calls: the seam is the server's. */

flare_options harness_options = {.workers = 1, .drain_seconds = 5, .log = FLARE_LOG_OFF};

static void *serve(void *context)
{
    struct harness *h = context;

    h->result = flare_server_run(h->server);
    return NULL;
}

uint16_t harness_port(const flare_server *server, size_t index)
{
    const char *address = flare_server_address(server, index);
    const char *colon = address ? strrchr(address, ':') : NULL;

    return colon ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
}

static bool start(struct harness *h, const flare_service *service, const char *address)
{
    memset(h, 0, sizeof *h);
    if (flare_server_new(&harness_options, &h->server) != FLARE_OK)
        return false;
    if (flare_server_listen(h->server, service ? service : &sample_service, address) != FLARE_OK) {
        fprintf(stderr, "harness: %s\n", flare_server_error(h->server));
        flare_server_free(h->server);
        return false;
    }
    h->port = harness_port(h->server, 0);
    return pthread_create(&h->thread, NULL, serve, h) == 0;
}

bool harness_start(struct harness *h, const flare_service *service)
{
    return start(h, service, "127.0.0.1:0");
}

bool harness_start_at(struct harness *h, const char *address)
{
    return start(h, NULL, address);
}

void harness_join(struct harness *h)
{
    pthread_join(h->thread, NULL);
    flare_server_free(h->server);
}

void harness_stop(struct harness *h)
{
    flare_server_stop(h->server);
    harness_join(h);
}

void harness_each_way(void (*run_all)(void))
{
    const flare_options before = harness_options;

    run_all();
    harness_options.poll = true;
    run_all();
    harness_options.workers = 2;
    harness_options.listeners = FLARE_LISTENERS_SHARED;
    run_all();
    harness_options.poll = false;
    run_all();
    harness_options.listeners = FLARE_LISTENERS_REUSEPORT;
    harness_options.pin = true;
    run_all();
    harness_options = before;
}

static int dial(uint16_t port, int receive_bytes)
{
    const struct timeval patience = {.tv_sec = 3};
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (receive_bytes != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, 1, &(int){1}, sizeof(int));
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int client_dial_port(uint16_t port)
{
    return dial(port, 0);
}

int client_dial(const struct harness *h)
{
    return dial(h->port, 0);
}

int client_dial_small(const struct harness *h)
{
    return dial(h->port, 4096);
}

bool client_send_bytes(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        const ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

bool client_send(int fd, const char *text)
{
    return client_send_bytes(fd, text, strlen(text));
}

/* One byte. @return 1, 0 at the end, -1 after a timeout or an error */
static int read_byte(int fd, char *byte)
{
    ssize_t got;

    do
        got = recv(fd, byte, 1, 0);
    while (got < 0 && errno == EINTR);
    return got > 0 ? 1 : got == 0 ? 0 : -1;
}

static const char *field(const char *head, const char *name)
{
    const size_t length = strlen(name);

    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':')
            return line + 2 + length + 2;
    return NULL;
}

void client_read(int fd, struct reply *reply, bool head_only)
{
    size_t length = 0;
    const char *value;
    size_t body;

    memset(reply, 0, offsetof(struct reply, body) + 1);
    while (length + 1 < sizeof reply->head) {
        const int got = read_byte(fd, &reply->head[length]);

        if (got != 1) {
            reply->timed_out = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
            return;
        }
        length++;
        if (length >= 4 && memcmp(reply->head + length - 4, "\r\n\r\n", 4) == 0)
            break;
    }
    reply->head[length] = '\0';
    if (strncmp(reply->head, "HTTP/1.1 ", 9) != 0)
        return;
    reply->status = (int)strtol(reply->head + 9, NULL, 10);
    value = field(reply->head, "Connection");
    reply->close = value != NULL && strncmp(value, "close", 5) == 0;
    value = field(reply->head, "Content-Length");
    body = value && !head_only ? strtoul(value, NULL, 10) : 0;
    while (reply->body_bytes < body && reply->body_bytes + 1 < sizeof reply->body) {
        size_t room = sizeof reply->body - 1 - reply->body_bytes;
        ssize_t got;

        if (room > body - reply->body_bytes)
            room = body - reply->body_bytes;
        got = recv(fd, reply->body + reply->body_bytes, room, 0);
        if (got <= 0 && !(got < 0 && errno == EINTR))
            break;
        reply->body_bytes += got > 0 ? (size_t)got : 0;
    }
    reply->body[reply->body_bytes] = '\0';
    reply->whole = reply->body_bytes == body;
}

int client_ended(int fd)
{
    char byte;
    const int got = read_byte(fd, &byte);

    if (got == 0)
        return 1;
    return got < 0 && (errno == ECONNRESET || errno == EPIPE) ? -1 : 0;
}

int client_status(const struct harness *h, const char *request)
{
    static _Thread_local struct reply reply;
    const int fd = client_dial(h);

    if (fd < 0)
        return -1;
    client_send(fd, request);
    client_read(fd, &reply, false);
    close(fd);
    return reply.status;
}

void sleep_ms(unsigned ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&pause, NULL);
}

uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
