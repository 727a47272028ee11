/* server.h - a Redis of the test's own: run as an ordinary user, on a unix socket in a temporary folder and
 * on a free port of loopback. */
#ifndef TESTS_REDIS_SERVER_H
#define TESTS_REDIS_SERVER_H

#include "test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NOBODY = 65534, SERVER_WORDS = 40 };

struct server {
    pid_t process;
    int port;
    char folder[64];
    char socket_path[96];
    char url[128]; /* over its unix socket */
};

static inline int loopback_socket(struct sockaddr_in *address)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t bytes = sizeof *address;

    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK_INT(bind(fd, (struct sockaddr *)(void *)address, bytes), 0);
    CHECK_INT(getsockname(fd, (struct sockaddr *)(void *)address, &bytes), 0);
    return fd;
}

static inline int free_port(void)
{
    struct sockaddr_in address;
    const int fd = loopback_socket(&address);

    (void)close(fd);
    return ntohs(address.sin_port);
}

/* An ordinary user's, even where the test is not one's. */
static inline void give_away(const char *path)
{
    if (geteuid() == 0)
        CHECK_INT(chown(path, NOBODY, NOBODY), 0);
}

static inline void server_run(const struct server *server, char *const *words)
{
    char log[96];
    int out;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        _exit(126);
    (void)snprintf(log, sizeof log, "%s/log", server->folder);
    out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir(server->folder) != 0)
        _exit(126);
    (void)execvp(words[0], words);
    _exit(127);
}

static inline bool server_answers(const struct server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char bytes[8];
    bool good;

    memcpy(address.sun_path, server->socket_path, strlen(server->socket_path));
    good = connect(fd, (struct sockaddr *)(void *)&address, sizeof address) == 0 &&
           write(fd, "PING\r\n", 6) == 6 && read(fd, bytes, sizeof bytes) > 0;
    (void)close(fd);
    return good;
}

/* @param more words of its command line, up to a NULL; or NULL @return false: there is no such program */
static inline bool server_start(struct server *server, const char *const *more)
{
    char port[16];
    const char *words[SERVER_WORDS] = {"redis-server", "--port",      port,     "--bind", "127.0.0.1",
                                       "--unixsocket", NULL,          "--save", "",       "--appendonly",
                                       "no",           "--daemonize", "no"};
    const struct timespec pause = {.tv_nsec = 2000000};
    size_t count = 13;
    int status;

    (void)snprintf(port, sizeof port, "%d", server->port);
    words[6] = server->socket_path;
    for (; more != NULL && *more != NULL && count < SERVER_WORDS - 1; more++)
        words[count++] = *more;
    (void)unlink(server->socket_path);
    server->process = fork();
    if (server->process == 0)
        server_run(server, (char *const *)(uintptr_t)words);
    for (int i = 0; i < 30000; i++) {
        if (server_answers(server))
            return true;
        if (waitpid(server->process, &status, WNOHANG) == server->process) {
            CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 127);
            return false;
        }
        (void)nanosleep(&pause, NULL);
    }
    fprintf(stderr, "Redis does not start\n");
    test_ok = false;
    return false;
}

static inline void server_kill(struct server *server)
{
    (void)kill(server->process, SIGKILL);
    CHECK_INT(waitpid(server->process, NULL, 0), server->process);
    server->process = 0;
}

/* Makes a folder, and starts it. @return false: there is no Redis here */
static inline bool server_make(struct server *server, const char *const *more)
{
    (void)snprintf(server->folder, sizeof server->folder, "/tmp/flare-redis-XXXXXX");
    CHECK(mkdtemp(server->folder) != NULL);
    give_away(server->folder);
    server->port = free_port();
    (void)snprintf(server->socket_path, sizeof server->socket_path, "%s/socket", server->folder);
    (void)snprintf(server->url, sizeof server->url, "unix://%s", server->socket_path);
    return server_start(server, more);
}

static inline void server_remove(struct server *server)
{
    static const char *const files[] = {"log", "socket"};
    char path[128];

    if (server->process != 0)
        server_kill(server);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", server->folder, files[i]);
        (void)unlink(path);
    }
    CHECK_INT(rmdir(server->folder), 0);
}

/* For main(): says that there is nothing to test with. */
static inline int server_skipped(struct server *server)
{
    server->process = 0;
    server_remove(server);
    printf("skipped: redis because there is no redis-server here\n");
    return 0;
}

#endif
