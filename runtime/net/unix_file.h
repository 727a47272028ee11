/* net/unix_file.h - the file of a unix socket: whose it is, and who may remove it. */
#ifndef FLAREI_NET_UNIX_FILE_H
#define FLAREI_NET_UNIX_FILE_H

#include <flare/str.h>

/** Locks the directory of `path` against other listeners of flare, waiting up to a second.
 *  @return what flarei_unix_file_unlock() takes, or -1 if it can't be locked. Any thread. */
int flarei_unix_file_lock(const char *path);
/** Ends the lock; -1 is allowed. Any thread. */
void flarei_unix_file_unlock(int lock);
/** Is it a socket that nobody listens on any more? In doubt it is not. Call it under the lock. Any thread. */
bool flarei_unix_file_is_stale(const char *path);
/** Removes the file if it is still the one of that device and inode. Any thread. */
void flarei_unix_file_remove(const char *path, uint64_t device, uint64_t inode);

#endif
