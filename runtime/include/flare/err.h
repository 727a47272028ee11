/* flare/err.h - errors are values: 0, or one negative code with a name and a text. */
#ifndef FLARE_ERR_H
#define FLARE_ERR_H

#include <flare/str.h>

FLARE_BEGIN

/** Every error of the library: X(code, value, text). No `errno` leaves a public call: a failed system call
 *  is mapped to one of these by flarei_err_from_errno(). */
#define FLARE_ERRORS(X)                                                                                      \
    X(FLARE_OK, 0, "no error")                                                                               \
    X(FLARE_ERR_MEMORY, -1, "out of memory")                                                                 \
    X(FLARE_ERR_ARGUMENT, -2, "an argument is not valid")                                                    \
    X(FLARE_ERR_LIMIT, -3, "a limit was reached")                                                            \
    X(FLARE_ERR_SYNTAX, -4, "malformed text")                                                                \
    X(FLARE_ERR_RANGE, -5, "a value is out of range")                                                        \
    X(FLARE_ERR_AGAIN, -6, "not ready yet")                                                                  \
    X(FLARE_ERR_CLOSED, -7, "the peer closed the connection")                                                \
    X(FLARE_ERR_RESET, -8, "the connection was reset")                                                       \
    X(FLARE_ERR_TIMEOUT, -9, "a deadline passed")                                                            \
    X(FLARE_ERR_CANCELLED, -10, "cancelled")                                                                 \
    X(FLARE_ERR_ADDRESS_IN_USE, -11, "the address is in use")                                                \
    X(FLARE_ERR_ADDRESS, -12, "the address can't be used")                                                   \
    X(FLARE_ERR_PERMISSION, -13, "permission denied")                                                        \
    X(FLARE_ERR_NOT_FOUND, -14, "not found")                                                                 \
    X(FLARE_ERR_DESCRIPTORS, -15, "too many open files")                                                     \
    X(FLARE_ERR_DISK_FULL, -16, "no space left on the device")                                               \
    X(FLARE_ERR_UNSUPPORTED, -17, "not supported here")                                                      \
    X(FLARE_ERR_STATE, -18, "not possible in this state")                                                    \
    X(FLARE_ERR_REFUSED, -19, "the connection was refused")                                                  \
    X(FLARE_ERR_UNREACHABLE, -20, "the network or host can't be reached")                                    \
    X(FLARE_ERR_IO, -21, "an input or output error")                                                         \
    X(FLARE_ERR_EXISTS, -22, "it exists already")                                                            \
    X(FLARE_ERR_TLS_PROTOCOL, -23, "the peer speaks no TLS, or none that is allowed")                        \
    X(FLARE_ERR_TLS_EXPIRED, -24, "the peer's certificate has expired")                                      \
    X(FLARE_ERR_TLS_NOT_YET_VALID, -25, "the peer's certificate is not valid yet")                           \
    X(FLARE_ERR_TLS_WRONG_HOST, -26, "the peer's certificate is another host's")                             \
    X(FLARE_ERR_TLS_UNTRUSTED, -27, "the peer's certificate is signed by nobody who is trusted")             \
    X(FLARE_ERR_TLS_SELF_SIGNED, -28, "the peer's certificate is signed by itself")                          \
    X(FLARE_ERR_TLS_CERTIFICATE, -29, "the peer's certificate can't be accepted")                            \
    X(FLARE_ERR_CONTRACT, -30, "the reply is none that the spec declares")

/** One error code; FLARE_OK (0) or negative. */
typedef enum flare_err {
#define FLAREI_ERR_ENUM(code, value, text) code = value,
    FLARE_ERRORS(FLAREI_ERR_ENUM)
#undef FLAREI_ERR_ENUM
} flare_err;

/** The code's own name, such as "FLARE_ERR_LIMIT".
 *  @param err any value @return a constant string, never NULL ("FLARE_ERR_?" if unknown). Any thread. */
const char *flare_err_name(flare_err err);

/** What the code means, in a few words for a log.
 *  @param err any value @return a constant string, never NULL. Any thread. */
const char *flare_err_text(flare_err err);

/** Maps an `errno` value to a code; an unknown one gives FLARE_ERR_IO. Any thread. */
flare_err flarei_err_from_errno(int number);

FLARE_END
#endif
