/* flare/file.h - a file that came in a multipart body: a `file(…)` field of a spec.
 *
 *     const flare_file *image = &in->body.image;
 *     if (flare_file_save(image, path) != FLARE_OK)
 *         return photos_upload_fail(rq, "the image can't be kept");
 *
 * A small file is in memory, a larger one in a temporary file that has no name; the functions here work on
 * both. It is gone when the request ends, however it ends: what is to stay is read or saved before the reply.
 */
#ifndef FLARE_FILE_H
#define FLARE_FILE_H

#include <flare/err.h>
#include <flare/str.h>

FLARE_BEGIN

struct flarei_file_calls;

/** A file of a multipart body. Borrowed from the request: valid until the reply. */
typedef struct flare_file {
    flare_str filename;     /**< as the client sent it, UTF-8, maybe empty or with folders in it: never a path
                               to open; see flare_file_basename() */
    flare_str content_type; /**< as the client says, "text/plain" where it says nothing (RFC 7578
                               section 4.4); nobody looked into the file */
    uint64_t size;          /**< of the content, in bytes */
    flare_str bytes;        /**< the whole content, where it is in memory; else {NULL, 0} */
    int fd;                 /**< else the temporary file, open for reading and writing, of no set position;
                               -1 where it is in memory. The request closes it. */
    const struct flarei_file_calls *flarei_calls;
} flare_file;

/** `{items, count}` of a repeated field. */
FLARE_ARRAY(flare_file_array, flare_file);
/** `{has, value}` of one that may be absent. */
FLARE_OPTIONAL(flare_file_opt, flare_file);
FLARE_OPTIONAL(flare_file_array_opt, flare_file_array);

/** The filename without folders, whichever slashes they are written with. It is still the client's: it may be
 * too long for a file system, or be one that exists.
 *  @param file of a request @return borrowed like the filename; empty where nothing is left, for "." and
 * "..". Any thread. */
flare_str flare_file_basename(const flare_file *file) FLARE_MUST_USE;

/** Reads from any place; may block on a disk.
 *  @param file of a request @param at offset in bytes @param to room for `bytes` @param bytes to read at most
 *  @return how many were read: fewer than `bytes` only at the end, 0 there and beyond; FLARE_ERR_IO or
 * another flare_err (< 0) where the temporary file can't be read. The request's thread. */
ptrdiff_t flare_file_read(const flare_file *file, uint64_t at, void *to, size_t bytes) FLARE_MUST_USE;

/** Writes the content to a new file of this path, mode 0666 less the umask. Nothing is overwritten, no
 * symbolic link is followed at its end, and what can't be written whole is removed again. May block on a
 * disk.
 *  @param file of a request @param path NUL-terminated; the service's own, not made of the filename unchecked
 *  @return FLARE_OK, FLARE_ERR_EXISTS, FLARE_ERR_DISK_FULL, FLARE_ERR_PERMISSION, FLARE_ERR_NOT_FOUND (the
 *  folder), FLARE_ERR_DESCRIPTORS, FLARE_ERR_IO. The request's thread. */
flare_err flare_file_save(const flare_file *file, const char *path) FLARE_MUST_USE;

FLARE_END
#endif
