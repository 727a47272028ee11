/* tls/library.h - OpenSSL as this process uses it. */
#ifndef FLAREI_TLS_LIBRARY_H
#define FLAREI_TLS_LIBRARY_H

#include <flare/str.h>

/** Begins to use OpenSSL, once a process: its memory comes through flarei_malloc() from here on, unless the
 * program has used it before. Nothing of OpenSSL runs before this is called. Any thread. */
void flarei_tls_library_open(void);

/** What OpenSSL last complained about in this thread; forgets all its complaints. @return a constant text */
const char *flarei_tls_library_reason(void);

/** Does the kernel take TLS over? @return false where it has no such module */
bool flarei_tls_kernel_ready(void);

#endif
