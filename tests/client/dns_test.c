#include "allocator.h"
#include "helper.h"

#include <flare/dns.h>

#include <stdatomic.h>

struct answer {
    bool done;
    flare_err err;
    size_t count;
    flare_address addresses[FLARE_DNS_ADDRESSES_MAX];
};

static void found(flare_loop *of, void *context, flare_err err, const flare_address *addresses, size_t count)
{
    struct answer *const kept = context;

    CHECK(of == loop);
    kept->done = true;
    kept->err = err;
    kept->count = count;
    for (size_t i = 0; i < count; i++)
        kept->addresses[i] = addresses[i];
}

static flare_err ask(const char *host, uint16_t port, struct answer *kept)
{
    flare_dns_lookup *lookup;
    const flare_err err = flare_dns_start(&lookup, loop, flare_str_of(host), port, found, kept);

    *kept = (struct answer){.done = false};
    if (err != FLARE_OK)
        return err;
    CHECK(run_until(&kept->done));
    return kept->err;
}

TEST(a_name_of_this_machine)
{
    struct answer kept;

    CHECK_INT(ask("localhost", 8080, &kept), FLARE_OK);
    CHECK(kept.count >= 1);
    for (size_t i = 0; i < kept.count; i++) {
        CHECK_INT(kept.addresses[i].port, 8080);
        CHECK(kept.addresses[i].ip[0] == 127 || kept.addresses[i].family == FLARE_ADDRESS_IPV6);
    }
}

TEST(both_families_in_their_order)
{
    struct answer kept;
    char text[FLARE_ADDRESS_TEXT_MAX_BYTES];

    answer("2001:db8::1", "192.0.2.7");
    CHECK_INT(ask("example.org", 443, &kept), FLARE_OK);
    CHECK_INT(kept.count, 2);
    (void)flare_address_format(&kept.addresses[0], text, sizeof text);
    CHECK(strcmp(text, "[2001:db8::1]:443") == 0);
    (void)flare_address_format(&kept.addresses[1], text, sizeof text);
    CHECK(strcmp(text, "192.0.2.7:443") == 0);
}

TEST(more_addresses_than_are_kept)
{
    struct answer kept;

    answer("192.0.2.7", NULL);
    (void)pthread_mutex_lock(&answers_lock);
    for (size_t i = 0; i < FLARE_DNS_ADDRESSES_MAX; i++)
        answers[i] = "192.0.2.7";
    answers[FLARE_DNS_ADDRESSES_MAX] = NULL;
    (void)pthread_mutex_unlock(&answers_lock);
    CHECK_INT(ask("example.org", 443, &kept), FLARE_OK);
    CHECK_INT(kept.count, FLARE_DNS_ADDRESSES_MAX);
    (void)pthread_mutex_lock(&answers_lock);
    answers[FLARE_DNS_ADDRESSES_MAX] = "192.0.2.8";
    answers[FLARE_DNS_ADDRESSES_MAX + 1] = NULL;
    (void)pthread_mutex_unlock(&answers_lock);
    CHECK_INT(ask("example.org", 443, &kept), FLARE_OK);
    CHECK_INT(kept.count, FLARE_DNS_ADDRESSES_MAX);
}

TEST(what_the_system_says)
{
    static const struct {
        int code;
        flare_err err;
    } rows[] = {{EAI_NONAME, FLARE_ERR_NOT_FOUND},
                {EAI_AGAIN, FLARE_ERR_UNREACHABLE},
                {EAI_MEMORY, FLARE_ERR_MEMORY},
                {EAI_FAIL, FLARE_ERR_NOT_FOUND}};
    struct answer kept;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        answer("192.0.2.7", NULL);
        answer_late(0, rows[i].code);
        CHECK_INT(ask("example.org", 443, &kept), rows[i].err);
        CHECK_INT(kept.count, 0);
    }
    answer(NULL, NULL);
    CHECK_INT(ask("example.org", 443, &kept), FLARE_ERR_NOT_FOUND);
}

TEST(names_that_can_not_be)
{
    static char longest[FLARE_DNS_NAME_MAX_BYTES + 2];
    flare_dns_lookup *lookup;
    struct answer kept;

    answer("192.0.2.7", NULL);
    CHECK_INT(flare_dns_start(&lookup, loop, FLARE_STR(""), 1, found, &kept), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_dns_start(&lookup, loop, FLARE_STR("a\0b"), 1, found, &kept), FLARE_ERR_ARGUMENT);
    memset(longest, 'a', FLARE_DNS_NAME_MAX_BYTES);
    CHECK_INT(ask(longest, 1, &kept), FLARE_OK);
    longest[FLARE_DNS_NAME_MAX_BYTES] = 'a';
    CHECK_INT(ask(longest, 1, &kept), FLARE_ERR_RANGE);
}

/* Those that wait, are asked for, and are on their way back: none calls, none leaks. */
TEST(a_cancel_at_any_time)
{
    enum { COUNT = 12 };
    flare_dns_lookup *lookups[COUNT];
    static struct answer kept[COUNT];

    answer("192.0.2.7", NULL);
    answer_late(30, 0);
    for (size_t i = 0; i < COUNT; i++) {
        kept[i].done = false;
        CHECK_INT(flare_dns_start(&lookups[i], loop, FLARE_STR("x"), 1, found, &kept[i]), FLARE_OK);
    }
    (void)usleep(45 * 1000); /* four came, four are asked for, four wait */
    for (size_t i = 0; i < COUNT; i += 2)
        flare_dns_cancel(lookups[i]);
    for (size_t i = 1; i < COUNT; i += 2)
        CHECK(run_until(&kept[i].done));
    run_for(80);
    for (size_t i = 0; i < COUNT; i++)
        CHECK_INT(kept[i].done, i % 2 == 1);
    flare_dns_cancel(NULL);
}

TEST(a_name_server_that_is_slow_holds_nothing_up)
{
    struct answer kept = {.done = false};
    flare_dns_lookup *lookup;
    const uint64_t began = now_ms();

    answer("192.0.2.7", NULL);
    answer_late(300, 0);
    CHECK_INT(flare_dns_start(&lookup, loop, FLARE_STR("x"), 1, found, &kept), FLARE_OK);
    CHECK(now_ms() - began < 100);
    run_for(50);
    CHECK(!kept.done);
    CHECK(run_until(&kept.done));
}

TEST(more_may_wait_than_are_asked_for_but_not_all)
{
    static flare_dns_lookup *lookups[FLARE_DNS_WAITING_MAX + FLARE_DNS_THREADS_MAX + 1];
    static struct answer kept;
    size_t count = 0;
    flare_err err = FLARE_OK;

    answer("192.0.2.7", NULL);
    answer_late(500, 0);
    for (; count < FLARE_DNS_WAITING_MAX + FLARE_DNS_THREADS_MAX + 1; count++) {
        err = flare_dns_start(&lookups[count], loop, FLARE_STR("x"), 1, found, &kept);
        if (err != FLARE_OK)
            break;
    }
    CHECK_INT(err, FLARE_ERR_LIMIT);
    CHECK(count >= FLARE_DNS_WAITING_MAX && count <= FLARE_DNS_WAITING_MAX + FLARE_DNS_THREADS_MAX);
    while (count > 0)
        flare_dns_cancel(lookups[--count]);
    run_for(600);
}

TEST(waiting_for_it)
{
    flare_address addresses[1];
    size_t count;

    answer("192.0.2.7", "192.0.2.8");
    CHECK_INT(flare_dns_resolve(FLARE_STR("x"), 1, 0, addresses, 1, &count), FLARE_OK);
    CHECK_INT(count, 1);
    answer_late(300, 0);
    CHECK_INT(flare_dns_resolve(FLARE_STR("x"), 1, 50, addresses, 1, &count), FLARE_ERR_TIMEOUT);
    CHECK_INT(count, 0);
    (void)usleep(350 * 1000);
}

/* ---- Faults ---- */

static int no_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context)
{
    (void)thread, (void)attributes, (void)run, (void)context;
    return EAGAIN;
}

TEST(without_a_thread_at_first)
{
    struct answer kept;

    flarei_sys.pthread_create = no_thread;
    CHECK_INT(ask("localhost", 1, &kept), FLARE_ERR_AGAIN);
    flarei_sys_reset();
    CHECK_INT(ask("localhost", 1, &kept), FLARE_OK);
    flarei_sys.pthread_create = no_thread; /* those that there are will do */
    CHECK_INT(ask("localhost", 1, &kept), FLARE_OK);
    flarei_sys_reset();
}

TEST(without_memory)
{
    struct test_allocator heap = {.fail_at = 1};
    struct answer kept;

    answer("192.0.2.7", NULL);
    test_allocator_use(&heap);
    CHECK_INT(ask("x", 1, &kept), FLARE_ERR_MEMORY);
    heap = (struct test_allocator){.fail_at = 0};
    CHECK_INT(ask("x", 1, &kept), FLARE_OK);
    test_allocator_use(NULL);
    CHECK_INT(heap.live, 0);
    CHECK_INT(heap.calls, 1);
}

int main(void)
{
    open_loop();
    RUN(without_a_thread_at_first);
    RUN(a_name_of_this_machine);
    RUN(without_memory);
    RUN(both_families_in_their_order);
    RUN(more_addresses_than_are_kept);
    RUN(what_the_system_says);
    RUN(names_that_can_not_be);
    RUN(a_cancel_at_any_time);
    RUN(a_name_server_that_is_slow_holds_nothing_up);
    RUN(more_may_wait_than_are_asked_for_but_not_all);
    RUN(waiting_for_it);
    flare_loop_destroy(loop);
    return TEST_END();
}
