#include "emit/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pack.h"

extern const struct pack_file templates[];

#define PARTS_MAX 512

struct part {
    const struct pack_file *file;
    const char *name; /* up to the end of its line */
    const char *text;
    size_t length;
};

static struct part parts[PARTS_MAX];
static size_t parts_count;

static void mistake(const char *what, const char *name)
{
    fprintf(stderr, "flarec: internal error: template %s: %s\n", name, what);
    abort();
}

/* The parts of a file: a part ends before the blank line above the next one's mark. */
static void find_parts(const struct pack_file *file)
{
    const char *at = strncmp(file->text, "//: ", 4) == 0 ? file->text : strstr(file->text, "\n//: ");

    while (at != NULL) {
        const char *name, *text, *next;
        size_t length;

        at += *at == '\n';
        name = at + 4;
        text = strchr(name, '\n');
        text = text != NULL ? text + 1 : name + strlen(name);
        next = text[0] == '/' && strncmp(text, "//: ", 4) == 0 ? text - 1 : strstr(text, "\n//: ");
        length = next != NULL ? (size_t)(next + 1 - text) : strlen(text);
        while (length > 1 && text[length - 1] == '\n' && text[length - 2] == '\n')
            length--;
        if (parts_count == PARTS_MAX)
            mistake("too many parts", file->name);
        parts[parts_count++] = (struct part){file, name, text, length};
        at = next;
    }
}

static bool is_part(const struct part *part, const char *name)
{
    const char *const slash = strchr(name, '/');
    const size_t file = (size_t)(slash - name), length = strlen(slash + 1);

    return strncmp(part->name, slash + 1, length) == 0 && part->name[length] == '\n' &&
           strncmp(part->file->name, name, file) == 0 && part->file->name[file] == '.';
}

static const struct part *find(const char *name)
{
    static size_t last;

    if (parts_count == 0) {
        for (size_t i = 0; templates[i].name != NULL; i++)
            find_parts(&templates[i]);
    }
    /* Parts are asked for in much the same order again and again. */
    for (size_t i = 0; i < parts_count; i++) {
        const size_t at = (last + 1 + i) % parts_count;

        if (is_part(&parts[at], name)) {
            last = at;
            return &parts[at];
        }
    }
    mistake("no such part", name);
    return NULL;
}

static const char *value_of(const char *part, const struct hole *holes, const char *name, size_t length)
{
    for (; holes->name != NULL; holes++) {
        if (strncmp(holes->name, name, length) == 0 && holes->name[length] == '\0')
            return holes->value;
    }
    mistake("nothing for a hole of", part);
    return "";
}

/* Every line of `value`, indented. */
static void add_indented(struct text *text, const char *value, const char *indent, size_t indent_length)
{
    while (*value != '\0') {
        const char *const newline = strchr(value, '\n');
        const size_t length = newline != NULL ? (size_t)(newline - value) : strlen(value);

        if (length != 0)
            text_add_bytes(text, indent, indent_length);
        text_add_bytes(text, value, length);
        text_add(text, "\n");
        value += length + (newline != NULL);
    }
}

static void fill_line(struct text *text, const char *part, const struct hole *holes, const char *line,
                      size_t length)
{
    size_t indent = 0, at = 0;

    while (indent < length && line[indent] == ' ')
        indent++;
    if (indent < length && line[indent] == '$' && line[length - 1] == '$' &&
        memchr(line + indent + 1, '$', length - indent - 1) == line + length - 1) {
        add_indented(text, value_of(part, holes, line + indent + 1, length - indent - 2), line, indent);
        return;
    }
    while (at < length) {
        const char *const open = memchr(line + at, '$', length - at);
        const char *close;

        if (open == NULL)
            break;
        text_add_bytes(text, line + at, (size_t)(open - line) - at);
        close = memchr(open + 1, '$', length - (size_t)(open + 1 - line));
        if (close == NULL) {
            mistake("a hole that does not end in", part);
            return;
        }
        text_add(text, value_of(part, holes, open + 1, (size_t)(close - open - 1)));
        at = (size_t)(close + 1 - line);
    }
    text_add_bytes(text, line + at, length - at);
    text_add(text, "\n");
}

void template_fill(struct text *text, const char *name, const struct hole *holes)
{
    const struct part *const part = find(name);
    const char *at = part->text, *const end = part->text + part->length;

    while (at < end) {
        const char *const newline = memchr(at, '\n', (size_t)(end - at));
        const size_t length = (size_t)((newline != NULL ? newline : end) - at);

        fill_line(text, name, holes, at, length);
        at += length + 1;
    }
}
