/* render.c - diagnostics as text for people. */
#include <string.h>

#include "diag.h"

/* A line that is longer shows this many characters around the place. */
#define LINE_SHOWN_MAX ((size_t)160)

struct pen {
    FILE *to;
    bool colour;
    int gutter; /* digits of the largest line number shown */
};

static void paint(const struct pen *pen, const char *code)
{
    if (pen->colour)
        fprintf(pen->to, "\033[%sm", code);
}

/* The bytes of the character at `text`; 1 for what is none. */
static size_t character_length(const char *text, size_t left)
{
    const unsigned char first = (unsigned char)*text;
    const size_t length = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;

    if (length > left)
        return 1;
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 1;
    }
    return length;
}

/* One character as shown: what a terminal might obey, or can't show, becomes `?`. */
static void put_character(const struct pen *pen, const char *text, size_t length)
{
    const unsigned char first = (unsigned char)*text;

    if ((length == 1 && first != '\t' && (first < 0x20 || first >= 0x7f)) ||
        (length == 2 && first == 0xc2 && (unsigned char)text[1] < 0xa0))
        fputc('?', pen->to);
    else
        fwrite(text, 1, length, pen->to);
}

static void put_text(const struct pen *pen, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        const size_t step = character_length(at, strlen(at));
        put_character(pen, at, step);
        at += step;
    }
}

/* The part of a line that is shown: all of it, or a window around the place. */
struct window {
    const char *text;
    size_t start, end; /* offsets in the text */
    bool cut_left, cut_right;
};

static struct window window_of(struct place place)
{
    const struct source *const source = place.source;
    const size_t line = source_position(place).line - 1;
    struct window window = {.text = source->text, .start = source->lines[line]};

    window.end = line + 1 < source->lines_count ? source->lines[line + 1] - 1 : source->length;
    if (window.end > window.start && source->text[window.end - 1] == '\r')
        window.end--;
    if (window.end - window.start > LINE_SHOWN_MAX) {
        const size_t left = place.start - window.start;
        if (left > LINE_SHOWN_MAX / 2) {
            window.start = place.start - LINE_SHOWN_MAX / 2;
            window.cut_left = true;
            while (((unsigned char)window.text[window.start] & 0xc0) == 0x80)
                window.start++;
        }
        if (window.end - window.start > LINE_SHOWN_MAX) {
            window.end = window.start + LINE_SHOWN_MAX;
            window.cut_right = true;
            while (((unsigned char)window.text[window.end] & 0xc0) == 0x80)
                window.end--;
        }
    }
    return window;
}

static void show_line(const struct pen *pen, struct place place, char mark, const char *colour,
                      const char *label)
{
    const struct window window = window_of(place);
    const size_t stop = (size_t)place.start + place.length;
    size_t marks = 0;

    paint(pen, "1;34");
    fprintf(pen->to, " %*u | ", pen->gutter, source_position(place).line);
    paint(pen, "0");
    fputs(window.cut_left ? "..." : "", pen->to);
    for (size_t i = window.start, step; i < window.end; i += step) {
        step = character_length(window.text + i, window.end - i);
        put_character(pen, window.text + i, step);
    }
    fputs(window.cut_right ? "..." : "", pen->to);
    paint(pen, "1;34");
    fprintf(pen->to, "\n %*s | ", pen->gutter, "");
    paint(pen, "0");
    fputs(window.cut_left ? "   " : "", pen->to);
    for (size_t i = window.start, step; i < place.start && i < window.end; i += step) {
        step = character_length(window.text + i, window.end - i);
        fputc(window.text[i] == '\t' ? '\t' : ' ', pen->to);
    }
    paint(pen, colour);
    for (size_t i = place.start, step; i < stop && i < window.end; i += step) {
        step = character_length(window.text + i, window.end - i);
        fputc(mark, pen->to);
        marks++;
    }
    if (marks == 0)
        fputc(mark, pen->to);
    if (label != NULL) {
        fputc(' ', pen->to);
        put_text(pen, label);
    }
    paint(pen, "0");
    fputc('\n', pen->to);
}

static void show_remark(const struct pen *pen, const char *word, const char *text)
{
    if (text == NULL)
        return;
    paint(pen, "1;34");
    fprintf(pen->to, " %*s = ", pen->gutter, "");
    paint(pen, "0");
    fprintf(pen->to, "%s: ", word);
    put_text(pen, text);
    fputc('\n', pen->to);
}

static int digits_of(const struct diagnostic *diagnostic)
{
    unsigned line = source_position(diagnostic->place).line;
    int digits = 1;

    for (const struct diagnostic_place *also = diagnostic->also; also != NULL; also = also->next) {
        const unsigned other = source_position(also->place).line;
        line = other > line ? other : line;
    }
    for (; line >= 10; line /= 10)
        digits++;
    return digits;
}

static void show(const struct pen *pen, const struct diagnostic *diagnostic)
{
    const bool error = diagnostic->info->severity == SEVERITY_ERROR;
    const struct place place = diagnostic->place;
    const char *const colour = error ? "1;31" : "1;35";

    paint(pen, "1");
    if (place.source != NULL) {
        const struct position position = source_position(place);
        fprintf(pen->to, "%s:%u:%u: ", place.source->name, position.line, position.column);
    }
    paint(pen, colour);
    fprintf(pen->to, "%s[%s]", error ? "error" : "warning", diagnostic->info->text);
    paint(pen, "0");
    paint(pen, "1");
    fputs(": ", pen->to);
    put_text(pen, diagnostic->message);
    paint(pen, "0");
    fputc('\n', pen->to);
    if (place.source != NULL)
        show_line(pen, place, '^', colour, diagnostic->label);
    for (const struct diagnostic_place *also = diagnostic->also; also != NULL; also = also->next) {
        if (also->place.source != place.source)
            fprintf(pen->to, " %*s ::: %s\n", pen->gutter, "", also->place.source->name);
        show_line(pen, also->place, '-', "1;34", also->label);
    }
    show_remark(pen, "note", diagnostic->note);
    show_remark(pen, "help", diagnostic->help);
}

static void count(const struct pen *pen, unsigned number, const char *word)
{
    fprintf(pen->to, "%u %s%s", number, word, number == 1 ? "" : "s");
}

void diag_render(struct diags *diags, FILE *to, bool colour)
{
    struct pen pen = {.to = to, .colour = colour};
    unsigned shown[] = {[SEVERITY_ERROR] = 0, [SEVERITY_WARNING] = 0};

    if (diags->first == NULL)
        return;
    diag_sort(diags);
    for (const struct diagnostic *diagnostic = diags->first; diagnostic != NULL;
         diagnostic = diagnostic->next) {
        if (++shown[diagnostic->info->severity] > DIAG_SHOWN_MAX)
            continue;
        pen.gutter = digits_of(diagnostic);
        show(&pen, diagnostic);
    }
    if (diags->errors > 0)
        count(&pen, diags->errors, "error");
    if (diags->errors > 0 && diags->warnings > 0)
        fputs(", ", to);
    if (diags->warnings > 0)
        count(&pen, diags->warnings, "warning");
    if (diags->errors > DIAG_SHOWN_MAX || diags->warnings > DIAG_SHOWN_MAX)
        fprintf(to, "; the first %d are shown", DIAG_SHOWN_MAX);
    fputc('\n', to);
}
