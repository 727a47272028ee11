/* base/link.h - rings: lists without an end, of what has its place in them.
 *
 *     struct room { struct flarei_link guests; };            // the ring's head, after flarei_link_init()
 *     struct guest { struct flarei_link place; ... };        // the same
 *
 *     flarei_link_before(&room->guests, &guest->place);      // the last of them
 *     flarei_link_take(&guest->place);                       // whichever ring it is in, or none
 *
 * A place that is in no ring is a ring of its own, so nothing here asks whether there is a neighbour, and a
 * place is taken out without its head. What holds one is not moved in memory.
 */
#ifndef FLAREI_BASE_LINK_H
#define FLAREI_BASE_LINK_H

#include <flare/str.h>

/** A place in a ring, and its head. */
struct flarei_link {
    struct flarei_link *next; /**< of a head: the first */
    struct flarei_link *prev; /**< of a head: the last */
};

static inline void flarei_link_init(struct flarei_link *link)
{
    link->next = link->prev = link;
}

/** Is a ring empty, by its head; or is a place in no ring? */
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

/** Puts `link`, which is alone, behind `place`: of a ring's head that is its beginning. */
static inline void flarei_link_behind(struct flarei_link *place, struct flarei_link *link)
{
    flarei_link_before(place->next, link);
}

/** Takes it out of the ring that it is in. It is alone then. */
static inline void flarei_link_take(struct flarei_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    flarei_link_init(link);
}

/** Moves all that is in one ring to the end of another. Both are heads. */
static inline void flarei_link_move_all(struct flarei_link *to, struct flarei_link *from)
{
    if (flarei_link_alone(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    flarei_link_init(from);
}

#endif
