/* idle_clients - TLS connections that send one request each and are quiet from then on.
 *
 *     idle_clients PORT PATH CONNECTIONS
 *
 * Opens them one after the other, from 127.0.0.1, 127.0.0.2 and so on, 20,000 from each, so that no address
 * runs out of ports. Prints `held N` when all have their reply, and holds them until its standard input ends.
 * Exit 1 when a reply is not a 200, or a connection was ended meanwhile. Each costs this program little: a
 * session that has read its reply gives its buffers back, and tickets are not kept.
 */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { per_address = 20000 };

static void fail(const char *what)
{
    perror(what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static int dial(unsigned short port, size_t number)
{
    const struct sockaddr_in from = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(number / per_address))};
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&from, sizeof from) != 0 ||
        connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        fail("idle_clients: connect");
    return fd;
}

static SSL *open_one(SSL_CTX *context, unsigned short port, const char *path, size_t number)
{
    SSL *const tls = SSL_new(context);
    char text[4096];
    int length;
    int got;

    if (tls == NULL || SSL_set_fd(tls, dial(port, number)) != 1 || SSL_connect(tls) != 1)
        fail("idle_clients: handshake");
    length = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    if (SSL_write(tls, text, length) != length)
        fail("idle_clients: request");
    got = SSL_read(tls, text, sizeof text - 1);
    if (got < 12 || memcmp(text, "HTTP/1.1 200", 12) != 0)
        fail("idle_clients: reply");
    return tls;
}

/* Did the server say or do nothing since? */
static bool quiet(const SSL *tls)
{
    char byte;

    return recv(SSL_get_fd(tls), &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0;
}

int main(int argc, char **argv)
{
    SSL_CTX *const context = SSL_CTX_new(TLS_client_method());
    struct rlimit files;
    size_t count;
    size_t ended = 0;
    SSL **held;

    if (argc != 4 || context == NULL) {
        fprintf(stderr, "usage: idle_clients PORT PATH CONNECTIONS\n");
        return 2;
    }
    count = strtoul(argv[3], NULL, 10);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        fail("idle_clients: limits");
    if (files.rlim_cur < count + 64) {
        files.rlim_cur = count + 64;
        if (setrlimit(RLIMIT_NOFILE, &files) != 0)
            fail("idle_clients: descriptors");
    }
    held = calloc(count, sizeof *held);
    if (held == NULL)
        fail("idle_clients: memory");
    for (size_t i = 0; i < count; i++)
        held[i] = open_one(context, (unsigned short)strtoul(argv[1], NULL, 10), argv[2], i);
    printf("held %zu\n", count);
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    for (size_t i = 0; i < count; i++)
        ended += !quiet(held[i]);
    if (ended > 0)
        fprintf(stderr, "idle_clients: %zu connections did not stay quiet\n", ended);
    return ended > 0;
}
