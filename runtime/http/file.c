#include "http/file.h"

/* A file is copied in pieces of this. */
enum { PIECE_BYTES = 16384 };

flare_str flare_file_basename(const flare_file *file)
{
    flare_str name = file->filename;

    for (size_t i = name.len; i > 0; i--) {
        if (name.ptr[i - 1] == '/' || name.ptr[i - 1] == '\\') {
            name = (flare_str){name.ptr + i, name.len - i};
            break;
        }
    }
    if (flare_str_equal(name, FLARE_STR(".")) || flare_str_equal(name, FLARE_STR("..")))
        return FLARE_STR("");
    return name;
}

ptrdiff_t flare_file_read(const flare_file *file, uint64_t at, void *to, size_t bytes)
{
    if (at >= file->size)
        return 0;
    if (bytes > file->size - at)
        bytes = (size_t)(file->size - at);
    if (file->fd >= 0)
        return file->flarei_calls->read(file->fd, to, bytes, at);
    if (bytes != 0)
        memcpy(to, file->bytes.ptr + at, bytes);
    return (ptrdiff_t)bytes;
}

static flare_err copy(const flare_file *file, int fd)
{
    char piece[PIECE_BYTES];

    if (file->fd < 0)
        return file->flarei_calls->write(fd, file->bytes.ptr, file->bytes.len, 0);
    for (uint64_t at = 0; at < file->size;) {
        const ptrdiff_t got = flare_file_read(file, at, piece, sizeof piece);
        flare_err err;

        if (got <= 0)
            return got < 0 ? (flare_err)got : FLARE_ERR_IO;
        err = file->flarei_calls->write(fd, piece, (size_t)got, at);
        if (err != FLARE_OK)
            return err;
        at += (uint64_t)got;
    }
    return FLARE_OK;
}

flare_err flare_file_save(const flare_file *file, const char *path)
{
    flare_err err, closed;
    int fd;

    if (file->flarei_calls == NULL)
        return FLARE_ERR_UNSUPPORTED;
    fd = file->flarei_calls->create(path);
    if (fd < 0)
        return (flare_err)fd;
    err = copy(file, fd);
    closed = file->flarei_calls->close(fd);
    if (err == FLARE_OK)
        err = closed;
    if (err != FLARE_OK)
        file->flarei_calls->remove(path);
    return err;
}
