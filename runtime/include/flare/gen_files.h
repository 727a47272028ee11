/* flare/gen_files.h - what emitted C uses for files(), a folder that is served, and for replies that are
 * files. */
#ifndef FLARE_GEN_FILES_H
#define FLARE_GEN_FILES_H

#include <flare/file_content.h>
#include <flare/gen.h>

FLARE_BEGIN

/* A file that the program holds. */
struct flarei_held_file {
    flare_str name; /* below the folder: "css/plain.css" */
    flare_str content;
    flare_str tag; /* entity tag, quotes included */
};

struct flarei_files {
    const char *folder;                  /* as the spec names it; relative ones are of the working folder */
    flare_str index;                     /* what stands for a folder; empty: nothing does */
    flare_str cache;                     /* Cache-Control; empty: none */
    bool listing;                        /* a folder without an index is listed */
    bool hidden;                         /* names that begin with a dot are served too */
    bool precompressed;                  /* where a client takes it, NAME.br or NAME.gz is sent for NAME */
    bool embed;                          /* `held` is all there is */
    int root;                            /* the open folder's descriptor and 1; 0 before it was asked for */
    const struct flarei_held_file *held; /* in the order of their names */
    size_t held_count;
};

/** `files()`: what the rest of the path names, or 404. HEAD, conditions, ranges. */
flare_reply flarei_reply_files(flare_request *rq, struct flarei_files *files, flare_str rest) FLARE_MUST_USE;
/** The same for `embed: true`. */
flare_reply flarei_reply_held(flare_request *rq, const struct flarei_files *files,
                              flare_str rest) FLARE_MUST_USE;

/** A handler's reply that is a file; its route's handler runs as one that streams. @param head without `h1`;
 * no content type: by the file's name */
flare_reply flarei_reply_file(flare_request *rq, const struct flarei_head *head,
                              const flare_file_content *file) FLARE_MUST_USE;

FLARE_END
#endif
