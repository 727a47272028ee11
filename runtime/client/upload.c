/* Content of a request that is read as it is sent. */
#include "client/upload.h"

#include "client/fetch.h"
#include "net/sys.h"

#include <errno.h>

void flarei_upload_prepare(struct flarei_upload *upload, const flare_fetch_source *source)
{
    if (source == NULL)
        return;
    *upload = (struct flarei_upload){.source = *source,
                                     .left = source->length,
                                     .is = true,
                                     .chunked = source->length == FLARE_FETCH_LENGTH_UNKNOWN,
                                     .written = source->read == NULL};
}

bool flarei_upload_may_repeat(const struct flarei_upload *upload)
{
    return !upload->is || !upload->began || upload->source.rewind != NULL;
}

bool flarei_upload_rewind(struct flarei_upload *upload)
{
    if (upload->is && upload->began) {
        if (upload->source.rewind == NULL || !upload->source.rewind(upload->source.context))
            return false;
        upload->left = upload->source.length;
        upload->began = upload->over = upload->waits = false;
        upload->err = FLARE_OK;
    }
    return true;
}

static ptrdiff_t read_written(flare_fetch *fetch, void *buffer, size_t bytes)
{
    struct flarei_upload *const upload = &fetch->upload;
    flare_str *const part = &upload->part;
    const size_t taken = part->len < bytes ? part->len : bytes;

    if (taken == 0)
        return upload->all_written ? 0 : FLARE_ERR_AGAIN;
    memcpy(buffer, part->ptr, taken);
    *part = (flare_str){part->ptr + taken, part->len - taken};
    if (part->len == 0)
        flarei_fetch_tell_waiter(fetch);
    return (ptrdiff_t)taken;
}

static ptrdiff_t fail(flare_fetch *fetch, flare_err err, const char *why)
{
    fetch->upload.err = err;
    fetch->why = why;
    return err;
}

ptrdiff_t flarei_upload_read(flare_fetch *fetch, void *buffer, size_t bytes)
{
    struct flarei_upload *const upload = &fetch->upload;
    ptrdiff_t got;

    if (upload->err != FLARE_OK)
        return upload->err;
    if (!upload->chunked && bytes > upload->left)
        bytes = (size_t)upload->left;
    if (upload->over || bytes == 0) {
        upload->over = true;
        return 0;
    }
    upload->began = true;
    got = upload->written ? read_written(fetch, buffer, bytes)
                          : upload->source.read(upload->source.context, buffer, bytes);
    if (got == FLARE_ERR_AGAIN) {
        upload->waits = true;
        fetch->silent_ms = UINT64_MAX; /* it is not the peer who is silent */
        return got;
    }
    if (got < 0 || (size_t)got > bytes)
        return fail(fetch, got < 0 ? (flare_err)got : FLARE_ERR_ARGUMENT, "what is sent can't be read");
    if (got == 0 && !upload->chunked)
        return fail(fetch, FLARE_ERR_ARGUMENT, "what is sent is shorter than it was said to be");
    if (!upload->chunked)
        upload->left -= (uint64_t)got;
    upload->over = got == 0 || (!upload->chunked && upload->left == 0);
    return got;
}

void flare_fetch_push(flare_fetch *fetch)
{
    if (!fetch->upload.waits || fetch->over)
        return;
    fetch->upload.waits = false;
    if (fetch->connection == NULL)
        return;
    flarei_fetch_heard(fetch);
    flarei_fetch_set_timer(fetch);
    flare_timer_set(fetch->client->loop, &fetch->connection->more, 0);
}

/* ---- Of a file ---- */

static ptrdiff_t read_file(void *context, void *buffer, size_t bytes)
{
    flare_fetch_file *const file = context;
    ssize_t got;

    if (bytes > file->bytes - file->at)
        bytes = (size_t)(file->bytes - file->at);
    if (bytes == 0)
        return 0;
    got = flarei_sys.pread(file->fd, buffer, bytes, (off_t)(file->first + file->at));
    if (got < 0)
        return flarei_err_from_errno(errno);
    if (got == 0)
        return FLARE_ERR_CLOSED; /* it has become shorter */
    file->at += (uint64_t)got;
    return got;
}

static bool rewind_file(void *context)
{
    ((flare_fetch_file *)context)->at = 0;
    return true;
}

flare_fetch_source flare_fetch_source_of(flare_fetch_file *file)
{
    file->at = 0;
    return (flare_fetch_source){
        .read = read_file, .rewind = rewind_file, .context = file, .length = file->bytes};
}
