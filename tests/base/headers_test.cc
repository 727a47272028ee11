/* The public headers of this room, from C++17: they compile, and their inline functions work. */
#include <flare/arena.h>
#include <flare/assert.h>
#include <flare/buffer.h>
#include <flare/err.h>
#include <flare/formats.h>
#include <flare/log.h>
#include <flare/memory.h>
#include <flare/number.h>
#include <flare/random.h>
#include <flare/testing.h>
#include <flare/text.h>
#include <flare/time.h>

#include "test.h"

TEST(inline_functions_work_from_cxx)
{
    flare_arena arena;
    flare_buffer buffer;
    flare_str copy = {nullptr, 0};
    size_t scalars = 0;

    flarei_arena_init(&arena, 64, 1024);
    CHECK(flarei_arena_alloc(&arena, 10) != nullptr);
    CHECK(flarei_arena_copy(&arena, FLARE_STR("copy"), &copy));
    CHECK_STR(copy, "copy");
    flarei_arena_rewind(&arena, flarei_arena_mark_get(&arena));
    flarei_arena_free(&arena);

    flarei_buffer_init(&buffer, 1024);
    CHECK(flarei_buffer_append_str(&buffer, FLARE_STR("hello")));
    CHECK(flarei_buffer_append_byte(&buffer, '!'));
    CHECK_STR(flarei_buffer_str(&buffer), "hello!");
    flarei_buffer_free(&buffer);

    CHECK(flare_utf8_count(FLARE_STR("hello, world"), FLARE_UTF8_NO_NUL, &scalars));
    CHECK_INT(scalars, 12);
    CHECK(FLARE_ASSERT(scalars == 12, "the count is right"));
    CHECK_INT(flare_base64_encoded_max(4), 8);
    CHECK_INT(flarei_hex_value('f'), 15);
}

int main()
{
    RUN(inline_functions_work_from_cxx);
    return TEST_END();
}
