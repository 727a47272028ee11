/* fmt_lines.c - pads the columns of lines next to each other, breaks long ones, and writes them. */
#include "fmt_lines.h"

#include <string.h>

#include "arena.h"

/* A column is not aligned over lines that differ by more. */
#define SPREAD_MAX ((size_t)32)

static void *grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    *capacity = *capacity == 0 ? 16 : *capacity * 2;
    void *const more = arena_array(arena, *capacity, size);
    if (count > 0)
        memcpy(more, items, count * size);
    return more;
}

void fmt_line_write(struct arena *arena, struct fmt_line *line, const char *text, size_t length)
{
    while (line->length + length + 1 > line->capacity)
        line->text = grow(arena, line->text, line->length, &line->capacity, 1);
    memcpy(line->text + line->length, text, length);
    line->length += length;
}

void fmt_line_cut(struct fmt_line *line, enum fmt_cut cut)
{
    if (line->length > 0 && line->cut[cut] == 0)
        line->cut[cut] = line->length + 1; /* behind the blank that comes first */
}

void fmt_line_break(struct arena *arena, struct fmt_line *line)
{
    if (line->breaks_count == line->breaks_capacity)
        line->breaks =
            grow(arena, line->breaks, line->breaks_count, &line->breaks_capacity, sizeof *line->breaks);
    line->breaks[line->breaks_count++] = line->length;
}

void fmt_line_add(struct arena *arena, struct fmt_lines *lines, const struct fmt_line *line)
{
    if (lines->count == lines->capacity)
        lines->items = grow(arena, lines->items, lines->count, &lines->capacity, sizeof *lines->items);
    lines->items[lines->count++] = *line;
}

struct fmt_line *fmt_line_last(struct fmt_lines *lines)
{
    return lines->count == 0 ? NULL : &lines->items[lines->count - 1];
}

/* ---- columns ------------------------------------------------------------------------------------ */

/* Blanks put before `offset` of the text. */
static void pad(struct arena *arena, struct fmt_line *line, enum fmt_cut cut, size_t width)
{
    const size_t offset = line->cut[cut];
    const size_t blanks = width - offset;

    if (blanks == 0)
        return;
    while (line->length + blanks + 1 > line->capacity)
        line->text = grow(arena, line->text, line->length, &line->capacity, 1);
    memmove(line->text + offset + blanks, line->text + offset, line->length - offset);
    memset(line->text + offset, ' ', blanks);
    line->length += blanks;
    for (int i = 0; i < FMT_CUT_COUNT; i++) {
        if (line->cut[i] >= offset)
            line->cut[i] += blanks;
    }
}

/* Which lines share a column: of one depth and family, without a blank line between, both having it; and for
 * what stands behind a name also of one class. */
static bool shares(const struct fmt_line *above, const struct fmt_line *line, enum fmt_cut cut)
{
    if (line->blank || above->depth != line->depth || above->cut[cut] == 0 || line->cut[cut] == 0 ||
        line->continued || above->continued)
        return false;
    if (cut == FMT_CUT_NAME)
        return line->family != FMT_FAMILY_NONE && above->family == line->family;
    return above->class == line->class || (cut == FMT_CUT_BLOCK && above->family == line->family);
}

static void align_run(struct arena *arena, struct fmt_line *lines, size_t count, enum fmt_cut cut)
{
    size_t widest = 0;
    size_t narrowest = (size_t)-1;

    for (size_t i = 0; i < count; i++) {
        widest = lines[i].cut[cut] > widest ? lines[i].cut[cut] : widest;
        narrowest = lines[i].cut[cut] < narrowest ? lines[i].cut[cut] : narrowest;
    }
    if (widest - narrowest > SPREAD_MAX)
        return;
    for (size_t i = 0; i < count; i++) {
        if (lines[i].length + widest - lines[i].cut[cut] + lines[i].depth * FMT_INDENT > FMT_WIDTH &&
            lines[i].breaks_count > 0)
            return;
    }
    for (size_t i = 0; i < count; i++)
        pad(arena, &lines[i], cut, widest);
}

static void align(struct arena *arena, struct fmt_lines *lines, enum fmt_cut cut)
{
    size_t start = 0;

    for (size_t i = 1; i <= lines->count; i++) {
        if (i < lines->count && shares(&lines->items[i - 1], &lines->items[i], cut))
            continue;
        if (i - start > 1)
            align_run(arena, lines->items + start, i - start, cut);
        start = i;
    }
}

/* ---- text --------------------------------------------------------------------------------------- */

static size_t characters(const char *text, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* The column where the comments of the lines from `at` begin. */
static size_t comment_column(const struct fmt_lines *lines, size_t at)
{
    const unsigned depth = lines->items[at].depth;
    size_t widest = 0;

    while (at > 0 && !lines->items[at].blank && lines->items[at - 1].comment != NULL &&
           lines->items[at - 1].length > 0 && lines->items[at - 1].depth == depth)
        at--;
    for (size_t i = at; i < lines->count; i++) {
        const struct fmt_line *const line = &lines->items[i];
        if (line->comment == NULL || line->length == 0 || line->depth != depth || (i > at && line->blank))
            break;
        const size_t width = characters(line->text, line->length);
        widest = width > widest ? width : widest;
    }
    return widest + 2;
}

static void blanks(struct arena *arena, struct fmt_line *to, size_t count)
{
    for (; count > 0; count--)
        fmt_line_write(arena, to, " ", 1);
}

/* The line's text, broken behind commas where it is too long. */
static void write_text(struct arena *arena, struct fmt_line *to, const struct fmt_line *line)
{
    const size_t indent = line->depth * FMT_INDENT;
    size_t start = 0;
    size_t room = FMT_WIDTH - (indent < FMT_WIDTH / 2 ? indent : FMT_WIDTH / 2);

    blanks(arena, to, indent);
    for (size_t i = 0; line->length - start > room && i < line->breaks_count; i++) {
        const size_t next = i + 1 < line->breaks_count ? line->breaks[i + 1] : line->length;
        if (next - start <= room && next != line->length)
            continue;
        if (next - start <= room || line->breaks[i] <= start)
            continue;
        fmt_line_write(arena, to, line->text + start, line->breaks[i] - start);
        fmt_line_write(arena, to, "\n", 1);
        blanks(arena, to, indent + FMT_INDENT);
        start = line->breaks[i];
        while (start < line->length && line->text[start] == ' ')
            start++;
        room = FMT_WIDTH - FMT_INDENT - (indent < FMT_WIDTH / 2 ? indent : FMT_WIDTH / 2);
    }
    fmt_line_write(arena, to, line->text + start, line->length - start);
}

const char *fmt_lines_text(struct arena *arena, struct fmt_lines *lines, size_t *length)
{
    struct fmt_line to = {0};
    size_t column = 0;

    for (int cut = 0; cut < FMT_CUT_COUNT; cut++)
        align(arena, lines, (enum fmt_cut)cut);
    for (size_t i = 0; i < lines->count; i++) {
        const struct fmt_line *const line = &lines->items[i];
        if (line->blank)
            fmt_line_write(arena, &to, "\n", 1);
        if (line->length > 0)
            write_text(arena, &to, line);
        else
            blanks(arena, &to, line->depth * FMT_INDENT);
        if (line->comment != NULL && line->length > 0) {
            const bool goes_on = i > 0 && !line->blank && lines->items[i - 1].comment != NULL &&
                                 lines->items[i - 1].length > 0 && lines->items[i - 1].depth == line->depth;
            column = goes_on ? column : comment_column(lines, i);
            const size_t width = characters(line->text, line->length);
            blanks(arena, &to, column > width ? column - width : 1);
        }
        if (line->comment != NULL)
            fmt_line_write(arena, &to, line->comment, strlen(line->comment));
        fmt_line_write(arena, &to, "\n", 1);
    }
    *length = to.length;
    return to.text == NULL ? "" : to.text;
}
