/* http/disposition.h - Content-Disposition of a reply (RFC 6266). */
#ifndef FLAREI_HTTP_DISPOSITION_H
#define FLAREI_HTTP_DISPOSITION_H

#include <flare/file_content.h>

/** Room for any of them. */
#define FLAREI_DISPOSITION_MAX_BYTES (64 + 4 * FLARE_FILE_CONTENT_NAME_MAX_BYTES)

/** Writes the field's value. @param name not empty @return its length; 0 for a name that can't be sent: too
 * long, not UTF-8, or with control characters. Any thread. */
size_t flarei_disposition_write(char to[static FLAREI_DISPOSITION_MAX_BYTES], flare_str name, bool shown);

#endif
