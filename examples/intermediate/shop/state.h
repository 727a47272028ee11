/* state.h - where the shop keeps things; all workers share it. */
#ifndef STATE_H
#define STATE_H

#include "shop.flare.h"

#include <pthread.h>

struct chat_member;

struct shop_state {
    char path[4096]; /* of the database */
    bool temporary;
    char blobs[4096]; /* of a folder */
    bool blobs_temporary;
    pthread_key_t store; /* a thread's handle of the database */
    bool has_store_key;
    pthread_mutex_t chat_lock;
    struct chat_member *chat_members; /* of all rooms; under the lock */
};

/* SHOP_BLOBS names a folder that stays; without it the shop makes one for as long as it runs. */
bool blobs_open(struct shop_state *state);
void blobs_close(struct shop_state *state);

#endif
