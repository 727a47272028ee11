/* blobs.c - files of any kind: written as they come, read as they leave. */
#include "state.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = sizeof((struct shop_state *)0)->blobs + 80, PIECE_BYTES = 8192 };

bool blobs_open(struct shop_state *state)
{
    const char *const folder = getenv("SHOP_BLOBS"), *const temporary = getenv("TMPDIR");

    if (folder != NULL) {
        (void)snprintf(state->blobs, sizeof state->blobs, "%s", folder);
        return access(state->blobs, W_OK) == 0;
    }
    (void)snprintf(state->blobs, sizeof state->blobs, "%s/shop-blobs-XXXXXX",
                   temporary != NULL ? temporary : "/tmp");
    state->blobs_temporary = mkdtemp(state->blobs) != NULL;
    return state->blobs_temporary;
}

static void path_of(const struct shop_state *state, const char *name, size_t length, char *path)
{
    (void)snprintf(path, PATH_BYTES, "%s/%.*s", state->blobs, (int)length, name);
}

void blobs_close(struct shop_state *state)
{
    DIR *const folder = state->blobs_temporary ? opendir(state->blobs) : NULL;
    char path[PATH_BYTES];
    struct dirent *entry;

    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL) {
        path_of(state, entry->d_name, strlen(entry->d_name), path);
        (void)unlink(path);
    }
    (void)closedir(folder);
    (void)rmdir(state->blobs);
}

/* Under another name until it is whole, so nobody reads half of one; no name of a client begins with a dot.
 */
shop_put_blob_reply shop_put_blob(flare_request *rq, const shop_put_blob_in *in)
{
    const struct shop_state *const state = shop_state_of(rq);
    char path[PATH_BYTES], part[PATH_BYTES];
    shop_stored stored = {0};
    flare_err err;
    int fd;

    path_of(state, in->name.ptr, in->name.len, path);
    path_of(state, ".part-XXXXXX", 12, part);
    fd = mkstemp(part);
    if (fd < 0)
        return shop_put_blob_fail(rq, "the file can't be made");
    err = flare_body_save(rq, fd, &stored.bytes);
    if ((close(fd) != 0 || rename(part, path) != 0) && err == FLARE_OK)
        err = FLARE_ERR_IO;
    if (err == FLARE_OK)
        return shop_put_blob_created(rq, &stored);
    (void)unlink(part);
    return err == FLARE_ERR_DISK_FULL ? shop_put_blob_insufficient_storage(rq)
                                      : shop_put_blob_fail(rq, "the body can't be kept");
}

shop_get_blob_reply shop_get_blob(flare_request *rq, const shop_get_blob_in *in)
{
    char path[PATH_BYTES], piece[PIECE_BYTES];
    shop_get_blob_ok_stream *stream;
    ssize_t got;
    int fd;

    path_of(shop_state_of(rq), in->name.ptr, in->name.len, path);
    fd = open(path, O_RDONLY);
    if (fd < 0)
        return shop_get_blob_not_found(rq);
    stream = shop_get_blob_ok_open(rq);
    while ((got = read(fd, piece, sizeof piece)) > 0)
        if (!shop_get_blob_ok_send(stream, (flare_str){piece, (size_t)got}))
            break;
    (void)close(fd);
    return got < 0 ? shop_get_blob_fail(rq, "the file can't be read") : shop_get_blob_ok(stream);
}
