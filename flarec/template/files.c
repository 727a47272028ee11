/* files.c - finds and reads templates, each once. */
#include <stdlib.h>
#include <string.h>

#include "template/node.h"

static bool path_allowed(const char *path)
{
    const size_t length = strlen(path);
    bool good =
        length > 5 && strcmp(path + length - 5, ".html") == 0 && path[0] != '/' && path[length - 6] != '/';

    for (size_t i = 0; i < length; i++)
        good = good && (unsigned char)path[i] >= ' ' && path[i] != 0x7f;
    return good;
}

static const char *path_from(struct arena *arena, const char *here, const char *path)
{
    const char *const slash = strrchr(here, '/');

    while (strncmp(path, "./", 2) == 0)
        path += 2;
    return arena_format(arena, "%.*s%s", slash != NULL ? (int)(slash - here) + 1 : 0, here, path);
}

/* What the file is called wherever it is named from. */
static const char *identity_of(struct arena *arena, const char *path)
{
    char *const whole = realpath(path, NULL);
    const char *const name = whole != NULL ? whole : path;
    const char *const copy = arena_copy(arena, name, strlen(name));

    free(whole);
    return copy;
}

/* The length of the UTF-8 sequence at `at`; 0 where it is none. */
static size_t sequence(const unsigned char *at, size_t left)
{
    static const struct {
        unsigned char first, last, low, high, length;
    } rows[] = {{0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (*at < rows[i].first || *at > rows[i].last)
            continue;
        if (left < rows[i].length || (rows[i].length > 1 && (at[1] < rows[i].low || at[1] > rows[i].high)))
            return 0;
        for (size_t k = 2; k < rows[i].length; k++) {
            if ((at[k] & 0xc0) != 0x80)
                return 0;
        }
        return rows[i].length;
    }
    return 0;
}

/* Text that a page can be: UTF-8 without NUL. */
static void check_text(struct templates *templates, struct template_file *file)
{
    const struct source *const source = file->source;

    for (size_t at = 0; at < source->length;) {
        const size_t length = sequence((const unsigned char *)source->text + at, source->length - at);
        if (length == 0) {
            diag_report(templates->diags, CODE_TEMPLATE_FILE, (struct place){source, (uint32_t)at, 1},
                        "this byte is not UTF-8 text");
            file->broken = true;
            return;
        }
        at += length;
    }
}

static void read_text(struct templates *templates, struct template_file *file)
{
    check_text(templates, file);
    if (!file->broken)
        template_parse(templates, file);
}

struct template_file *template_open(struct templates *templates, const char *path, struct place named)
{
    const char *const found = path_from(templates->arena, named.source->name, path);
    struct template_file *file = templates->files;
    const char *identity;

    if (!path_allowed(path)) {
        diag_help(diag_report(templates->diags, CODE_TEMPLATE_FILE, named,
                              "this is not the path of an .html file beside this one"),
                  "write a relative path, such as \"views/product.html\"");
        return NULL;
    }
    identity = templates->alone ? found : identity_of(templates->arena, found);
    while (file != NULL && strcmp(file->identity, identity) != 0)
        file = file->next;
    if (file == NULL) {
        file = ARENA_NEW(templates->arena, struct template_file);
        file->identity = identity;
        file->why = "";
        if (!templates->alone)
            file->source = source_open(templates->arena, found, &file->why);
        file->next = templates->files;
        templates->files = file;
        if (file->source != NULL)
            read_text(templates, file);
    }
    if (file->source != NULL)
        return file;
    diag_label(diag_report(templates->diags, CODE_TEMPLATE_FILE, named, "'%s' can't be read", path), "%s",
               file->why);
    return NULL;
}

void template_add(struct templates *templates, const struct source *source)
{
    struct template_file *const file = ARENA_NEW(templates->arena, struct template_file);

    templates->alone = true;
    file->source = source;
    file->identity = source->name;
    file->next = templates->files;
    templates->files = file;
    read_text(templates, file);
}

void template_files(const struct templates *templates, void (*visit)(void *context, const char *path),
                    void *context)
{
    for (const struct template_file *file = templates->files; file != NULL; file = file->next) {
        if (file->source != NULL)
            visit(context, file->source->name);
    }
}
