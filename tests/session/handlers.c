#include "kept.flare.h"

/* What a handler does to a session, alike for both. */
#define DO(name)                                                                                             \
    kept_do_##name##_reply kept_do_##name(flare_request *rq, const kept_do_##name##_in *in)                  \
    {                                                                                                        \
        char *const letters = flare_alloc(rq, in->length + 1);                                               \
        const kept_##name value = {.n = in->n, .text = {in->length != 0, {letters, in->length}}};            \
        flare_err err = FLARE_OK;                                                                            \
                                                                                                             \
        if (letters == NULL)                                                                                 \
            return kept_do_##name##_fail(rq, "no memory");                                                   \
        memset(letters, 'x', in->length);                                                                    \
        switch (in->op) {                                                                                    \
        case KEPT_OP_SHOW:                                                                                   \
            return kept_do_##name##_ok(rq, in->name.has ? flare_format(rq, "%u", (unsigned)in->name.value.n) \
                                                        : FLARE_STR("none"));                                \
        case KEPT_OP_SAVE:                                                                                   \
            err = kept_##name##_save(rq, &value);                                                            \
            break;                                                                                           \
        case KEPT_OP_RENEW:                                                                                  \
            err = kept_##name##_renew(rq, &value);                                                           \
            break;                                                                                           \
        case KEPT_OP_END:                                                                                    \
            err = kept_##name##_end(rq);                                                                     \
            break;                                                                                           \
        case KEPT_OP_SAVE_TWICE:                                                                             \
            err = kept_##name##_save(rq, &(kept_##name){.n = 1});                                            \
            if (err == FLARE_OK)                                                                             \
                err = kept_##name##_save(rq, &value);                                                        \
            break;                                                                                           \
        case KEPT_OP_SAVE_END:                                                                               \
            err = kept_##name##_save(rq, &value);                                                            \
            if (err == FLARE_OK)                                                                             \
                err = kept_##name##_end(rq);                                                                 \
            break;                                                                                           \
        case KEPT_OP_END_SAVE:                                                                               \
            err = kept_##name##_end(rq);                                                                     \
            if (err == FLARE_OK)                                                                             \
                err = kept_##name##_save(rq, &value);                                                        \
            break;                                                                                           \
        }                                                                                                    \
        return kept_do_##name##_ok(rq, flare_str_of(flare_err_name(err)));                                   \
    }

DO(mem)
DO(card)
