#include "net/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#if defined(SYS_openat2)
#include <linux/openat2.h>
#endif
#include <sys/prctl.h>
#endif

/* With _GNU_SOURCE glibc gives the calls that take a sockaddr a parameter of a union type, so that their
 * addresses do not fit the table. */

static int sys_accept4(int fd, struct sockaddr *address, socklen_t *bytes, int flags)
{
    return accept4(fd, address, bytes, flags);
}

static int sys_bind(int fd, const struct sockaddr *address, socklen_t bytes)
{
    return bind(fd, address, bytes);
}

static int sys_connect(int fd, const struct sockaddr *address, socklen_t bytes)
{
    return connect(fd, address, bytes);
}

static int sys_getsockname(int fd, struct sockaddr *address, socklen_t *bytes)
{
    return getsockname(fd, address, bytes);
}

static int sys_getpeername(int fd, struct sockaddr *address, socklen_t *bytes)
{
    return getpeername(fd, address, bytes);
}

static pid_t sys_fork_worker(void)
{
    const pid_t parent = getpid();
    sigset_t signals, before;
    pid_t process;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &signals, &before);
    process = fork();
    if (process != 0) {
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        return process;
    }
    (void)setpgid(0, 0);
#if defined(__linux__)
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    if (getppid() != parent)
        (void)raise(SIGTERM);
    return 0;
}

static int sys_adopt(int fd)
{
    const int flags = fcntl(fd, F_GETFL);

    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -1
                                                                                                         : 0;
}

static int sys_duplicate(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static int sys_open_directory(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Without a wait for a pipe's other end. */
#define READ_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* What a path names that does not lead out of the folder, by dots or by a link. */
static int sys_open_beneath(int folder, const char *path)
{
#if defined(SYS_openat2) && defined(RESOLVE_BENEATH)
    const struct open_how how = {.flags = READ_FLAGS, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};

    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
#else
    (void)folder, (void)path;
    errno = ENOSYS;
    return -1;
#endif
}

/* One name in a folder; no link. */
static int sys_open_child(int folder, const char *name)
{
    return openat(folder, name, READ_FLAGS | O_NOFOLLOW);
}

static int sys_open_log(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
}

/* A file without a name, where the file system can; then what it held is gone however the process ends. */
static int sys_open_file(const char *path)
{
    return open(path, READ_FLAGS);
}

static int sys_open_unnamed(const char *directory)
{
#if defined(O_TMPFILE)
    return open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
#else
    (void)directory;
    errno = EOPNOTSUPP;
    return -1;
#endif
}

static int sys_make_temporary(char *name)
{
    return mkostemp(name, O_CLOEXEC);
}

static int sys_create_file(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

#if defined(__linux__)
#define sys_sendfile      sendfile
#define sys_epoll_wait    epoll_wait
#define sys_epoll_ctl     epoll_ctl
#define sys_epoll_create1 epoll_create1

static int sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    return recvmmsg(fd, messages, count, flags, NULL);
}

static int sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    return sendmmsg(fd, messages, count, flags);
}

static int sys_eventfd(unsigned initial, int flags)
{
    return eventfd(initial, flags);
}

static int sys_sched_getaffinity(pid_t process, size_t bytes, void *cores)
{
    return sched_getaffinity(process, bytes, cores);
}
#else
static int lacking(void)
{
    errno = ENOSYS;
    return -1;
}

static int sys_epoll_wait(int epoll, struct epoll_event *events, int count, int timeout_ms)
{
    (void)epoll, (void)events, (void)count, (void)timeout_ms;
    return lacking();
}

static int sys_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    (void)epoll, (void)operation, (void)fd, (void)event;
    return lacking();
}

static int sys_epoll_create1(int flags)
{
    (void)flags;
    return lacking();
}

static ssize_t sys_sendfile(int to, int from, off_t *at, size_t bytes)
{
    (void)to, (void)from, (void)at, (void)bytes;
    return lacking();
}

static int sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    (void)fd, (void)messages, (void)count, (void)flags;
    return lacking();
}

static int sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    (void)fd, (void)messages, (void)count, (void)flags;
    return lacking();
}

static int sys_eventfd(unsigned initial, int flags)
{
    (void)initial, (void)flags;
    return lacking();
}

static int sys_sched_getaffinity(pid_t process, size_t bytes, void *cores)
{
    (void)process, (void)bytes, (void)cores;
    return lacking();
}
#endif

#define SYSTEM_CALLS                                                                                         \
    {                                                                                                        \
        .recv = recv, .send = send, .sendmsg = sendmsg, .read = read, .write = write,                        \
        .accept4 = sys_accept4, .close = close, .epoll_wait = sys_epoll_wait, .epoll_ctl = sys_epoll_ctl,    \
        .epoll_create1 = sys_epoll_create1, .poll = poll, .eventfd = sys_eventfd, .pipe2 = pipe2,            \
        .clock_gettime = clock_gettime, .socket = socket, .bind = sys_bind, .listen = listen,                \
        .connect = sys_connect, .shutdown = shutdown, .getsockopt = getsockopt, .setsockopt = setsockopt,    \
        .getsockname = sys_getsockname, .getpeername = sys_getpeername, .adopt = sys_adopt,                  \
        .duplicate = sys_duplicate, .kill = kill, .open_directory = sys_open_directory,                      \
        .fork_worker = sys_fork_worker, .open_log = sys_open_log, .dup2 = dup2, .open_file = sys_open_file,  \
        .open_beneath = sys_open_beneath, .open_child = sys_open_child, .sendfile = sys_sendfile,            \
        .fdopendir = fdopendir, .readdir = readdir, .closedir = closedir, .open_unnamed = sys_open_unnamed,  \
        .make_temporary = sys_make_temporary, .create_file = sys_create_file, .pread = pread,                \
        .socketpair = socketpair, .recvmsg = recvmsg, .recvmmsg = sys_recvmmsg, .sendmmsg = sys_sendmmsg,    \
        .fork = fork, .waitpid = waitpid, .pwrite = pwrite, .flock = flock, .fstat = fstat, .lstat = lstat,  \
        .unlink = unlink, .mmap = mmap, .munmap = munmap, .mprotect = mprotect, .madvise = madvise,          \
        .if_nametoindex = if_nametoindex, .sigaction = sigaction,                                            \
        .sched_getaffinity = sys_sched_getaffinity, .pthread_create = pthread_create,                        \
    }

struct flarei_sys flarei_sys = SYSTEM_CALLS;

void flarei_sys_reset(void)
{
    flarei_sys = (struct flarei_sys)SYSTEM_CALLS;
}
