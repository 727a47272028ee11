#include <flare/err.h>

#include <errno.h>

const char *flare_err_name(flare_err err)
{
    switch (err) {
#define NAME_CASE(code, value, text)                                                                         \
    case code:                                                                                               \
        return #code;
        FLARE_ERRORS(NAME_CASE)
    }
    return "FLARE_ERR_?";
}

const char *flare_err_text(flare_err err)
{
    switch (err) {
#define TEXT_CASE(code, value, text)                                                                         \
    case code:                                                                                               \
        return text;
        FLARE_ERRORS(TEXT_CASE)
    }
    return "unknown error";
}

flare_err flarei_err_from_errno(int number)
{
    switch (number) {
    case 0:
        return FLARE_OK;
    case ENOMEM:
    case ENOBUFS:
        return FLARE_ERR_MEMORY;
    case EINVAL:
        return FLARE_ERR_ARGUMENT;
    case EAGAIN:
        return FLARE_ERR_AGAIN;
    case EPIPE:
        return FLARE_ERR_CLOSED;
    case ECONNRESET:
        return FLARE_ERR_RESET;
    case ETIMEDOUT:
        return FLARE_ERR_TIMEOUT;
    case ECANCELED:
        return FLARE_ERR_CANCELLED;
    case EADDRINUSE:
        return FLARE_ERR_ADDRESS_IN_USE;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        return FLARE_ERR_ADDRESS;
    case EACCES:
    case EPERM:
        return FLARE_ERR_PERMISSION;
    case ENOENT:
        return FLARE_ERR_NOT_FOUND;
    case EEXIST:
        return FLARE_ERR_EXISTS;
    case EMFILE:
    case ENFILE:
        return FLARE_ERR_DESCRIPTORS;
    case ENOSPC:
    case EDQUOT:
        return FLARE_ERR_DISK_FULL;
    case ENOSYS:
    case EOPNOTSUPP:
        return FLARE_ERR_UNSUPPORTED;
    case ECONNREFUSED:
        return FLARE_ERR_REFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
        return FLARE_ERR_UNREACHABLE;
    default:
        return FLARE_ERR_IO;
    }
}
