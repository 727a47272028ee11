/* flare/gen_docs.h - what emitted C uses for docs(); a part of gen.h. */
#ifndef FLARE_GEN_DOCS_H
#define FLARE_GEN_DOCS_H

#include <flare/request.h>
#include <flare/reply.h>

FLARE_BEGIN

/* One of the files that docs() serves. */
struct flarei_docs_file {
    flare_str name; /* below the route's path; empty for its page */
    flare_str media_type;
    flare_str content;
    flare_str tag; /* entity tag, quotes included */
    bool gzip;     /* how content is coded */
};

/* A viewer of OpenAPI documents: its page and what that loads. The build makes one, which is empty where it
 * could not bring the viewer. */
struct flarei_docs_viewer {
    const struct flarei_docs_file *files;
    size_t count;
};
extern const struct flarei_docs_viewer flarei_docs_viewer;
#ifdef FLARE_DOCS_VIEWER
#define FLAREI_DOCS_VIEWER (&flarei_docs_viewer)
#else
#define FLAREI_DOCS_VIEWER NULL
#endif

struct flarei_docs {
    flare_str openapi;
    flare_str openapi_tag; /* entity tags, quotes included */
    flare_str page;        /* the plain one */
    flare_str page_tag;
    const struct flarei_docs_viewer *viewer;
};

/** `docs()`: the file that the rest of the path names, or 404. Answers If-None-Match. */
flare_reply flarei_reply_docs(flare_request *rq, const struct flarei_docs *docs,
                              flare_str rest) FLARE_MUST_USE;

FLARE_END
#endif
