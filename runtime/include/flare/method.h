/* flare/method.h - request methods, as registered with IANA (RFC 9110, section 16.1.1). */
#ifndef FLARE_METHOD_H
#define FLARE_METHOD_H

#include <flare/str.h>

FLARE_BEGIN

/** Every registered method: X(identifier, "token"). The ones that services use most come first. */
#define FLARE_METHODS(X)                                                                                     \
    X(GET, "GET")                                                                                            \
    X(HEAD, "HEAD")                                                                                          \
    X(POST, "POST")                                                                                          \
    X(PUT, "PUT")                                                                                            \
    X(DELETE, "DELETE")                                                                                      \
    X(PATCH, "PATCH")                                                                                        \
    X(OPTIONS, "OPTIONS")                                                                                    \
    X(CONNECT, "CONNECT")                                                                                    \
    X(TRACE, "TRACE")                                                                                        \
    X(ACL, "ACL")                                                                                            \
    X(BASELINE_CONTROL, "BASELINE-CONTROL")                                                                  \
    X(BIND, "BIND")                                                                                          \
    X(CHECKIN, "CHECKIN")                                                                                    \
    X(CHECKOUT, "CHECKOUT")                                                                                  \
    X(COPY, "COPY")                                                                                          \
    X(LABEL, "LABEL")                                                                                        \
    X(LINK, "LINK")                                                                                          \
    X(LOCK, "LOCK")                                                                                          \
    X(MERGE, "MERGE")                                                                                        \
    X(MKACTIVITY, "MKACTIVITY")                                                                              \
    X(MKCALENDAR, "MKCALENDAR")                                                                              \
    X(MKCOL, "MKCOL")                                                                                        \
    X(MKREDIRECTREF, "MKREDIRECTREF")                                                                        \
    X(MKWORKSPACE, "MKWORKSPACE")                                                                            \
    X(MOVE, "MOVE")                                                                                          \
    X(ORDERPATCH, "ORDERPATCH")                                                                              \
    X(PRI, "PRI")                                                                                            \
    X(PROPFIND, "PROPFIND")                                                                                  \
    X(PROPPATCH, "PROPPATCH")                                                                                \
    X(QUERY, "QUERY")                                                                                        \
    X(REBIND, "REBIND")                                                                                      \
    X(REPORT, "REPORT")                                                                                      \
    X(SEARCH, "SEARCH")                                                                                      \
    X(UNBIND, "UNBIND")                                                                                      \
    X(UNCHECKOUT, "UNCHECKOUT")                                                                              \
    X(UNLINK, "UNLINK")                                                                                      \
    X(UNLOCK, "UNLOCK")                                                                                      \
    X(UPDATE, "UPDATE")                                                                                      \
    X(UPDATEREDIRECTREF, "UPDATEREDIRECTREF")                                                                \
    X(VERSION_CONTROL, "VERSION-CONTROL")

/** One method. FLARE_METHOD_UNKNOWN is a well-formed token that is not registered: the reply is 501. */
enum flare_method {
    FLARE_METHOD_UNKNOWN = 0,
#define FLAREI_METHOD_ENUM(identifier, token) FLARE_METHOD_##identifier,
    FLARE_METHODS(FLAREI_METHOD_ENUM)
#undef FLAREI_METHOD_ENUM
        FLARE_METHOD_COUNT /**< one past the last */
};

/** The method of a token. Methods are case-sensitive (RFC 9110, section 9.1): "get" is not registered.
 *  @param token any bytes @return the method, or FLARE_METHOD_UNKNOWN. Any thread. */
enum flare_method flare_method_of(flare_str token);

/** The token of a method, such as "GET".
 *  @param method any value @return a constant slice, never NULL ("?" if unknown). Any thread. */
flare_str flare_method_name(enum flare_method method);

FLARE_END
#endif
