/* http/range.h - which parts of a representation a client asks for (RFC 9110 section 14). */
#ifndef FLAREI_HTTP_RANGE_H
#define FLAREI_HTTP_RANGE_H

#include <flare/str.h>

/** The most parts that one reply has. */
#define FLAREI_RANGES_MAX 16

/** Bytes from `first` on; at least one. */
struct flarei_range {
    uint64_t first;
    uint64_t bytes;
};

/** What a Range field comes to. */
enum flarei_ranges {
    FLAREI_RANGES_NONE,         /**< to be ignored: not of bytes, not well-formed, too many, or overlapping */
    FLAREI_RANGES_SOME,         /**< parts, in the order they were asked for */
    FLAREI_RANGES_UNSATISFIABLE /**< 416: none of them begins within the content */
};

/** Reads a Range field.
 *  @param value its value @param size of the content @param ranges set to those that can be satisfied
 *  @param count set to how many: at least 1 for SOME, else 0 @return what it comes to. No errors. Any thread.
 * RFC 9110 section 14.2 */
enum flarei_ranges flarei_ranges_parse(flare_str value, uint64_t size,
                                       struct flarei_range ranges[static FLAREI_RANGES_MAX], unsigned *count);

#endif
