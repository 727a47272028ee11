/* tls/names.h - which certificate a name asks for: exact names, and wildcards of one label (RFC 6125 section
 * 6.4.3). */
#ifndef FLAREI_TLS_NAMES_H
#define FLAREI_TLS_NAMES_H

#include <flare/str.h>

struct flarei_tls_name {
    flare_str text; /* in lower case, owned */
    uint32_t value;
};

struct flarei_tls_names {
    struct flarei_tls_name *items; /* sorted once flarei_tls_names_sort() ran */
    size_t count;
    size_t capacity;
};

/** Adds a name as a certificate has it, "*.example.com" too; others with a '*' are left out, as no name can
 * match them. @return false without memory */
bool flarei_tls_names_add(struct flarei_tls_names *names, flare_str text, uint32_t value);

/** Puts them in order; of equal ones the first stays. */
void flarei_tls_names_sort(struct flarei_tls_names *names);

/** Finds what a peer asked for, in any case, with or without a final dot. @return whether there is one */
bool flarei_tls_names_find(const struct flarei_tls_names *names, flare_str asked, uint32_t *value);

void flarei_tls_names_free(struct flarei_tls_names *names);

#endif
