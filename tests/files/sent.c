#define _POSIX_C_SOURCE 200809L

#include "sent.flare.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int held = -1;

sent_by_path_reply sent_by_path(flare_request *rq, const sent_by_path_in *in)
{
    const flare_str path = flare_format(rq, "%.*s", FLARE_STR_ARG(in->file));
    const flare_file_content file = {
        .path = path.ptr, .name = in->save_as.has ? in->save_as.value : FLARE_STR(""), .shown = in->shown};

    return path.ptr != NULL ? sent_by_path_ok(rq, &file) : sent_by_path_fail(rq, "no memory");
}

sent_held_reply sent_held(flare_request *rq)
{
    if (atomic_load(&held) < 0)
        atomic_store(&held, open("held.bin", O_RDONLY | O_CLOEXEC));
    if (atomic_load(&held) < 0)
        return sent_held_not_found(rq);
    return sent_held_ok(rq, &(flare_file_content){.fd = atomic_load(&held)}, 7);
}

sent_declared_reply sent_declared(flare_request *rq)
{
    const flare_file_content file = {.path = "small.txt", .name = FLARE_STR("words.txt")};

    return sent_declared_ok(rq, &file, 7, FLARE_STR("yes"));
}

sent_drop_reply sent_drop(flare_request *rq)
{
    const int other = open("small.txt", O_RDONLY | O_CLOEXEC);

    if (other >= 0) {
        (void)dup2(other, atomic_load(&held));
        close(other);
    }
    return sent_drop_no_content(rq);
}

sent_pool_reply sent_pool(flare_request *rq)
{
    return sent_pool_ok(rq, &(flare_file_content){.path = "large.bin"});
}

sent_made_reply sent_made(flare_request *rq)
{
    return sent_made_created(rq, &(flare_file_content){.path = "small.txt"});
}
