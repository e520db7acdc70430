/* The fast loop, for RPCs that reach every station in the order of their issue: the C form of ../ordered.py. */

#ifndef DEVICESIM_ORDERED_H
#define DEVICESIM_ORDERED_H

#include "state.h"

/* Up to so many turns an array in order is quicker than a heap. */
#define FEW_TURNS 24

/* What one operation of a client costs in the present regime, and the stage that follows it. */
typedef struct {
    double link_time, core_time, latency, work;
    double request, core_work, core_work_per_byte;
    int32_t stores, wait, follow;
} Row;

typedef struct {
    const Row *write; /* write[stage] is the row of a stage */
    Row *rows;
    double block, bandwidth;
} Data;

/* The regime ahead of the store at one time, and until when it holds. */
typedef struct {
    Data *data; /* per client */
    double change, edge, share;
} Front;

static void front_end(Front *front, int64_t clients)
{
    if (front->data)
        for (int64_t i = 0; i < clients; i++)
            free(front->data[i].rows);
    free(front->data);
    front->data = NULL;
}

static int front_make(Front *front, const Setup *setup)
{
    front->data = calloc((size_t)setup->client_count, sizeof(Data));
    if (!front->data)
        return 0;
    for (int64_t i = 0; i < setup->client_count; i++) {
        const Client *client = &setup->clients[i];
        Data *data = &front->data[i];
        data->rows = calloc((size_t)(client->before + 1 + client->after), sizeof(Row));
        if (!data->rows)
            return 0;
        data->write = data->rows + client->before;
        data->block = client->block;
    }
    return 1;
}

/* Take up the regime of a time; where a rate is zero every RPC has to walk the curves. */
static void front_look(Front *front, const Setup *setup, Schedule *schedule, double time)
{
    double share = capacity_at(&schedule->share, time);
    int flows = share != 0.0;
    front->change = schedule_front_change(schedule, time);
    front->share = share != 0.0 ? share : 1.0;
    for (int64_t i = 0; i < setup->client_count; i++) {
        const Client *client = &setup->clients[i];
        Data *data = &front->data[i];
        double bandwidth = capacity_at(&schedule->bandwidth[i], time);
        double latency = capacity_at(&schedule->latency[i], time);
        flows &= bandwidth != 0.0;
        data->bandwidth = bandwidth != 0.0 ? bandwidth : 1.0;
        for (int32_t stage = -client->before; stage <= client->after; stage++) {
            const Operation *operation = &client->write[stage];
            Row *row = &data->rows[client->before + stage];
            double payload = stage == 0 ? data->block : 0.0;
            row->request = operation->request;
            row->core_work = operation->work;
            row->core_work_per_byte = operation->work_per_byte;
            row->link_time = (operation->request + payload) / data->bandwidth;
            row->core_time = (operation->work + operation->work_per_byte * payload) / front->share;
            row->latency = latency;
            row->work = operation->store;
            row->stores = payload > 0 || operation->stores;
            row->wait = operation->wait;
            row->follow = stage == 0 ? (client->after ? 1 : NO_STAGE)
                        : stage == client->after ? NO_STAGE : stage + 1;
        }
    }
    front->edge = flows ? front->change : -INFINITY;
}

/* The store's speed at a time and until when it holds; a stopped store is never taken as quick. */
static void store_speed(Capacity *store, double time, double *speed, double *edge)
{
    *speed = capacity_at(store, time);
    *edge = *speed != 0.0 ? capacity_next_change(store, time) : -INFINITY;
    if (*speed == 0.0)
        *speed = 1.0;
}

/* Put turns in order; they are nearly so. */
static void turns_sort(Turn *turns, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        const Turn turn = turns[i];
        int64_t at = i;
        for (; at > 0 && turn_before(turn, turns[at - 1]); at--)
            turns[at] = turns[at - 1];
        turns[at] = turn;
    }
}

static inline void ready_replace(Turn *ready, int64_t count, int few, Turn turn)
{
    if (!few) {
        turn_replace(ready, count, turn);
        return;
    }
    int64_t at = 1;
    while (at < count && turn_before(ready[at], turn)) {
        ready[at - 1] = ready[at];
        at++;
    }
    ready[at - 1] = turn;
}

static Turn ready_pop(Turn *ready, int64_t *count, int few)
{
    if (!few)
        return turn_pop(ready, count);
    Turn top = ready[0];
    --*count;
    memmove(ready, ready + 1, (size_t)*count * sizeof(Turn));
    return top;
}

/* Take RPCs in turn until none issued at or before ``to`` is left (1) or ``budget`` have been taken (0). */
static int run_ordered(const Setup *setup, Schedule *schedule, State *state, Record *record, Front *front,
                       double to, int64_t budget, Trouble *trouble)
{
    const Server *server = &setup->server;
    const int64_t link = setup->clients[0].link, budget_end = state->number + budget;
    const double buffer = server->buffer, capacity = server->capacity, square = server->square;
    const double fall = server->fall, past = nextafter(to, INFINITY);
    Turn *const ready = state->ready, *const rings = state->rings;
    Stream *const streams = state->streams;
    Capacity *const curve = &schedule->store;
    const int few = state->ready_count <= FEW_TURNS;
    int64_t number = state->number;
    double link_free = state->link_free[link], core_free = state->cores[0], store_free = state->store_free;
    double link_busy = state->link_busy[link], core_busy = state->core_busy, store_busy = state->store_busy;
    double limit = -INFINITY, edge = front->edge, speed, speed_edge;
    int ended = 0;

    front_look(front, setup, schedule, ready[0].time);
    store_speed(curve, store_free, &speed, &speed_edge);
    if (few)
        turns_sort(ready, state->ready_count);

    while (!ended && number < budget_end && !trouble->no_memory) {
        const int64_t stop = number - number % METER_EVERY + METER_EVERY;
        for (int64_t i = 0; i < setup->client_count; i++) {
            column_reserve(&record->files[i].admitted.times, METER_EVERY, trouble);
            column_reserve(&record->files[i].admitted.values, METER_EVERY, trouble);
        }
        if (trouble->no_memory)
            break;
        for (; number < stop; number++) {
            const Turn turn = ready[0];
            const double time = turn.time;
            if (time >= limit) {
                if (time > to) {
                    ended = 1;
                    break;
                }
                if (time >= front->change)
                    front_look(front, setup, schedule, time);
                limit = sooner(front->change, past);
                edge = state->stalled_count ? -INFINITY : front->edge;
            }
            Stream *const stream = &streams[STREAM_OF(turn.key)];
            if (stream->stage == NO_STAGE) {
                state->time = time;
                if (!stream_take(state, record, stream, time, trouble)) {
                    state->parked[state->parked_count++] = ready_pop(ready, &state->ready_count, few);
                    continue;
                }
            }
            const int32_t stage = stream->stage;
            const Data *const data = &front->data[stream->client];
            const Row *const row = &data->write[stage];
            double link_time = row->link_time, core_time = row->core_time, latency = row->latency;
            double payload = 0.0;
            if (stage == 0) {
                payload = stream->left;
                if (payload >= data->block)
                    payload = data->block;
                else {
                    link_time = (row->request + payload) / data->bandwidth;
                    core_time = (row->core_work + row->core_work_per_byte * payload) / front->share;
                }
            }
            const double start = later(time, link_free);
            double done = start + link_time;
            double arrival = done + latency;
            double leave = later(arrival, core_free) + core_time;
            if (leave >= edge) {
                done = capacity_serve(&schedule->bandwidth[stream->client], start, row->request + payload, &link_time);
                leave = INFINITY;
                if (done < INFINITY) {
                    arrival = done + capacity_at(&schedule->latency[stream->client], done);
                    leave = capacity_serve(&schedule->share, later(arrival, core_free),
                                           row->core_work + row->core_work_per_byte * payload, &core_time);
                }
                if (leave == INFINITY || state->stalled_count) {
                    /* Nothing overtakes it: whatever comes next must not take the short way. */
                    state->stalled[state->stalled_count++] = ready_pop(ready, &state->ready_count, few);
                    state->time = time;
                    edge = -INFINITY;
                    continue;
                }
            }
            state->time = time;
            link_free = done;
            core_free = leave;
            link_busy += link_time;
            core_busy += core_time;
            double reply = leave;
            if (row->stores) {
                double work = row->work;
                reply = later(state->admitted_at, leave);
                if (payload != 0.0) {
                    state->admitted += payload;
                    if (state->admitted - state->drained > buffer && reply < INFINITY)
                        reply = wait_for_room(state, buffer, reply);
                    if (reply < INFINITY) {
                        Meter *const noted = &record->files[stream->client].admitted;
                        const double sent = state->sent[stream->client] += payload;
                        noted->times.at[noted->times.count++] = reply;
                        noted->values.at[noted->values.count++] = sent;
                        const double place = sooner(state->position, capacity);
                        work += payload / sqrt(square + fall * place / capacity);
                        state->position += payload;
                    }
                }
                state->admitted_at = reply;
                const double begin = later(reply, store_free);
                double took = work / speed;
                store_free = begin + took;
                if (store_free > speed_edge) {
                    store_free = capacity_serve(curve, begin, work, &took);
                    store_speed(curve, store_free, &speed, &speed_edge);
                }
                store_busy += took;
                if (payload != 0.0)
                    buffer_payload(state, state->admitted, store_free, trouble);
                if (row->wait)
                    reply = store_free;
            }
            if (reply >= edge)
                latency = capacity_at(&schedule->latency[stream->client], reply);
            const Turn answer = {reply + latency, KEY(number, STREAM_OF(turn.key))};
            if (stage) {
                int32_t follow = row->follow;
                if (follow == 0 && stream->left == 0.0)
                    follow = data->write->follow;
                stream->stage = follow;
                ready_replace(ready, state->ready_count, few, answer);
                continue;
            }
            stream->left -= payload;
            Turn *const ring = rings + stream->ring;
            int64_t slot = stream->slot;
            ring[slot] = answer;
            if (++slot == stream->window)
                slot = 0;
            stream->slot = slot;
            if (turn_before(stream->last, answer))
                stream->last = answer;
            if (stream->left == 0.0) {
                stream->stage = row->follow;
                ready_replace(ready, state->ready_count, few, stream->last);
            } else if (turn_before(turn, ring[slot])) {
                ready_replace(ready, state->ready_count, few, ring[slot]);
            }
        }
        state->number = number;
        state->link_free[link] = link_free;
        state->cores[0] = core_free;
        state->store_free = store_free;
        state->link_busy[link] = link_busy;
        state->core_busy = core_busy;
        state->store_busy = store_busy;
        if (!ended)
            record_read_meters(record, state, &schedule->share, trouble);
    }
    return ended;
}

#endif
