#include "server/beneath.h"

#include "net/sys.h"

#include <errno.h>
#include <string.h>

/* The kernel asks for another try when a folder was renamed meanwhile. */
enum { TRIES = 4 };

bool flarei_beneath_allowed(flare_str path, bool hidden)
{
    size_t start = 0;

    if (path.len >= FLAREI_BENEATH_MAX_BYTES || (path.len != 0 && memchr(path.ptr, '\0', path.len) != NULL))
        return false;
    while (start < path.len) {
        const char *const name = path.ptr + start;
        const char *const slash = memchr(name, '/', path.len - start);
        const size_t bytes = slash != NULL ? (size_t)(slash - name) : path.len - start;

        if (bytes == 0 || (name[0] == '.' && (!hidden || bytes == 1 || (bytes == 2 && name[1] == '.'))))
            return false;
        start += bytes + 1;
    }
    return true;
}

static int failed(void)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP: /* a link that is not followed */
    case EXDEV: /* out of the folder */
    case ENAMETOOLONG:
    case EACCES:
    case EPERM:
    case ENXIO: /* a socket */
        return FLARE_ERR_NOT_FOUND;
    default:
        return (int)flarei_err_from_errno(errno);
    }
}

static int open_child(int folder, const char *name)
{
    int fd;

    do
        fd = flarei_sys.open_child(folder, name);
    while (fd < 0 && errno == EINTR);
    return fd >= 0 ? fd : failed();
}

/* One name after the other. */
static int walk(int folder, const char *path)
{
    char name[256];
    int at = folder;

    for (;;) {
        const char *const slash = strchr(path, '/');
        const size_t bytes = slash != NULL ? (size_t)(slash - path) : strlen(path);
        int next;

        if (bytes >= sizeof name)
            next = FLARE_ERR_NOT_FOUND;
        else {
            memcpy(name, path, bytes);
            memcpy(name + bytes, "", 1);
            next = open_child(at, bytes != 0 ? name : ".");
        }
        if (at != folder)
            flarei_sys.close(at);
        if (next < 0 || slash == NULL)
            return next;
        at = next;
        path = slash + 1;
    }
}

int flarei_open_beneath(int folder, const char *path)
{
    int fd = -1;

    for (int i = 0; i < TRIES; i++) {
        fd = flarei_sys.open_beneath(folder, *path != '\0' ? path : ".");
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    if (fd >= 0)
        return fd;
    /* EPERM: a filter of system calls that does not know it, or a file that we may not read. */
    if (errno == ENOSYS || errno == EPERM)
        return walk(folder, path);
    return failed();
}
