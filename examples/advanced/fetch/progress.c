#include "download.h"

enum { WIDTH = 30 };

static void draw_amount(double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;

    while (bytes >= 1000 && unit + 1 < sizeof units / sizeof units[0]) {
        bytes /= 1024;
        unit++;
    }
    (void)fprintf(stderr, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

/* A bar where all totals are known, of what was begun. */
static void draw_bar(uint64_t bytes, uint64_t total)
{
    const int filled = (int)((double)bytes / (double)total * WIDTH);

    (void)fputc('[', stderr);
    for (int i = 0; i < WIDTH; i++)
        (void)fputc(i < filled ? '=' : i == filled ? '>' : ' ', stderr);
    (void)fprintf(stderr, "] %3.0f %% of ", 100 * (double)bytes / (double)total);
    draw_amount((double)total);
}

void progress_draw(struct all *all, bool last)
{
    const uint64_t took_ms = flare_loop_now_ms(all->loop) - all->begin_ms;
    uint64_t bytes = 0, came = 0, total = 0;
    bool known = true;

    for (int i = 0; i < all->next; i++) {
        const struct download *const download = &all->downloads[i];

        bytes += download->bytes;
        came += download->bytes - download->kept;
        total += download->total;
        known &= download->total != 0;
    }
    (void)fputs("\r\033[K", stderr);
    if (all->count > 1)
        (void)fprintf(stderr, "%d of %d  ", all->done, all->count);
    if (known && total >= bytes && total != 0)
        draw_bar(bytes, total);
    else
        draw_amount((double)bytes);
    (void)fputs("  ", stderr);
    draw_amount(1000 * (double)came / (double)(took_ms != 0 ? took_ms : 1));
    (void)fputs(last ? "/s\n" : "/s", stderr);
    (void)fflush(stderr);
}
