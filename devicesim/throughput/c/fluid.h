/* What the fast tier does many times: sums over a list's blocks, and the buffer's fluid through a leap. The C form of
 * the functions of the same names in ../profile.py and ../fluid.py. */

#ifndef DEVICESIM_FLUID_H
#define DEVICESIM_FLUID_H

#include "model.h"

/* Eight sums side by side, so that the processor adds several at a time; for whole bytes the order does not matter. */
#define LANES 8

static double across(const double *lanes)
{
    double total = 0.0;
    for (int k = 0; k < LANES; k++)
        total += lanes[k];
    return total;
}

/* Payload, and the largest and smallest size (NaN counts as smallest), of some sizes. */
WIDE static void sum_sizes(const double *at, int64_t count, double *size, double *most, double *least)
{
    double total[LANES] = {0}, high[LANES] = {0}, low[LANES];
    int64_t i = 0;
    for (int k = 0; k < LANES; k++)
        low[k] = INFINITY;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++) {
            const double one = at[i + k];
            total[k] += one;
            high[k] = one > high[k] ? one : high[k];
            low[k] = low[k] < one ? low[k] : one;
        }
    for (; i < count; i++) {
        total[0] += at[i];
        high[0] = at[i] > high[0] ? at[i] : high[0];
        low[0] = low[0] < at[i] ? low[0] : at[i];
    }
    *size = across(total);
    *most = high[0];
    *least = low[0];
    for (int k = 1; k < LANES; k++) {
        *most = high[k] > *most ? high[k] : *most;
        *least = low[k] < *least ? low[k] : *least;
    }
}

/* WRITEs, and payload of first WRITEs, of sizes less than 2^31 blocks; ``share`` is 1 / block if that is exact, or 0. */
WIDE static void sum_writes(const double *at, int64_t count, double block, double share, double *writes, double *first)
{
    double many[LANES] = {0}, begun[LANES] = {0};
    int64_t i = 0;
    if (share != 0.0)
        for (; i + LANES <= count; i += LANES)
            for (int k = 0; k < LANES; k++) {
                const double one = at[i + k], quotient = one * share, whole = (double)(int32_t)quotient;
                many[k] += whole + (whole < quotient ? 1.0 : 0.0);
                begun[k] += one < block ? one : block;
            }
    for (; i < count; i++) {
        const double quotient = at[i] / block, whole = (double)(int32_t)quotient;
        many[0] += whole + (whole < quotient ? 1.0 : 0.0);
        begun[0] += at[i] < block ? at[i] : block;
    }
    *writes = across(many);
    *first = across(begun);
}

/* Payload of each size beyond a reach. */
WIDE static double sum_beyond(const double *at, int64_t count, double reach)
{
    double total[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++) {
            const double over = at[i + k] - reach;
            total[k] += over > 0.0 ? over : 0.0;
        }
    for (; i < count; i++)
        total[0] += at[i] > reach ? at[i] - reach : 0.0;
    return across(total);
}

/* The six sums over each of ``count`` blocks of ``length`` sizes, laid out as [sum][block]; 0 if a size is refused. */
static int block_sums(const double *sizes, int64_t count, int64_t length, double block, double reach, double largest,
                      double *made, int64_t stride)
{
    int exponent;
    const double share = frexp(block, &exponent) == 0.5 ? 1.0 / block : 0.0; /* of a power of two */
    for (int64_t b = 0; b < count; b++) {
        const double *at = sizes + b * length;
        double size, most, least, holding = (double)length, beyond = 0.0;
        sum_sizes(at, length, &size, &most, &least);
        if (!(least >= 0.0) || !(most <= largest) || size != size)
            return 0;
        if (least == 0.0)
            for (int64_t i = 0; i < length; i++)
                holding -= at[i] == 0.0;
        double writes = holding, first = size;
        if (most > block) {
            if (most / block < 2147483647.0)
                sum_writes(at, length, block, share, &writes, &first);
            else {
                writes = first = 0.0;
                for (int64_t i = 0; i < length; i++) {
                    writes += ceil(at[i] / block);
                    first += sooner(at[i], block);
                }
            }
            if (most > reach)
                beyond = sum_beyond(at, length, reach);
        }
        double values[6] = {(double)length, holding, writes, size, first, beyond};
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
