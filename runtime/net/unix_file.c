#include "net/unix_file.h"

#include "net/sockaddr.h"
#include "net/sys.h"

#include <errno.h>
#include <sys/file.h>

#define LOCK_TRIES    100
#define LOCK_PAUSE_MS 10

int flarei_unix_file_lock(const char *path)
{
    char directory[FLARE_ADDRESS_PATH_MAX_BYTES + 1] = ".";
    const char *slash = strrchr(path, '/');
    if (slash) {
        size_t length = slash == path ? 1 : (size_t)(slash - path);
        memcpy(directory, path, length);
        directory[length] = '\0';
    }
    int lock = flarei_sys.open_directory(directory);
    if (lock < 0)
        return -1;
    for (int tries = 0; tries < LOCK_TRIES; tries++) {
        if (flarei_sys.flock(lock, LOCK_EX | LOCK_NB) == 0)
            return lock;
        if (errno != EWOULDBLOCK && errno != EINTR)
            break;
        (void)flarei_sys.poll(NULL, 0, LOCK_PAUSE_MS);
    }
    (void)flarei_sys.close(lock);
    return -1;
}

void flarei_unix_file_unlock(int lock)
{
    if (lock >= 0)
        (void)flarei_sys.close(lock);
}

bool flarei_unix_file_is_stale(const char *path)
{
    struct stat status;
    union flarei_sockaddr name;
    flare_address address = {.family = FLARE_ADDRESS_UNIX};

    if (flarei_sys.lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode) ||
        strlen(path) >= sizeof address.path)
        return false;
    memcpy(address.path, path, strlen(path) + 1);
    socklen_t bytes = flarei_sockaddr_from_address(&name, &address);
    int probe = flarei_sys.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return false;
    bool refused = flarei_sys.connect(probe, &name.any, bytes) != 0 && errno == ECONNREFUSED;
    (void)flarei_sys.close(probe);
    return refused;
}

void flarei_unix_file_remove(const char *path, uint64_t device, uint64_t inode)
{
    struct stat status;
    int lock = flarei_unix_file_lock(path);
    if (flarei_sys.lstat(path, &status) == 0 && S_ISSOCK(status.st_mode) &&
        (uint64_t)status.st_dev == device && (uint64_t)status.st_ino == inode)
        (void)flarei_sys.unlink(path);
    flarei_unix_file_unlock(lock);
}
