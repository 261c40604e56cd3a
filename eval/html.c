/* Escaping and table tags. */
#include "eval/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

enum { MOST = 200 };

int rf_html_text(FILE *f, const char *s, struct rf_err *err)
{
    char *clean = NULL;
    size_t n = 0;
    const struct rf_str text = { s, strlen(s) };
    FILE *const pad = open_memstream(&clean, &n);
    if (!pad)
        return rf_fail_errno(err, RF_FAIL, "no room for a text");
    if (rf_text_put(pad, text, MOST, "") < rf_text_put(NULL, text, SIZE_MAX, ""))
        fputs("...", pad);
    const int rc = fclose(pad) ? rf_fail_errno(err, RF_FAIL, "no room for a text") : 0;
    for (size_t i = 0; !rc && i < n; i++)
        switch (clean[i]) {
        case '<':
            fputs("&lt;", f);
            break;
        case '>':
            fputs("&gt;", f);
            break;
        case '&':
            fputs("&amp;", f);
            break;
        case '"':
            fputs("&quot;", f);
            break;
        case '\'':
            fputs("&#39;", f);
            break;
        default:
            fputc(clean[i], f);
        }
    free(clean);
    return rc;
}

int rf_html_name(FILE *f, const char *s, struct rf_err *err)
{
    fputs("<bdi>", f);
    const int rc = rf_html_text(f, s, err);
    fputs("</bdi>", f);
    return rc;
}

void rf_html_table(FILE *f, const char *id, const char *const *column, size_t n)
{
    fprintf(f, "<div class=\"wide\"><table id=\"%s\"><thead><tr>", id);
    for (size_t i = 0; i < n; i++)
        fprintf(f, "<th scope=\"col\">%s</th>", column[i]);
    fputs("</tr></thead><tbody>", f);
}

void rf_html_row(FILE *f)
{
    fputs("\n<tr>", f);
}

int rf_html_cell(FILE *f, const char *name, struct rf_err *err)
{
    int rc = 0;
    fputs("<td>", f);
    if (name)
        rc = rf_html_name(f, name, err);
    else
        fputs("&ndash;", f);
    fputs("</td>", f);
    return rc;
}

void rf_html_real(FILE *f, double v, double low, double high, int digits)
{
    if (!isfinite(v)) {
        fputs("<td class=\"number\">&ndash;</td>", f);
        return;
    }
    fprintf(f, "<td class=\"number\" data-v=\"%.17g\">%.*f", v, digits, v);
    if (isfinite(low) && isfinite(high))
        fprintf(f, " <span class=\"interval\">[%.*f, %.*f]</span>", digits, low, digits, high);
    fputs("</td>", f);
}

void rf_html_count(FILE *f, size_t n)
{
    fprintf(f, "<td class=\"number\" data-v=\"%zu\">%zu</td>", n, n);
}

void rf_html_table_end(FILE *f)
{
    fputs("</tbody></table></div>\n", f);
}
