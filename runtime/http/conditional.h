/* http/conditional.h - the conditions of a request (RFC 9110 section 13), judged by what is there. No I/O. */
#ifndef FLAREI_HTTP_CONDITIONAL_H
#define FLAREI_HTTP_CONDITIONAL_H

#include <flare/etag.h>
#include <flare/request.h>
#include <flare/time.h>

/** What tells versions of a representation apart. */
struct flarei_validators {
    flare_str etag;      /**< quotes included; empty: it has none */
    flare_time modified; /**< to the second, where has_modified */
    bool has_modified;
};

/** What is to be done. */
enum flarei_condition {
    FLAREI_CONDITION_GO_ON,        /**< as if there were no conditions */
    FLAREI_CONDITION_NOT_MODIFIED, /**< 304; of GET and HEAD only */
    FLAREI_CONDITION_FAILED        /**< 412 */
};

/** Judges all conditions of a request but If-Range, in the order of section 13.2.2. To be asked where the
 * reply would be 2xx (section 13.2.1). A field that is malformed is one that never holds (a list of tags) or
 * that is not there (a date).
 *  @param is_read GET or HEAD @param now for dates with two digits of a year */
enum flarei_condition flarei_condition_judge(const flare_field *fields, size_t count, bool is_read,
                                             const struct flarei_validators *of, flare_time now);

/** Does If-Range let a range be served (section 13.1.5)? Without that field it does. */
bool flarei_condition_range(const flare_field *fields, size_t count, const struct flarei_validators *of,
                            flare_time now);

#endif
