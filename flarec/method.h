/* method.h - the methods of the IANA registry, in the order of flare/method.h. */
#ifndef FLAREC_METHOD_H
#define FLAREC_METHOD_H

/* Their numbers are those of enum flare_method. */
enum {
    METHOD_GET = 1,
    METHOD_HEAD = 2,
    METHOD_POST = 3,
    METHOD_PUT = 4,
    METHOD_DELETE = 5,
    METHOD_PATCH = 6,
    METHOD_OPTIONS = 7,
    METHOD_CONNECT = 8,
    METHOD_PRI = 27,
    METHOD_COUNT = 41
};

/* From 1, or 0 for a name that is not registered. */
unsigned method_number(const char *name);
/* "VERSION-CONTROL" */
const char *method_name(unsigned number);

#endif
