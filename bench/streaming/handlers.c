#include "streaming.flare.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

streaming_upload_reply streaming_upload(flare_request *rq)
{
    const int fd = open("uploaded", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    char text[32];
    uint64_t bytes;
    flare_err err;
    int length;

    if (fd < 0)
        return streaming_upload_fail(rq, "the file can't be made");
    err = flare_body_save(rq, fd, &bytes);
    if (close(fd) != 0 || err != FLARE_OK)
        return streaming_upload_fail(rq, "the body can't be kept");
    length = snprintf(text, sizeof text, "%llu", (unsigned long long)bytes);
    return streaming_upload_created(rq, (flare_str){text, (size_t)length});
}

/* Each piece is made anew, on the handler's own stack, as one that reads a file or a database has it. */
streaming_download_reply streaming_download(flare_request *rq, const streaming_download_in *in)
{
    streaming_download_ok_stream *const stream = streaming_download_ok_open(rq);
    char piece[16384];

    for (uint64_t left = in->bytes; left != 0;) {
        const size_t length = left < sizeof piece ? (size_t)left : sizeof piece;

        memset(piece, (int)(left >> 14) & 0xff, length);
        if (!streaming_download_ok_send(stream, (flare_str){piece, length}))
            break;
        left -= length;
    }
    return streaming_download_ok(stream);
}
