/* differences.h - what differs between two versions of a service, as SARIF 2.1.0. */
#ifndef FLAREC_TOOLS_DIFFERENCES_H
#define FLAREC_TOOLS_DIFFERENCES_H

#include <stdbool.h>
#include <stdio.h>

#include "model.h"

/* Each difference is a result: an error where it breaks clients, else a note. Whether one does. */
bool differences_sarif(const struct model *from, const struct model *to, FILE *out);

#endif
