#include "board.h"
#include "reactor.flare.h"

struct board board;

struct board *board_state_open(void)
{
    return &board;
}

void board_state_close(struct board *state)
{
    (void)state;
}

struct board_value *board_find(flare_str name)
{
    for (uint32_t i = 0; i < board.count; i++)
        if (flare_str_equal(flare_str_of(board.values[i].name), name))
            return &board.values[i];
    return NULL;
}

bool board_set(flare_str name, flare_str number)
{
    struct board_value *value = board_find(name);
    uint64_t parsed;

    if (name.len == 0 || name.len > BOARD_NAME_MAX || memchr(name.ptr, '\0', name.len) != NULL ||
        flare_u64_parse(number, &parsed) != FLARE_OK)
        return false;
    if (value == NULL) {
        if (board.count == BOARD_VALUES_MAX)
            return false;
        value = &board.values[board.count++];
        memcpy(value->name, name.ptr, name.len);
    }
    value->number = parsed;
    return true;
}

board_value_reply board_value(flare_request *rq, const board_value_in *in)
{
    const struct board_value *const value = board_find(in->name);
    char digits[FLARE_U64_MAX_BYTES];

    if (value == NULL)
        return board_value_not_found(rq);
    return board_value_ok(rq, (flare_str){digits, flare_u64_format(value->number, digits)});
}

board_set_value_reply board_set_value(flare_request *rq, const board_set_value_in *in)
{
    if (!board_set(in->name, in->body))
        return board_set_value_bad_request(rq);
    return board_set_value_no_content(rq);
}

board_status_reply board_status(flare_request *rq)
{
    const board_counts status = {.values = board.count, .lines = board.lines, .ticks = board.ticks};

    return board_status_ok(rq, &status);
}
