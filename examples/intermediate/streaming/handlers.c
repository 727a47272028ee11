#include "streaming.flare.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The upload that came last: a file without a name. Handlers of several workers share it. */
static int blob = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void keep(int fd)
{
    int old;

    pthread_mutex_lock(&lock);
    old = blob;
    blob = fd;
    pthread_mutex_unlock(&lock);
    if (old >= 0)
        close(old);
}

/* @return a descriptor of one's own, or -1 */
static int borrow(void)
{
    int fd;

    pthread_mutex_lock(&lock);
    fd = blob >= 0 ? dup(blob) : -1;
    pthread_mutex_unlock(&lock);
    return fd;
}

static int temporary(void)
{
    char path[] = "/tmp/flare-streaming-XXXXXX";
    const int fd = mkstemp(path);

    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

streaming_put_blob_reply streaming_put_blob(flare_request *rq)
{
    const int fd = temporary();
    streaming_stored stored;
    flare_err err;

    if (fd < 0)
        return streaming_put_blob_fail(rq, "no file can be made");
    err = flare_body_save(rq, fd, &stored.bytes);
    if (err != FLARE_OK) {
        close(fd);
        return err == FLARE_ERR_DISK_FULL ? streaming_put_blob_insufficient_storage(rq)
                                          : streaming_put_blob_fail(rq, "the body can't be kept");
    }
    keep(fd);
    return streaming_put_blob_created(rq, &stored);
}

streaming_get_blob_reply streaming_get_blob(flare_request *rq)
{
    streaming_get_blob_ok_stream *stream;
    char piece[16384];
    const int fd = borrow();
    ssize_t got;

    if (fd < 0)
        return streaming_get_blob_not_found(rq);
    stream = streaming_get_blob_ok_open(rq);
    for (off_t at = 0; (got = pread(fd, piece, sizeof piece, at)) > 0; at += got)
        if (!streaming_get_blob_ok_send(stream, (flare_str){piece, (size_t)got}))
            break;
    close(fd);
    if (got < 0)
        return streaming_get_blob_fail(rq, "the file can't be read");
    return streaming_get_blob_ok(stream);
}

streaming_download_reply streaming_download(flare_request *rq, const streaming_download_in *in)
{
    const int fd = borrow();
    const flare_file_content file = {.fd = fd, .name = in->name.has ? in->name.value : FLARE_STR("blob.bin")};
    streaming_download_reply reply;

    if (fd < 0)
        return streaming_download_not_found(rq);
    reply = streaming_download_ok(rq, &file);
    close(fd);
    return reply;
}

streaming_squares_reply streaming_squares(flare_request *rq, const streaming_squares_in *in)
{
    streaming_squares_ok_stream *const stream = streaming_squares_ok_open(rq);
    char line[64];

    for (uint64_t n = 1; n <= in->count; n++) {
        const int length =
            snprintf(line, sizeof line, "%llu,%llu\n", (unsigned long long)n, (unsigned long long)(n * n));

        if (!streaming_squares_ok_send(stream, (flare_str){line, (size_t)length}))
            break;
    }
    return streaming_squares_ok(stream);
}

streaming_readings_reply streaming_readings(flare_request *rq)
{
    streaming_total total = {.sum = 0};
    streaming_reading reading;

    while (streaming_readings_next(rq, &reading)) {
        total.readings++;
        total.sum += reading.value;
    }
    if (flare_body_failed(rq))
        return streaming_readings_fail(rq, "not all readings came");
    return streaming_readings_ok(rq, &total);
}
