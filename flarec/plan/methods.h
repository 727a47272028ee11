/* methods.h - the methods of the IANA registry, in the order of flare/method.h. */
#ifndef FLAREC_PLAN_METHODS_H
#define FLAREC_PLAN_METHODS_H

#include "plan/plan.h"

/* Their numbers are those of enum flare_method. */
enum {
    METHOD_GET = 1,
    METHOD_HEAD = 2,
    METHOD_POST = 3,
    METHOD_PUT = 4,
    METHOD_DELETE = 5,
    METHOD_PATCH = 6,
    METHOD_OPTIONS = 7,
    METHOD_COUNT = 41
};

#define METHOD_BIT(number) ((method_set)1 << (number))

/* From 1, or 0 for a name that is not registered. */
unsigned method_number(const char *name);
/* "VERSION-CONTROL" */
const char *method_name(unsigned number);
/* "GET, HEAD, OPTIONS": what `Allow` says where these methods are taken. HEAD is in the set where GET is;
 * OPTIONS comes last, since flare answers it itself. */
const char *method_set_text(struct arena *arena, method_set methods);

#endif
