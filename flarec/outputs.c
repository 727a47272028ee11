#include "outputs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"

struct output *outputs_add(struct outputs *outputs, struct arena *arena, enum output_kind kind,
                           const char *path)
{
    struct output *const output = ARENA_NEW(arena, struct output);
    struct output **end = &outputs->first;
    const char *const slash = strrchr(path, '/');

    output->kind = kind;
    output->path = path;
    output->name = slash != NULL ? slash + 1 : path;
    while (*end != NULL)
        end = &(*end)->next;
    *end = output;
    return output;
}

void outputs_plan(struct outputs *outputs, struct arena *arena, const char *spec, const char *folder,
                  unsigned parts, bool with_main, const char *stubs)
{
    const char *const slash = strrchr(spec, '/');
    const char *const name = slash != NULL ? slash + 1 : spec;

    outputs->parts = parts;
    outputs->index_from = INDEX_ROUTES_MIN;
    outputs->folder = folder;
    outputs->spec_name = name;
    outputs_add(outputs, arena, OUTPUT_HEADER, arena_format(arena, "%s/%s.h", folder, name));
    for (unsigned part = 1; part <= parts; part++) {
        const char *const path = part == 1 ? arena_format(arena, "%s/%s.c", folder, name)
                                           : arena_format(arena, "%s/%s.%u.c", folder, name, part);
        outputs_add(outputs, arena, OUTPUT_SOURCE, path)->part = part;
    }
    if (with_main)
        outputs_add(outputs, arena, OUTPUT_MAIN, arena_format(arena, "%s/%s.main.c", folder, name));
    if (stubs != NULL)
        outputs_add(outputs, arena, OUTPUT_STUBS, stubs);
}

void outputs_plan_client(struct outputs *outputs, struct arena *arena, const char *spec, const char *folder)
{
    const char *const slash = strrchr(spec, '/');
    const char *const name = slash != NULL ? slash + 1 : spec;
    const int bare = (int)(strlen(name) - strlen(".flare"));

    outputs->parts = 1;
    outputs->index_from = INDEX_ROUTES_MIN;
    outputs->folder = folder;
    outputs->spec_name = name;
    outputs_add(outputs, arena, OUTPUT_HEADER, arena_format(arena, "%s/%s.h", folder, name));
    outputs_add(outputs, arena, OUTPUT_CLIENT_HEADER,
                arena_format(arena, "%s/%.*s.client.h", folder, bare, name));
    outputs_add(outputs, arena, OUTPUT_CLIENT_SOURCE,
                arena_format(arena, "%s/%.*s.client.c", folder, bare, name));
}

void outputs_plan_mock(struct outputs *outputs, struct arena *arena, const char *spec, const char *folder)
{
    outputs_plan(outputs, arena, spec, folder, 1, true, NULL);
    outputs_add(outputs, arena, OUTPUT_MOCK,
                arena_format(arena, "%s/%.*s.mock.c", folder,
                             (int)(strlen(outputs->spec_name) - strlen(".flare")), outputs->spec_name));
}

struct output *outputs_find(struct outputs *outputs, enum output_kind kind, unsigned part)
{
    struct output *output = outputs->first;

    while (output != NULL && (output->kind != kind || (kind == OUTPUT_SOURCE && output->part != part)))
        output = output->next;
    return output;
}

void outputs_keep_header(struct outputs *outputs)
{
    for (struct output **at = &outputs->first; *at != NULL;) {
        if ((*at)->kind == OUTPUT_HEADER || (*at)->kind == OUTPUT_DEPENDS)
            at = &(*at)->next;
        else
            *at = (*at)->next;
    }
}

/* ---- text ------------------------------------------------------------------------------------- */

static char *reserve(struct output *output, size_t length)
{
    const size_t needed = output->length + length + 1;

    if (needed > output->capacity) {
        size_t capacity = output->capacity == 0 ? 4096 : output->capacity;
        while (capacity < needed)
            capacity *= 2;
        char *const text = realloc(output->text, capacity);
        if (text == NULL)
            arena_exhausted();
        output->text = text;
        output->capacity = capacity;
    }
    return output->text + output->length;
}

void output_write(struct output *output, const char *bytes, size_t length)
{
    char *const to = reserve(output, length);

    memcpy(to, bytes, length);
    to[length] = '\0';
    output->length += length;
}

void output_text(struct output *output, const char *text)
{
    output_write(output, text, strlen(text));
}

void output_format(struct output *output, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    char *const to = reserve(output, (size_t)length);
    va_start(arguments, format);
    vsnprintf(to, (size_t)length + 1, format, arguments);
    va_end(arguments);
    output->length += (size_t)length;
}

/* ---- files ------------------------------------------------------------------------------------ */

static bool refuse(const char *path)
{
    fprintf(stderr, "flarec: %s: %s\n", path, strerror(errno));
    return false;
}

/* Makes the folders that a path goes through. */
static bool make_folders(struct arena *arena, const char *path)
{
    char *const copy = arena_copy(arena, path, strlen(path));

    for (char *at = copy + 1; *copy != '\0' && *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            return refuse(copy);
        *at = '/';
    }
    return true;
}

static bool is_unchanged(const struct output *output)
{
    FILE *const file = fopen(output->path, "rb");
    char bytes[4096];
    size_t at = 0;
    size_t got;
    bool same = true;

    if (file == NULL)
        return false;
    while (same && (got = fread(bytes, 1, sizeof bytes, file)) > 0) {
        same = got <= output->length - at && memcmp(output->text + at, bytes, got) == 0;
        at += got;
    }
    same = same && !ferror(file) && at == output->length;
    fclose(file);
    return same;
}

static bool write_file(const struct output *output, const char *path)
{
    FILE *const file = fopen(path, "wb");

    if (file == NULL)
        return refuse(path);
    bool written = output->length == 0 || fwrite(output->text, 1, output->length, file) == output->length;
    written = fclose(file) == 0 && written;
    return written || refuse(path);
}

/* Whether a file stands in the way of what is to be written, or is that already: then there is nothing to
 * write. */
static bool settled(const struct output *output, const struct stat *there)
{
    if (output->kind == OUTPUT_STUBS) {
        fprintf(stderr, "flarec: %s is there already and stays as it is\n", output->path);
        return true;
    }
    return S_ISREG(there->st_mode) && is_unchanged(output);
}

/* Decides what is written, and where. */
static bool aim(struct arena *arena, struct output *output)
{
    struct stat there;
    const bool exists = stat(output->path, &there) == 0;
    char *real;

    if (!exists && !make_folders(arena, output->path))
        return false;
    if (exists && S_ISDIR(there.st_mode)) {
        errno = EISDIR;
        return refuse(output->path);
    }
    if (exists && settled(output, &there))
        return true;
    output->target = output->path;
    /* A terminal, a pipe, /dev/null: nothing there can be replaced by renaming. */
    if (exists && !S_ISREG(there.st_mode))
        return true;
    if (exists) {
        /* Of a symbolic link, what it points to is replaced; and that keeps its mode. */
        real = realpath(output->path, NULL);
        if (real == NULL)
            return refuse(output->path);
        output->target = arena_copy(arena, real, strlen(real));
        output->mode = there.st_mode & 07777;
        free(real);
    }
    output->temporary = arena_format(arena, "%s.tmp", output->target);
    return true;
}

static bool write_aimed(const struct output *output)
{
    const char *const path = output->temporary != NULL ? output->temporary : output->target;

    if (path == NULL)
        return true;
    return write_file(output, path) && (output->mode == 0 || chmod(path, output->mode) == 0 || refuse(path));
}

/* No memory is taken while temporary files are there, so that none is left where it runs out. */
bool outputs_commit(struct outputs *outputs)
{
    struct arena arena = {0};
    const struct output *written = outputs->first;
    bool good = true;

    for (struct output *output = outputs->first; output != NULL && good; output = output->next)
        good = aim(&arena, output);
    for (; written != NULL && good; written = written->next)
        good = write_aimed(written);
    for (const struct output *output = outputs->first; output != written; output = output->next) {
        if (output->temporary == NULL)
            continue;
        if (good && rename(output->temporary, output->target) != 0)
            good = refuse(output->target);
        if (!good)
            remove(output->temporary);
    }
    arena_free(&arena);
    return good;
}

void outputs_free(struct outputs *outputs)
{
    for (struct output *output = outputs->first; output != NULL; output = output->next)
        free(output->text);
    outputs->first = NULL;
}
