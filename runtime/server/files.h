/* server/files.h - between the parts of files() and of replies that are files: what is found, how it is sent,
 * how a folder is listed. */
#ifndef FLAREI_SERVER_FILES_H
#define FLAREI_SERVER_FILES_H

#include "http/conditional.h"
#include "http/range.h"

#include <flare/gen_files.h>

#include <sys/stat.h>

/** A representation that was found. */
struct flarei_found {
    int fd;              /**< whoever has this closes it; -1: it is in memory */
    const char *content; /**< there */
    uint64_t size;
    flare_str media_type;
    flare_str coding; /**< Content-Encoding; empty: none */
    struct flarei_validators validators;
    char tag[20];
};

/** Closes its file. */
void flarei_found_close(struct flarei_found *found);

/** Its size, entity tag and time of change; the tag is in itself. */
void flarei_found_describe(struct flarei_found *found, const struct stat *status);

/** A handler's reply with it, which is sent when this returns. Closes it. */
flare_reply flarei_found_reply(flare_request *rq, unsigned status, struct flarei_found *found) FLARE_MUST_USE;

/** Replies with it, by what the request's conditions and ranges ask for. Closes it. */
flare_reply flarei_files_send(flare_request *rq, const struct flarei_files *files,
                              struct flarei_found *found) FLARE_MUST_USE;

/** Replies with a page of what a folder holds. @param fd of the folder, closed @param path the request's */
flare_reply flarei_files_list(flare_request *rq, const struct flarei_files *files, int fd) FLARE_MUST_USE;

/** 503 where there are too few descriptors or too little memory, else 500; logged. */
flare_reply flarei_files_failed(flare_request *rq, const struct flarei_files *files,
                                flare_err err) FLARE_MUST_USE;

#endif
