/* seen.h - what the last handler of a benchmarked service saw. */
#ifndef BENCH_SEEN_H
#define BENCH_SEEN_H

#include <flare/service.h>

enum { seen_captures_max = 16 };

struct seen {
    long route;
    size_t count;
    uint32_t page; /* the synthetic set's query input */
    flare_str captures[seen_captures_max];
};

extern struct seen seen;
extern const flare_service bench_service;

#endif
