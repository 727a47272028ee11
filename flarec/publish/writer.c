#include "publish/writer.h"

#include <string.h>

static void string(struct writer *writer, const char *text, size_t length)
{
    static const char letters[] = "\b\f\n\r\t", escapes[] = "bfnrt";

    output_text(writer->out, "\"");
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        const char *const letter = c == 0 ? NULL : memchr(letters, c, sizeof letters - 1);

        if (letter != NULL)
            output_format(writer->out, "\\%c", escapes[letter - letters]);
        else if (c < ' ' || c == 0x7f)
            output_format(writer->out, "\\u%04x", (unsigned)c);
        else
            output_format(writer->out, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
    output_text(writer->out, "\"");
}

/* What stands before a value: the comma, the line, the key. */
static void before(struct writer *writer, const char *key)
{
    if (writer->started)
        output_text(writer->out, writer->line != 0 ? ", " : ",");
    if (writer->line == 0 && writer->depth != 0)
        output_format(writer->out, "\n%*s", (int)(2 * writer->depth), "");
    if (key != NULL) {
        string(writer, key, strlen(key));
        output_text(writer->out, ": ");
    }
    writer->started = true;
}

void writer_open(struct writer *writer, const char *key, char bracket)
{
    before(writer, key);
    output_format(writer->out, "%c", bracket);
    writer->depth++;
    writer->started = false;
}

void writer_open_line(struct writer *writer, const char *key, char bracket)
{
    writer_open(writer, key, bracket);
    if (writer->line == 0)
        writer->line = writer->depth;
}

void writer_close(struct writer *writer, char bracket)
{
    if (writer->line == writer->depth)
        writer->line = 0;
    else if (writer->started && writer->line == 0)
        output_format(writer->out, "\n%*s", (int)(2 * (writer->depth - 1)), "");
    writer->depth--;
    output_format(writer->out, "%c", bracket);
    writer->started = true;
}

void writer_text_of(struct writer *writer, const char *key, const char *text, size_t length)
{
    before(writer, key);
    string(writer, text, length);
}

void writer_text(struct writer *writer, const char *key, const char *text)
{
    writer_text_of(writer, key, text, strlen(text));
}

void writer_whole(struct writer *writer, const char *key, uint64_t value)
{
    before(writer, key);
    output_format(writer->out, "%llu", (unsigned long long)value);
}

void writer_bool(struct writer *writer, const char *key, bool value)
{
    before(writer, key);
    output_text(writer->out, value ? "true" : "false");
}

void writer_raw(struct writer *writer, const char *key, const char *json)
{
    before(writer, key);
    output_text(writer->out, json);
}
