/* What the fast tier does many times: sums over a list's blocks, and the buffer's fluid through a leap. The C form of
 * the functions of the same names in ../profile.py and ../fluid.py. */

#ifndef DEVICESIM_FLUID_H
#define DEVICESIM_FLUID_H

#include "model.h"

/* Eight sums side by side, so that the processor adds several at a time; for whole bytes the order does not matter. */
#define LANES 8

/* A page of sizes ahead, at which a processor's own foresight ends. */
#define AHEAD 512
#if defined(__GNUC__)
#define FETCH(where) __builtin_prefetch(where)
#else
#define FETCH(where) ((void)0)
#endif

static double across(const double *lanes)
{
    double total = 0.0;
    for (int k = 0; k < LANES; k++)
        total += lanes[k];
    return total;
}

/* What one look at some sizes gives; NaN counts as least. */
typedef struct {
    double size, most, least, writes, first, beyond;
} Look;

/* Added and taken away again it leaves the nearest whole number of anything from 0 up to half of it. */
#define WHOLE 4503599627370496.0

/* All in one loop, as the sizes come from memory more slowly than they are summed: payload, the largest and smallest,
 * WRITEs, payload of first WRITEs and beyond a reach. ``share`` is 1 / block, which is exact of a power of two. */
WIDE static Look look_at(const double *at, int64_t count, double block, double share, double reach)
{
    double total[LANES] = {0}, high[LANES] = {0}, low[LANES], many[LANES] = {0}, begun[LANES] = {0}, far[LANES] = {0};
    int64_t i = 0;
    for (int k = 0; k < LANES; k++)
        low[k] = INFINITY;
    for (; i + LANES <= count; i += LANES) {
        FETCH(at + i + AHEAD);
        for (int k = 0; k < LANES; k++) {
            const double one = at[i + k], quotient = one * share, whole = (quotient + WHOLE) - WHOLE, over = one - reach;
            total[k] += one;
            high[k] = one > high[k] ? one : high[k];
            low[k] = low[k] < one ? low[k] : one;
            many[k] += whole + (whole < quotient ? 1.0 : 0.0);
            begun[k] += one < block ? one : block;
            far[k] += over > 0.0 ? over : 0.0;
        }
    }
    for (; i < count; i++) {
        const double one = at[i], quotient = one * share, whole = (quotient + WHOLE) - WHOLE, over = one - reach;
        total[0] += one;
        high[0] = one > high[0] ? one : high[0];
        low[0] = low[0] < one ? low[0] : one;
        many[0] += whole + (whole < quotient ? 1.0 : 0.0);
        begun[0] += one < block ? one : block;
        far[0] += over > 0.0 ? over : 0.0;
    }
    Look seen = {across(total), high[0], low[0], across(many), across(begun), across(far)};
    for (int k = 1; k < LANES; k++) {
        seen.most = high[k] > seen.most ? high[k] : seen.most;
        seen.least = low[k] < seen.least ? low[k] : seen.least;
    }
    return seen;
}

#define EXACT 9007199254740992.0 /* up to it sums of whole numbers are */

/* As look_at, for sizes that are all the same, whole, not 0 and no larger than a block; 0 if they are not. */
WIDE static int look_alike(const double *at, int64_t count, double block, double reach, Look *seen)
{
    const double size = at[0], total = size * (double)count;
    if (at[count / 2] != size || at[count - 1] != size)
        return 0;
    if (!(size > 0.0 && size <= block && size <= reach && size == floor(size) && total <= EXACT))
        return 0;
    for (int64_t from = 0; from < count; from += AHEAD) {
        const int64_t until = from + AHEAD < count ? from + AHEAD : count;
        int64_t others = 0;
        for (int64_t i = from; i < until; i++)
            others |= -(int64_t)(at[i] != size);
        if (others)
            return 0;
    }
    *seen = (Look){.size = total, .most = size, .least = size, .first = total};
    return 1;
}

/* The six sums over each of ``count`` blocks of ``length`` sizes, laid out as [sum][block]; 0 if a size is refused. */
static int block_sums(const double *sizes, int64_t count, int64_t length, double block, double reach, double largest,
                      double *made, int64_t stride)
{
    int exponent;
    const int exact = frexp(block, &exponent) == 0.5; /* of a power of two */
    for (int64_t b = 0; b < count; b++) {
        const double *at = sizes + b * length;
        Look seen;
        if (!look_alike(at, length, block, reach, &seen))
            seen = look_at(at, length, block, 1.0 / block, reach);
        double holding = (double)length;
        if (!(seen.least >= 0.0) || !(seen.most <= largest) || seen.size != seen.size)
            return 0;
        if (seen.least == 0.0)
            for (int64_t i = 0; i < length; i++)
                holding -= at[i] == 0.0;
        if (seen.most <= block)
            seen.writes = holding;
        else if (!exact || !(seen.most / block < WHOLE / 2)) {
            seen.writes = 0.0;
            for (int64_t i = 0; i < length; i++)
                seen.writes += ceil(at[i] / block);
        }
        double values[6] = {(double)length, holding, seen.writes, seen.size, seen.first, seen.beyond};
        for (int k = 0; k < 6; k++)
            made[k * stride + b] = values[k];
    }
    return 1;
}

/* When each part of a leap is admitted and when the store has it: in ``times`` how long each takes up to the buffer,
 * in ``works`` how long the store needs; places and moments have room for count + 2. */
static void flow(double *times, const double *sizes, double *works, int64_t count, double now, double limit,
                 double held, double until, double *places, double *moments)
{
    int64_t behind = 0, known = 2;
    double at = now, place = 0.0, free_at = until;
    places[0] = -held;
    moments[0] = now;
    places[1] = 0.0;
    moments[1] = until;
    for (int64_t i = 0; i < count; i++) {
        place += sizes[i];
        at += times[i];
        while (behind + 1 < known && places[behind + 1] <= place - limit)
            behind++;
        if (behind + 1 < known && places[behind] < place - limit) {
            double part = (place - limit - places[behind]) / (places[behind + 1] - places[behind]);
            at = later(moments[behind] + part * (moments[behind + 1] - moments[behind]), at);
        } else if (places[behind] <= place - limit) {
            at = later(moments[behind], at);
        }
        free_at = later(at, free_at + works[i]);
        times[i] = at;
        works[i] = free_at;
        places[known] = place;
        moments[known] = free_at;
        known++;
    }
}

#endif
