/* flare as a contender on texts of megabytes: `big_flare FILE timeline|numbers` decodes and validates. */
#include "contender.h"

#include "big.flare.c"

#include "counting.h"

static flare_arena arena;
static big_timeline timeline;
static big_numbers numbers;
static bool takes_numbers;

big_take_timeline_reply big_take_timeline(flare_request *rq, const big_take_timeline_in *in)
{
    (void)in;
    return big_take_timeline_no_content(rq);
}

big_take_numbers_reply big_take_numbers(flare_request *rq, const big_take_numbers_in *in)
{
    (void)in;
    return big_take_numbers_no_content(rq);
}

static bool decode(const struct text *text)
{
    struct flarei_json json;
    const char *at;

    flarei_arena_reset(&arena);
    at = flarei_json_begin(&json, (flare_str){text->bytes, text->length}, &arena);
    if (at != NULL)
        at = takes_numbers ? read_numbers(&json, at, NULL, &numbers)
                           : read_timeline(&json, at, NULL, &timeline);
    keep(&timeline);
    keep(&numbers);
    return flarei_json_end(&json, at) == FLAREI_JSON_FINE;
}

static uint64_t digest_str(uint64_t digest, flare_str value)
{
    return digest_bytes(digest, value.ptr, value.len);
}

static uint64_t digest_indices(uint64_t digest, flare_u32_array indices)
{
    for (size_t i = 0; i < indices.count; i++)
        digest = digest_u64(digest, indices.items[i]);
    return digest;
}

static uint64_t digest_status(uint64_t digest, const big_status *status)
{
    const big_user *const user = &status->user;

    digest = digest_u64(digest_str(digest, status->created_at), status->id);
    digest = digest_u64(digest_str(digest_str(digest, status->text), status->source), status->truncated);
    digest = digest_str(digest_str(digest_u64(digest, user->id), user->name), user->screen_name);
    digest = digest_str(digest_str(digest, user->location), user->description);
    digest = digest_u64(digest_u64(digest, user->followers_count), user->friends_count);
    digest = digest_str(digest_u64(digest, user->verified), user->created_at);
    digest = digest_str(digest_str(digest, user->lang), user->profile_image_url);
    for (size_t i = 0; i < status->entities.hashtags.count; i++) {
        const big_hashtag *const tag = &status->entities.hashtags.items[i];

        digest = digest_indices(digest_str(digest, tag->text), tag->indices);
    }
    for (size_t i = 0; i < status->entities.user_mentions.count; i++) {
        const big_mention *const mention = &status->entities.user_mentions.items[i];

        digest = digest_str(digest_u64(digest, mention->id), mention->screen_name);
        digest = digest_indices(digest, mention->indices);
    }
    digest = digest_u64(digest_u64(digest, status->retweet_count), status->favorite_count);
    digest = digest_str(digest, status->lang);
    return status->in_reply_to_status_id.has ? digest_u64(digest, status->in_reply_to_status_id.value)
                                             : digest;
}

static uint64_t digest_all(void)
{
    uint64_t digest = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < timeline.statuses.count; i++)
        digest = digest_status(digest, &timeline.statuses.items[i]);
    if (!takes_numbers)
        return digest_u64(digest, timeline.count);
    for (size_t i = 0; i < numbers.points.count; i++)
        for (size_t k = 0; k < numbers.points.items[i].count; k++)
            digest = digest_f64(digest, numbers.points.items[i].items[k]);
    for (size_t i = 0; i < numbers.counts.count; i++)
        digest = digest_u64(digest, (uint64_t)numbers.counts.items[i]);
    for (size_t i = 0; i < numbers.mixed.count; i++)
        digest = digest_f64(digest, numbers.mixed.items[i]);
    return digest;
}

int main(int count, char **arguments)
{
    struct text text;
    long warm;
    int status;

    if (count != 3)
        return 2;
    text = text_load(arguments[1]);
    takes_numbers = strcmp(arguments[2], "numbers") == 0;
    count_allocations();
    flarei_arena_init(&arena, 64u << 20, 256u << 20);
    if (!decode(&text)) {
        fprintf(stderr, "the text is refused\n");
        return 1;
    }
    warm = allocations;
    status = contend(&text, decode, digest_all());
    if (allocations != warm) {
        fprintf(stderr, "%ld allocations while timed\n", allocations - warm);
        return 1;
    }
    return status;
}
