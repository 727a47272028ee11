#include "server/proxy.h"

#include "net/sys.h"
#include "wire/proxy.h"

#include <flare/log.h>

#include <errno.h>

/* Looks at what has come, and leaves it there: the first bytes behind the header may be TLS's. @return how
 * many bytes, or an error */
static ptrdiff_t peek(int fd, char *to, size_t room)
{
    ssize_t got;

    do
        got = flarei_sys.recv(fd, to, room, MSG_PEEK);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return flarei_err_from_errno(errno);
    return got == 0 ? FLARE_ERR_CLOSED : got;
}

/* One look. While the header is not complete all that has come belongs to it, and is taken.
 * @return FLARE_OK when it is complete, FLARE_ERR_AGAIN, or why the connection ends */
static flare_err read_header(struct flarei_connection *connection, struct flarei_hop *source)
{
    struct flarei_in_buffer *const input = connection->input;

    for (;;) {
        char *const to = input->bytes + input->end;
        const ptrdiff_t got = peek(connection->watch.fd, to, FLAREI_PROXY_MAX_BYTES + 1 - input->end);
        ptrdiff_t length, taken;

        if (got < 0)
            return (flare_err)got;
        length = flarei_proxy_parse((flare_str){input->bytes, input->end + (size_t)got}, source);
        if (length < 0)
            return FLARE_ERR_SYNTAX;
        taken = length == 0 ? got : length - (ptrdiff_t)input->end;
        if (flare_socket_receive(connection->watch.fd, to, (size_t)taken) != taken)
            return FLARE_ERR_IO;
        input->end += (uint32_t)taken;
        if (length != 0)
            return FLARE_OK;
    }
}

static void keep_source(struct flarei_connection *connection, const struct flarei_hop *source)
{
    flare_address address = {.port = source->port};

    if (source->kind == FLAREI_HOP_UNKNOWN)
        return;
    address.family = source->kind == FLAREI_HOP_IPV4 ? FLARE_ADDRESS_IPV4 : FLARE_ADDRESS_IPV6;
    memcpy(address.ip, source->ip, sizeof address.ip);
    flarei_connection_keep_peer(&connection->peer, &address);
}

void flarei_proxy_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct flarei_connection *connection = FLARE_OWNER(watch, struct flarei_connection, watch);
    struct flarei_hop source;
    flare_err err = FLARE_ERR_MEMORY;

    (void)loop;
    if ((ready & FLARE_HANGUP) != 0)
        connection->hangup = true;
    if (connection->input == NULL)
        connection->input = flare_pool_take(&connection->site->inputs);
    if (connection->input != NULL)
        err = read_header(connection, &source);
    if (err == FLARE_ERR_AGAIN)
        return;
    if (err == FLARE_ERR_SYNTAX)
        flare_log(FLARE_LOG_WARN, "a proxy sent no header of the PROXY protocol, or a malformed one");
    if (err != FLARE_OK) {
        flarei_connection_close(connection);
        return;
    }
    keep_source(connection, &source);
    flarei_connection_enter(connection);
}
