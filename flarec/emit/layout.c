#include "emit/layout.h"

#include <string.h>

struct line {
    const char *bytes;
    size_t length;  /* without the newline */
    size_t comment; /* where a comment behind code starts, or 0 */
};

static void add_blanks(struct text *out, size_t count)
{
    while (count-- > 0)
        text_add_bytes(out, " ", 1);
}

static size_t indent_of(const char *bytes, size_t length)
{
    size_t indent = 0;

    while (indent < length && bytes[indent] == ' ')
        indent++;
    return indent;
}

/* Past a string or character literal that starts at `at`. */
static size_t skip_literal(const char *bytes, size_t length, size_t at)
{
    const char quote = bytes[at++];

    while (at < length && bytes[at] != quote)
        at += bytes[at] == '\\' ? 2 : 1;
    return at < length ? at + 1 : length;
}

/* ---- code ---------------------------------------------------------------------------------------- */

static bool opens(char c)
{
    return c == '(' || c == '{' || c == '[';
}

static bool closes(char c)
{
    return c == ')' || c == '}' || c == ']';
}

/* The end of the piece that starts at `at`: up to and with a comma, or to an operator, at this depth. */
static size_t piece_end(const char *bytes, size_t length, size_t at)
{
    int depth = 0;

    while (at < length) {
        const char c = bytes[at];

        if (c == '"' || c == '\'') {
            at = skip_literal(bytes, length, at);
            if (depth == 0 && at + 1 < length && bytes[at] == ' ' && bytes[at + 1] == '"')
                return at;
            continue;
        }
        if (closes(c) && depth-- == 0)
            return at;
        if (opens(c))
            depth++;
        at++;
        if (depth == 0 && (c == ',' || ((c == '&' || c == '|') && at < length && bytes[at] == c))) {
            if (c != ',')
                at++;
            return at;
        }
    }
    return length;
}

struct printer {
    struct text *out;
    size_t column;
};

static void put(struct printer *printer, const char *bytes, size_t length)
{
    text_add_bytes(printer->out, bytes, length);
    printer->column += length;
}

static void new_line(struct printer *printer, size_t column)
{
    text_add(printer->out, "\n");
    add_blanks(printer->out, column);
    printer->column = column;
}

/* A string literal cut into pieces under each other. An escape is not cut. */
static size_t put_string(struct printer *printer, const char *bytes, size_t length, size_t behind)
{
    const size_t end = skip_literal(bytes, length, 0);
    const size_t column = printer->column;
    size_t at = 1;

    if (column + end + behind <= LAYOUT_COLUMNS) {
        put(printer, bytes, end);
        return end;
    }
    while (at < end - 1) {
        const size_t room = column + 24 < LAYOUT_COLUMNS ? LAYOUT_COLUMNS - column - 2 - behind : 24;
        size_t stop = at, next = at;

        while (next < end - 1) {
            next += bytes[next] != '\\' ? 1 : bytes[next + 1] >= '0' && bytes[next + 1] <= '7' ? 4 : 2;
            if (next - at > room)
                break;
            stop = next;
        }
        if (at != 1)
            new_line(printer, column);
        put(printer, "\"", 1);
        put(printer, bytes + at, stop - at);
        put(printer, "\"", 1);
        at = stop;
    }
    return end;
}

static void put_code(struct printer *printer, const char *bytes, size_t length, size_t behind);

/* Brackets and what can't be parted from them, behind the last piece. */
static size_t tail_length(const char *bytes, size_t length, size_t at, size_t behind)
{
    size_t tail = 0;

    while (at + tail < length && (!opens(bytes[at + tail]) || at + tail + 1 == length))
        tail++;
    return at + tail == length ? tail + behind : tail;
}

/* The pieces inside of a bracket, packed under its first one. Returns where they end. */
static size_t put_pieces(struct printer *printer, const char *bytes, size_t length, size_t at, size_t behind)
{
    const size_t column = printer->column;
    const size_t begin = at;
    bool broken = false, last = false;

    while (!last) {
        const size_t end = piece_end(bytes, length, at);
        size_t before, tail;

        last = end >= length || closes(bytes[end]);
        tail = last ? tail_length(bytes, length, end, behind) : 0;
        if (at != begin && (broken || printer->column + (end - at) + tail > LAYOUT_COLUMNS)) {
            at += bytes[at] == ' ';
            new_line(printer, column);
        }
        before = printer->out->length;
        put_code(printer, bytes + at, end - at, tail);
        broken = memchr(printer->out->bytes + before, '\n', printer->out->length - before) != NULL &&
                 memchr(bytes + at, '"', end - at) != NULL;
        at = end;
    }
    return at;
}

/* One line of code that may be too long: pieces are packed, and go on under the bracket that holds them. */
static void put_code(struct printer *printer, const char *bytes, size_t length, size_t behind)
{
    size_t at = 0;

    if (printer->column + length + behind <= LAYOUT_COLUMNS) {
        put(printer, bytes, length);
        return;
    }
    while (at < length) {
        const char c = bytes[at];

        if (c == '"' || c == '\'') {
            const size_t end = skip_literal(bytes, length, at);

            at += put_string(printer, bytes + at, length - at, end == length ? behind : 1);
            continue;
        }
        put(printer, &c, 1);
        at++;
        if (opens(c) && at < length && !closes(bytes[at]))
            at = put_pieces(printer, bytes, length, at, behind);
    }
}

/* How many lines it takes, or a great many if one of them is too long. */
static size_t lines_of(const char *text, size_t length)
{
    size_t lines = 1, start = 0;

    for (size_t i = 0; i <= length; i++) {
        if (i < length && text[i] != '\n')
            continue;
        if (i - start > LAYOUT_COLUMNS)
            lines += 1000;
        lines += i < length;
        start = i + 1;
    }
    return lines;
}

/* Where a function's name starts in a prototype, or 0. */
static size_t function_name(const char *bytes, size_t length)
{
    const char *const open = memchr(bytes, '(', length);
    size_t at = open != NULL ? (size_t)(open - bytes) : 0;

    if (bytes[0] == ' ' || bytes[0] == '{' || bytes[0] == '}' || memchr(bytes, '=', length) != NULL ||
        (bytes[length - 1] != ')' && bytes[length - 1] != ';'))
        return 0;
    while (at > 0 && bytes[at - 1] != ' ' && bytes[at - 1] != '*')
        at--;
    return at;
}

/* A value behind `=` that fits a line of its own. */
static size_t assigned_value(const char *bytes, size_t length)
{
    const char *const sign = memchr(bytes, '=', length);
    const size_t at = sign != NULL ? (size_t)(sign - bytes) + 2 : 0;
    const size_t indent = indent_of(bytes, length);

    return at != 0 && at < length && sign[-1] == ' ' && sign[1] == ' ' && bytes[length - 1] == ';' &&
                   indent + 4 + length - at <= LAYOUT_COLUMNS
               ? at
               : 0;
}

/* The name on a line of its own, below the type. */
static void put_under_type(struct printer *printer, const char *bytes, size_t length, size_t name)
{
    put_code(printer, bytes, bytes[name - 1] == ' ' ? name - 1 : name, 0);
    new_line(printer, 0);
    put_code(printer, bytes + name, length - name, 0);
}

/* The parameters below the name, which stands below the type if the line would still be too long. */
static void put_hanging(struct printer *printer, const char *bytes, size_t length, size_t name)
{
    const size_t open = (size_t)((const char *)memchr(bytes, '(', length) - bytes) + 1;
    size_t end;

    if (open > LAYOUT_COLUMNS) {
        put(printer, bytes, bytes[name - 1] == ' ' ? name - 1 : name);
        new_line(printer, 0);
        put(printer, bytes + name, open - name);
    } else {
        put(printer, bytes, open);
    }
    new_line(printer, 4);
    end = put_pieces(printer, bytes, length, open, 0);
    put(printer, bytes + end, length - end);
}

/* Where the arguments start if the statement is a call, or the value of one, alone; or 0. */
static size_t call_arguments(const char *bytes, size_t length)
{
    const char *const open = memchr(bytes, '(', length);
    const size_t at = open != NULL ? (size_t)(open - bytes) : 0;
    int depth = 0;

    if (at == 0 || bytes[0] != ' ' || opens(open[-1]) || open[-1] == ' ')
        return 0;
    for (size_t i = at; i < length;) {
        if (bytes[i] == '"' || bytes[i] == '\'') {
            i = skip_literal(bytes, length, i);
            continue;
        }
        depth += opens(bytes[i]) - closes(bytes[i]);
        if (depth == 0)
            return i + 2 == length && bytes[i + 1] == ';' ? at + 1 : 0;
        i++;
    }
    return 0;
}

/* The arguments go below the call where that takes fewer lines. */
static void put_call(struct printer *printer, const char *bytes, size_t length, size_t start,
                     size_t arguments)
{
    struct text below = {.arena = printer->out->arena};
    struct printer hanging = {&below, 0};
    size_t end;

    put(&hanging, bytes, arguments);
    new_line(&hanging, indent_of(bytes, length) + 4);
    end = put_pieces(&hanging, bytes, length, arguments, 0);
    put(&hanging, bytes + end, length - end);
    if (lines_of(text_of(&below), below.length) <
        lines_of(printer->out->bytes + start, printer->out->length - start)) {
        printer->out->length = start;
        text_add_bytes(printer->out, text_of(&below), below.length);
    }
}

static void put_line(struct printer *printer, const char *bytes, size_t length)
{
    const size_t start = printer->out->length;
    const size_t name = function_name(bytes, length), value = assigned_value(bytes, length);
    const size_t arguments = call_arguments(bytes, length);
    size_t lines;

    if (value != 0) {
        put(printer, bytes, value - 1);
        new_line(printer, indent_of(bytes, length) + 4);
        put(printer, bytes + value, length - value);
        return;
    }
    put_code(printer, bytes, length, 0);
    if (arguments != 0)
        put_call(printer, bytes, length, start, arguments);
    if (name == 0)
        return;
    lines = lines_of(printer->out->bytes + start, printer->out->length - start);
    if (lines > 2) {
        struct text other = {.arena = printer->out->arena}, third = other;
        struct printer apart = {&other, 0}, hanging = {&third, 0};
        const struct text *best = &other;

        put_under_type(&apart, bytes, length, name);
        put_hanging(&hanging, bytes, length, name);
        if (lines_of(text_of(&other), other.length) > 1000)
            best = &third;
        if (lines > 1000 || lines > lines_of(text_of(&other), other.length)) {
            printer->out->length = start;
            text_add_bytes(printer->out, text_of(best), best->length);
        }
    }
}

/* ---- comments ---------------------------------------------------------------------------------- */

/* Words of a comment's line, wrapped under `column` with ` * ` before each further line. */
static void put_words(struct printer *printer, const char *bytes, size_t length, size_t column,
                      const char *mark, size_t tail)
{
    size_t at = 0;

    while (at < length) {
        size_t end = at, width;

        while (end < length && bytes[end] == ' ')
            end++;
        while (end < length && bytes[end] != ' ')
            end++;
        width = text_columns(bytes + at, end - at) + (end == length ? tail : 0);
        if (at != 0 && printer->column + width > LAYOUT_COLUMNS) {
            new_line(printer, column);
            while (bytes[at] == ' ')
                at++;
            if (length - at != 2 || memcmp(bytes + at, "*/", 2) != 0)
                put(printer, mark, strlen(mark));
        }
        text_add_bytes(printer->out, bytes + at, end - at);
        printer->column += text_columns(bytes + at, end - at);
        at = end;
    }
}

static void put_comment_line(struct printer *printer, const char *bytes, size_t length)
{
    const size_t indent = indent_of(bytes, length);
    const bool begins = length >= indent + 2 && bytes[indent] == '/' && bytes[indent + 1] == '*';
    const size_t lead = indent + (begins ? 3 : 2);

    if (text_columns(bytes, length) <= LAYOUT_COLUMNS || length <= lead) {
        put(printer, bytes, length);
        return;
    }
    put(printer, bytes, lead);
    put_words(printer, bytes + lead, length - lead, begins ? indent + 1 : indent, "* ", 0);
}

/* ---- lines ------------------------------------------------------------------------------------- */

/* Where the comment behind code starts, if the line has one. */
static size_t find_comment(const char *bytes, size_t length)
{
    const size_t indent = indent_of(bytes, length);

    for (size_t at = indent; at + 1 < length;) {
        if (bytes[at] == '"' || bytes[at] == '\'') {
            at = skip_literal(bytes, length, at);
        } else if (bytes[at] == '/' && bytes[at + 1] == '*') {
            return at > indent && bytes[length - 1] == '/' && bytes[length - 2] == '*' ? at : 0;
        } else {
            at++;
        }
    }
    return 0;
}

static struct line take_line(const char **at, const char *end)
{
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    struct line line = {*at, (size_t)((newline != NULL ? newline : end) - *at), 0};

    *at = newline != NULL ? newline + 1 : end;
    while (line.length != 0 && line.bytes[line.length - 1] == ' ')
        line.length--;
    line.comment = find_comment(line.bytes, line.length);
    return line;
}

static size_t code_length(const struct line *line)
{
    size_t length = line->comment;

    while (length != 0 && line->bytes[length - 1] == ' ')
        length--;
    return length;
}

/* Lines in a row that have a comment behind code: these stand under each other. */
static void put_commented(struct text *out, const struct line *lines, size_t count)
{
    size_t column = 0;

    for (size_t i = 0; i < count; i++) {
        if (code_length(&lines[i]) + 1 > column)
            column = code_length(&lines[i]) + 1;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t length = code_length(&lines[i]);

        text_add_bytes(out, lines[i].bytes, length);
        add_blanks(out, column - length);
        text_add_bytes(out, lines[i].bytes + lines[i].comment, lines[i].length - lines[i].comment);
        text_add(out, "\n");
    }
}

static bool fits(const struct line *line, size_t column)
{
    return column + text_columns(line->bytes + line->comment, line->length - line->comment) <= LAYOUT_COLUMNS;
}

/* A comment that fits nowhere behind its code goes before it. */
static void put_apart(struct text *out, const struct line *line)
{
    struct printer printer = {out, 0};
    const size_t indent = indent_of(line->bytes, line->length);

    new_line(&printer, 0);
    out->length--;
    add_blanks(out, indent);
    put_words(&printer, line->bytes + line->comment, line->length - line->comment, indent + 1, "* ", 0);
    text_add(out, "\n");
    printer.column = 0;
    if (code_length(line) <= LAYOUT_COLUMNS)
        put(&printer, line->bytes, code_length(line));
    else
        put_line(&printer, line->bytes, code_length(line));
    text_add(out, "\n");
}

#define GROUP_MAX 512

static const char *put_group(struct text *out, struct line line, const char *at, const char *end)
{
    struct line group[GROUP_MAX];
    size_t count = 0, column = 0;

    for (;;) {
        const char *const here = at;
        const size_t wider = code_length(&line) + 1 > column ? code_length(&line) + 1 : column;
        bool good = fits(&line, wider);

        for (size_t i = 0; good && i < count; i++)
            good = fits(&group[i], wider);
        if (!good) {
            put_commented(out, group, count);
            if (count == 0)
                put_apart(out, &line);
            else
                at = line.bytes;
            return at;
        }
        group[count++] = line;
        column = wider;
        if (at == end || count == GROUP_MAX)
            break;
        line = take_line(&at, end);
        if (line.comment == 0) {
            at = here;
            break;
        }
    }
    put_commented(out, group, count);
    return at;
}

static bool is_comment(const struct line *line)
{
    const size_t indent = indent_of(line->bytes, line->length);

    return line->length >= indent + 2 &&
           (memcmp(line->bytes + indent, "/*", 2) == 0 || memcmp(line->bytes + indent, "* ", 2) == 0);
}

static bool is_mark(const struct line *line, const char *mark)
{
    const size_t indent = indent_of(line->bytes, line->length);

    return line->length - indent == strlen(mark) && memcmp(line->bytes + indent, mark, strlen(mark)) == 0;
}

void layout(struct text *out, const char *text, size_t length)
{
    const char *at = text, *const end = text + length;
    bool off = false, blank = true;

    while (at < end) {
        struct line line = take_line(&at, end);
        struct printer printer = {out, 0};

        /* Never two blank lines, nor one at the start of a block. */
        if (line.length == 0 && blank)
            continue;
        blank = line.length == 0 || line.bytes[line.length - 1] == '{';

        if (is_mark(&line, "/* clang-format off */"))
            off = true;
        else if (is_mark(&line, "/* clang-format on */"))
            off = false;
        if (off) {
            put(&printer, line.bytes, line.length);
        } else if (is_comment(&line)) {
            put_comment_line(&printer, line.bytes, line.length);
        } else if (line.comment != 0) {
            at = put_group(out, line, at, end);
            continue;
        } else {
            if (line.length <= LAYOUT_COLUMNS)
                put(&printer, line.bytes, line.length);
            else
                put_line(&printer, line.bytes, line.length);
        }
        text_add(out, "\n");
    }
}
