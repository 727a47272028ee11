/* server/settings.h - what SIGHUP can change in a program that serves: it reads its file, variables and flags
 * again, and opens its log file anew.
 */
#ifndef FLAREI_SERVER_SETTINGS_H
#define FLAREI_SERVER_SETTINGS_H

#include "server/options.h"

/** A program's options, and where they came from. */
struct flarei_settings {
    int argc;
    char *const *argv;
    flare_server *server;
    struct flarei_arguments *now; /* what holds; a reload replaces it by the next */
};

/** Reads the command line. @return false with a sentence in `now->error`, or NULL in `now` without memory */
bool flarei_settings_read(struct flarei_settings *settings, int argc, char *const *argv);

/** Sends stderr, and with it the log, to the file that was asked for. @return FLARE_OK or why not */
flare_err flarei_settings_log(const struct flarei_settings *settings);

/** Of a running server, on its control loop's thread. What is wrong is logged, and nothing changes then.
 * @param context the settings */
void flarei_settings_reload(void *context);

void flarei_settings_free(struct flarei_settings *settings);

#endif
