/* house.h - what tests see of the library's guards. */
#ifndef FLARE_TEST_HOUSE_H
#define FLARE_TEST_HOUSE_H

#include "house.flare.h"

struct house_place {
    uint32_t tenant;
    uint64_t user;
    unsigned left;
};

extern struct house_place *const house_last;

#endif
