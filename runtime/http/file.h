/* http/file.h - where files of a body are kept: calls that the server gives, since this room knows no system.
 */
#ifndef FLAREI_HTTP_FILE_H
#define FLAREI_HTTP_FILE_H

#include <flare/file.h>

struct flarei_file_calls {
    /** Opens a temporary file that has no name. @return the descriptor, or a flare_err */
    int (*open)(void);
    /** Writes all of it at an offset. */
    flare_err (*write)(int fd, const void *bytes, size_t length, uint64_t at);
    /** @return bytes read, fewer only at the end; or a flare_err */
    ptrdiff_t (*read)(int fd, void *to, size_t bytes, uint64_t at);
    /** Makes a file of that path, which must not exist. @return the descriptor, or a flare_err */
    int (*create)(const char *path);
    /** Closes what open or create gave. @return what a late write met */
    flare_err (*close)(int fd);
    void (*remove)(const char *path);
};

#endif
