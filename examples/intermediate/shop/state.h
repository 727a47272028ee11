/* state.h - where the shop keeps things; all workers share it, and nothing changes it. */
#ifndef STATE_H
#define STATE_H

#include "shop.flare.h"

struct shop_state {
    char path[4096]; /* of the database */
    bool temporary;
    char blobs[4096]; /* of a folder */
    bool blobs_temporary;
};

/* SHOP_BLOBS names a folder that stays; without it the shop makes one for as long as it runs. */
bool blobs_open(struct shop_state *state);
void blobs_close(struct shop_state *state);

#endif
