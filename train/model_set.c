/* Sets of models by name, glob and tier, and what is taken out of them. Refuses words without a match, so that a
 * misspelt name is not an empty set. */
#include "train/model_set.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "core/names.h"
#include "train/bt.h"

static const char prefix[] = "tier:";

static bool is_tier(const char *word)
{
    return strncmp(word, prefix, sizeof prefix - 1) == 0;
}

bool rf_model_set_wants_tiers(const struct rf_list *words)
{
    for (size_t i = 0; i < words->n; i++)
        if (is_tier(words->v[i] + (words->v[i][0] == '!')))
            return true;
    return false;
}

/* "tier:2" or "tier:2-9". */
static bool read_tiers(const char *word, int *low, int *high)
{
    int end = 0;
    word += sizeof prefix - 1;
    if (sscanf(word, "%d-%d%n", low, high, &end) < 2) {
        end = 0;
        if (sscanf(word, "%d%n", low, &end) < 1)
            return false;
        *high = *low;
    }
    return end > 0 && word[end] == '\0' && *low >= 0 && *low <= *high && *high < RF_TIERS;
}

int rf_model_set(const struct rf_votes *v, const struct rf_list *words, const char *option, const int *tier, bool *in,
                 struct rf_err *err)
{
    /* A list that begins with what it takes out takes it out of all. */
    const bool all = words->n && words->v[0][0] == '!';
    for (size_t m = 0; m < v->models; m++)
        in[m] = all;
    for (size_t i = 0; i < words->n; i++) {
        const bool out = words->v[i][0] == '!';
        const char *const word = rf_known_as(&v->alias, words->v[i] + out);
        const bool by_tier = is_tier(word);
        int low = 0, high = 0;
        bool found = false;
        if (by_tier && !read_tiers(word, &low, &high))
            return rf_fail(err, RF_USAGE, "%s %s: found no tiers, expected tier:N or tier:N-M with 0 <= N <= M <= %d",
                           option, word, RF_TIERS - 1);
        for (size_t m = 0; m < v->models; m++)
            if (by_tier ? tier[m] >= low && tier[m] <= high
                        : strcmp(word, v->model[m]) == 0 || fnmatch(word, v->model[m], FNM_NOESCAPE) == 0)
                found = true, in[m] = !out;
        if (found)
            continue;
        const char *near = by_tier ? NULL : rf_nearest(word, (const char *const *)v->model, v->models);
        return rf_fail(err, RF_USAGE, "%s %s: matches none of the %zu models of the votes%s%s%s", option, word,
                       v->models, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    }
    return 0;
}
