/* copy.h - pieces of memory copied behind one another. */
#ifndef COPY_H
#define COPY_H

#include "tracker.flare.h"

/* Without `to` the room that copies need is only counted. */
struct copier {
    char *to;
    size_t used;
};

/* NULL where it only counts. */
void *copy_bytes(struct copier *copier, const void *from, size_t bytes);
flare_str copy_text(struct copier *copier, flare_str text);
/* An issue with all that it holds. */
tracker_issue copy_issue(struct copier *copier, tracker_issue issue);

#endif
