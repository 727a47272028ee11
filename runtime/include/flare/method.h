/* flare/method.h - the methods of the IANA HTTP Method Registry. */
#ifndef FLARE_METHOD_H
#define FLARE_METHOD_H

#include <flare/str.h>

FLARE_BEGIN

/** X(CODE, "TOKEN"): every registered method. The first nine keep their values for ever. */
#define FLARE_METHODS(X)                                                                                     \
    X(GET, "GET")                                                                                            \
    X(HEAD, "HEAD")                                                                                          \
    X(POST, "POST")                                                                                          \
    X(PUT, "PUT")                                                                                            \
    X(DELETE, "DELETE")                                                                                      \
    X(OPTIONS, "OPTIONS")                                                                                    \
    X(PATCH, "PATCH")                                                                                        \
    X(TRACE, "TRACE")                                                                                        \
    X(CONNECT, "CONNECT")                                                                                    \
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

/** A method; FLARE_UNREGISTERED (0) is any token that the registry lacks. */
typedef enum flare_method {
    FLARE_UNREGISTERED = 0,
#define FLAREI_METHOD_ENUM(code, token) FLARE_##code,
    FLARE_METHODS(FLAREI_METHOD_ENUM)
#undef FLAREI_METHOD_ENUM
    FLAREI_METHOD_COUNT
} flare_method;

FLARE_END
#endif
