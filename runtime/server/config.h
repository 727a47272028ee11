/* server/config.h - a file of options: `name = value` lines, whose names are those of the flags without `--`.
 *
 *     # where to listen
 *     listen = tls:127.0.0.1:8443
 *     workers = 4
 */
#ifndef FLAREI_SERVER_CONFIG_H
#define FLAREI_SERVER_CONFIG_H

#include <flare/err.h>
#include <flare/str.h>

/** The largest file that is taken. */
#define FLAREI_CONFIG_MAX_BYTES 65536

/** What is left of a text, and which line was read last. */
struct flarei_config {
    char *at;
    unsigned line;
    const char *wrong; /* a constant text where a line is none of `name = value` */
};

/** Reads the next line that says something. @param config `at` is NUL terminated text, which is cut in place;
 *  @param name set to a part of it, not empty @param value likewise; may be empty, ends with no space
 *  @return false at the end, and with `wrong` set at a malformed line */
bool flarei_config_next(struct flarei_config *config, const char **name, const char **value);

/** Reads a file whole. @param text set on success, NUL terminated; flarei_free() it
 *  @return FLARE_OK; FLARE_ERR_LIMIT (it is larger); FLARE_ERR_SYNTAX (it holds a NUL); FLARE_ERR_MEMORY; or
 * why it can't be read */
flare_err flarei_config_load(const char *path, char **text);

#endif
