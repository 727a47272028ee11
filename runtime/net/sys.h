/* net/sys.h - the seam: every system call of net, loop and server goes through this table.
 *
 *     ssize_t got = flarei_sys.recv(fd, buffer, sizeof buffer, 0);     (errno says why, as ever)
 *
 * A test puts a function of its own into a field to make a call fall short or fail, and flarei_sys_reset() in
 * its place again. Change the table only while no other thread uses it.
 */
#ifndef FLAREI_NET_SYS_H
#define FLAREI_NET_SYS_H

#include <flare/str.h>

#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

struct epoll_event;
struct mmsghdr;

FLARE_BEGIN

/** X(result, name, parameters): each has the contract of the call of that name, errno too, but
 * pthread_create, which returns its error; adopt sets O_NONBLOCK and FD_CLOEXEC; duplicate
 * is dup with FD_CLOEXEC;
 * fork_worker forks a process that gets SIGTERM when this one ends and no signals of its terminal, and in
 * which SIGTERM, SIGINT and SIGHUP wait until it unblocks them. What a
 * system lacks fails with ENOSYS. */
#define FLAREI_SYS_CALLS(X)                                                                                  \
    X(ssize_t, recv, (int fd, void *buffer, size_t bytes, int flags))                                        \
    X(ssize_t, send, (int fd, const void *data, size_t bytes, int flags))                                    \
    X(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags))                                   \
    X(ssize_t, read, (int fd, void *buffer, size_t bytes))                                                   \
    X(ssize_t, write, (int fd, const void *data, size_t bytes))                                              \
    X(int, accept4, (int fd, struct sockaddr *address, socklen_t *bytes, int flags))                         \
    X(int, close, (int fd))                                                                                  \
    X(int, epoll_wait, (int epoll, struct epoll_event *events, int count, int timeout_ms))                   \
    X(int, epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event))                         \
    X(int, epoll_create1, (int flags))                                                                       \
    X(int, poll, (struct pollfd * items, nfds_t count, int timeout_ms))                                      \
    X(int, eventfd, (unsigned initial, int flags))                                                           \
    X(int, pipe2, (int fds[2], int flags))                                                                   \
    X(int, clock_gettime, (clockid_t clock, struct timespec * time))                                         \
    X(int, socket, (int domain, int type, int protocol))                                                     \
    X(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags))                                         \
    X(int, recvmmsg, (int fd, struct mmsghdr *messages, unsigned count, int flags))                          \
    X(int, sendmmsg, (int fd, struct mmsghdr *messages, unsigned count, int flags))                          \
    X(int, bind, (int fd, const struct sockaddr *address, socklen_t bytes))                                  \
    X(int, listen, (int fd, int backlog))                                                                    \
    X(int, connect, (int fd, const struct sockaddr *address, socklen_t bytes))                               \
    X(int, shutdown, (int fd, int how))                                                                      \
    X(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *bytes))                         \
    X(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t bytes))                    \
    X(int, getsockname, (int fd, struct sockaddr *address, socklen_t *bytes))                                \
    X(int, getpeername, (int fd, struct sockaddr *address, socklen_t *bytes))                                \
    X(int, adopt, (int fd))                                                                                  \
    X(int, duplicate, (int fd))                                                                              \
    X(int, open_directory, (const char *path))                                                               \
    X(int, socketpair, (int domain, int type, int protocol, int fds[2]))                                     \
    X(pid_t, fork_worker, (void))                                                                            \
    X(int, kill, (pid_t process, int number))                                                                \
    X(int, open_log, (const char *path))                                                                     \
    X(int, dup2, (int from, int to))                                                                         \
    X(int, open_file, (const char *path))                                                                    \
    X(int, open_beneath, (int folder, const char *path))                                                     \
    X(int, open_child, (int folder, const char *name))                                                       \
    X(ssize_t, sendfile, (int to, int from, off_t *at, size_t bytes))                                        \
    X(DIR *, fdopendir, (int folder))                                                                        \
    X(struct dirent *, readdir, (DIR * folder))                                                              \
    X(int, closedir, (DIR * folder))                                                                         \
    X(int, open_unnamed, (const char *directory))                                                            \
    X(int, make_temporary, (char *name))                                                                     \
    X(int, create_file, (const char *path))                                                                  \
    X(ssize_t, pread, (int fd, void *buffer, size_t bytes, off_t at))                                        \
    X(ssize_t, pwrite, (int fd, const void *data, size_t bytes, off_t at))                                   \
    X(int, flock, (int fd, int operation))                                                                   \
    X(int, fstat, (int fd, struct stat *status))                                                             \
    X(int, lstat, (const char *path, struct stat *status))                                                   \
    X(int, unlink, (const char *path))                                                                       \
    X(void *, mmap, (void *at, size_t bytes, int protection, int flags, int fd, off_t offset))               \
    X(int, munmap, (void *at, size_t bytes))                                                                 \
    X(int, mprotect, (void *at, size_t bytes, int protection))                                               \
    X(int, madvise, (void *at, size_t bytes, int advice))                                                    \
    X(unsigned, if_nametoindex, (const char *name))                                                          \
    X(int, sigaction, (int number, const struct sigaction *action, struct sigaction *old))                   \
    X(int, fork, (void))                                                                                     \
    X(int, waitpid, (int process, int *status, int options))                                                 \
    X(int, sched_getaffinity, (pid_t process, size_t bytes, void *cores))                                    \
    X(int, pthread_create,                                                                                   \
      (pthread_t * thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context))

/** The table's type: a pointer to each call above. */
struct flarei_sys {
#define FLAREI_SYS_FIELD(result, name, parameters) result(*name) parameters;
    FLAREI_SYS_CALLS(FLAREI_SYS_FIELD)
#undef FLAREI_SYS_FIELD
};

/** The table in use; the system's own calls unless a test replaced one. */
extern struct flarei_sys flarei_sys;

/** Puts the system's own calls back. No errors. No other thread may use the table meanwhile. */
void flarei_sys_reset(void);

FLARE_END
#endif
