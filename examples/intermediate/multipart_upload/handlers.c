#define _XOPEN_SOURCE 700
#include "multipart_upload.flare.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The photos are files "1", "2", … of a folder that lives as long as the service. */
struct album {
    char folder[64];
    atomic_uint_fast64_t count;
};

#define PHOTOS_MAX 1000

static void path_of(const struct album *album, uint64_t id, char *path, size_t bytes)
{
    snprintf(path, bytes, "%s/%llu", album->folder, (unsigned long long)id);
}

struct album *multipart_upload_state_open(void)
{
    struct album *const album = calloc(1, sizeof *album);

    if (album == NULL)
        return NULL;
    snprintf(album->folder, sizeof album->folder, "/tmp/flare-album-XXXXXX");
    if (mkdtemp(album->folder) == NULL) {
        free(album);
        return NULL;
    }
    return album;
}

void multipart_upload_state_close(struct album *album)
{
    char path[128];

    for (uint64_t id = 1; id <= album->count && id <= PHOTOS_MAX; id++) {
        path_of(album, id, path, sizeof path);
        unlink(path);
    }
    rmdir(album->folder);
    free(album);
}

multipart_upload_page_reply multipart_upload_page(flare_request *rq)
{
    return multipart_upload_page_ok(
        rq,
        FLARE_STR(
            "<!doctype html>\n"
            "<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Photos</title></head><body>\n"
            "<form method=\"post\" action=\"/photos\" enctype=\"multipart/form-data\">\n"
            "  <label>Title <input name=\"title\" required maxlength=\"80\"></label>\n"
            "  <label>Picture <input name=\"image\" type=\"file\" accept=\"image/png\" required></label>\n"
            "  <label>Tag <input name=\"tags\" value=\"new\"></label>\n"
            "  <button>Upload</button>\n"
            "</form></body></html>\n"));
}

/* The client's filename is shown, but no path is made of it. */
multipart_upload_upload_reply multipart_upload_upload(flare_request *rq, const multipart_upload_upload_in *in)
{
    static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    struct album *const album = multipart_upload_state_of(rq);
    const flare_file *const image = &in->body.image;
    unsigned char first[sizeof signature];
    char path[128];
    uint64_t id;

    /* A content type is only what the client says. */
    if (flare_file_read(image, 0, first, sizeof first) != (ptrdiff_t)sizeof first ||
        memcmp(first, signature, sizeof first) != 0)
        return multipart_upload_upload_not_a_picture(rq);
    id = atomic_fetch_add(&album->count, 1) + 1;
    if (id > PHOTOS_MAX)
        return multipart_upload_upload_album_full(rq);
    path_of(album, id, path, sizeof path);
    if (flare_file_save(image, path) != FLARE_OK)
        return multipart_upload_upload_fail(rq, "the picture can't be saved");
    return multipart_upload_upload_created(rq,
                                           &(multipart_upload_photo){.id = id,
                                                                     .title = in->body.title,
                                                                     .filename = flare_file_basename(image),
                                                                     .size = image->size,
                                                                     .tags = (uint32_t)in->body.tags.count},
                                           flare_format(rq, "/photos/%llu", (unsigned long long)id));
}

multipart_upload_show_reply multipart_upload_show(flare_request *rq, const multipart_upload_show_in *in)
{
    const struct album *const album = multipart_upload_state_of(rq);
    char path[128];
    FILE *file;
    char *bytes;
    long size;

    path_of(album, in->id, path, sizeof path);
    file = fopen(path, "rb");
    if (file == NULL)
        return multipart_upload_show_not_found(rq);
    if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0 ||
        (bytes = malloc((size_t)size + 1)) == NULL) {
        fclose(file);
        return multipart_upload_show_fail(rq, "the picture can't be read");
    }
    const size_t got = fread(bytes, 1, (size_t)size, file);
    /* A constructor has written everything when it returns. */
    const multipart_upload_show_reply reply = multipart_upload_show_ok(rq, (flare_str){bytes, got});

    fclose(file);
    free(bytes);
    return reply;
}
