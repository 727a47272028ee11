/* http/media_type.h - what a file holds, as its name says. */
#ifndef FLAREI_HTTP_MEDIA_TYPE_H
#define FLAREI_HTTP_MEDIA_TYPE_H

#include <flare/str.h>

/** @return the media type of what a path's extension stands for, or application/octet-stream; a constant.
 *  @param path of a file. No errors. Any thread. */
flare_str flarei_media_type(flare_str path);

#endif
