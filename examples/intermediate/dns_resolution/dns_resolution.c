/* Looks names up without holding up the loop, and forgets one that nobody waits for any more. */
#include <flare/dns.h>
#include <flare/network.h>

#include <stdio.h>

struct question {
    const char *name;
    flare_dns_lookup *lookup;
};

/* Runs on the loop's thread; who asked is the context. */
static void found(flare_loop *loop, void *context, flare_err err, const flare_address *addresses,
                  size_t count)
{
    struct question *const question = context;
    size_t ours = 0;

    question->lookup = NULL;
    for (size_t i = 0; i < count; i++)
        ours += flare_address_kind_of(&addresses[i]) == FLARE_ADDRESS_LOOPBACK;
    if (err != FLARE_OK)
        (void)printf("%s: %s\n", question->name, flare_err_text(err));
    else
        (void)printf("%s: %s\n", question->name, ours == count ? "this machine" : "another one");
    flare_loop_stop(loop);
}

static flare_err ask(flare_loop *loop, struct question *question)
{
    return flare_dns_start(&question->lookup, loop, flare_str_of(question->name), 80, found, question);
}

/* One name after the other, so that the answers come in the order asked. */
static flare_err resolve(flare_loop *loop, const char *name)
{
    struct question question = {.name = name}, dropped = {.name = "dropped.invalid"};
    flare_err err = ask(loop, &question);

    if (err == FLARE_OK)
        err = ask(loop, &dropped);
    if (err == FLARE_OK)
        flare_dns_cancel(dropped.lookup); /* its callback never runs */
    if (err == FLARE_OK)
        err = flare_loop_run(loop);
    return err;
}

int main(int argc, char **argv)
{
    flare_loop *loop;
    flare_err err = flare_loop_create(&loop, FLARE_LOOP_DEFAULT);

    for (int i = 1; i < argc && err == FLARE_OK; i++)
        err = resolve(loop, argv[i]);
    if (loop != NULL)
        (void)flare_loop_run_once(loop, 0); /* answers to what was dropped may be on their way */
    flare_loop_destroy(loop);
    if (err != FLARE_OK)
        (void)fprintf(stderr, "%s\n", flare_err_text(err));
    return err != FLARE_OK;
}
