/* methods.h - sets of methods. */
#ifndef FLAREC_PLAN_METHODS_H
#define FLAREC_PLAN_METHODS_H

#include "method.h"
#include "plan/plan.h"

#define METHOD_BIT(number) ((method_set)1 << (number))

/* "GET, HEAD, OPTIONS": what `Allow` says where these methods are taken. HEAD is in the set where GET is;
 * OPTIONS comes last, since flare answers it itself. */
const char *method_set_text(struct arena *arena, method_set methods);

#endif
