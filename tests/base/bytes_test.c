#include "test.h"

#include <flare/bytes.h>

TEST(numbers_go_round)
{
    char room[64];
    flare_bytes_writer out = flare_bytes_writer_of(room, sizeof room);
    flare_bytes_reader in;
    flare_str text;

    flare_write_u8(&out, 0xfe);
    flare_write_u16(&out, 0x1234);
    flare_write_u32(&out, 0xdeadbeef);
    flare_write_u64(&out, UINT64_MAX - 1);
    flare_write_uint(&out, 0x123456, 3);
    flare_write_uint_le(&out, 0x123456, 3);
    flare_write_bytes(&out, FLARE_STR("text"));
    flare_write_bytes(&out, (flare_str){NULL, 0});
    CHECK(!out.failed);
    CHECK_INT(out.length, 25);
    CHECK(memcmp(room + 1, "\x12\x34\xde\xad\xbe\xef", 6) == 0);
    CHECK(memcmp(room + 15, "\x12\x34\x56\x56\x34\x12", 6) == 0);

    in = flare_bytes_reader_of((flare_str){room, out.length});
    CHECK_INT(flare_read_u8(&in), 0xfe);
    CHECK_INT(flare_read_u16(&in), 0x1234);
    CHECK_INT(flare_read_u32(&in), 0xdeadbeef);
    CHECK(flare_read_u64(&in) == UINT64_MAX - 1);
    CHECK_INT(flare_read_uint(&in, 3), 0x123456);
    CHECK_INT(flare_read_uint_le(&in, 3), 0x123456);
    CHECK_INT(flare_bytes_left(&in), 4);
    text = flare_read_bytes(&in, 4);
    CHECK_STR(text, "text");
    CHECK_INT(flare_read_bytes(&in, 0).len, 0);
    CHECK(!in.failed);
}

TEST(a_read_past_the_end_fails_for_good)
{
    flare_bytes_reader in = flare_bytes_reader_of(FLARE_STR("abc"));

    CHECK_INT(flare_read_u32(&in), 0);
    CHECK(in.failed);
    CHECK_INT(flare_read_u8(&in), 0);
    CHECK_INT(flare_bytes_left(&in), 0);
    in = flare_bytes_reader_of(FLARE_STR("abc"));
    CHECK_INT(flare_read_bytes(&in, SIZE_MAX).len, 0);
    CHECK(in.failed);
    in = flare_bytes_reader_of((flare_str){NULL, 0});
    CHECK_INT(flare_bytes_left(&in), 0);
    CHECK_INT(flare_read_u8(&in), 0);
    CHECK(in.failed);
}

TEST(a_write_without_room_fails_for_good)
{
    char room[4];
    flare_bytes_writer out = flare_bytes_writer_of(room, sizeof room);

    flare_write_u16(&out, 1);
    flare_write_u16(&out, 2);
    CHECK(!out.failed);
    out.length = 2;
    flare_write_u32(&out, 3);
    CHECK(out.failed);
    CHECK_INT(out.length, 2);
    flare_write_u8(&out, 4);
    CHECK_INT(out.length, 2);
}

int main(void)
{
    RUN(numbers_go_round);
    RUN(a_read_past_the_end_fails_for_good);
    RUN(a_write_without_room_fails_for_good);
    return TEST_END();
}
