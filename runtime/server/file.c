#include "server/file.h"

#include "net/sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int failed(void)
{
    return (int)flarei_err_from_errno(errno);
}

static const char *temporary_folder(void)
{
    const char *const folder = getenv("TMPDIR");

    return folder != NULL && folder[0] != '\0' ? folder : "/tmp";
}

/* Where no file can be made without a name, it loses its name at once. */
static int open_named(const char *folder)
{
    char name[4096];
    const int length = snprintf(name, sizeof name, "%s/flare-XXXXXX", folder);
    int fd;

    if (length < 0 || (size_t)length >= sizeof name)
        return FLARE_ERR_ARGUMENT;
    fd = flarei_sys.make_temporary(name);
    if (fd < 0)
        return failed();
    if (flarei_sys.unlink(name) != 0) {
        const int err = failed();

        flarei_sys.close(fd);
        return err;
    }
    return fd;
}

static int open_temporary(void)
{
    const char *const folder = temporary_folder();
    int fd;

    do
        fd = flarei_sys.open_unnamed(folder);
    while (fd < 0 && errno == EINTR);
    if (fd >= 0)
        return fd;
    /* What a file system or kernel says that lacks it (open(2), O_TMPFILE). */
    if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)
        return open_named(folder);
    return failed();
}

static flare_err write_all(int fd, const void *bytes, size_t length, uint64_t at)
{
    const char *from = (const char *)bytes;

    while (length != 0) {
        const ssize_t wrote = flarei_sys.pwrite(fd, from, length, (off_t)at);

        if (wrote == 0)
            return FLARE_ERR_DISK_FULL;
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return flarei_err_from_errno(errno);
        from += wrote;
        length -= (size_t)wrote;
        at += (uint64_t)wrote;
    }
    return FLARE_OK;
}

static ptrdiff_t read_at(int fd, void *to, size_t bytes, uint64_t at)
{
    size_t done = 0;

    while (done < bytes) {
        const ssize_t got = flarei_sys.pread(fd, (char *)to + done, bytes - done, (off_t)(at + done));

        if (got == 0)
            break;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed();
        done += (size_t)got;
    }
    return (ptrdiff_t)done;
}

static int create(const char *path)
{
    const int fd = flarei_sys.create_file(path);

    return fd >= 0 ? fd : failed();
}

static flare_err close_file(int fd)
{
    return flarei_sys.close(fd) == 0 || errno == EINTR ? FLARE_OK : flarei_err_from_errno(errno);
}

static void remove_file(const char *path)
{
    (void)flarei_sys.unlink(path);
}

const struct flarei_file_calls flarei_system_files = {
    .open = open_temporary,
    .write = write_all,
    .read = read_at,
    .create = create,
    .close = close_file,
    .remove = remove_file,
};
