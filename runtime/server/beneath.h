/* server/beneath.h - opens what a path names in a folder, and nothing outside of it. */
#ifndef FLAREI_SERVER_BENEATH_H
#define FLAREI_SERVER_BENEATH_H

#include <flare/err.h>
#include <flare/str.h>

/** The longest path that is looked at, with its NUL. */
#define FLAREI_BENEATH_MAX_BYTES 4096u

/** May this path be opened: no empty segment but maybe the last, no "." or "..", no NUL; and no name with a
 * dot in front unless `hidden`? @return whether. No errors. Any thread. */
bool flarei_beneath_allowed(flare_str path, bool hidden);

/** Opens a file or folder for reading, without waiting. Links are followed where they stay in the folder; a
 * kernel without openat2() (Linux before 5.6) follows none.
 *  @param folder an open folder @param path an allowed one, NUL-terminated, shorter than
 * FLAREI_BENEATH_MAX_BYTES
 *  @return the descriptor, the caller's to close; FLARE_ERR_NOT_FOUND for whatever is not there or not for
 * us; FLARE_ERR_DESCRIPTORS, FLARE_ERR_MEMORY, another flare_err. Any thread. */
int flarei_open_beneath(int folder, const char *path);

#endif
