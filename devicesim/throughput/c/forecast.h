/* One replication of a forecast: the C form of _one and what it asks in ../forecasts.py. */

#ifndef DEVICESIM_FORECAST_H
#define DEVICESIM_FORECAST_H

#include "model.h"

#define STANDSTILL 1e-6

typedef struct {
    Server server;
    Client client;
    double serial_request, serial_work, serial_store; /* of a file's serial operations together */
    int waits;
    const double *sums; /* [sum][block] */
    double *works;      /* seconds of the store for each block, at its full speed */
    int64_t blocks;
    const double *axis[3], *table;
    int64_t nodes[3];
} Story;

typedef struct {
    double *places, *moments;     /* what has been admitted, and when the store has it */
    double *times, *sizes, *files; /* knots of the course */
} Room;

static double place_on(const double *axis, int64_t count, double value, int64_t *node)
{
    if (count == 1) {
        *node = 0;
        return 0.0;
    }
    int64_t i = 0;
    while (i + 2 < count && axis[i + 1] <= value)
        i++;
    *node = i;
    double weight = (value - axis[i]) / (axis[i + 1] - axis[i]);
    return weight < 0.0 ? 0.0 : weight > 1.0 ? 1.0 : weight;
}

static double efficiency_at(const Story *s, const double values[3])
{
    int64_t node[3];
    double weight[3], total = 0.0;
    for (int k = 0; k < 3; k++)
        weight[k] = place_on(s->axis[k], s->nodes[k], s->nodes[k] == 1 ? 0.0 : log(later(values[k], 1e-300)), &node[k]);
    for (int i = 0; i < 2; i++) {
        double a = i ? weight[0] : 1.0 - weight[0];
        if (a == 0.0)
            continue;
        for (int j = 0; j < 2; j++) {
            double b = j ? weight[1] : 1.0 - weight[1];
            if (b == 0.0)
                continue;
            for (int k = 0; k < 2; k++) {
                double c = k ? weight[2] : 1.0 - weight[2];
                if (c != 0.0)
                    total += a * b * c *
                             s->table[((node[0] + i) * s->nodes[1] + node[1] + j) * s->nodes[2] + node[2] + k];
            }
        }
    }
    return total;
}

/* Seconds that each of the six sums needs at each station, as front_demands in ../profile.py; the number of rows. */
static int front_rows(const Story *s, double bandwidth, double latency, double share, double speed, double rate,
                      double rows[4][6])
{
    const Client *client = &s->client;
    const Operation *write = client->write;
    const double block = client->block, trip = 2 * latency, store = rate * speed, streams = (double)client->streams;
    const double cores = (double)s->server.cores, per_core = share * cores;
    const double link = (write->request + block) / bandwidth, work = (write->work + write->work_per_byte * block) / share;
    const double waited = write->wait ? block / store : 0.0;
    const double apart = later(waited, later(work / cores, link)) / block;
    const double windowed = later((link + trip + work + waited) / (double)client->window / block, apart);
    double once = 0.0;
    for (int i = 0; i < client->before + 1 + client->after; i++) {
        const Operation *o = &client->life[i];
        if (o != write)
            once += trip + o->request / bandwidth + o->work / share + (o->wait ? o->store / speed : 0.0);
    }
    const double fresh = trip + write->request / bandwidth + write->work / share;
    const double first = (1 + waited * bandwidth / block) / bandwidth + write->work_per_byte / share;
    const double path[6] = {once, fresh, 0.0, apart, first - apart, windowed - apart};
    const double carried[6] = {s->serial_request, 0.0, write->request, 1.0, 0.0, 0.0};
    const double worked[6] = {s->serial_work, 0.0, write->work, write->work_per_byte, 0.0, 0.0};
    const double stored[6] = {s->serial_store, 0.0, write->store, 1 / rate, 0.0, 0.0};
    for (int i = 0; i < 6; i++) {
        rows[0][i] = path[i] / streams;
        rows[1][i] = carried[i] / bandwidth;
        rows[2][i] = worked[i] / per_core;
        rows[3][i] = stored[i] / speed;
    }
    return s->waits ? 4 : 3;
}

/* As _works in ../forecasts.py. */
static void works_of(const Story *s, double *works)
{
    double size = 0.0;
    for (int64_t at = 0; at < s->blocks; at++) {
        double sums[6];
        for (int k = 0; k < 6; k++)
            sums[k] = s->sums[k * s->blocks + at];
        const double rate = store_rate(&s->server, s->server.position + (size + sums[3] / 2));
        const double work = s->serial_store * sums[0] + 0.0 * sums[1] + s->client.write->store * sums[2];
        works[at] = work + (1 / rate) * sums[3] + 0.0 + 0.0;
        size += sums[3];
    }
}

/* The end of one replication, and its course in the knots. */
static double forecast_one(const Story *s, const double *begins, const double *const regimes[4], int64_t count,
                           Room *room, int64_t *knot_count)
{
    double now = later(begins[0], s->client.start), size = 0.0, files = 0.0, done = 0.0, speed = STANDSTILL;
    int64_t at = 0, behind = 0, known = 1, knots = 1;
    room->places[0] = 0.0;
    room->moments[0] = now;
    room->times[0] = now;
    room->sizes[0] = room->files[0] = 0.0;
    for (int64_t j = 0; j < count; j++) {
        const double until = j + 1 < count ? begins[j + 1] : INFINITY;
        if (until <= now)
            continue;
        const double bandwidth = regimes[0][j], latency = regimes[1][j], share = regimes[2][j], store = regimes[3][j];
        const double was = speed, start = later(begins[j], now);
        speed = later(STANDSTILL, store);
        if (speed != was)
            for (int64_t i = known - 1; i >= 0 && room->moments[i] > start; i--)
                room->moments[i] = start + (room->moments[i] - start) * (was / speed);
        if (!(bandwidth > 0 && share > 0 && (store > 0 || !s->waits))) {
            now = until;
            if (until < INFINITY) {
                room->times[knots] = now;
                room->sizes[knots] = size;
                room->files[knots] = files;
                knots++;
            }
            continue;
        }
        double rows[4][6];
        const double values[3] = {bandwidth, latency, share};
        const double efficiency = efficiency_at(s, values);
        const int stations = front_rows(s, bandwidth, latency, share, speed,
                                        store_rate(&s->server, s->server.position + size), rows);
        while (at < s->blocks) {
            const double left = 1.0 - done;
            double sums[6], took = 0.0;
            for (int k = 0; k < 6; k++)
                sums[k] = s->sums[k * s->blocks + at];
            for (int row = 0; row < stations; row++) {
                double total = 0.0;
                for (int k = 0; k < 6; k++)
                    total += rows[row][k] * sums[k];
                took = later(total, took);
            }
            took = took * efficiency * left;
            const double part = sums[3] * left;
            const double work = s->works[at] * left / speed;
            double then = now + took, free_at = later(now, room->moments[known - 1]);
            if (!s->waits) {
                const double target = size + part - s->server.buffer;
                if (target >= size && part > 0)
                    then = later(free_at + work * ((target - size) / part), then);
                else {
                    while (behind + 1 < known && room->places[behind + 1] <= target)
                        behind++;
                    if (room->places[behind] <= target) {
                        double gone = room->moments[behind];
                        if (behind + 1 < known) {
                            double of = (target - room->places[behind]) /
                                        (room->places[behind + 1] - room->places[behind]);
                            gone += of * (room->moments[behind + 1] - room->moments[behind]);
                        }
                        then = later(gone, then);
                    }
                }
            }
            double of = 1.0, end = then;
            if (then > until) {
                /* So much of it as this regime lets through. */
                of = (until - now) / (then - now);
                end = until;
                done += (1.0 - done) * of;
                size += part * of;
                files += sums[0] * left * of;
            } else {
                size += part;
                files += sums[0] * left;
                done = 0.0;
                at++;
            }
            room->places[known] = size;
            room->moments[known] = later(end, of == 1.0 ? free_at + work : free_at + work * of);
            known++;
            now = end;
            room->times[knots] = now;
            room->sizes[knots] = size;
            room->files[knots] = files;
            knots++;
            if (then > until)
                break;
        }
        if (at == s->blocks) {
            *knot_count = knots;
            return now;
        }
    }
    *knot_count = knots;
    return s->blocks ? INFINITY : now;
}

/* numpy.interp at times in order. */
static void course_at(const Room *room, int64_t knots, const double *wanted, int64_t count, double *sizes, double *files)
{
    int64_t i = 0;
    for (int64_t k = 0; k < count; k++) {
        while (i + 1 < knots && room->times[i + 1] <= wanted[k])
            i++;
        double part = 0.0;
        if (i + 1 < knots && wanted[k] > room->times[i])
            part = (wanted[k] - room->times[i]) / (room->times[i + 1] - room->times[i]);
        sizes[k] = room->sizes[i];
        files[k] = room->files[i];
        if (part > 0.0) {
            sizes[k] += part * (room->sizes[i + 1] - room->sizes[i]);
            files[k] += part * (room->files[i + 1] - room->files[i]);
        }
    }
}

#endif
