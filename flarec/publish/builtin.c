/* builtin.c - what handlers that are built in answer. */
#include <stdio.h>

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

static void write_files(struct writer *writer)
{
    write_plain(writer, "200", "The file", true);
    write_plain(writer, "206", "The parts of it that the request's Range names", true);
    write_plain(writer, "301", "It is a folder, whose path ends in a slash", false);
    write_plain(writer, "304", "It is what the client has already", false);
    write_plain(writer, "412", "It is not what the request's conditions name", false);
    write_plain(writer, "416", "It has none of the parts that the request's Range names", false);
}

static void write_fixed(struct writer *writer, const struct route *route)
{
    const bool redirect = route->handler == HANDLER_REDIRECT;
    char status[16];

    (void)snprintf(status, sizeof status, "%u", route->fixed_status);
    writer_open(writer, status, '{');
    writer_text(writer, "description", *route->fixed_reason != '\0' ? route->fixed_reason : "A reply");
    if (redirect) {
        writer_open(writer, "headers", '{');
        writer_open(writer, "Location", '{');
        writer_bool(writer, "required", true);
        writer_open_line(writer, "schema", '{');
        writer_text(writer, "type", "string");
        writer_text(writer, "const", route->fixed_body);
        writer_close(writer, '}');
        writer_close(writer, '}');
        writer_close(writer, '}');
    } else if (route->fixed_media_type != NULL && route->fixed_length != 0) {
        writer_open(writer, "content", '{');
        writer_open(writer, route->fixed_media_type, '{');
        writer_close(writer, '}');
        writer_close(writer, '}');
    }
    writer_close(writer, '}');
    if (route->handler != HANDLER_READY)
        return;
    writer_open(writer, "503", '{');
    writer_text(writer, "description",
                route->ready_c_name != NULL ? "It should get no requests." : "The server was told to stop.");
    writer_open(writer, "content", '{');
    writer_open(writer, "text/plain", '{');
    writer_close(writer, '}');
    writer_close(writer, '}');
    writer_close(writer, '}');
}

/* Somebody else answers what they like. */
void open_end_write(struct writer *writer, const char *description)
{
    writer_open_line(writer, "2XX", '{');
    writer_text(writer, "description", description);
    writer_close(writer, '}');
}

void builtin_replies_write(struct writer *writer, const struct route *route)
{
    if (route->handler == HANDLER_FILES)
        write_files(writer);
    else if (route->handler == HANDLER_PROXY)
        open_end_write(writer, "What the upstream answers");
    else
        write_fixed(writer, route);
}
