/* flare/log.h - one line, one write, no allocation.
 *
 *     flare_log(FLARE_LOG_WARN, "accept: %s", flare_err_text(err));
 *
 *     2024-02-29T11:00:00.123Z warn accept: too many open files
 *     {"time":"2024-02-29T11:00:00.123Z","level":"warn","message":"accept: too many open files"}
 *
 * A line is built on the stack and goes out by one write(2), so lines of several threads never mix. It is at
 * most FLARE_LOG_MAX_BYTES; a longer one is cut and says so by `...` at its end, or by `"cut":true`.
 * Control characters are escaped and bytes that are not UTF-8 replaced, so nobody can forge a line.
 */
#ifndef FLARE_LOG_H
#define FLARE_LOG_H

#include <flare/number.h>
#include <flare/str.h>

FLARE_BEGIN

/** How grave a line is. */
typedef enum flare_log_level {
    FLARE_LOG_DEBUG,
    FLARE_LOG_INFO,
    FLARE_LOG_WARN,
    FLARE_LOG_ERROR
} flare_log_level;

/** How lines are written. */
typedef enum flare_log_mode { FLARE_LOG_OFF, FLARE_LOG_TEXT, FLARE_LOG_JSON } flare_log_mode;

/** The longest line, its newline included. */
#define FLARE_LOG_MAX_BYTES 2048

/** Takes whole lines instead of the descriptor. @param line with its newline; valid during the call only.
 *  Called from any thread. */
typedef void flare_log_sink(void *context, flare_log_level level, flare_str line);

/** What flare_log_setup() takes. */
typedef struct flare_log_options {
    flare_log_mode mode;   /**< text at the start of the process */
    flare_log_level level; /**< the least grave level written; info at the start */
    int descriptor;        /**< where to; 2 at the start; never closed by the log */
    flare_log_sink *sink;  /**< NULL, or called instead of writing to the descriptor */
    void *sink_context;    /**< for the sink; must live until the next setup */
} flare_log_options;

/** Sets the log of the process. Not thread safe: call it before the threads that log.
 *  @param options copied; NULL restores the start's */
void flare_log_setup(const flare_log_options *options);

/** @return would a line of this level be written? Any thread. @param level how grave */
bool flare_log_enabled(flare_log_level level);

/** Writes one line. What the descriptor does not take at once, such as a full disk's, is lost; the next line
 * that it takes comes behind one that says how many were (`lost_lines`). There is no error. Any thread.
 *  @param level how grave @param format as printf(3), without a newline */
void flare_log(flare_log_level level, const char *format, ...) FLARE_PRINTF(2, 3);

/** A line under construction, for lines with members. Lives on the stack of one thread. */
typedef struct flarei_log_line {
    size_t len;                     /**< bytes of text so far */
    flare_log_level level;          /**< of the line */
    flare_log_mode mode;            /**< FLARE_LOG_OFF if it will not be written */
    bool cut;                       /**< something did not fit */
    char text[FLARE_LOG_MAX_BYTES]; /**< not terminated */
} flarei_log_line;

/** Begins a line: time, level and message. Cheap if the level is not written; the other calls then do
 * nothing.
 *  @param line to fill @param level how grave @param message not kept */
void flarei_log_begin(flarei_log_line *line, flare_log_level level, flare_str message);

/** Room that a line keeps for what closes it. */
#define FLAREI_LOG_CLOSING_BYTES 32

/** Has a JSON line room for so many bytes more? */
static inline bool flarei_log_has_room(const flarei_log_line *line, size_t bytes)
{
    return line->mode == FLARE_LOG_JSON && !line->cut &&
           line->len + bytes <= FLARE_LOG_MAX_BYTES - FLAREI_LOG_CLOSING_BYTES;
}

/** What the three below are, with the length of a key that is known when they are compiled. */
void flarei_log_add_of(flarei_log_line *line, flare_str key, flare_str value, bool plain);
void flarei_log_add_u64_of(flarei_log_line *line, flare_str key, uint64_t value);

/** Adds ` key=value` (quoted where needed) or `,"key":"value"`. @param key a plain name @param value any
 * bytes, not kept */
static inline void flarei_log_add(flarei_log_line *line, const char *key, flare_str value)
{
    flarei_log_add_of(line, flare_str_of(key), value, false);
}

/** Adds ` key=123` or `,"key":123`. @param key a plain name */
static inline void flarei_log_add_u64(flarei_log_line *line, const char *key, uint64_t value)
{
    const size_t key_len = strlen(key);
    char *const to = line->text + line->len;

    if (!flarei_log_has_room(line, key_len + FLARE_U64_MAX_BYTES + 8)) {
        flarei_log_add_u64_of(line, flare_str_of(key), value);
        return;
    }
    memcpy(to, ",\"", 2);
    memcpy(to + 2, key, key_len);
    memcpy(to + 2 + key_len, "\":", 2);
    line->len += 4 + key_len + flare_u64_format(value, to + 4 + key_len);
}

/** As flarei_log_add(), for a value of printable ASCII without blanks, quotes, '=' and backslashes, which is
 * not looked at again. */
static inline void flarei_log_add_plain(flarei_log_line *line, const char *key, flare_str value)
{
    const size_t key_len = strlen(key);
    char *const to = line->text + line->len;

    if (!flarei_log_has_room(line, key_len + value.len + 8) || value.len == 0) {
        flarei_log_add_of(line, flare_str_of(key), value, true);
        return;
    }
    memcpy(to, ",\"", 2); /* of constant sizes these are a move or two */
    memcpy(to + 2, key, key_len);
    memcpy(to + 2 + key_len, "\":\"", 3);
    memcpy(to + 5 + key_len, value.ptr, value.len);
    to[5 + key_len + value.len] = '"';
    line->len += 6 + key_len + value.len;
}

/** Ends the line and writes it. The line is then used up. */
void flarei_log_end(flarei_log_line *line);

FLARE_END
#endif
