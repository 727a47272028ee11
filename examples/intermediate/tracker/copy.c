/* copy.c - deep copies of issues. */
#include "copy.h"

#include <stddef.h>
#include <string.h>

void *copy_bytes(struct copier *copier, const void *from, size_t bytes)
{
    char *const to = copier->to == NULL ? NULL : copier->to + copier->used;
    const size_t align = _Alignof(max_align_t);

    if (to != NULL && bytes > 0)
        memcpy(to, from, bytes);
    copier->used += (bytes + align - 1) / align * align;
    return to;
}

flare_str copy_text(struct copier *copier, flare_str text)
{
    return (flare_str){(char *)copy_bytes(copier, text.ptr, text.len), text.len};
}

static tracker_link copy_link(struct copier *copier, tracker_link link)
{
    switch (link.tag) {
    case TRACKER_LINK_BLOCKS:
    case TRACKER_LINK_DUPLICATE:
        break;
    case TRACKER_LINK_COMMIT:
        link.as.commit.repo = copy_text(copier, link.as.commit.repo);
        link.as.commit.hash = copy_text(copier, link.as.commit.hash);
        break;
    case TRACKER_LINK_URL:
        link.as.url.href = copy_text(copier, link.as.url.href);
        if (link.as.url.title.has)
            link.as.url.title.value = copy_text(copier, link.as.url.title.value);
        break;
    }
    return link;
}

tracker_issue copy_issue(struct copier *copier, tracker_issue issue)
{
    flare_str *const labels = copy_bytes(copier, issue.labels.items, issue.labels.count * sizeof *labels);
    tracker_link *const links = copy_bytes(copier, issue.links.items, issue.links.count * sizeof *links);

    for (size_t i = 0; i < issue.labels.count; i++) {
        const flare_str label = copy_text(copier, issue.labels.items[i]);

        if (labels != NULL)
            labels[i] = label;
    }
    for (size_t i = 0; i < issue.links.count; i++) {
        const tracker_link link = copy_link(copier, issue.links.items[i]);

        if (links != NULL)
            links[i] = link;
    }
    issue.title = copy_text(copier, issue.title);
    issue.text = copy_text(copier, issue.text);
    issue.type = copy_text(copier, issue.type);
    issue.assignees.items =
        copy_bytes(copier, issue.assignees.items, issue.assignees.count * sizeof *issue.assignees.items);
    issue.labels.items = labels;
    issue.links.items = links;
    return issue;
}
