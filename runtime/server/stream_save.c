/* stream_save.c - a body that goes to a file as it comes. */
#include "net/sys.h"

#include <flare/flow.h>

#include <errno.h>

static flare_err write_all(int fd, flare_str piece)
{
    while (piece.len != 0) {
        const ssize_t wrote = flarei_sys.write(fd, piece.ptr, piece.len);

        if (wrote == 0)
            return FLARE_ERR_DISK_FULL;
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return flarei_err_from_errno(errno);
        piece.ptr += wrote;
        piece.len -= (size_t)wrote;
    }
    return FLARE_OK;
}

flare_err flare_body_save(flare_request *rq, int fd, uint64_t *bytes)
{
    flare_str piece;

    *bytes = 0;
    while (flare_body_read(rq, &piece)) {
        const flare_err err = write_all(fd, piece);

        if (err != FLARE_OK)
            return err;
        *bytes += piece.len;
    }
    return flare_body_failed(rq) ? FLARE_ERR_CLOSED : FLARE_OK;
}
