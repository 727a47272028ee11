/* client/link.h - rings of what has its place in them. */
#ifndef FLAREI_CLIENT_LINK_H
#define FLAREI_CLIENT_LINK_H

#include <stdbool.h>
#include <stddef.h>

/** A place in a ring, and its head; alone in a ring of its own. */
struct flarei_link {
    struct flarei_link *next;
    struct flarei_link *prev;
};

static inline void flarei_link_init(struct flarei_link *link)
{
    link->next = link->prev = link;
}

static inline bool flarei_link_alone(const struct flarei_link *link)
{
    return link->next == link;
}

/** Puts `link`, which is alone, in front of `place`: of a ring's head that is its end. */
static inline void flarei_link_before(struct flarei_link *place, struct flarei_link *link)
{
    link->next = place;
    link->prev = place->prev;
    place->prev->next = link;
    place->prev = link;
}

static inline void flarei_link_take(struct flarei_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    flarei_link_init(link);
}

#endif
