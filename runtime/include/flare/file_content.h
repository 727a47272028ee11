/* flare/file_content.h - a file as the content of a reply: `reply 200 file("application/pdf");` of a spec.
 *
 *     const flare_file_content report = {.path = "reports/2026.pdf", .name = FLARE_STR("Report 2026.pdf")};
 *
 *     return books_report_ok(rq, &report);
 *
 * Where one that is not there is no failure of yours, open it and say what that means:
 *
 *     const int fd = open(path, O_RDONLY | O_CLOEXEC);
 *
 *     if (fd < 0)
 *         return books_report_not_found(rq);
 *     reply = books_report_ok(rq, &(flare_file_content){.fd = fd});
 *     close(fd);
 *     return reply;
 */
#ifndef FLARE_FILE_CONTENT_H
#define FLARE_FILE_CONTENT_H

#include <flare/str.h>

FLARE_BEGIN

/** The longest `name` of a flare_file_content, in bytes. */
#define FLARE_FILE_CONTENT_NAME_MAX_BYTES 255

/** What a reply sends: a regular file, by its path or by a descriptor. Anything else, and what can't be
 * opened, makes the reply a 500 and a line in the log (503 where descriptors or memory are used up). Of a
 * reply 200 to GET and HEAD the client's conditions and ranges are answered, by an entity tag of the file's
 * place, size and time of change (RFC 9110, sections 13 and 14).
 *
 * The constructor returns when all is sent. A file that becomes shorter meanwhile ends the connection or
 * stream, so that the client sees it; what is added to it is not sent. */
typedef struct flare_file_content {
    const char *path; /**< it is opened, wherever that leads: what a client sent is never a part of it as it
                         is. NULL: `fd` is the file */
    int fd; /**< open for reading; its position is neither used nor moved. It stays the caller's, and may
               be closed at any time after the constructor was called: that has a duplicate of it */
    flare_str name; /**< what a client that saves it is to call it: UTF-8 without control characters; a slash
                       is sent as `_`. Makes a Content-Disposition (RFC 6266). Empty: none */
    bool shown;     /**< with a `name`: it is to be shown (`inline`), not saved (`attachment`) */
} flare_file_content;

FLARE_END
#endif
