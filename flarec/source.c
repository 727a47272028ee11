#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

static void find_lines(struct arena *arena, struct source *source)
{
    size_t count = 1;

    for (size_t i = 0; i < source->length; i++)
        count += source->text[i] == '\n';
    source->lines = ARENA_ARRAY(arena, count, uint32_t);
    source->lines_count = count;
    for (size_t i = 0, line = 1; i < source->length; i++) {
        if (source->text[i] == '\n')
            source->lines[line++] = (uint32_t)(i + 1);
    }
}

const struct source *source_from_bytes(struct arena *arena, const char *name, const char *bytes,
                                       size_t length)
{
    struct source *source = ARENA_NEW(arena, struct source);

    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        length -= 3;
    }
    source->name = arena_copy(arena, name, strlen(name));
    source->text = arena_copy(arena, bytes, length);
    source->length = length;
    find_lines(arena, source);
    return source;
}

static const struct source *read_all(struct arena *arena, const char *path, FILE *file, const char **why)
{
    const struct source *source = NULL;
    size_t capacity = 64 * 1024;
    size_t length = 0;
    char *bytes = malloc(capacity);

    while (bytes != NULL && length <= SOURCE_MAX_BYTES) {
        const size_t got = fread(bytes + length, 1, capacity - length, file);
        if (got == 0)
            break;
        length += got;
        if (length == capacity) {
            char *more = realloc(bytes, capacity *= 2);
            if (more == NULL)
                free(bytes);
            bytes = more;
        }
    }
    if (bytes == NULL)
        *why = "out of memory";
    else if (ferror(file))
        *why = strerror(errno);
    else if (length > SOURCE_MAX_BYTES)
        *why = "larger than 16 MiB";
    else
        source = source_from_bytes(arena, path, bytes, length);
    free(bytes);
    return source;
}

const struct source *source_open(struct arena *arena, const char *path, const char **why)
{
    FILE *const file = fopen(path, "rb");
    const struct source *source;

    if (file == NULL) {
        *why = strerror(errno);
        return NULL;
    }
    source = read_all(arena, path, file, why);
    fclose(file);
    return source;
}

const struct source *source_read(struct arena *arena, const char *path)
{
    const char *why = "";
    const struct source *const source =
        strcmp(path, "-") == 0 ? read_all(arena, "<stdin>", stdin, &why) : source_open(arena, path, &why);

    if (source == NULL)
        fprintf(stderr, "flarec: %s: %s\n", path, why);
    return source;
}

struct position source_position(struct place place)
{
    struct position position = {1, 1};
    const struct source *source = place.source;
    size_t low = 0;
    size_t high;

    if (source == NULL)
        return position;
    high = source->lines_count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (source->lines[middle] <= place.start)
            low = middle;
        else
            high = middle;
    }
    position.line = (unsigned)low + 1;
    for (size_t i = source->lines[low]; i < place.start && i < source->length; i++)
        position.column += ((unsigned char)source->text[i] & 0xc0) != 0x80;
    return position;
}

struct place place_join(struct place first, struct place last)
{
    const uint32_t end = last.start + last.length;

    if (first.source == NULL)
        return last;
    if (last.source == NULL || end < first.start + first.length)
        return first;
    first.length = end - first.start;
    return first;
}

struct place place_part(struct place place, size_t start, size_t count)
{
    if (start > place.length)
        start = place.length;
    if (count > place.length - start)
        count = place.length - start;
    place.start += (uint32_t)start;
    place.length = (uint32_t)count;
    return place;
}
