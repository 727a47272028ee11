/* explain.h - `flarec explain F0123`: the page of a diagnostic's code. */
#ifndef FLAREC_EXPLAIN_H
#define FLAREC_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

/* Takes "F0123", "f0123" or "123". False, said on standard error, where there is no such code. */
bool explain_write(const char *code, FILE *to);
/* All codes with their titles. */
void explain_list(FILE *to);

#endif
