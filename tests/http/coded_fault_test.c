/* Memory that ends at each call in turn as content is coded or decoded: what comes out is whole, or nothing
 * is said to be. Each try has a thread of its own, as threads keep encoders. */
#include "allocator.h"
#include "http/coding.h"
#include "test.h"

#include <flare/gen_use.h>

#include <pthread.h>

static const struct flarei_encoder *encoder;
static const struct flarei_decoder *decoder;
static char text[50000];
static const flare_str content = {text, sizeof text};

static bool is_content(flare_str coded)
{
    flare_buffer back;
    bool same;

    flarei_buffer_init(&back, sizeof text + 1);
    same = decoder->decode(coded, &back) == FLARE_OK && flare_str_equal(flarei_buffer_str(&back), content);
    flarei_buffer_free(&back);
    return same;
}

/* ---- What is tried; each says whether it got through ---- */

static bool encode(flare_buffer *out)
{
    return encoder->encode(content, 5, out);
}

static bool encode_pieces(flare_buffer *out)
{
    void *const state = encoder->begin(5);
    bool good = state != NULL;

    for (size_t at = 0; good && at < sizeof text; at += 10000)
        good = encoder->next(state, (flare_str){text + at, 10000}, FLAREI_CODING_FLUSH, out);
    good = good && encoder->next(state, FLARE_STR(""), FLAREI_CODING_END, out);
    if (state != NULL)
        encoder->end(state);
    return good;
}

struct attempt {
    bool (*code)(flare_buffer *out); /* NULL: the way back */
    flare_str coded;
    struct test_allocator heap;
    flare_buffer out;
    bool good;
};

static void *run(void *of)
{
    struct attempt *const attempt = of;

    if (attempt->code != NULL) {
        attempt->good = attempt->code(&attempt->out);
    } else {
        const flare_err err = decoder->decode(attempt->coded, &attempt->out);

        attempt->good = err == FLARE_OK;
        CHECK(err == FLARE_OK || err == FLARE_ERR_MEMORY); /* never the sender's fault */
    }
    return NULL;
}

/* @return how many calls failed */
static unsigned try_each(bool (*code)(flare_buffer *out), flare_str coded)
{
    unsigned failed = 0;

    for (size_t at = 1; at < 500; at++) {
        struct attempt attempt = {.code = code, .coded = coded, .heap = {.fail_at = at}};
        pthread_t thread;

        flarei_buffer_init(&attempt.out, 1 << 20);
        test_allocator_use(&attempt.heap);
        CHECK_INT(pthread_create(&thread, NULL, run, &attempt), 0);
        CHECK_INT(pthread_join(thread, NULL), 0);
        const size_t calls = attempt.heap.calls;
        attempt.heap.fail_at = 0;
        if (attempt.good)
            CHECK(code != NULL ? is_content(flarei_buffer_str(&attempt.out))
                               : flare_str_equal(flarei_buffer_str(&attempt.out), content));
        flarei_buffer_free(&attempt.out);
        test_allocator_use(NULL);
        CHECK_INT(attempt.heap.live, 0);
        if (calls < at) {
            CHECK(attempt.good);
            return failed;
        }
        failed += !attempt.good;
    }
    CHECK(false);
    return 0;
}

static void check(const struct flarei_encoder *of, const struct flarei_decoder *back)
{
    flare_buffer coded;

    encoder = of;
    decoder = back;
    CHECK(try_each(encode, FLARE_STR("")) > 2);
    CHECK(try_each(encode_pieces, FLARE_STR("")) > 2);
    flarei_buffer_init(&coded, 1 << 20);
    CHECK(encode(&coded));
    CHECK(try_each(NULL, flarei_buffer_str(&coded)) > 2);
    flarei_buffer_free(&coded);
}

TEST(gzip)
{
    check(&flarei_encoder_gzip, &flarei_decoder_gzip);
}

#if CODED_BROTLI
TEST(brotli)
{
    check(&flarei_encoder_br, &flarei_decoder_br);
}
#endif

int main(void)
{
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i * i % 26);
    RUN(gzip);
#if CODED_BROTLI
    RUN(brotli);
#endif
    return TEST_END();
}
