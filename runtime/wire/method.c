#include <flare/method.h>

static const flare_str names[FLARE_METHOD_COUNT] = {FLARE_STR_INIT("?"),
#define METHOD_NAME(identifier, token) FLARE_STR_INIT(token),
                                                    FLARE_METHODS(METHOD_NAME)
#undef METHOD_NAME
};

enum flare_method flare_method_of(flare_str token)
{
    for (int method = FLARE_METHOD_UNKNOWN + 1; method < FLARE_METHOD_COUNT; method++)
        if (flare_str_equal(names[method], token))
            return (enum flare_method)method;
    return FLARE_METHOD_UNKNOWN;
}

flare_str flare_method_name(enum flare_method method)
{
    unsigned index = (unsigned)method;

    return names[index < FLARE_METHOD_COUNT ? index : 0];
}
