/* docs.c - docs(): a service's OpenAPI document, and a page that shows it. */
#include <flare/gen.h>
#include <flare/reply.h>

/* Nothing but what this server sends: no script in the page itself, none that makes code of text. Images of
 * a viewer's style sheet are data: URLs. */
static const flare_str policy = FLARE_STR_INIT(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

static const struct flarei_docs_file style = {
    FLARE_STR_INIT("plain.css"), FLARE_STR_INIT("text/css; charset=utf-8"),
    FLARE_STR_INIT("body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, "
                   "sans-serif; color: #222; background: #fff }\n"
                   "h1 small { color: #666; font-weight: normal }\n"
                   "h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }\n"
                   "h2 span { color: #9a3412; text-transform: none }\n"
                   "table { border-collapse: collapse; width: 100% }\n"
                   "td { border-top: 1px solid #ddd; padding: .3rem .6rem .3rem 0; vertical-align: top }\n"
                   ".words { white-space: pre-line }\n"),
    FLARE_STR_INIT("\"1\""), false};

static bool find(const struct flarei_docs *docs, flare_str name, struct flarei_docs_file *file)
{
    const struct flarei_docs_viewer *const viewer = docs->viewer;

    for (size_t i = 0; viewer != NULL && i < viewer->count; i++) {
        if (flare_str_equal(viewer->files[i].name, name)) {
            *file = viewer->files[i];
            return true;
        }
    }
    if (flare_str_equal(name, FLARE_STR("openapi.json")))
        *file = (struct flarei_docs_file){name, FLARE_STR("application/json"), docs->openapi,
                                          docs->openapi_tag, false};
    else if (name.len == 0 || flare_str_equal(name, FLARE_STR("plain")))
        *file = (struct flarei_docs_file){name, FLARE_STR("text/html; charset=utf-8"), docs->page,
                                          docs->page_tag, false};
    else if (flare_str_equal(name, style.name))
        *file = style;
    else
        return false;
    return true;
}

/* If-None-Match (RFC 9110 section 13.1.2): `*`, or a list that has the tag; a weak one is as good. */
static bool has_already(const flare_request *rq, flare_str tag)
{
    flare_str rest, member;

    if (!flare_request_header(rq, FLARE_STR("If-None-Match"), &rest))
        return false;
    while (flarei_list_next(&rest, &member)) {
        if (member.len > 2 && member.ptr[0] == 'W' && member.ptr[1] == '/')
            member = (flare_str){member.ptr + 2, member.len - 2};
        if (flare_str_equal(member, tag) || flare_str_equal(member, FLARE_STR("*")))
            return true;
    }
    return false;
}

/* Documents change with the program, under the same names: a client asks each time, and gets a 304. */
static flare_err add_fields(flare_request *rq, const struct flarei_docs_file *file)
{
    flare_err err = flare_reply_header(rq, FLARE_STR("ETag"), file->tag);

    if (err == FLARE_OK)
        err = flare_reply_header(rq, FLARE_STR("Cache-Control"), FLARE_STR("no-cache"));
    if (err == FLARE_OK)
        err = flare_reply_header(rq, FLARE_STR("X-Content-Type-Options"), FLARE_STR("nosniff"));
    if (err == FLARE_OK)
        err = flare_reply_header(rq, FLARE_STR("Content-Security-Policy"), policy);
    /* A browser takes gzip; what does not gets it all the same (RFC 9110 section 12.5.3 allows it). */
    if (err == FLARE_OK && file->gzip)
        err = flare_reply_header(rq, FLARE_STR("Content-Encoding"), FLARE_STR("gzip"));
    return err;
}

flare_reply flarei_reply_docs(flare_request *rq, const struct flarei_docs *docs, flare_str rest)
{
    struct flarei_docs_file file;

    if (!find(docs, rest, &file))
        return flarei_reply_not_found(rq);
    if (add_fields(rq, &file) != FLARE_OK)
        return flare_fail(rq, FLARE_ERR_MEMORY, "docs()");
    if (has_already(rq, file.tag))
        return flare_empty(rq, 304);
    return flare_bytes(rq, 200, file.media_type, file.content);
}
