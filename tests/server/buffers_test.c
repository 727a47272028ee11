/* Buffers of replies that grew large: the next who needs one gets it as it is, and one after the other is
 * freed while nobody does. */
#include "server/connection.h"
#include "server/worker.h"
#include "test.h"

enum { COUNT = 3, LARGE = 2 * FLAREI_OUTPUT_HIGH_BYTES };

static struct flarei_worker worker;
static struct flarei_site site;

static void begin(void)
{
    worker = (struct flarei_worker){.sites = &site, .site_count = 1};
    CHECK_INT(flare_loop_create(&worker.loop, FLARE_LOOP_DEFAULT), FLARE_OK);
    worker.free_timer.callback = flarei_out_buffer_free_due;
    site = (struct flarei_site){
        .worker = &worker,
        .outputs = {.make = flarei_out_buffer_make, .destroy = flarei_out_buffer_destroy, .context = &site}};
}

static void end(void)
{
    flare_timer_cancel(worker.loop, &worker.free_timer);
    flarei_out_buffers_clear(&site);
    CHECK(site.large_outputs == NULL);
    flare_pool_clear(&site.outputs);
    flare_loop_destroy(worker.loop);
}

static void take_and_give(struct flarei_out_buffer *outputs[static COUNT], size_t capacity)
{
    for (int i = 0; i < COUNT; i++) {
        outputs[i] = flare_pool_take(&site.outputs);
        CHECK(outputs[i] != NULL);
        CHECK(flarei_buffer_reserve(&outputs[i]->buffer, capacity) != NULL);
    }
    for (int i = 0; i < COUNT; i++)
        flarei_out_buffer_give(&site, outputs[i]);
}

TEST(small_ones_go_back_at_once)
{
    struct flarei_out_buffer *outputs[COUNT];

    begin();
    take_and_give(outputs, FLAREI_OUTPUT_HIGH_BYTES);
    CHECK_INT(site.outputs.free_count, COUNT);
    CHECK(site.large_outputs == NULL);
    CHECK(!flare_timer_active(&worker.free_timer));
    end();
}

static int count_large(void)
{
    int count = 0;

    for (const flare_pool_item *item = site.large_outputs; item != NULL; item = item->next)
        count++;
    return count;
}

TEST(large_ones_are_taken_as_they_are)
{
    struct flarei_out_buffer *outputs[COUNT], *again;

    begin();
    take_and_give(outputs, LARGE);
    CHECK_INT(site.outputs.free_count, 1);
    CHECK(outputs[0]->buffer.capacity <= FLAREI_OUTPUT_HIGH_BYTES);
    CHECK_INT(count_large(), COUNT - 1);
    CHECK(flare_timer_active(&worker.free_timer));
    CHECK(flare_pool_take(&site.outputs) == outputs[0]);
    again = flare_pool_take(&site.outputs);
    CHECK(again == outputs[COUNT - 1]);
    CHECK(again->buffer.capacity >= LARGE);
    CHECK_INT(flarei_buffer_len(&again->buffer), 0);
    flarei_out_buffer_give(&site, outputs[0]);
    flarei_out_buffer_give(&site, again);
    CHECK_INT(count_large(), COUNT - 1);
    end();
}

TEST(large_ones_are_freed_one_by_one)
{
    struct flarei_out_buffer *outputs[COUNT];
    int before = COUNT - 1;

    begin();
    take_and_give(outputs, LARGE);
    CHECK_INT(count_large(), before);
    while (flare_timer_active(&worker.free_timer)) {
        CHECK_INT(flare_loop_run_once(worker.loop, 1000), FLARE_OK);
        CHECK(count_large() >= before - 1);
        before = count_large();
    }
    CHECK_INT(before, 0);
    CHECK_INT(site.outputs.free_count, 1);
    end();
}

int main(void)
{
    RUN(small_ones_go_back_at_once);
    RUN(large_ones_are_taken_as_they_are);
    RUN(large_ones_are_freed_one_by_one);
    return TEST_END();
}
