/* server/inherited.h - sockets that a service manager opened for this process (sd_listen_fds(3)): LISTEN_FDS
 * of them from descriptor 3 on, if LISTEN_PID is this process, named by LISTEN_FDNAMES.
 */
#ifndef FLAREI_SERVER_INHERITED_H
#define FLAREI_SERVER_INHERITED_H

#include <flare/str.h>

/** The first of them. */
#define FLAREI_INHERITED_FIRST 3

/** How many there are. @param get getenv, or a test's */
size_t flarei_inherited_count(char *(*get)(const char *name));

/** The descriptor of a name, or of a number as text, which need not be a manager's. @return -1 if there is
 * none */
int flarei_inherited_find(const char *name);

#endif
