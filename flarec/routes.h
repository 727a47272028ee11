/* routes.h - `flarec routes`: what a service answers, as a table. */
#ifndef FLAREC_ROUTES_H
#define FLAREC_ROUTES_H

#include <stdio.h>

#include "model.h"

void routes_write(const struct model *model, FILE *to);

#endif
