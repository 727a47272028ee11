#include <flare/log.h>

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include <flare/number.h>
#include <flare/time.h>

#include "base/utf8.h"

static const flare_log_options start_options = {FLARE_LOG_TEXT, FLARE_LOG_INFO, STDERR_FILENO, NULL, NULL};
static flare_log_options current = {FLARE_LOG_TEXT, FLARE_LOG_INFO, STDERR_FILENO, NULL, NULL};
static const char *const level_names[] = {"debug", "info", "warn", "error"};

static _Atomic uint64_t lost; /* lines that could not be written since that was last told */
static atomic_bool torn;      /* the last one in part */

/* How a text is escaped. */
enum escaping { ESCAPE_PLAIN, ESCAPE_QUOTED, ESCAPE_JSON };

void flare_log_setup(const flare_log_options *options)
{
    current = options ? *options : start_options;
}

bool flare_log_enabled(flare_log_level level)
{
    return current.mode != FLARE_LOG_OFF && level >= current.level;
}

static size_t room(const flarei_log_line *line)
{
    const size_t most = FLARE_LOG_MAX_BYTES - FLAREI_LOG_CLOSING_BYTES;

    return line->cut || line->len > most ? 0 : most - line->len;
}

/* All of it, or the line is cut. */
static bool put(flarei_log_line *line, const char *text, size_t len)
{
    if (len > room(line)) {
        line->cut = true;
        return false;
    }
    memcpy(line->text + line->len, text, len);
    line->len += len;
    return true;
}

/* For what FLAREI_LOG_CLOSING_BYTES were kept for. */
static void put_closing(flarei_log_line *line, const char *text)
{
    const size_t len = strlen(text);

    memcpy(line->text + line->len, text, len);
    line->len += len;
}

/* The bytes at p that may stand as they are: one ASCII character or one scalar value; 0 for none. */
static size_t plain_bytes(const char *p, size_t left, enum escaping escaping)
{
    const unsigned char byte = (unsigned char)*p;

    if (byte >= 0x80) {
        const size_t bytes = flarei_utf8_sequence_bytes((const unsigned char *)p, left);
        const bool control = byte == 0xc2 && bytes == 2 && (unsigned char)p[1] < 0xa0; /* U+0080 to U+009F */

        return control ? 0 : bytes;
    }
    if (byte < 0x20 || byte == 0x7f || byte == '\\' || (byte == '"' && escaping != ESCAPE_PLAIN))
        return 0;
    return 1;
}

/* Writes the escape of the first byte or scalar value of p. @return how many bytes of p it stands for */
static size_t put_escape(flarei_log_line *line, const char *p, size_t left, enum escaping escaping)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char byte = (unsigned char)*p;
    char escape[6] = {'\\'};
    size_t taken = 1, len = 2;

    switch (byte) {
    case '\\':
    case '"':
        escape[1] = (char)byte;
        break;
    case '\n':
        escape[1] = 'n';
        break;
    case '\r':
        escape[1] = 'r';
        break;
    case '\t':
        escape[1] = 't';
        break;
    default:
        if (escaping != ESCAPE_JSON) {
            escape[1] = 'x';
            escape[2] = digits[byte >> 4];
            escape[3] = digits[byte & 15];
            len = 4;
        } else if (byte < 0x80) {
            memcpy(escape + 1, "u00", 3);
            escape[4] = digits[byte >> 4];
            escape[5] = digits[byte & 15];
            len = 6;
        } else if (flarei_utf8_sequence_bytes((const unsigned char *)p, left) == 2) {
            memcpy(escape + 1, "u00", 3);
            escape[4] = digits[(unsigned char)p[1] >> 4];
            escape[5] = digits[(unsigned char)p[1] & 15];
            len = 6;
            taken = 2;
        } else {
            memcpy(escape + 1, "ufffd", 5);
            len = 6;
        }
    }
    put(line, escape, len);
    return taken;
}

/* The top bit of a byte is set where it is a control character, no ASCII, or one that some form escapes. What
 * a borrow from a neighbour sets too is only looked at more closely. */
static inline uint64_t odd_bytes(const char *bytes)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t word, quote, backslash, rubout;

    memcpy(&word, bytes, sizeof word);
    quote = word ^ '"' * each;
    backslash = word ^ '\\' * each;
    rubout = word ^ 0x7f * each;
    return (word | (word - 0x20 * each) | ((quote - each) & ~quote) | ((backslash - each) & ~backslash) |
            ((rubout - each) & ~rubout)) &
           0x80 * each;
}

/* Does all of a text stand as it is, in every form? */
static inline bool is_plain(flare_str text)
{
    uint64_t found = 0;

    if (text.len < 8) {
        char word[8] = "        ";

        if (text.len >= 4) {
            memcpy(word, text.ptr, 4);
            memcpy(word + 4, text.ptr + text.len - 4, 4);
        } else {
            for (size_t i = 0; i < text.len; i++)
                word[i] = text.ptr[i];
        }
        return odd_bytes(word) == 0;
    }
    for (size_t i = 0; i < text.len - 8; i += 8)
        found |= odd_bytes(text.ptr + i);
    return (found | odd_bytes(text.ptr + text.len - 8)) == 0;
}

static void put_escaped(flarei_log_line *line, flare_str text, enum escaping escaping)
{
    if (text.len != 0 && is_plain(text) && text.len <= room(line)) {
        put(line, text.ptr, text.len);
        return;
    }
    for (size_t i = 0; i < text.len && !line->cut;) {
        const size_t bytes = plain_bytes(text.ptr + i, text.len - i, escaping);

        if (bytes > 0) {
            put(line, text.ptr + i, bytes);
            i += bytes;
        } else {
            i += put_escape(line, text.ptr + i, text.len - i, escaping);
        }
    }
}

/* RFC 3339 to the millisecond, always 24 bytes. A thread keeps the second that it wrote last. */
static void put_time(flarei_log_line *line)
{
    static _Thread_local flare_time written = -1;
    static _Thread_local char text[FLARE_TIME_MAX_BYTES];
    const flare_time now = flarei_clock_wall();
    const flare_time past = now % FLARE_TIME_SECOND; /* the second; negative before the epoch */
    const flare_time rest = past < 0 ? past + FLARE_TIME_SECOND : past;
    const int milliseconds = (int)(rest / FLARE_TIME_MILLISECOND);

    if (now - rest != written) {
        flare_time_format(now - rest, text);
        written = now - rest;
    }
    text[19] = '.';
    text[20] = (char)('0' + milliseconds / 100);
    text[21] = (char)('0' + milliseconds / 10 % 10);
    text[22] = (char)('0' + milliseconds % 10);
    text[23] = 'Z';
    put(line, text, 24);
}

static void begin_line(flarei_log_line *line, flare_log_level level, flare_str message)
{
    const char *const name = level_names[level];

    line->level = level;
    if (line->mode == FLARE_LOG_JSON) {
        put(line, "{\"time\":\"", 9);
        put_time(line);
        put(line, "\",\"level\":\"", 11);
        put(line, name, strlen(name));
        put(line, "\",\"message\":\"", 13);
        put_escaped(line, message, ESCAPE_JSON);
        put_closing(line, "\"");
    } else {
        put_time(line);
        put(line, " ", 1);
        put(line, name, strlen(name));
        put(line, " ", 1);
        put_escaped(line, message, ESCAPE_PLAIN);
    }
}

void flarei_log_begin(flarei_log_line *line, flare_log_level level, flare_str message)
{
    line->mode = flare_log_enabled(level) ? current.mode : FLARE_LOG_OFF;
    if (line->mode == FLARE_LOG_OFF)
        return;
    line->len = 0;
    line->cut = false;
    begin_line(line, level, message);
}

/* The key and what stands around it, all or nothing. */
static bool put_key(flarei_log_line *line, flare_str key)
{
    if (line->mode == FLARE_LOG_OFF)
        return false;
    if (key.len + 8 > room(line)) {
        line->cut = true;
        return false;
    }
    if (line->mode == FLARE_LOG_JSON)
        return put(line, ",\"", 2) && put(line, key.ptr, key.len) && put(line, "\":", 2);
    return put(line, " ", 1) && put(line, key.ptr, key.len) && put(line, "=", 1);
}

static bool needs_quotes(flare_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        const unsigned char byte = (unsigned char)value.ptr[i];

        if (byte <= ' ' || byte == '"' || byte == '=' || byte == '\\' || byte >= 0x7f)
            return true;
    }
    return value.len == 0;
}

/* What nearly all values are: plain, and there is room. */
static inline char *add_plain(char *to, flare_str key, flare_str value, bool json)
{
    memcpy(to, json ? ",\"" : "  ", 2);
    to += json ? 2 : 1;
    memcpy(to, key.ptr, key.len);
    to += key.len;
    memcpy(to, json ? "\":\"" : "=   ", 4);
    to += json ? 3 : 1;
    memcpy(to, value.ptr, value.len);
    to += value.len;
    *to = '"';
    return to + json;
}

void flarei_log_add_of(flarei_log_line *line, flare_str key, flare_str value, bool plain)
{
    if (value.len != 0 && line->mode != FLARE_LOG_OFF && key.len + value.len + 8 <= room(line) &&
        (plain || (line->mode == FLARE_LOG_JSON && is_plain(value)))) {
        char *const end = add_plain(line->text + line->len, key, value, line->mode == FLARE_LOG_JSON);

        line->len = (size_t)(end - line->text);
        return;
    }
    if (!put_key(line, key))
        return;
    if (line->mode == FLARE_LOG_TEXT && !needs_quotes(value)) {
        put_escaped(line, value, ESCAPE_PLAIN);
        return;
    }
    put(line, "\"", 1);
    put_escaped(line, value, line->mode == FLARE_LOG_JSON ? ESCAPE_JSON : ESCAPE_QUOTED);
    put_closing(line, "\"");
}

void flarei_log_add_u64_of(flarei_log_line *line, flare_str key, uint64_t value)
{
    const bool json = line->mode == FLARE_LOG_JSON;
    char *to = line->text + line->len;

    if (line->mode == FLARE_LOG_OFF || line->cut)
        return;
    if (key.len + 8 + FLARE_U64_MAX_BYTES > room(line)) { /* a number is never cut in two */
        line->cut = true;
        return;
    }
    memcpy(to, json ? ",\"" : "  ", 2);
    to += json ? 2 : 1;
    memcpy(to, key.ptr, key.len);
    to += key.len;
    memcpy(to, json ? "\":" : "= ", 2);
    to += json ? 2 : 1;
    to += flare_u64_format(value, to);
    line->len = (size_t)(to - line->text);
}

/* One write: what a full disk, or a pipe that nobody reads, does not take is lost and counted. */
static bool put_out(const char *text, size_t len)
{
    ssize_t written;

    do
        written = write(current.descriptor, text, len);
    while (written < 0 && errno == EINTR);
    if (written == (ssize_t)len)
        return true;
    if (written > 0)
        atomic_store(&torn, true);
    atomic_fetch_add(&lost, 1);
    return false;
}

/* Says before the next line how many are missing. @return false: that can't be written either, so the next
 * line is lost, too */
static bool tell_lost(flare_log_mode mode)
{
    uint64_t count = atomic_load(&lost);
    flarei_log_line line;
    bool was_torn;

    if (FLARE_LIKELY(count == 0))
        return true;
    count = atomic_exchange(&lost, 0);
    if (count == 0) /* another thread tells */
        return true;
    was_torn = atomic_exchange(&torn, false);
    line.mode = mode;
    line.len = 0;
    line.cut = false;
    if (was_torn)
        put(&line, "\n", 1);
    begin_line(&line, FLARE_LOG_WARN, FLARE_STR("the log could not be written"));
    flarei_log_add_u64(&line, "lost_lines", count);
    put_closing(&line, mode == FLARE_LOG_JSON ? "}\n" : "\n");
    if (put_out(line.text, line.len))
        return true;
    if (was_torn)
        atomic_store(&torn, true);
    atomic_fetch_add(&lost, count); /* it counted itself: that is the line to come */
    return false;
}

void flarei_log_end(flarei_log_line *line)
{
    const int saved_errno = errno;

    if (line->mode == FLARE_LOG_OFF)
        return;
    if (line->mode == FLARE_LOG_JSON)
        put_closing(line, line->cut ? ",\"cut\":true}\n" : "}\n");
    else
        put_closing(line, line->cut ? "...\n" : "\n");
    if (current.sink != NULL)
        current.sink(current.sink_context, line->level, (flare_str){line->text, line->len});
    else if (tell_lost(line->mode))
        (void)put_out(line->text, line->len);
    line->mode = FLARE_LOG_OFF;
    errno = saved_errno;
}

void flare_log(flare_log_level level, const char *format, ...)
{
    char message[FLARE_LOG_MAX_BYTES];
    flarei_log_line line;
    va_list arguments;
    int len;

    if (!flare_log_enabled(level))
        return;
    va_start(arguments, format);
    len = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (len < 0)
        len = 0;
    else if (len >= (int)sizeof message)
        len = (int)sizeof message - 1;
    flarei_log_begin(&line, level, (flare_str){message, (size_t)len});
    flarei_log_end(&line);
}
