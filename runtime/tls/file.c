#include "tls/file.h"

#include "net/sys.h"

#include <flare/memory.h>

#include <errno.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>

flare_err flarei_tls_complain(struct flarei_tls_complaint *complaint, flare_err err, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    (void)vsnprintf(complaint->text, complaint->bytes, format, list);
    va_end(list);
    return err;
}

static flare_err check(const char *path, const struct stat *status, bool secret,
                       struct flarei_tls_complaint *complaint)
{
    if (!S_ISREG(status->st_mode))
        return flarei_tls_complain(complaint, FLARE_ERR_ARGUMENT, "%s is not a file", path);
    if (status->st_size <= 0 || status->st_size > (off_t)FLAREI_TLS_FILE_MAX_BYTES)
        return flarei_tls_complain(complaint, FLARE_ERR_LIMIT, "%s is empty or larger than %u bytes", path,
                                   FLAREI_TLS_FILE_MAX_BYTES);
    if (secret && (status->st_mode & (S_IROTH | S_IWOTH)) != 0)
        return flarei_tls_complain(complaint, FLARE_ERR_PERMISSION,
                                   "%s can be read or changed by everybody: chmod o-rw it", path);
    return FLARE_OK;
}

static flare_err read_all(int fd, const char *path, size_t bytes, flare_str *content,
                          struct flarei_tls_complaint *complaint)
{
    char *const block = flarei_malloc(bytes);
    size_t have = 0;

    if (block == NULL)
        return flarei_tls_complain(complaint, FLARE_ERR_MEMORY, "%s: out of memory", path);
    while (have < bytes) {
        const ssize_t got = flarei_sys.pread(fd, block + have, bytes - have, (off_t)have);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            flarei_tls_file_free((flare_str){block, bytes});
            return flarei_tls_complain(complaint, FLARE_ERR_IO, "%s can't be read", path);
        }
        have += (size_t)got;
    }
    *content = (flare_str){block, bytes};
    return FLARE_OK;
}

flare_err flarei_tls_file_read(const char *path, bool secret, flare_str *content,
                               struct flarei_tls_complaint *complaint)
{
    struct stat status;
    const int fd = flarei_sys.open_file(path);
    flare_err err;

    if (fd < 0) {
        err = flarei_err_from_errno(errno);
        return flarei_tls_complain(complaint, err, "%s: %s", path, flare_err_text(err));
    }
    if (flarei_sys.fstat(fd, &status) != 0)
        err = flarei_tls_complain(complaint, FLARE_ERR_IO, "%s can't be read", path);
    else
        err = check(path, &status, secret, complaint);
    if (err == FLARE_OK)
        err = read_all(fd, path, (size_t)status.st_size, content, complaint);
    (void)flarei_sys.close(fd);
    return err;
}

void flarei_tls_file_free(flare_str content)
{
    if (content.ptr == NULL)
        return;
    OPENSSL_cleanse((void *)(uintptr_t)content.ptr, content.len);
    flarei_free((void *)(uintptr_t)content.ptr);
}
