/* codings.c - the settings of compress() and inflate(). */
#include "check/check.h"

/* Where nothing is named: what every runtime has. */
static const char *const usual_encoders[] = {"gzip", NULL};
static const char *const usual_decoders[] = {"gzip", "deflate", NULL};

static struct codings *codings_of(struct check *check, const struct statement *statement, const char *thing,
                                  const char *const *labels, const char *const *known,
                                  const char *const *usual)
{
    struct codings *const codings = ARENA_NEW(check->arena, struct codings);

    codings->names = setting_names(check, &statement->args, thing, labels, known, &codings->count);
    if (codings->count != 0)
        return codings;
    codings->names = usual;
    while (usual[codings->count] != NULL)
        codings->count++;
    return codings;
}

void compress_check(struct check *check, const struct statement *statement, struct use *use)
{
    static const char *const labels[] = {"level", "min", NULL};
    static const char *const known[] = {"br", "gzip", NULL};
    struct codings *const codings = codings_of(check, statement, "compress()", labels, known, usual_encoders);

    codings->level = 5;
    codings->min_bytes = 1024;
    setting_number(check, &statement->args, "level", 1, 9, &codings->level);
    setting_size(check, &statement->args, "min", 1u << 20, &codings->min_bytes);
    use->codings = codings;
}

void inflate_check(struct check *check, const struct statement *statement, struct use *use)
{
    static const char *const labels[] = {NULL};
    static const char *const known[] = {"br", "gzip", "deflate", NULL};

    use->codings = codings_of(check, statement, "inflate()", labels, known, usual_decoders);
}
