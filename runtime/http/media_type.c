#include "http/media_type.h"

#include <flare/text.h>

/* By extension, in the order of bytes. What is registered with IANA is named as there; text says that it is
 * UTF-8. */
static const struct known {
    char extension[12];
    flare_str media_type;
} table[] = {
    {"7z", FLARE_STR_INIT("application/x-7z-compressed")},
    {"aac", FLARE_STR_INIT("audio/aac")},
    {"apng", FLARE_STR_INIT("image/apng")},
    {"atom", FLARE_STR_INIT("application/atom+xml")},
    {"avif", FLARE_STR_INIT("image/avif")},
    {"bin", FLARE_STR_INIT("application/octet-stream")},
    {"bmp", FLARE_STR_INIT("image/bmp")},
    {"br", FLARE_STR_INIT("application/octet-stream")},
    {"bz2", FLARE_STR_INIT("application/x-bzip2")},
    {"c", FLARE_STR_INIT("text/plain; charset=utf-8")},
    {"cjs", FLARE_STR_INIT("text/javascript; charset=utf-8")},
    {"css", FLARE_STR_INIT("text/css; charset=utf-8")},
    {"csv", FLARE_STR_INIT("text/csv; charset=utf-8")},
    {"doc", FLARE_STR_INIT("application/msword")},
    {"docx", FLARE_STR_INIT("application/vnd.openxmlformats-officedocument.wordprocessingml.document")},
    {"eot", FLARE_STR_INIT("application/vnd.ms-fontobject")},
    {"epub", FLARE_STR_INIT("application/epub+zip")},
    {"flac", FLARE_STR_INIT("audio/flac")},
    {"gif", FLARE_STR_INIT("image/gif")},
    {"gz", FLARE_STR_INIT("application/gzip")},
    {"h", FLARE_STR_INIT("text/plain; charset=utf-8")},
    {"heic", FLARE_STR_INIT("image/heic")},
    {"htm", FLARE_STR_INIT("text/html; charset=utf-8")},
    {"html", FLARE_STR_INIT("text/html; charset=utf-8")},
    {"ico", FLARE_STR_INIT("image/vnd.microsoft.icon")},
    {"ics", FLARE_STR_INIT("text/calendar; charset=utf-8")},
    {"jar", FLARE_STR_INIT("application/java-archive")},
    {"jpeg", FLARE_STR_INIT("image/jpeg")},
    {"jpg", FLARE_STR_INIT("image/jpeg")},
    {"js", FLARE_STR_INIT("text/javascript; charset=utf-8")},
    {"json", FLARE_STR_INIT("application/json")},
    {"jsonld", FLARE_STR_INIT("application/ld+json")},
    {"jxl", FLARE_STR_INIT("image/jxl")},
    {"m3u8", FLARE_STR_INIT("application/vnd.apple.mpegurl")},
    {"m4a", FLARE_STR_INIT("audio/mp4")},
    {"m4v", FLARE_STR_INIT("video/mp4")},
    {"map", FLARE_STR_INIT("application/json")},
    {"md", FLARE_STR_INIT("text/markdown; charset=utf-8")},
    {"mid", FLARE_STR_INIT("audio/midi")},
    {"mjs", FLARE_STR_INIT("text/javascript; charset=utf-8")},
    {"mov", FLARE_STR_INIT("video/quicktime")},
    {"mp3", FLARE_STR_INIT("audio/mpeg")},
    {"mp4", FLARE_STR_INIT("video/mp4")},
    {"mpd", FLARE_STR_INIT("application/dash+xml")},
    {"mpeg", FLARE_STR_INIT("video/mpeg")},
    {"mpg", FLARE_STR_INIT("video/mpeg")},
    {"odp", FLARE_STR_INIT("application/vnd.oasis.opendocument.presentation")},
    {"ods", FLARE_STR_INIT("application/vnd.oasis.opendocument.spreadsheet")},
    {"odt", FLARE_STR_INIT("application/vnd.oasis.opendocument.text")},
    {"oga", FLARE_STR_INIT("audio/ogg")},
    {"ogg", FLARE_STR_INIT("audio/ogg")},
    {"ogv", FLARE_STR_INIT("video/ogg")},
    {"opus", FLARE_STR_INIT("audio/ogg")},
    {"otf", FLARE_STR_INIT("font/otf")},
    {"pdf", FLARE_STR_INIT("application/pdf")},
    {"png", FLARE_STR_INIT("image/png")},
    {"ppt", FLARE_STR_INIT("application/vnd.ms-powerpoint")},
    {"pptx", FLARE_STR_INIT("application/vnd.openxmlformats-officedocument.presentationml.presentation")},
    {"ps", FLARE_STR_INIT("application/postscript")},
    {"rss", FLARE_STR_INIT("application/rss+xml")},
    {"rtf", FLARE_STR_INIT("application/rtf")},
    {"svg", FLARE_STR_INIT("image/svg+xml")},
    {"tar", FLARE_STR_INIT("application/x-tar")},
    {"tif", FLARE_STR_INIT("image/tiff")},
    {"tiff", FLARE_STR_INIT("image/tiff")},
    {"ts", FLARE_STR_INIT("video/mp2t")},
    {"tsv", FLARE_STR_INIT("text/tab-separated-values; charset=utf-8")},
    {"ttf", FLARE_STR_INIT("font/ttf")},
    {"txt", FLARE_STR_INIT("text/plain; charset=utf-8")},
    {"vcf", FLARE_STR_INIT("text/vcard; charset=utf-8")},
    {"vtt", FLARE_STR_INIT("text/vtt; charset=utf-8")},
    {"wasm", FLARE_STR_INIT("application/wasm")},
    {"wav", FLARE_STR_INIT("audio/wav")},
    {"weba", FLARE_STR_INIT("audio/webm")},
    {"webm", FLARE_STR_INIT("video/webm")},
    {"webmanifest", FLARE_STR_INIT("application/manifest+json")},
    {"webp", FLARE_STR_INIT("image/webp")},
    {"woff", FLARE_STR_INIT("font/woff")},
    {"woff2", FLARE_STR_INIT("font/woff2")},
    {"xhtml", FLARE_STR_INIT("application/xhtml+xml")},
    {"xls", FLARE_STR_INIT("application/vnd.ms-excel")},
    {"xlsx", FLARE_STR_INIT("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")},
    {"xml", FLARE_STR_INIT("application/xml")},
    {"xz", FLARE_STR_INIT("application/x-xz")},
    {"yaml", FLARE_STR_INIT("application/yaml")},
    {"yml", FLARE_STR_INIT("application/yaml")},
    {"zip", FLARE_STR_INIT("application/zip")},
    {"zst", FLARE_STR_INIT("application/zstd")},
};

static int compare(const char *extension, flare_str with)
{
    size_t i = 0;

    for (; i < with.len && extension[i] != '\0'; i++) {
        const int byte = with.ptr[i] >= 'A' && with.ptr[i] <= 'Z' ? with.ptr[i] + 32 : with.ptr[i];

        if (extension[i] != byte)
            return (unsigned char)extension[i] < byte ? -1 : 1;
    }
    return i < with.len ? -1 : extension[i] != '\0';
}

flare_str flarei_media_type(flare_str path)
{
    size_t low = 0, high = sizeof table / sizeof *table, at = path.len;

    while (at != 0 && path.ptr[at - 1] != '.' && path.ptr[at - 1] != '/')
        at--;
    if (at == 0 || path.ptr[at - 1] == '/')
        high = 0;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare(table[middle].extension, (flare_str){path.ptr + at, path.len - at});

        if (order == 0)
            return table[middle].media_type;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return FLARE_STR("application/octet-stream");
}
