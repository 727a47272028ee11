/* dispatch.h - what the handlers that dispatch.py writes tell of a request. */
#ifndef TEST_DISPATCH_H
#define TEST_DISPATCH_H

#include <flare/service.h>

struct seen {
    int route; /* -1: no handler ran */
    size_t count;
    flare_str captures[8];
};

extern struct seen seen;
extern const flare_service *const services[];
extern const size_t services_count;

#endif
