/* Rings, against the order that an array says. */
#include "base/link.h"

#include "test.h"

enum { GUESTS = 5 };

struct guest {
    int number;
    struct flarei_link place;
};

static struct guest guests[GUESTS];

/* Who is in the ring, as digits, there and back. */
static bool holds(struct flarei_link *ring, const char *want)
{
    const size_t count = strlen(want);
    struct flarei_link *at = ring;

    for (size_t i = 0; i < count; i++) {
        at = at->next;
        if (at == ring || FLARE_OWNER(at, struct guest, place)->number != want[i] - '0')
            return false;
    }
    if (at->next != ring)
        return false;
    for (size_t i = count; i > 0; i--, at = at->prev)
        if (FLARE_OWNER(at, struct guest, place)->number != want[i - 1] - '0')
            return false;
    return at == ring && flarei_link_alone(ring) == (count == 0);
}

static void begin(struct flarei_link *ring)
{
    flarei_link_init(ring);
    for (int i = 0; i < GUESTS; i++) {
        guests[i].number = i;
        flarei_link_init(&guests[i].place);
    }
}

TEST(in_front_and_behind)
{
    struct flarei_link ring;

    begin(&ring);
    CHECK(holds(&ring, ""));
    flarei_link_before(&ring, &guests[1].place);
    flarei_link_before(&ring, &guests[2].place);
    flarei_link_behind(&ring, &guests[0].place);
    CHECK(holds(&ring, "012"));
    flarei_link_before(&guests[1].place, &guests[3].place);
    flarei_link_behind(&guests[2].place, &guests[4].place);
    CHECK(holds(&ring, "03124"));
}

TEST(taken_from_anywhere)
{
    struct flarei_link ring;

    begin(&ring);
    for (int i = 0; i < GUESTS; i++)
        flarei_link_before(&ring, &guests[i].place);
    flarei_link_take(&guests[0].place);
    CHECK(holds(&ring, "1234"));
    CHECK(flarei_link_alone(&guests[0].place));
    flarei_link_take(&guests[0].place); /* in no ring: nothing to do */
    flarei_link_take(&guests[4].place);
    flarei_link_take(&guests[2].place);
    CHECK(holds(&ring, "13"));
    flarei_link_take(&guests[3].place);
    flarei_link_take(&guests[1].place);
    CHECK(holds(&ring, ""));
}

TEST(moved_all_at_once)
{
    struct flarei_link ring, other;

    begin(&ring);
    flarei_link_init(&other);
    flarei_link_move_all(&other, &ring); /* nothing to nothing */
    CHECK(holds(&ring, "") && holds(&other, ""));
    flarei_link_before(&ring, &guests[0].place);
    flarei_link_before(&ring, &guests[1].place);
    flarei_link_move_all(&other, &ring);
    CHECK(holds(&ring, "") && holds(&other, "01"));
    flarei_link_before(&ring, &guests[2].place);
    flarei_link_move_all(&ring, &other); /* behind what is there */
    CHECK(holds(&ring, "201") && holds(&other, ""));
    flarei_link_move_all(&ring, &other); /* nothing to something */
    CHECK(holds(&ring, "201"));
}

int main(void)
{
    RUN(in_front_and_behind);
    RUN(taken_from_anywhere);
    RUN(moved_all_at_once);
    return TEST_END();
}
