/* A board of named numbers. It belongs to the thread of the one worker: HTTP handlers, the line protocol,
 * datagrams and the timer all run there, so nothing is locked. */
#ifndef BOARD_H
#define BOARD_H

#include <flare/flare.h>

#define BOARD_VALUES_MAX 64
#define BOARD_NAME_MAX   16

struct board_value {
    char name[BOARD_NAME_MAX + 1];
    uint64_t number;
};

struct board {
    struct board_value values[BOARD_VALUES_MAX];
    uint32_t count;
    uint32_t lines; /* peers of the line protocol */
    uint64_t ticks; /* of the timer */
};

extern struct board board;
extern const flare_server_guest board_guest;

/* @return NULL if there is none of that name */
struct board_value *board_find(flare_str name);
/* @return false if the name or the number can't be, or the board is full */
bool board_set(flare_str name, flare_str number);

#endif
