/* The sample as a program on a system that now and then has no process, or no sockets, for a worker: POOR
 * says from which call on, how many fail, by which error, and which: "2 3 EAGAIN fork". */
#include "sample.h"

#include "net/sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int from, left;
static int error;
static struct flarei_sys real;

static bool fails(void)
{
    if (--from > 0 || left <= 0)
        return false;
    left--;
    errno = error;
    return true;
}

static pid_t fork_worker(void)
{
    return fails() ? -1 : real.fork_worker();
}

static int pair(int domain, int type, int protocol, int fds[2])
{
    return fails() ? -1 : real.socketpair(domain, type, protocol, fds);
}

static void *map(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    return fails() ? MAP_FAILED : real.mmap(at, bytes, protection, flags, fd, offset);
}

int main(int argc, char **argv)
{
    const char *const poor = getenv("POOR");
    char name[8] = "", what[8] = "";

    real = flarei_sys;
    if (poor != NULL && sscanf(poor, "%d %d %7s %7s", &from, &left, name, what) == 4) {
        error = strcmp(name, "EAGAIN") == 0 ? EAGAIN : strcmp(name, "ENOMEM") == 0 ? ENOMEM : EMFILE;
        if (strcmp(what, "fork") == 0)
            flarei_sys.fork_worker = fork_worker;
        else if (strcmp(what, "map") == 0)
            flarei_sys.mmap = map;
        else
            flarei_sys.socketpair = pair;
    }
    return flare_main(argc, argv, &sample_service);
}
