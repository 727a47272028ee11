#include <flare/text.h>

bool flare_str_equal_nocase(flare_str a, flare_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (flarei_ascii_lower(a.ptr[i]) != flarei_ascii_lower(b.ptr[i]))
            return false;
    }
    return true;
}
