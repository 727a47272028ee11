/* A RST_STREAM among bytes that nobody has taken yet: found wherever they begin and end among the frames. */
#include "wire/h2.h"

#include "test.h"

enum { BYTES_MAX = 256 };

static char bytes[BYTES_MAX];
static size_t length;

static void frame(uint8_t type, int32_t id, size_t payload)
{
    const uint8_t head[FLAREI_H2_FRAME_HEAD_BYTES] = {0, 0, (uint8_t)payload, type, 0, 0, 0, 0, (uint8_t)id};

    memcpy(bytes + length, head, sizeof head);
    length += sizeof head;
    memset(bytes + length, 3, payload); /* as if it held the type of another */
    length += payload;
}

/* Of frames of which `taken` bytes went into a session before. */
static bool resets(int32_t id, size_t taken, size_t end)
{
    static struct flarei_h2_session session;
    size_t at = 0;

    session.scan = (struct flarei_h2_scan){.want = FLAREI_H2_FRAME_HEAD_BYTES};
    while (at + FLAREI_H2_FRAME_HEAD_BYTES <= taken) {
        const size_t whole = FLAREI_H2_FRAME_HEAD_BYTES + (size_t)(uint8_t)bytes[at + 2];

        session.scan.skip = (uint32_t)(at + whole > taken ? at + whole - taken : 0);
        at += whole < taken - at ? whole : taken - at;
    }
    if (at < taken) {
        memcpy(session.scan.bytes, bytes + at, taken - at);
        session.scan.have = (uint8_t)(taken - at);
    }
    return flarei_h2_resets(&session, id, bytes + taken, end - taken);
}

TEST(it_is_found_wherever_the_bytes_are_cut)
{
    size_t head_end;

    length = 0;
    frame(6, 0, 8);
    frame(0, 5, 30);
    frame(2, 5, 5);
    frame(3, 1, 4);
    frame(3, 5, 4);
    head_end = length - 4;
    frame(8, 0, 4);
    for (size_t taken = 0; taken < head_end; taken++) {
        CHECK(resets(5, taken, length));
        CHECK(resets(5, taken, head_end));
        CHECK(!resets(5, taken, head_end - 1));
        CHECK(!resets(7, taken, length));
        CHECK_INT(resets(1, taken, length), taken < head_end - 13);
    }
    CHECK(!resets(5, head_end, length)); /* that was taken: it is told by its event */
    CHECK(!resets(5, length, length));
}

static void run_all(void)
{
    RUN(it_is_found_wherever_the_bytes_are_cut);
}

int main(void)
{
    run_all();
    return TEST_END();
}
