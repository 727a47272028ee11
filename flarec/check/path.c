/* path.c - is this a path that a request can match? */
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "letters.h"

#define SEGMENTS_MAX 100

static struct diagnostic *refuse(struct check *check, const struct name *path, size_t start, size_t length,
                                 const char *why)
{
    return diag_report(check->diags, CODE_PATH_SYNTAX, place_part(path->place, start, length), "%s", why);
}

/* RFC 3986 section 3.3: pchar, without the escapes. */
static bool is_path_byte(int byte)
{
    return is_unreserved(byte) || (byte > 0 && byte < 0x80 && strchr("!$&'()*+,;=:@", byte) != NULL);
}

/* Canonical text of a static segment, or NULL. */
static const char *static_text(struct check *check, const struct name *path, size_t start, size_t length)
{
    const char *const raw = path->text + start;
    char *const text = arena_alloc(check->arena, length * 3 + 1);
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        int byte = (unsigned char)raw[i];
        if (byte == '%') {
            const int high = i + 2 < length ? hex_value(raw[i + 1]) : -1;
            const int low = i + 2 < length ? hex_value(raw[i + 2]) : -1;
            if (high < 0 || low < 0) {
                diag_help(refuse(check, path, start + i, 1, "this '%' begins no escape"),
                          "two hexadecimal digits follow; a '%%' itself is %%25");
                return NULL;
            }
            byte = high * 16 + low;
            if (byte == 0) {
                refuse(check, path, start + i, 3, "%00 is refused in every request");
                return NULL;
            }
            i += 2;
            if (!is_unreserved(byte)) {
                used += (size_t)snprintf(text + used, 4, "%%%02X", (unsigned)byte);
                continue;
            }
        } else if (byte >= 0x80) {
            used += (size_t)snprintf(text + used, 4, "%%%02X", (unsigned)byte);
            continue;
        } else if (!is_path_byte(byte)) {
            diag_help(refuse(check, path, start + i, 1, "a path does not hold this character"),
                      "write it as an escape: %%%02X", (unsigned)byte);
            return NULL;
        }
        text[used++] = (char)byte;
    }
    if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0) {
        refuse(check, path, start, length, "'.' and '..' segments are refused in every request");
        return NULL;
    }
    return text;
}

static bool is_parameter_name(const char *name)
{
    if (!((*name | 32) >= 'a' && (*name | 32) <= 'z') && *name != '_')
        return false;
    for (; *name != '\0'; name++) {
        if (!is_unreserved((unsigned char)*name) || *name == '.' || *name == '~')
            return false;
    }
    return true;
}

static bool add_parameter(struct check *check, const struct name *path, size_t start, size_t length,
                          struct segment_vector *segments)
{
    struct segment segment = {.kind = SEGMENT_PARAMETER, .place = place_part(path->place, start, length)};

    segment.text = arena_copy(check->arena, path->text + start + 1, length - 1);
    if (!is_parameter_name(segment.text)) {
        diag_help(refuse(check, path, start, length, "this is not a parameter"),
                  "a parameter is a whole segment: ':' and a name");
        return false;
    }
    for (size_t i = 0; i < segments->count; i++) {
        if (segments->items[i].kind == SEGMENT_PARAMETER &&
            strcmp(segments->items[i].text, segment.text) == 0) {
            struct diagnostic *const diagnostic =
                diag_report(check->diags, CODE_PATH_DUPLICATE, segment.place,
                            "the parameter ':%s' is in this path twice", segment.text);
            if (segments->items[i].place.start != segment.place.start)
                diag_also(diagnostic, segments->items[i].place, "first here");
            return false;
        }
    }
    VECTOR_ADD(check->arena, *segments, segment);
    return true;
}

static bool add_segment(struct check *check, const struct name *path, size_t start, size_t length, bool group,
                        struct segment_vector *segments)
{
    const char *const raw = path->text + start;
    const bool last = raw[length] == '\0';
    struct segment segment = {.place = place_part(path->place, start, length)};

    if (raw[0] == ':')
        return add_parameter(check, path, start, length, segments);
    if (raw[0] == '{') {
        diag_help(refuse(check, path, start, length, "parameters are not written in braces"), "write ':%.*s'",
                  length > 2 ? (int)length - 2 : 0, raw + 1);
        return false;
    }
    if (length == 1 && raw[0] == '*') {
        if (!last || group) {
            diag_help(diag_report(check->diags, CODE_WILDCARD_NOT_LAST, segment.place,
                                  "'*' is the last of a route's path"),
                      "one segment of any text is a parameter, such as ':name'");
            return false;
        }
        segment.kind = SEGMENT_WILDCARD;
        segment.text = "*";
    } else if (length == 0 && last && group && start > 1) {
        diag_help(refuse(check, path, start - 1, 1, "a group's path does not end in a slash"),
                  "remove it: the paths within begin with one");
        return false;
    } else {
        segment.text = static_text(check, path, start, length);
        if (segment.text == NULL)
            return false;
    }
    VECTOR_ADD(check->arena, *segments, segment);
    return true;
}

bool path_segments(struct check *check, const struct name *path, bool group, struct segment_vector *segments)
{
    const size_t length = strlen(path->text);
    const size_t before = segments->count;
    size_t start = 1;

    while (start <= length) {
        const size_t bytes = strcspn(path->text + start, "/");
        /* `/` alone adds nothing to a prefix: `group /a { GET / -> x; }` is /a. */
        if (length == 1 && (group || before > 0))
            return true;
        if (segments->count == SEGMENTS_MAX) {
            refuse(check, path, start, bytes, "a path has at most 100 segments");
            return false;
        }
        if (!add_segment(check, path, start, bytes, group, segments))
            return false;
        start += bytes + 1;
    }
    return true;
}

const char *path_text(struct arena *arena, const struct segment_vector *segments)
{
    size_t length = 1;
    char *text;
    char *at;

    for (size_t i = 0; i < segments->count; i++)
        length += strlen(segments->items[i].text) + 2;
    text = at = arena_alloc(arena, length);
    for (size_t i = 0; i < segments->count; i++) {
        const struct segment *const segment = &segments->items[i];
        const size_t bytes = strlen(segment->text);
        *at++ = '/';
        if (segment->kind == SEGMENT_PARAMETER)
            *at++ = ':';
        memcpy(at, segment->text, bytes);
        at += bytes;
    }
    return text;
}
