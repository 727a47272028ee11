/* flare/reader.h - a buffered reader: lines, delimiters and exact lengths, the same over TCP, TLS, unix
 * sockets and memory.
 *
 *     flare_reader reader;
 *     flare_reader_over_stream(&reader, stream, 0, 4096);
 *     ...when the stream is ready:
 *     while ((err = flare_reader_line(&reader, &line)) == FLARE_OK)
 *         ...
 *     if (err != FLARE_ERR_AGAIN)
 *         ...the end (FLARE_ERR_CLOSED), a line that is too long (FLARE_ERR_LIMIT), or the stream's error
 *
 * What a call gives points into the reader and lives until the next call. A call that can't be answered yet
 * takes nothing: it is made again when there is more. A reader belongs to one thread, as its source does.
 */
#ifndef FLARE_READER_H
#define FLARE_READER_H

#include <flare/buffer.h>
#include <flare/stream.h>

FLARE_BEGIN

/** Where bytes come from: as flare_stream_read(). @param source as given @param buffer where to @param bytes
 * its room @return 1 to bytes, or a negative flare_err: FLARE_ERR_AGAIN, FLARE_ERR_CLOSED (the end), … */
typedef ptrdiff_t flare_reader_source(void *source, void *buffer, size_t bytes);

/** A buffered reader; its members are its own. */
typedef struct flare_reader {
    flare_buffer buffer;
    flare_reader_source *read; /**< NULL: all there is is in the buffer */
    void *source;
    size_t given;        /**< bytes that the last call gave, dropped by the next */
    size_t looked;       /**< bytes in which the delimiter is not */
    uint32_t timeout_ms; /**< of a stream that is waited for */
    flare_err ended;     /**< what the source said last, once that is final */
} flare_reader;

/** Reads from anything.
 *  @param reader to fill @param read called when more is needed @param source given to it
 *  @param max_bytes the longest line, or other piece, that is to be had; the memory it may take is a little
 * more. No errors; allocates when the first bytes come. */
void flare_reader_over(flare_reader *reader, flare_reader_source *read, void *source, size_t max_bytes);

/** Reads from a stream.
 *  @param reader to fill @param stream must outlive it @param timeout_ms 0: FLARE_ERR_AGAIN where it would
 * wait; else the longest wait, for a stream of flare_stream_dial_wait(): FLARE_ERR_TIMEOUT @param max_bytes
 * as flare_reader_over(). No errors. */
void flare_reader_over_stream(flare_reader *reader, flare_stream *stream, uint32_t timeout_ms,
                              size_t max_bytes);

/** Reads from a connected socket of one's own. @param reader to fill @param fd non-blocking; stays the
 * caller's @param max_bytes as flare_reader_over(). No errors. */
void flare_reader_over_socket(flare_reader *reader, int fd, size_t max_bytes);

/** Reads from memory, without a copy. @param reader to fill @param bytes must outlive it. No errors. */
void flare_reader_over_memory(flare_reader *reader, flare_str bytes);

/** Frees what it holds; its source stays as it is. @param reader one that was filled. No errors. */
void flare_reader_free(flare_reader *reader);

/** The next line, without its LF or CRLF.
 *  @param reader filled @param line set when FLARE_OK is returned; lives until the next call
 *  @return FLARE_OK; FLARE_ERR_LIMIT (it is longer than max_bytes, its end counted); FLARE_ERR_CLOSED (the
 * end; bytes after the last LF are in flare_reader_rest()); FLARE_ERR_MEMORY; or the source's error. */
flare_err flare_reader_line(flare_reader *reader, flare_str *line) FLARE_MUST_USE;

/** What stands before a delimiter, which is dropped.
 *  @param reader filled @param delimiter 1 byte or more @param bytes set when FLARE_OK is returned; lives
 * until the next call @return as flare_reader_line(); FLARE_ERR_ARGUMENT (no delimiter). */
flare_err flare_reader_until(flare_reader *reader, flare_str delimiter, flare_str *bytes) FLARE_MUST_USE;

/** Exactly so many bytes.
 *  @param reader filled @param count how many @param bytes set when FLARE_OK is returned; lives until the
 * next call @return FLARE_OK; FLARE_ERR_LIMIT (more than max_bytes); FLARE_ERR_CLOSED (the end is before
 * that); FLARE_ERR_MEMORY; or the source's error. */
flare_err flare_reader_exactly(flare_reader *reader, size_t count, flare_str *bytes) FLARE_MUST_USE;

/** As flare_reader_exactly(), and the next call gives them again. @param reader filled @param count how many
 * @param bytes set when FLARE_OK is returned; lives until the next call @return as flare_reader_exactly(). */
flare_err flare_reader_peek(flare_reader *reader, size_t count, flare_str *bytes) FLARE_MUST_USE;

/** What there is, one byte or more. @param reader filled @param bytes set when FLARE_OK is returned; lives
 * until the next call @return FLARE_OK; FLARE_ERR_CLOSED (the end); FLARE_ERR_MEMORY; or the source's error.
 */
flare_err flare_reader_some(flare_reader *reader, flare_str *bytes) FLARE_MUST_USE;

/** What was read and not given; asks nobody for more. @param reader filled @return it, until the next call.
 * No errors. */
flare_str flare_reader_rest(const flare_reader *reader);

FLARE_END
#endif
