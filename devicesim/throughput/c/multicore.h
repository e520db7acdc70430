/* The quick loop for one link and several cores: the C form of ../multicore.py. RPCs reach the cores in the order of
 * their issue, and only on the way from there to admission do they overtake one another. What happens is what queued.h says; here what every RPC
 * touches lies in local variables, and the RPCs between cores and admission in a list in order, whose latest entry
 * is rarely far from where the next one belongs. */

#ifndef DEVICESIM_MULTICORE_H
#define DEVICESIM_MULTICORE_H

#include "ordered.h"
#include "queued.h"

/* Whether the state is one that this loop can move. */
static int multicore_can(const State *state)
{
    for (int64_t i = 0; i < state->link_count; i++)
        if (state->pending[i].count)
            return 0;
    for (int64_t i = 0; i < state->client_count; i++)
        if (state->paused[i])
            return 0;
    for (int64_t i = 0; i < state->flight.count; i++)
        if (state->flight.at[i].kind)
            return 0;
    return 1;
}

static void flights_sort(Flights *flights)
{
    for (int64_t i = 1; i < flights->count; i++)
        if (flight_before(&flights->at[i], &flights->at[i - 1])) {
            qsort(flights->at, (size_t)flights->count, sizeof(Flight), flight_order);
            return;
        }
}

/* Another turn in the place of the first. */
static ALWAYS_INLINE void line_replace(Line *line, Turn turn, const int few)
{
    if (few) {
        line->first++;
        line_insert(line, turn, few);
    } else
        turn_replace(line->first, line->count, turn);
}

/* Go on until nothing is left to happen at or before ``to`` (1), ``budget`` RPCs have been issued (0), or the state
 * is one for the general loop (-1). */
static ALWAYS_INLINE int run_some_cores(Queue *queue, Front *front, double to, int64_t budget, const int few)
{
    const Setup *const setup = queue->setup;
    Schedule *const schedule = queue->schedule;
    State *const state = queue->state;
    Record *const record = queue->record;
    Trouble *const trouble = queue->trouble;
    const Server *const server = &setup->server;
    const int64_t link = setup->clients[0].link, end = state->number + budget, core_count = state->core_count;
    const double buffer = server->buffer, capacity = server->capacity, square = server->square, fall = server->fall;
    const double past = nextafter(to, INFINITY);
    const int two = core_count == 2;
    Line line;
    Turn *const rings = state->rings;
    Stream *const streams = state->streams;
    double *const cores = state->cores;
    Drain drain = drain_of(state, schedule);
    Flights flights = state->flight;
    int64_t head = 0; /* of the flights in order */
    int64_t number = state->number, served = state->served;
    double link_free = state->link_free[link], link_busy = state->link_busy[link], core_busy = state->core_busy;
    double core_seen = state->core_seen;
    double admitted_at = state->admitted_at, latest = state->time;
    double limit = -INFINITY, edge;
    int ended = 0;

    flights_sort(&flights);
    line_up(&line, state, few);
    /* Replies on their way may come before the first turn. */
    front_look(front, setup, schedule, flights.count ? sooner(flights.at[0].time, line.first->time) : line.first->time);
    edge = front->edge;

    while (number < end && !trouble->no_memory) {
        const Turn turn = *line.first;
        double time = turn.time;

        if (head < flights.count && flights.at[head].time <= time) {
            /* An RPC leaves its core: admission, store, reply. */
            const Flight rpc = flights.at[head];
            if (rpc.time > to) {
                ended = 1;
                break;
            }
            head++;
            latest = later(rpc.time, latest);
            double reply = later(admitted_at, rpc.time), work = rpc.operation->store;
            if (rpc.payload != 0.0) {
                state->admitted += rpc.payload;
                if (state->admitted - state->drained > buffer && reply < INFINITY)
                    reply = wait_for_room(state, buffer, reply);
                if (reply < INFINITY) {
                    Meter *const noted = &record->files[rpc.client].admitted;
                    column_push(&noted->times, reply, trouble);
                    column_push(&noted->values, state->sent[rpc.client] += rpc.payload, trouble);
                    const double place = sooner(state->position, capacity);
                    work += rpc.payload / sqrt(square + fall * place / capacity);
                    state->position += rpc.payload;
                }
            }
            admitted_at = state->admitted_at = reply;
            drain_serve(&drain, reply, work);
            if (rpc.payload != 0.0)
                buffer_payload(state, state->admitted, drain.free_at, trouble);
            if (rpc.operation->wait)
                reply = drain.free_at;
            double latency = front->data[rpc.client].write->latency;
            if (UNLIKELY(reply >= edge))
                latency = capacity_at(&schedule->latency[rpc.client], reply);
            const Turn answer = {reply + latency, KEY(rpc.number, rpc.stream)};
            if (rpc.stream < 0) {
                if (rpc.number == state->asked)
                    state->told = answer.time;
                continue;
            }
            Stream *const stream = &streams[rpc.stream];
            if (stream->stage != 0 && stream->stage != NO_STAGE) {
                line_insert(&line, answer, few);
                const Row *const row = &front->data[rpc.client].write[stream->stage];
                stream->stage = stream->left == 0.0 ? row->follow_empty : row->follow;
                continue;
            }
            rings[stream->ring + rpc.slot] = answer;
            stream->unanswered--;
            if (turn_before(stream->last, answer))
                stream->last = answer;
            if (stream->left == 0.0) {
                if (!stream->unanswered) {
                    stream->stage = stream->after ? 1 : NO_STAGE;
                    line_insert(&line, stream->last, few);
                }
            } else if (stream->is_held && stream->slot == rpc.slot) {
                line_insert(&line, turn_before(stream->held, answer) ? answer : stream->held, few);
                stream->is_held = 0;
            }
            continue;
        }

        if (UNLIKELY(time >= limit)) {
            if (time > to) {
                ended = 1;
                break;
            }
            if (time >= front->change)
                front_look(front, setup, schedule, time);
            limit = sooner(front->change, past);
            edge = front->edge;
        }
        const int64_t index = STREAM_OF(turn.key);
        Stream *const stream = &streams[index];
        latest = later(time, latest);
        if (stream->stage == NO_STAGE && !stream_take(state, record, stream, time, trouble)) {
            state->parked[state->parked_count++] = line_pop(&line, few);
            continue;
        }
        const int32_t client = stream->client, stage = stream->stage;
        Data *const data = &front->data[client];
        const Row *const row = &data->write[stage];
        double payload = 0.0, link_time = row->link_time, core_time = row->core_time;
        if (stage == 0) {
            payload = stream->left;
            if (payload >= data->block)
                payload = data->block;
            else {
                if (payload != data->partial) {
                    const Operation *const write = data->operation;
                    data->partial = payload;
                    data->partial_link = (write->request + payload) / data->bandwidth;
                    data->partial_core = (write->work + write->work_per_byte * payload) / front->share;
                }
                link_time = data->partial_link;
                core_time = data->partial_core;
            }
        }
        const double start = later(time, link_free), core_free = cores[0];
        double done = start + link_time;
        double arrival = later(state->arrived[client], done + row->latency);
        double leave = later(arrival, core_free) + core_time;
        if (UNLIKELY(leave >= edge)) {
            const Operation *const operation = &data->operation[stage];
            done = capacity_serve(&schedule->bandwidth[client], start, operation->request + payload, &link_time);
            if (done == INFINITY) {
                ended = -1;
                break;
            }
            arrival = later(state->arrived[client], done + capacity_at(&schedule->latency[client], done));
            leave = capacity_serve(&schedule->share, later(arrival, core_free),
                                   operation->work + operation->work_per_byte * payload, &core_time);
        }
        const int64_t slot = stream->slot;
        if (number % METER_EVERY == 0) {
            state->link_free[link] = link_free;
            state->link_busy[link] = link_busy;
            state->core_busy = core_busy;
            state->core_seen = core_seen;
            state->store_free = drain.free_at;
            state->store_busy = drain.busy;
            record_read_meters(record, state, &schedule->share, trouble);
        }
        link_free = done;
        link_busy += link_time;
        state->arrived[client] = arrival;
        core_seen = arrival;
        core_busy += core_time;
        if (two) {
            const double other = cores[1];
            cores[0] = sooner(leave, other);
            cores[1] = later(leave, other);
        } else
            core_replace(cores, core_count, leave);
        if (!row->stores) {
            double latency = row->latency;
            if (UNLIKELY(leave >= edge))
                latency = capacity_at(&schedule->latency[client], leave);
            const Turn answer = {leave + latency, KEY(number, index)};
            number++;
            if (stage) {
                stream->stage = stream->left == 0.0 ? row->follow_empty : row->follow;
                line_replace(&line, answer, few);
            }
            continue;
        }
        if (stage)
            line_pop(&line, few);
        else {
            Turn *const ring = rings + stream->ring;
            int64_t next = slot + 1;
            ring[slot] = (Turn){INFINITY, UNKNOWN_KEY};
            if (next == stream->window)
                next = 0;
            stream->slot = next;
            stream->unanswered++;
            stream->left -= payload;
            if (stream->left == 0.0)
                line_pop(&line, few);
            else if (ring[next].key == UNKNOWN_KEY) {
                stream->held = line_pop(&line, few);
                stream->is_held = 1;
            } else if (turn_before(turn, ring[next]))
                line_replace(&line, ring[next], few);
        }
        if (flights.count == flights.room) {
            if (head) {
                flights.count -= head;
                memmove(flights.at, flights.at + head, (size_t)flights.count * sizeof(Flight));
                head = 0;
            } else
                flights.at = grown(flights.at, &flights.room, flights.count + 1, sizeof(Flight), trouble);
            if (trouble->no_memory)
                break;
        }
        served++;
        const Flight rpc = {.time = leave, .payload = payload, .order = served, .number = number,
                            .operation = &data->operation[stage], .slot = (int32_t)slot, .kind = 0,
                            .stream = (int32_t)index, .client = client};
        number++;
        int64_t at = flights.count++;
        for (; at > head && leave < flights.at[at - 1].time; at--)
            flights.at[at] = flights.at[at - 1];
        flights.at[at] = rpc;
    }
    if (head) {
        flights.count -= head;
        memmove(flights.at, flights.at + head, (size_t)flights.count * sizeof(Flight));
    }
    state->flight = flights;
    state->number = number;
    state->served = served;
    line_settle(&line, state, few);
    state->link_free[link] = link_free;
    state->link_busy[link] = link_busy;
    state->core_busy = core_busy;
    state->core_seen = core_seen;
    state->store_free = drain.free_at;
    state->store_busy = drain.busy;
    state->time = latest;
    return ended;
}

WIDE static int run_multicore(Queue *queue, Front *front, double to, int64_t budget)
{
    return queue->state->ready_count <= FEW_TURNS ? run_some_cores(queue, front, to, budget, 1)
                                                  : run_some_cores(queue, front, to, budget, 0);
}

#endif
