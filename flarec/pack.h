/* pack.h - text files that the build put into the program (flare_pack in CMakeLists.txt). */
#ifndef FLAREC_PACK_H
#define FLAREC_PACK_H

#include <stddef.h>

struct pack_file {
    const char *name; /* without its folder */
    const char *text; /* NUL behind it */
    size_t length;
};

/* NULL where none has the name. The last of the files has a NULL name. */
const struct pack_file *pack_find(const struct pack_file *files, const char *name);

#endif
