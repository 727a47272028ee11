#include "forms.flare.h"

static const char page[] =
    "<!doctype html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Log in</title></head><body>\n"
    "<h1>%s%.*s</h1>\n"
    "<form method=\"post\" action=\"/login\">\n"
    "  <label>Email <input name=\"email\" type=\"email\" required></label>\n"
    "  <label>Password <input name=\"password\" type=\"password\" minlength=\"8\" required></label>\n"
    "  <label><input name=\"remember\" type=\"checkbox\" value=\"true\"> Remember me</label>\n"
    "  <select name=\"topics\" multiple><option>news<option>releases<option>jobs</select>\n"
    "  <button>Log in</button>\n"
    "</form></body></html>\n";

/* What a visitor sent never stands in a page as it is. */
static flare_str escaped(flare_request *rq, flare_str text)
{
    char *const out = flare_alloc(rq, text.len * 5 + 1);
    size_t at = 0;

    if (out == NULL)
        return FLARE_STR("");
    for (size_t i = 0; i < text.len; i++) {
        const flare_str as = text.ptr[i] == '<'   ? FLARE_STR("&lt;")
                             : text.ptr[i] == '>' ? FLARE_STR("&gt;")
                             : text.ptr[i] == '&' ? FLARE_STR("&amp;")
                                                  : (flare_str){text.ptr + i, 1};

        memcpy(out + at, as.ptr, as.len);
        at += as.len;
    }
    return (flare_str){out, at};
}

forms_page_reply forms_page(flare_request *rq, const forms_page_in *in)
{
    const flare_str name = in->welcome.has ? escaped(rq, in->welcome.value) : FLARE_STR("");
    const flare_str text =
        flare_format(rq, page, in->welcome.has ? "Welcome, " : "Log in", FLARE_STR_ARG(name));

    return text.ptr != NULL ? forms_page_ok(rq, text) : forms_page_fail(rq, "no memory for the page");
}

/* The answer to a POST is a redirect, so that reloading the page does not post again. */
forms_log_in_reply forms_log_in(flare_request *rq, const forms_log_in_in *in)
{
    static const flare_str prefix = FLARE_STR_INIT("/?welcome=");
    const flare_str email = in->body.email;
    char *const to = flare_alloc(rq, prefix.len + 3 * email.len);

    if (!flare_str_equal(in->body.password, FLARE_STR("correct horse")))
        return forms_log_in_wrong_password(rq);
    if (to == NULL)
        return forms_log_in_fail(rq, "no memory for the location");
    memcpy(to, prefix.ptr, prefix.len);
    return forms_log_in_see_other(
        rq, (flare_str){to, prefix.len + flare_percent_encode(email, FLARE_PERCENT_FORM, to + prefix.len)});
}
