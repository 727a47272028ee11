#include "net/sys.h"
#include "server/server.h"

#include <flare/memory.h>
#include <flare/testing.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child says when it listens, or why it does not. */
struct news {
    flare_err err;
    char address[sizeof((flare_test_server *)NULL)->address];
};

/* ---- The child ---- */

/* The end of the parent that says when to stop: by a byte, or by its own end. */
struct leash {
    flare_watch watch;
    flare_server *server;
};

static void pulled(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct leash *const leash = FLARE_OWNER(watch, struct leash, watch);

    (void)ready;
    flare_loop_remove(loop, watch);
    flare_server_stop(leash->server);
}

static flare_err serve(const flare_service *service, const char *address, const flare_options *options,
                       int to, int from)
{
    struct leash leash = {.watch = {.callback = pulled, .fd = from, .want = FLARE_READ}};
    struct news news = {.err = FLARE_OK};
    flare_server *server;
    flare_err err = flare_server_new(options, &server);

    leash.server = server;
    if (err == FLARE_OK)
        err = flare_loop_add(server->control, &leash.watch);
    if (err == FLARE_OK)
        err = flare_server_listen(server, service, address);
    if (err == FLARE_OK)
        (void)snprintf(news.address, sizeof news.address, "%s", flare_server_address(server, 0));
    news.err = err;
    /* A pipe takes so little at once or not at all (POSIX, PIPE_BUF). */
    if (flarei_sys.write(to, &news, sizeof news) != (ssize_t)sizeof news)
        err = FLARE_ERR_CLOSED;
    (void)flarei_sys.close(to);
    if (err == FLARE_OK)
        err = flare_server_run(server);
    flare_server_free(server);
    return err;
}

/* ---- The parent ---- */

/* @return whether the whole of it came */
static bool read_news(int from, struct news *news)
{
    size_t got = 0;

    while (got < sizeof *news) {
        const ssize_t more = flarei_sys.read(from, (char *)news + got, sizeof *news - got);

        if (more > 0)
            got += (size_t)more;
        else if (more == 0 || errno != EINTR)
            return false;
    }
    return true;
}

static void close_both(const int ends[2])
{
    (void)flarei_sys.close(ends[0]);
    (void)flarei_sys.close(ends[1]);
}

static int wait_for(int process)
{
    int status = 0;

    while (flarei_sys.waitpid(process, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}

static void describe(flare_test_server *server, const struct news *news, int process, int leash)
{
    const char *const address = news->address;
    const bool secure = strncmp(address, "tls:", 4) == 0;
    const char *const place = secure ? address + 4 : address;
    flare_address parsed;

    server->process = process;
    server->leash = leash;
    memcpy(server->address, address, sizeof server->address);
    if (flare_address_parse(flare_str_of(place), &parsed, NULL) == FLARE_OK)
        server->port = parsed.port;
    if (server->port != 0)
        (void)snprintf(server->url, sizeof server->url, "%s://%s", secure ? "https" : "http", place);
}

/* Two pipes: news come up, and the end of the parent goes down. */
static flare_err open_pipes(int up[2], int down[2])
{
    flare_err err;

    if (flarei_sys.pipe2(up, O_CLOEXEC) != 0)
        return flarei_err_from_errno(errno);
    if (flarei_sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, down) == 0)
        return FLARE_OK;
    err = flarei_err_from_errno(errno);
    close_both(up);
    return err;
}

flare_err flare_test_server_start(flare_test_server *server, const flare_service *service,
                                  const char *address, const flare_options *options)
{
    flare_options how = FLARE_OPTIONS_DEFAULT;
    int up[2], down[2], process;
    struct news news;
    flare_err err;

    *server = (flare_test_server){.process = 0};
    how.workers = 1;
    how.log = FLARE_LOG_OFF;
    err = open_pipes(up, down);
    if (err != FLARE_OK)
        return err;
    process = flarei_sys.fork();
    if (process == 0) {
        (void)flarei_sys.close(up[0]);
        (void)flarei_sys.close(down[1]);
        err = serve(service, address ? address : "127.0.0.1:0", options ? options : &how, up[1], down[0]);
        _exit(err == FLARE_OK ? 0 : 1);
    }
    err = process < 0 ? flarei_err_from_errno(errno) : FLARE_ERR_CLOSED;
    (void)flarei_sys.close(up[1]);
    (void)flarei_sys.close(down[0]);
    if (process > 0 && read_news(up[0], &news))
        err = news.err;
    (void)flarei_sys.close(up[0]);
    if (err == FLARE_OK) {
        describe(server, &news, process, down[1]);
        return FLARE_OK;
    }
    (void)flarei_sys.close(down[1]);
    if (process > 0)
        (void)wait_for(process);
    return err;
}

flare_err flare_test_server_stop(flare_test_server *server)
{
    int status;

    if (server->process <= 0)
        return FLARE_OK;
    /* A byte, since children that were started later have this end too. */
    (void)flarei_sys.send(server->leash, "", 1, MSG_NOSIGNAL);
    (void)flarei_sys.close(server->leash);
    status = wait_for(server->process);
    server->process = 0;
    if (status < 0 || !WIFEXITED(status))
        return FLARE_ERR_CLOSED;
    return WEXITSTATUS(status) == 0 ? FLARE_OK : FLARE_ERR_TIMEOUT;
}
