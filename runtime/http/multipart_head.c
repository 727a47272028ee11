#include "http/multipart.h"

/* What is left of a line or value. */
struct cursor {
    char *at;
    const char *end;
};

static bool is_token(char byte)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    return (unsigned)(((unsigned char)byte | 0x20) - 'a') < 26u ||
           (unsigned)((unsigned char)byte - '0') < 10u ||
           (byte != '\0' && memchr(others, byte, sizeof others - 1) != NULL);
}

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->at != cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'))
        cursor->at++;
}

static bool skip(struct cursor *cursor, char byte)
{
    if (cursor->at == cursor->end || *cursor->at != byte)
        return false;
    cursor->at++;
    return true;
}

static flare_str token(struct cursor *cursor)
{
    const char *const start = cursor->at;

    while (cursor->at != cursor->end && is_token(*cursor->at))
        cursor->at++;
    return (flare_str){start, (size_t)(cursor->at - start)};
}

/* ---- Parameters ---- */

/* A quoted string, unescaped in place. Browsers write a quote as %22 (WHATWG HTML, multipart/form-data
 * encoding), others as \" (RFC 9110 section 5.6.4); a backslash before anything else is one, since old
 * browsers send whole Windows paths. */
static bool quoted(struct cursor *cursor, flare_str *value)
{
    char *const start = ++cursor->at;
    char *to = start;

    while (cursor->at != cursor->end) {
        const size_t left = (size_t)(cursor->end - cursor->at);
        char byte = *cursor->at++;

        if (byte == '"') {
            *value = (flare_str){start, (size_t)(to - start)};
            return true;
        }
        if (byte == '\\' && left > 1 && (*cursor->at == '"' || *cursor->at == '\\'))
            byte = *cursor->at++;
        else if (byte == '%' && left > 2 && cursor->at[0] == '2' && cursor->at[1] == '2') {
            byte = '"';
            cursor->at += 2;
        }
        *to++ = byte;
    }
    return false;
}

/* `; name=value` @return 1, 0 at the end, -1 if malformed */
static int next_parameter(struct cursor *cursor, flare_str *name, flare_str *value)
{
    do {
        skip_blanks(cursor);
        if (cursor->at == cursor->end)
            return 0;
        if (!skip(cursor, ';'))
            return -1;
        skip_blanks(cursor);
    } while (cursor->at == cursor->end || *cursor->at == ';');
    *name = token(cursor);
    if (name->len == 0 || !skip(cursor, '='))
        return -1;
    if (cursor->at != cursor->end && *cursor->at == '"')
        return quoted(cursor, value) ? 1 : -1;
    *value = token(cursor);
    return value->len != 0 ? 1 : -1;
}

/* `form-data; name="…"; filename="…"` (RFC 7578 section 4.2). A `filename*` is not one: it must not be sent.
 */
static bool read_disposition(struct cursor cursor, struct flarei_multipart_out *out)
{
    bool has_name = false;
    flare_str name, value;
    int got;

    if (!flare_str_equal_nocase(token(&cursor), FLARE_STR("form-data")))
        return false;
    while ((got = next_parameter(&cursor, &name, &value)) > 0) {
        if (flare_str_equal_nocase(name, FLARE_STR("name"))) {
            if (has_name)
                return false;
            has_name = true;
            out->name = value;
        } else if (flare_str_equal_nocase(name, FLARE_STR("filename"))) {
            if (out->has_filename)
                return false;
            out->has_filename = true;
            out->filename = value;
        }
    }
    return got == 0 && has_name;
}

/* ---- Field lines ---- */

static bool is_plain_encoding(flare_str value)
{
    return flare_str_equal_nocase(value, FLARE_STR("binary")) ||
           flare_str_equal_nocase(value, FLARE_STR("8bit")) ||
           flare_str_equal_nocase(value, FLARE_STR("7bit"));
}

/* @return false: malformed */
static bool read_line(struct cursor cursor, struct flarei_multipart_out *out, bool *has_disposition)
{
    const flare_str name = token(&cursor);
    flare_str value;

    if (name.len == 0 || !skip(&cursor, ':'))
        return false;
    skip_blanks(&cursor);
    while (cursor.end != cursor.at && (cursor.end[-1] == ' ' || cursor.end[-1] == '\t'))
        cursor.end--;
    value = (flare_str){cursor.at, (size_t)(cursor.end - cursor.at)};
    for (size_t i = 0; i < value.len; i++) {
        if (((unsigned char)value.ptr[i] < ' ' && value.ptr[i] != '\t') || value.ptr[i] == 0x7f)
            return false;
    }
    if (flare_str_equal_nocase(name, FLARE_STR("Content-Disposition"))) {
        if (*has_disposition)
            return false;
        *has_disposition = true;
        return read_disposition(cursor, out);
    }
    if (flare_str_equal_nocase(name, FLARE_STR("Content-Type")) && value.len != 0)
        out->content_type = value;
    /* What nobody sends since RFC 7578 (section 4.7) nobody decodes here. */
    return !flare_str_equal_nocase(name, FLARE_STR("Content-Transfer-Encoding")) || is_plain_encoding(value);
}

bool flarei_multipart_head(char *head, size_t length, struct flarei_multipart_out *out)
{
    const char *const end = head + length - 2; /* of the last line: what follows is the empty one */
    bool has_disposition = false;

    *out = (struct flarei_multipart_out){.content_type = FLARE_STR("text/plain")};
    for (char *at = head; at < end;) {
        char *const stop = (char *)memchr(at, '\n', (size_t)(end - at));

        if (stop == NULL || stop == at || stop[-1] != '\r')
            return false;
        if (!read_line((struct cursor){at, stop - 1}, out, &has_disposition))
            return false;
        at = stop + 1;
    }
    return has_disposition;
}

/* ---- The boundary ---- */

static bool is_boundary_byte(char byte)
{
    static const char others[] = "'()+_,-./:=? ";

    return (unsigned)(((unsigned char)byte | 0x20) - 'a') < 26u ||
           (unsigned)((unsigned char)byte - '0') < 10u ||
           (byte != '\0' && memchr(others, byte, sizeof others - 1) != NULL);
}

/* Up to the `;` where it is not quoted. Some senders don't quote what they should. */
static bool boundary_value(const char **at, const char *end, flare_str *value)
{
    const bool is_quoted = *at != end && **at == '"';
    const char *const start = *at + is_quoted;
    const char *stop = (const char *)memchr(start, is_quoted ? '"' : ';', (size_t)(end - start));

    if (stop == NULL && is_quoted)
        return false;
    stop = stop != NULL ? stop : end;
    *at = stop + is_quoted;
    while (!is_quoted && stop != start && (stop[-1] == ' ' || stop[-1] == '\t'))
        stop--;
    *value = (flare_str){start, (size_t)(stop - start)};
    return true;
}

bool flarei_multipart_boundary(flare_str content_type, flare_str *boundary)
{
    const char *const end = flarei_str_end(content_type);
    const char *at = content_type.len ? (const char *)memchr(content_type.ptr, ';', content_type.len) : NULL;
    bool found = false;

    while (at != NULL && at != end) {
        const char *const start = at;
        const char *equals;
        flare_str name, value;

        while (at != end && (*at == ';' || *at == ' ' || *at == '\t'))
            at++;
        if (at == end)
            break;
        if (*start != ';')
            return false;
        equals = (const char *)memchr(at, '=', (size_t)(end - at));
        if (equals == NULL)
            return false;
        name = (flare_str){at, (size_t)(equals - at)};
        at = equals + 1;
        if (!boundary_value(&at, end, &value))
            return false;
        if (!flare_str_equal_nocase(name, FLARE_STR("boundary")))
            continue;
        if (found)
            return false;
        found = true;
        *boundary = value;
    }
    if (!found || boundary->len == 0 || boundary->len > FLAREI_BOUNDARY_MAX_BYTES ||
        boundary->ptr[boundary->len - 1] == ' ')
        return false;
    for (size_t i = 0; i < boundary->len; i++) {
        if (!is_boundary_byte(boundary->ptr[i]))
            return false;
    }
    return true;
}
