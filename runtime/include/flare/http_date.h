/* flare/http_date.h - the date that replies carry (RFC 9110, section 6.6.1), written once a second at most.
 *
 *     flare_http_date date;
 *     flare_http_date_init(&date);
 *     ...
 *     flare_str line = flare_http_date_line(&date, flare_loop_wall_s(loop));     "Date: …\r\n"
 *
 * A date belongs to one thread at a time, mostly to a worker. Nothing allocates.
 */
#ifndef FLARE_HTTP_DATE_H
#define FLARE_HTTP_DATE_H

#include <flare/time.h>

FLARE_BEGIN

/** Bytes of the line: its name, the date, and the end of the line. */
#define FLARE_HTTP_DATE_LINE_BYTES (sizeof("Date: \r\n") - 1 + FLARE_TIME_HTTP_BYTES)

/** A date and the second that it is of. */
typedef struct flare_http_date {
    int64_t second;                            /**< since 1970 */
    char line[FLARE_HTTP_DATE_LINE_BYTES + 1]; /**< what it reads as, NUL at its end */
} flare_http_date;

/** Prepares one. @param date to fill. The owner's thread. No errors. */
void flare_http_date_init(flare_http_date *date);

/** The way of flare_http_date_line() when a new second has begun. Not for direct use. */
void flarei_http_date_write(flare_http_date *date, int64_t second);

/** The field line.
 *  @param date prepared @param second now, since 1970, such as flare_loop_wall_s(); a second that a
 * flare_time can hold
 *  @return "Date: Tue, 15 Nov 1994 08:12:31 GMT" and CRLF; it stays where it is, and changes with the next
 * second that is asked for. The owner's thread. No errors. */
static inline flare_str flare_http_date_line(flare_http_date *date, int64_t second)
{
    if (FLARE_UNLIKELY(second != date->second))
        flarei_http_date_write(date, second);
    return FLARE_LIT(flare_str){date->line, FLARE_HTTP_DATE_LINE_BYTES};
}

/** The date alone, as flare_http_date_line(). @param date prepared @param second now, since 1970
 *  @return FLARE_TIME_HTTP_BYTES bytes. The owner's thread. No errors. */
static inline flare_str flare_http_date_text(flare_http_date *date, int64_t second)
{
    const flare_str line = flare_http_date_line(date, second);

    return FLARE_LIT(flare_str){line.ptr + sizeof("Date: ") - 1, FLARE_TIME_HTTP_BYTES};
}

FLARE_END
#endif
