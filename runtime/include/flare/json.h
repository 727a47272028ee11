/* flare/json.h - JSON (RFC 8259) of any shape: read where it stands, and written value by value.
 *
 *     flare_json_value root;
 *     int64_t stars;
 *     if (flare_json_read(text, &root) != FLARE_OK ||
 *         flare_json_i64(flare_json_at(root, FLARE_STR("/repository/stars")), &stars) != FLARE_OK)
 *         ...
 *
 *     flare_json_writer json;
 *     flare_json_writer_init(&json, 1 << 20);
 *     flare_json_open_object(&json);
 *     flare_json_name(&json, FLARE_STR("stars"));
 *     flare_json_put_i64(&json, stars);
 *     flare_json_close(&json);
 *     err = flare_json_finish(&json, &text);                   (one check at the end is enough)
 *     ...send the text...
 *     flare_json_writer_free(&json);
 *
 * What a spec describes flarec reads into structs and writes from them, checked; this is for what no spec
 * describes. Reading copies and allocates nothing. Any thread; a writer belongs to one at a time.
 */
#ifndef FLARE_JSON_H
#define FLARE_JSON_H

#include <flare/buffer.h>
#include <flare/err.h>

FLARE_BEGIN

/** How deep containers may nest, read or written. */
#define FLARE_JSON_DEPTH_MAX 64
/** The longest name in a JSON Pointer; one with a longer name finds nothing. */
#define FLARE_JSON_POINTER_NAME_MAX_BYTES 255

/* ---- Reading ---- */

/** What a value is. */
typedef enum flare_json_kind {
    FLARE_JSON_NONE = 0, /**< none: what was looked for is not there */
    FLARE_JSON_NULL,
    FLARE_JSON_BOOL,
    FLARE_JSON_NUMBER,
    FLARE_JSON_STRING,
    FLARE_JSON_ARRAY,
    FLARE_JSON_OBJECT
} flare_json_kind;

/** A value in a text that was checked; lives as long as that. */
typedef struct flare_json_value {
    flare_json_kind kind;
    flare_str text; /**< its own, as it stands: a string with its quotes and escapes */
} flare_json_value;

/** Checks a text, all of it. @param text UTF-8; must outlive what is read @param root set to its value, of
 * kind FLARE_JSON_NONE on failure
 *  @return FLARE_OK; FLARE_ERR_SYNTAX; FLARE_ERR_LIMIT (nested over FLARE_JSON_DEPTH_MAX). */
flare_err flare_json_read(flare_str text, flare_json_value *root) FLARE_MUST_USE;

/** A member of an object, the first of that name. @param object any value @param name unescaped
 *  @return it; of kind FLARE_JSON_NONE if there is none, or no object. No errors. */
flare_json_value flare_json_member(flare_json_value object, flare_str name);

/** What a JSON Pointer (RFC 6901) leads to: `/items/0/name`; the empty one to the value itself.
 *  @param value any @param pointer borrowed for the call @return it; of kind FLARE_JSON_NONE if there is
 * none. No errors. */
flare_json_value flare_json_at(flare_json_value value, flare_str pointer);

/** Items of an array, or members of an object, that are gone through; its members are its own. */
typedef struct flare_json_items {
    const char *at;
    const char *end;
    bool named;
} flare_json_items;

/** Begins to go through a value. @param value any; one that is no container has no items @return it. No
 * errors.
 */
flare_json_items flare_json_items_of(flare_json_value value);

/** The next one. @param items begun @param name set to a member's name, a string; of kind FLARE_JSON_NONE in
 * an array; NULL if nobody asks @param value set to the item @return false when there are no more. No errors.
 */
bool flare_json_next(flare_json_items *items, flare_json_value *name, flare_json_value *value);

/** Is it this string? @param value any @param text what it is compared with, unescaped @return whether it is
 * a string, and the same. No errors. */
bool flare_json_is(flare_json_value value, flare_str text);

/** A string's text, unescaped.
 *  @param value any @param room where what has escapes goes; others are borrowed, and leave it alone @param
 * room_bytes as many as value.text.len are always enough @param text set when FLARE_OK is returned; it may
 * hold NULs
 *  @return FLARE_OK; FLARE_ERR_NOT_FOUND (of FLARE_JSON_NONE); FLARE_ERR_ARGUMENT (no string);
 * FLARE_ERR_LIMIT (too little room); FLARE_ERR_SYNTAX (half a surrogate pair, which no UTF-8 can say). */
flare_err flare_json_string(flare_json_value value, char *room, size_t room_bytes,
                            flare_str *text) FLARE_MUST_USE;

/** A whole number. @param value any @param number set when FLARE_OK is returned
 *  @return FLARE_OK; FLARE_ERR_NOT_FOUND (of FLARE_JSON_NONE); FLARE_ERR_ARGUMENT (no number);
 * FLARE_ERR_SYNTAX (one with a fraction or exponent); FLARE_ERR_RANGE. */
flare_err flare_json_i64(flare_json_value value, int64_t *number) FLARE_MUST_USE;
/** The same without a sign. @param value any @param number set when FLARE_OK is returned @return as
 * flare_json_i64(): FLARE_OK, FLARE_ERR_NOT_FOUND, FLARE_ERR_ARGUMENT, FLARE_ERR_SYNTAX, FLARE_ERR_RANGE
 * (below 0 too). */
flare_err flare_json_u64(flare_json_value value, uint64_t *number) FLARE_MUST_USE;
/** A number, to the nearest. @param value any @param number set when FLARE_OK is returned @return FLARE_OK;
 * FLARE_ERR_NOT_FOUND (of FLARE_JSON_NONE); FLARE_ERR_ARGUMENT (no number); FLARE_ERR_RANGE (too large). */
flare_err flare_json_f64(flare_json_value value, double *number) FLARE_MUST_USE;
/** true or false. @param value any @param truth set when FLARE_OK is returned @return FLARE_OK;
 * FLARE_ERR_NOT_FOUND (of FLARE_JSON_NONE); FLARE_ERR_ARGUMENT (neither). */
flare_err flare_json_bool(flare_json_value value, bool *truth) FLARE_MUST_USE;

/* ---- Writing ---- */

/** A text being written; its members are its own. What can't be is told by flare_json_finish(). */
typedef struct flare_json_writer {
    flare_buffer out;
    size_t max_bytes;
    uint64_t objects; /* a bit for each open container, the innermost lowest */
    unsigned depth;
    bool first; /* in the innermost container, or the text */
    bool named; /* a value must follow */
    flare_err err;
} flare_json_writer;

/** Begins a text. Allocates nothing yet. @param writer to fill; give it to flare_json_writer_free() @param
 * max_bytes the most that it may have. No errors. */
void flare_json_writer_init(flare_json_writer *writer, size_t max_bytes);

/** Frees the text; another one may be begun. @param writer begun. No errors. */
void flare_json_writer_free(flare_json_writer *writer);

/** Opens an object: flare_json_name() and a value for each member, then flare_json_close(). @param writer
 * begun
 */
void flare_json_open_object(flare_json_writer *writer);
/** Opens an array: its items, then flare_json_close(). @param writer begun */
void flare_json_open_array(flare_json_writer *writer);
/** Closes the innermost container. @param writer with one open */
void flare_json_close(flare_json_writer *writer);
/** The name of the member that is written next. @param writer in an object @param name UTF-8, copied */
void flare_json_name(flare_json_writer *writer, flare_str name);
/** A string. @param writer where a value may stand @param text UTF-8, copied; escaped as it must be */
void flare_json_put_string(flare_json_writer *writer, flare_str text);
/** A number. @param writer where a value may stand @param number any */
void flare_json_put_i64(flare_json_writer *writer, int64_t number);
/** A number. @param writer where a value may stand @param number any */
void flare_json_put_u64(flare_json_writer *writer, uint64_t number);
/** A number, the shortest text that reads as it. @param writer where a value may stand @param number finite
 */
void flare_json_put_f64(flare_json_writer *writer, double number);
/** true or false. @param writer where a value may stand @param truth which one */
void flare_json_put_bool(flare_json_writer *writer, bool truth);
/** null. @param writer where a value may stand */
void flare_json_put_null(flare_json_writer *writer);
/** A value that was read, as it stood there. @param writer where a value may stand @param value not of kind
 * FLARE_JSON_NONE; copied. It counts as one level, however deep it is. */
void flare_json_put_value(flare_json_writer *writer, flare_json_value value);

/** Says whether all went well. @param writer begun @param text set to all of it, which lives until the writer
 * is freed; empty on failure
 *  @return FLARE_OK; FLARE_ERR_STATE (it is not one whole value: a container is open, a name or value stood
 * where none may); FLARE_ERR_ARGUMENT (text that is not UTF-8, a number that is not finite, a value that is
 * none); FLARE_ERR_LIMIT (over max_bytes, or nested over FLARE_JSON_DEPTH_MAX); FLARE_ERR_MEMORY. The first
 * of them. */
flare_err flare_json_finish(flare_json_writer *writer, flare_str *text) FLARE_MUST_USE;

FLARE_END
#endif
