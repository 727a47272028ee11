/* files.c - what files() answers. */
#include "check/check.h"
#include "publish/publish.h"

static void write_plain(struct writer *writer, const char *status, const char *description, bool content)
{
    writer_open(writer, status, '{');
    writer_text(writer, "description", description);
    if (content) {
        writer_open(writer, "content", '{');
        writer_open(writer, "*/*", '{');
        writer_close(writer, '}');
        writer_close(writer, '}');
    }
    writer_close(writer, '}');
}

void files_replies_write(struct writer *writer)
{
    write_plain(writer, "200", "The file", true);
    write_plain(writer, "206", "The parts of it that the request's Range names", true);
    write_plain(writer, "301", "It is a folder, whose path ends in a slash", false);
    write_plain(writer, "304", "It is what the client has already", false);
    write_plain(writer, "412", "It is not what the request's conditions name", false);
    write_plain(writer, "416", "It has none of the parts that the request's Range names", false);
}
