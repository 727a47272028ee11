#include <flare/http_date.h>

void flare_http_date_init(flare_http_date *date)
{
    memcpy(date->line, "Date: ", sizeof("Date: ") - 1);
    memcpy(date->line + FLARE_HTTP_DATE_LINE_BYTES - 2, "\r\n", sizeof("\r\n"));
    flarei_http_date_write(date, 0);
}

void flarei_http_date_write(flare_http_date *date, int64_t second)
{
    flare_time_http_format(second * FLARE_TIME_SECOND, date->line + sizeof("Date: ") - 1);
    date->second = second;
}
