/* handlers.c - guards and replies. Replies are made under the lock of their tenant: a constructor has written
 * everything when it returns, so it may show what the store holds. */
#include "store.h"

#include <flare/number.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct tracker_state *tracker_state_open(void)
{
    return store_new();
}

void tracker_state_close(struct tracker_state *state)
{
    store_free(state);
}

/* ---- guards ---- */

tracker_signed_in_verdict tracker_signed_in(flare_request *rq, const tracker_signed_in_in *in)
{
    struct tracker_user *const user = store_user(in->token);

    return user != NULL ? tracker_signed_in_pass(rq, user) : tracker_signed_in_unauthorized(rq);
}

tracker_member_verdict tracker_member(flare_request *rq, const tracker_member_in *in)
{
    struct tracker_tenant *const tenant = store_tenant(tracker_state_of(rq), in->tenant);

    if (tenant == NULL)
        return tracker_member_not_found(rq);
    return tenant_has(tenant, in->user) ? tracker_member_pass(rq, tenant) : tracker_member_forbidden(rq);
}

/* ---- a list ---- */

/* What the list is sorted by, always downwards. */
static uint64_t rank(tracker_sort sort, const struct kept *kept)
{
    switch (sort) {
    case TRACKER_SORT_CREATED:
        return UINT64_MAX - kept->issue.number;
    case TRACKER_SORT_CREATED_DESC:
        return kept->issue.number;
    case TRACKER_SORT_UPDATED:
        break;
    }
    return kept->change;
}

struct found {
    uint64_t rank;
    const struct kept *kept;
};

static int later_first(const void *a, const void *b)
{
    const uint64_t left = ((const struct found *)a)->rank, right = ((const struct found *)b)->rank;

    return left < right ? 1 : left > right ? -1 : 0;
}

static bool contains(flare_str text, flare_str part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (memcmp(text.ptr + i, part.ptr, part.len) == 0)
            return true;
    }
    return false;
}

static bool is_wanted(const tracker_list_issues_in *in, const struct kept *kept)
{
    bool status = in->status.count == 0, assignee = !in->assignee.has;

    for (size_t i = 0; i < in->status.count; i++)
        status = status || in->status.items[i] == kept->issue.status;
    for (size_t i = 0; i < kept->issue.assignees.count; i++)
        assignee = assignee || in->assignee.value == kept->issue.assignees.items[i];
    return status && assignee && flare_str_equal(kept->project, in->project) &&
           (!in->q.has || contains(kept->issue.title, in->q.value) ||
            contains(kept->issue.text, in->q.value));
}

/* Behind which rank a page begins; a cursor that no list gave stands behind all. */
static uint64_t rank_before(flare_str_opt cursor)
{
    uint64_t rank = UINT64_MAX;

    if (cursor.has && flare_u64_parse(cursor.value, &rank) != FLARE_OK)
        rank = 0;
    return rank;
}

static tracker_list_issues_reply list_issues(flare_request *rq, const tracker_list_issues_in *in)
{
    size_t count, matches = 0, taken = 0;
    struct kept *const *const all = tenant_issues(in->tenant_db, &count);
    struct found *const found = flare_alloc(rq, count * sizeof *found);
    tracker_issue *const items = flare_alloc(rq, in->page.limit * sizeof *items);
    const uint64_t before = rank_before(in->page.cursor);
    tracker_issue_list list = {.next = {.has = false}};

    if (found == NULL || items == NULL)
        return tracker_list_issues_fail(rq, "no memory");
    for (size_t i = 0; i < count; i++) {
        const struct found one = {rank(in->sort, all[i]), all[i]};

        if (one.rank < before && is_wanted(in, one.kept))
            found[matches++] = one;
    }
    qsort(found, matches, sizeof *found, later_first);
    for (; taken < matches && taken < in->page.limit; taken++)
        items[taken] = found[taken].kept->issue;
    list.items = (tracker_issue_array){items, taken};
    if (taken < matches)
        list.next =
            (flare_str_opt){true, flare_format(rq, "%llu", (unsigned long long)found[taken - 1].rank)};
    return tracker_list_issues_ok(rq, &list);
}

tracker_list_issues_reply tracker_list_issues(flare_request *rq, const tracker_list_issues_in *in)
{
    tracker_list_issues_reply reply;

    tenant_lock(in->tenant_db);
    reply = list_issues(rq, in);
    tenant_unlock(in->tenant_db);
    return reply;
}

/* ---- one issue ---- */

static flare_time now(void)
{
    struct timespec time;

    (void)timespec_get(&time, TIME_UTC);
    return (flare_time)time.tv_sec * 1000000000 + time.tv_nsec;
}

static tracker_create_issue_reply created(flare_request *rq, const tracker_create_issue_in *in,
                                          const struct kept *kept)
{
    return tracker_create_issue_created(rq, &kept->issue,
                                        flare_format(rq, "/t/%.*s/projects/%.*s/issues/%llu",
                                                     FLARE_STR_ARG(in->tenant), FLARE_STR_ARG(in->project),
                                                     (unsigned long long)kept->issue.number));
}

/* A key that comes again with the same issue gets the same reply: the first one may have been lost on its
 * way. */
static tracker_create_issue_reply create_issue(flare_request *rq, const tracker_create_issue_in *in)
{
    const tracker_new_issue *const body = &in->body;
    const flare_str key = in->key.has ? in->key.value : FLARE_STR("");
    const struct kept *kept = in->key.has ? tenant_find_key(in->tenant_db, in->project, key) : NULL;

    if (kept != NULL && flare_str_equal(kept->issue.title, body->title) &&
        flare_str_equal(kept->issue.text, body->text))
        return created(rq, in, kept);
    if (kept != NULL)
        return tracker_create_issue_key_reused(rq);
    kept = tenant_add(in->tenant_db, in->project, key,
                      &(tracker_issue){
                          .title = body->title,
                          .text = body->text,
                          .status = TRACKER_STATUS_OPEN,
                          .priority = body->priority,
                          .labels = body->labels,
                          .created_at = now(),
                          .type = FLARE_STR("issue"),
                      });
    return kept != NULL ? created(rq, in, kept) : tracker_create_issue_fail(rq, "no room for another issue");
}

tracker_create_issue_reply tracker_create_issue(flare_request *rq, const tracker_create_issue_in *in)
{
    tracker_create_issue_reply reply;

    tenant_lock(in->tenant_db);
    reply = create_issue(rq, in);
    tenant_unlock(in->tenant_db);
    return reply;
}

static flare_str version_of(flare_request *rq, const struct kept *kept)
{
    return flare_format(rq, "\"%llu\"", (unsigned long long)kept->change);
}

tracker_get_issue_reply tracker_get_issue(flare_request *rq, const tracker_get_issue_in *in)
{
    const struct kept *kept;
    tracker_get_issue_reply reply;

    tenant_lock(in->tenant_db);
    kept = tenant_find(in->tenant_db, in->project, in->number);
    reply = kept != NULL ? tracker_get_issue_ok(rq, &kept->issue, version_of(rq, kept))
                         : tracker_get_issue_not_found(rq);
    tenant_unlock(in->tenant_db);
    return reply;
}

static tracker_issue patched(tracker_issue issue, const tracker_issue_patch *patch)
{
    if (patch->title.has)
        issue.title = patch->title.value;
    if (patch->status.has)
        issue.status = patch->status.value;
    if (patch->priority.has)
        issue.priority = (tracker_priority_opt){true, patch->priority.value};
    else if (patch->priority.clear)
        issue.priority.has = false;
    if (patch->assignees.has)
        issue.assignees = patch->assignees.value;
    if (patch->links.has)
        issue.links = patch->links.value;
    return issue;
}

static tracker_patch_issue_reply patch_issue(flare_request *rq, const tracker_patch_issue_in *in)
{
    const struct kept *kept = tenant_find(in->tenant_db, in->project, in->number);
    tracker_issue issue;

    if (kept == NULL)
        return tracker_patch_issue_not_found(rq);
    if (in->if_match.has && !flare_etag_matches(in->if_match.value, version_of(rq, kept)))
        return tracker_patch_issue_precondition_failed(rq);
    issue = patched(kept->issue, &in->body);
    kept = tenant_replace(in->tenant_db, kept, &issue);
    return kept != NULL ? tracker_patch_issue_ok(rq, &kept->issue)
                        : tracker_patch_issue_fail(rq, "no memory");
}

tracker_patch_issue_reply tracker_patch_issue(flare_request *rq, const tracker_patch_issue_in *in)
{
    tracker_patch_issue_reply reply;

    tenant_lock(in->tenant_db);
    reply = patch_issue(rq, in);
    tenant_unlock(in->tenant_db);
    return reply;
}

tracker_remove_issue_reply tracker_remove_issue(flare_request *rq, const tracker_remove_issue_in *in)
{
    const struct kept *kept;

    tenant_lock(in->tenant_db);
    kept = tenant_find(in->tenant_db, in->project, in->number);
    if (kept != NULL)
        tenant_remove(in->tenant_db, kept);
    tenant_unlock(in->tenant_db);
    return kept != NULL ? tracker_remove_issue_no_content(rq) : tracker_remove_issue_not_found(rq);
}

/* The example counts files and keeps none: multipart_upload shows how to save them. */
tracker_attach_reply tracker_attach(flare_request *rq, const tracker_attach_in *in)
{
    tracker_attachment made = {.name = flare_file_basename(&in->body.file), .bytes = in->body.file.size};
    bool there, room;

    if (flare_uuid_make(&made.id) != FLARE_OK)
        return tracker_attach_fail(rq, "no random numbers");
    tenant_lock(in->tenant_db);
    there = tenant_find(in->tenant_db, in->project, in->number) != NULL;
    room = there && tenant_take_file(in->tenant_db, made.bytes);
    tenant_unlock(in->tenant_db);
    if (!there)
        return tracker_attach_not_found(rq);
    return room ? tracker_attach_created(rq, &made) : tracker_attach_full(rq);
}
