/* Orders and the connections they wait for, of a protocol that says nothing, by a clock of the test's own. */
#include "fiber/orders.h"

#include "fiber/fiber.h"
#include "net/sys.h"
#include "test.h"

#include <flare/log.h>
#include <flare/memory.h>
#include <flare/random.h>

/* ---- The protocol ---- */

struct connection {
    struct flarei_line line;
    int number;
    bool refuses; /* it takes no orders */
};

struct asked {
    struct flarei_order order;
    flare_err *result;
};

static struct flarei_orders orders;
static struct connection *connections[8]; /* by number */
static int opened, closed, given_up, flushed;
static bool refuse, keep_opening;

static void protocol_open(struct flarei_orders *of)
{
    struct connection *const made = flarei_calloc(1, sizeof *made);

    CHECK(made != NULL);
    flarei_line_opening(&made->line, of);
    flare_timer_set(of->loop, &made->line.timer, of->limits.connect_ms);
    made->number = opened;
    connections[opened++] = made;
    if (refuse) {
        flarei_orders_not_opened(of, FLARE_STR("refused"));
        of->calls->close(&made->line);
    } else if (!keep_opening) {
        flarei_line_opened(&made->line);
    }
}

static void protocol_close(struct flarei_line *line)
{
    struct connection *const connection = FLARE_OWNER(line, struct connection, line);

    CHECK(line->first == NULL);
    connections[connection->number] = NULL;
    closed++;
    flarei_line_forget(line);
    flarei_free(connection);
}

static void lose(struct flarei_line *line, flare_err err)
{
    while (line->first != NULL)
        flarei_line_fail_first(line, err);
    protocol_close(line);
    flarei_orders_turn_later(&orders);
}

static void protocol_give_up(struct flarei_line *line)
{
    given_up++;
    if (line == orders.opening) {
        flarei_orders_not_opened(&orders, FLARE_STR("slow"));
        protocol_close(line);
    } else {
        lose(line, FLARE_ERR_CANCELLED);
    }
}

static bool protocol_takes(struct flarei_line *line)
{
    return !FLARE_OWNER(line, struct connection, line)->refuses;
}

static void protocol_send(struct flarei_line *line, struct flarei_order *order)
{
    if (order->count == 0)
        flarei_orders_fail(line->orders, order, FLARE_ERR_MEMORY);
    else
        flarei_line_add(line, order);
}

static void protocol_flush(struct flarei_orders *of)
{
    CHECK(of == &orders);
    flushed++;
}

static void protocol_fail(struct flarei_order *order, flare_err err)
{
    CHECK(order->fiber != NULL);
    *FLARE_OWNER(order, struct asked, order)->result = err;
}

static const struct flarei_orders_calls calls = {.name = "test",
                                                 .open = protocol_open,
                                                 .close = protocol_close,
                                                 .give_up = protocol_give_up,
                                                 .takes = protocol_takes,
                                                 .send = protocol_send,
                                                 .flush = protocol_flush,
                                                 .fail = protocol_fail};

/* ---- A clock and a loop ---- */

static flare_loop *loop;
static struct flarei_fibers fibers;
static uint64_t fake_ms;

static int fake_clock(clockid_t which, struct timespec *time)
{
    (void)which;
    *time =
        (struct timespec){.tv_sec = (time_t)(fake_ms / 1000), .tv_nsec = (long)(fake_ms % 1000) * 1000000};
    return 0;
}

/* Runs what is due now: timers without delay are due within a millisecond. */
static void settle(void)
{
    for (int i = 0; i < 8; i++, fake_ms++)
        CHECK_INT(flare_loop_run_once(loop, 0), FLARE_OK);
}

static void pass_ms(uint64_t ms)
{
    fake_ms += ms;
    settle();
}

/* What settling takes, and how late timers ring, is less. */
enum { ABOUT_MS = 150 };

static bool random_number;

static bool no_randomness(void *context, void *bytes, size_t len)
{
    (void)context;
    memset(bytes, 0, len);
    return random_number;
}

static void drop_log(void *context, flare_log_level level, flare_str line)
{
    (void)context, (void)level, (void)line;
}

static void start(const struct flarei_orders_limits *asked)
{
    static const struct flarei_orders_limits defaults = {2, 2, 1000, 2000, 3000, 1000, 2500};
    static const struct flarei_orders_limits none = {0};

    opened = closed = given_up = flushed = 0;
    refuse = keep_opening = random_number = false;
    fake_ms = 1000;
    flarei_sys.clock_gettime = fake_clock;
    flarei_random_set(no_randomness, NULL);
    CHECK_INT(flare_loop_create(&loop, FLARE_LOOP_DEFAULT), FLARE_OK);
    flarei_fibers_init(&fibers, loop, FLAREI_FIBER_STACK_BYTES);
    flarei_orders_init(&orders, &calls, asked != NULL ? asked : &none, &defaults);
}

static void end(void)
{
    settle();
    CHECK_INT(fibers.count, 0);
    flarei_orders_clear(&orders);
    CHECK_INT(closed, opened);
    flarei_fibers_clear(&fibers);
    flare_loop_destroy(loop);
    flarei_random_set(NULL, NULL);
    flarei_sys_reset();
}

/* ---- Who asks ---- */

struct asker {
    size_t count;
    bool alone;
    struct flarei_line *on; /* NULL: any */
    flare_err result;
    bool over;
};

static void run(void *argument)
{
    struct asker *const asker = argument;
    struct asked *const asked = flarei_calloc(1, sizeof *asked);

    CHECK(asked != NULL);
    asked->order.fiber = flarei_orders_caller(&orders);
    asked->order.count = asker->count;
    asked->order.alone = asker->alone;
    asked->result = &asker->result;
    flarei_orders_carry_out(&orders, &asked->order, asker->on);
    asker->over = true;
}

static void ask_under(struct asker *asker, struct flarei_cancel *cancel)
{
    static const struct flarei_fiber_calls asker_calls = {.run = run};
    enum flarei_fiber_state state;

    CHECK(flarei_fiber_start(&fibers, &asker_calls, asker, cancel, &state) != NULL);
    settle();
}

static void ask(struct asker *asker)
{
    ask_under(asker, NULL);
}

static void answer(struct connection *connection)
{
    (void)flarei_line_answered(&connection->line);
    flarei_orders_dispatch(&orders);
    settle();
}

#define CHECK_OVER(asker, err)                                                                               \
    do {                                                                                                     \
        CHECK((asker).over);                                                                                 \
        CHECK_INT((asker).result, err);                                                                      \
    } while (0)

/* ---- Tests ---- */

TEST(one_after_the_other)
{
    struct asker a = {.count = 2}, b = {.count = 1};

    start(NULL);
    ask(&a);
    CHECK_INT(opened, 1);
    CHECK_INT(connections[0]->line.in_line, 1);
    answer(connections[0]);
    CHECK(!a.over);
    answer(connections[0]);
    CHECK_OVER(a, FLARE_OK);
    ask(&b);
    answer(connections[0]);
    CHECK_OVER(b, FLARE_OK);
    CHECK_INT(opened, 1);
    CHECK(flushed > 0);
    end();
}

/* The second goes behind the first, and so another connection is opened: the third is alone on it. */
TEST(a_crowd_gets_another)
{
    struct asker askers[6] = {{0}};

    start(NULL);
    for (size_t i = 0; i < 6; i++) {
        askers[i].count = 1;
        ask(&askers[i]);
    }
    CHECK_INT(opened, 2);
    CHECK_INT(orders.line_count, 2);
    CHECK_INT(connections[0]->line.in_line, 2);
    CHECK_INT(connections[1]->line.in_line, 2);
    answer(connections[1]);
    CHECK_OVER(askers[2], FLARE_OK);
    CHECK_INT(connections[1]->line.in_line, 2); /* the fifth took its place */
    for (int i = 0; i < 2; i++)
        answer(connections[0]);
    for (int i = 0; i < 2; i++)
        answer(connections[1]);
    answer(connections[0]);
    for (size_t i = 0; i < 6; i++)
        CHECK_OVER(askers[i], FLARE_OK);
    CHECK(flarei_link_alone(&orders.queue));
    end();
}

TEST(alone_it_waits_for_nobody_else)
{
    struct asker a = {.count = 1}, b = {.count = 1, .alone = true}, c = {.count = 1};
    const struct flarei_orders_limits one = {.connections_max = 1};

    start(&one);
    ask(&a);
    ask(&b);
    ask(&c); /* in turn: not before b */
    CHECK_INT(connections[0]->line.in_line, 1);
    answer(connections[0]);
    CHECK_OVER(a, FLARE_OK);
    CHECK_INT(connections[0]->line.in_line, 2);
    answer(connections[0]);
    CHECK_OVER(b, FLARE_OK);
    answer(connections[0]);
    CHECK_OVER(c, FLARE_OK);
    end();
}

TEST(one_that_holds_up_others_is_over)
{
    struct asker a = {.count = 1}, b = {.count = 1, .alone = true}, c = {.count = 1};
    const struct flarei_orders_limits one = {.connections_max = 1};
    struct flarei_cancel cancel;

    start(&one);
    flarei_cancel_init(&cancel);
    ask(&a);
    ask_under(&b, &cancel);
    ask(&c);
    CHECK(flarei_cancel_flip(&cancel, FLAREI_CANCEL_PEER));
    settle();
    CHECK_OVER(b, FLARE_ERR_CANCELLED);
    CHECK_INT(connections[0]->line.in_line, 2); /* c is behind a */
    answer(connections[0]);
    answer(connections[0]);
    CHECK_OVER(a, FLARE_OK);
    CHECK_OVER(c, FLARE_OK);
    end();
}

TEST(who_takes_none_gets_none)
{
    struct asker a = {.count = 1}, b = {.count = 1}, c = {.count = 1};

    start(NULL);
    ask(&a);
    connections[0]->refuses = true;
    ask(&b);
    CHECK_INT(opened, 2);
    CHECK_INT(connections[0]->line.in_line, 1);
    CHECK_INT(connections[1]->line.in_line, 1);
    c.on = &connections[0]->line; /* who has it may go on */
    ask(&c);
    CHECK_INT(connections[0]->line.in_line, 2);
    answer(connections[0]);
    answer(connections[0]);
    answer(connections[1]);
    CHECK_OVER(a, FLARE_OK);
    CHECK_OVER(b, FLARE_OK);
    CHECK_OVER(c, FLARE_OK);
    end();
}

TEST(what_cannot_be_sent_fails)
{
    struct asker a = {.count = 0};

    start(NULL);
    ask(&a);
    CHECK_OVER(a, FLARE_ERR_MEMORY);
    end();
}

/* Pauses of 1000 and 2000 ms, then never more than 2500. */
static void check_pauses(uint64_t first, uint64_t second, uint64_t third)
{
    const uint64_t pauses[] = {first, second, third, third};
    struct asker asker;

    refuse = true;
    asker = (struct asker){.count = 1};
    ask(&asker);
    CHECK_OVER(asker, FLARE_ERR_REFUSED);
    for (int i = 0; i < 4; i++) {
        CHECK_INT(opened, i + 1);
        pass_ms(pauses[i] - ABOUT_MS);
        asker = (struct asker){.count = 1};
        ask(&asker); /* fails at once, and nobody tries */
        CHECK_OVER(asker, FLARE_ERR_REFUSED);
        CHECK_INT(opened, i + 1);
        pass_ms(ABOUT_MS);
        asker = (struct asker){.count = 1};
        ask(&asker);
        CHECK_OVER(asker, FLARE_ERR_REFUSED);
        CHECK_INT(opened, i + 2);
    }
}

TEST(pauses_double)
{
    struct asker asker = {.count = 1};

    start(NULL);
    check_pauses(1000, 2000, 2500);
    refuse = false;
    pass_ms(2500);
    ask(&asker);
    CHECK_INT(orders.failures, 0);
    CHECK_INT(orders.line_count, 1);
    answer(connections[opened - 1]);
    CHECK_OVER(asker, FLARE_OK);
    end();
}

TEST(pauses_are_cut_by_up_to_a_half)
{
    start(NULL);
    random_number = true; /* of 0 */
    check_pauses(500, 1000, 1250);
    end();
}

/* While one is there nobody fails for one more that could not be opened. */
TEST(one_is_enough)
{
    struct asker a = {.count = 1}, b = {.count = 1}, c = {.count = 1};

    start(NULL);
    ask(&a);
    refuse = true;
    ask(&b);
    CHECK_INT(opened, 2);
    CHECK_INT(orders.line_count, 1);
    ask(&c); /* the line is full */
    CHECK(!c.over);
    lose(&connections[0]->line, FLARE_ERR_CLOSED);
    settle();
    CHECK_OVER(a, FLARE_ERR_CLOSED);
    CHECK_OVER(b, FLARE_ERR_CLOSED);
    CHECK_OVER(c, FLARE_ERR_REFUSED); /* there is none, and the pause is not over */
    CHECK_INT(opened, 2);
    end();
}

TEST(a_slow_opening_is_given_up)
{
    struct asker a = {.count = 1};

    start(NULL);
    keep_opening = true;
    ask(&a);
    CHECK(orders.opening != NULL);
    pass_ms(1000 - ABOUT_MS);
    CHECK_INT(given_up, 0);
    pass_ms(2 * ABOUT_MS);
    CHECK_INT(given_up, 1);
    CHECK_OVER(a, FLARE_ERR_REFUSED);
    end();
}

TEST(an_order_waits_so_long)
{
    struct asker a = {.count = 1};
    const struct flarei_orders_limits patient = {.connect_ms = 100000};

    start(&patient);
    keep_opening = true;
    ask(&a);
    pass_ms(2000 - ABOUT_MS);
    CHECK(!a.over);
    pass_ms(2 * ABOUT_MS);
    CHECK_OVER(a, FLARE_ERR_TIMEOUT);
    CHECK(flarei_link_alone(&orders.queue));
    end();
}

/* Its answer is dropped; nobody goes behind it, and it is given up where nobody else waits. */
TEST(what_nobody_waits_for)
{
    struct asker a = {.count = 1}, b = {.count = 1}, c = {.count = 1};
    const struct flarei_orders_limits one = {.connections_max = 1};

    start(&one);
    ask(&a);
    pass_ms(2000);
    ask(&b); /* behind it */
    pass_ms(1000 + ABOUT_MS);
    CHECK_OVER(a, FLARE_ERR_TIMEOUT);
    ask(&c);
    CHECK_INT(connections[0]->line.in_line, 2);
    pass_ms(250 + ABOUT_MS);
    CHECK_INT(given_up, 0); /* b waits */
    answer(connections[0]); /* a's */
    CHECK(!b.over);
    CHECK_INT(connections[0]->line.in_line, 2);
    answer(connections[0]);
    answer(connections[0]);
    CHECK_OVER(b, FLARE_OK);
    CHECK_OVER(c, FLARE_OK);
    pass_ms(1000);
    CHECK_INT(given_up, 0);

    a = b = (struct asker){.count = 1};
    ask(&a);
    ask(&b);
    pass_ms(3000 + ABOUT_MS);
    CHECK_OVER(a, FLARE_ERR_TIMEOUT);
    CHECK_OVER(b, FLARE_ERR_TIMEOUT);
    CHECK_INT(given_up, 0);
    pass_ms(250 + ABOUT_MS);
    CHECK_INT(given_up, 1);
    CHECK_INT(closed, 1);
    end();
}

int main(void)
{
    static const flare_log_options quiet = {.sink = drop_log};

    flare_log_setup(&quiet);
    RUN(one_after_the_other);
    RUN(a_crowd_gets_another);
    RUN(alone_it_waits_for_nobody_else);
    RUN(one_that_holds_up_others_is_over);
    RUN(who_takes_none_gets_none);
    RUN(what_cannot_be_sent_fails);
    RUN(pauses_double);
    RUN(pauses_are_cut_by_up_to_a_half);
    RUN(one_is_enough);
    RUN(a_slow_opening_is_given_up);
    RUN(an_order_waits_so_long);
    RUN(what_nobody_waits_for);
    return TEST_END();
}
