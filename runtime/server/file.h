/* server/file.h - the files of the system, for what http/ keeps of a body. */
#ifndef FLAREI_SERVER_FILE_H
#define FLAREI_SERVER_FILE_H

#include "http/file.h"

/** Temporary files are made in $TMPDIR, or /tmp. */
extern const struct flarei_file_calls flarei_system_files;

#endif
