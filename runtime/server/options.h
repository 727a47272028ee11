/* server/options.h - the command line and the FLARE_* variables of an emitted main(). */
#ifndef FLAREI_SERVER_OPTIONS_H
#define FLAREI_SERVER_OPTIONS_H

#include "server/server.h"

/** Trusted proxies that one command line may name. */
#define FLAREI_TRUSTED_MAX 64

/** What was asked for. */
struct flarei_arguments {
    flare_options options;
    const char *listen[FLAREI_ADDRESSES_MAX]; /* into argv or `variables` */
    size_t listen_count;
    flare_tls_options tls; /* options.tls points here once there is a certificate */
    flare_tls_pair pairs[FLARE_TLS_PAIRS_MAX];
    size_t certificate_count;
    size_t key_count;
    const char *trusted[FLAREI_TRUSTED_MAX];
    size_t trusted_count;
    char inherited[FLAREI_ADDRESSES_MAX]
                  [sizeof("tls:fd:1234")]; /* addresses of sockets that were handed over */
    const char *config;                    /* the file, NULL without one */
    char *config_text;                     /* of it, cut into names and values */
    const char *log_file;                  /* NULL: stderr */
    bool supervise;
    bool check;
    bool version;
    bool help;
    char variables[4][2048]; /* of those that are lists, cut at their commas */
    char error[256];         /* one line, when reading failed */
};

/** @return the text behind a prefix, or all of it where that is not there */
const char *flarei_arguments_behind(const char *text, const char *prefix);

/** Reads the file of `--config`, then the variables, then the flags; what comes later wins. End it with
 * flarei_arguments_free(). @param get getenv, or a test's @return false with `error`
 * set */
bool flarei_arguments_read(struct flarei_arguments *arguments, int argc, char *const *argv,
                           char *(*get)(const char *name));

/** Gives back what reading took. */
void flarei_arguments_free(struct flarei_arguments *arguments);

/** Writes what --help shows. @param bytes its room @return as snprintf */
int flarei_arguments_help(const flare_service *service, char *text, size_t bytes);

#endif
