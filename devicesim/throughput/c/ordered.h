/* The fast loop, for RPCs that reach every station in the order of their issue: the C form of ../ordered.py. */

#ifndef DEVICESIM_ORDERED_H
#define DEVICESIM_ORDERED_H

#include "state.h"

/* Up to so many turns an array in order is quicker than a heap. */
#define FEW_TURNS 24

/* What one step of a client's stream costs in the present regime, and the stage that follows it. */
typedef struct Row {
    double link_time, core_time, latency, work;
    const struct Row *then;              /* the step that follows, where a file with nothing in it comes to WRITE, too */
    int32_t stage, follow, follow_empty; /* the latter if the file holds nothing more */
    char takes, writes, stores, wait;
    int32_t sort, even; /* what it does beyond what all do, of one client; and to make a row 64 bytes */
} Row;

/* A step may take a file only, or the file and its first operation. */
enum { TAKES_FILE = 1, TAKES_FIRST };
enum { ROW_PLAIN, ROW_MORE, ROW_WRITES };

typedef struct {
    const Row *write; /* write[stage] is the row of a stage */
    Row *rows;        /* that of taking a file, then all stages */
    const Operation *operation; /* of WRITE; operation[stage] likewise */
    double block, bandwidth;
    double brief; /* files of at most so many bytes need no more WRITEs than a window */
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
        data->rows = calloc((size_t)(1 + client->before + 1 + client->after), sizeof(Row));
        if (!data->rows)
            return 0;
        Row *const write = data->rows + 1 + client->before;
        data->write = write;
        data->operation = client->write;
        data->block = client->block;
        data->brief = client->block * (double)(client->window - 1);
        for (int32_t stage = -client->before; stage <= client->after; stage++) {
            const Operation *operation = &client->write[stage];
            Row *row = &write[stage];
            row->stage = stage;
            row->writes = stage == 0;
            row->stores = stage == 0 || operation->stores;
            row->wait = (char)operation->wait;
            row->sort = row->writes ? ROW_WRITES : row->stores ? ROW_MORE : ROW_PLAIN;
            row->work = operation->store;
            row->then = stage == client->after ? data->rows : row + 1;
            row->follow = stage == client->after ? NO_STAGE : stage + 1;
            row->follow_empty = row->follow != 0 ? row->follow : client->after ? 1 : NO_STAGE;
        }
    }
    return 1;
}

/* The step of a stream, and back. */
static inline const Row *step_of_stream(const Data *data, const Stream *stream)
{
    return stream->stage == NO_STAGE ? data->rows : &data->write[stream->stage];
}

static inline int32_t stage_of_step(const Stream *stream)
{
    const Row *step = stream->step;
    if (step->takes)
        return NO_STAGE;
    return step->writes && stream->left == 0.0 && !stream->unanswered ? step->follow : step->stage;
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
            Row *row = &data->rows[1 + client->before + stage];
            double payload = stage == 0 ? data->block : 0.0;
            row->link_time = (operation->request + payload) / data->bandwidth;
            row->core_time = (operation->work + operation->work_per_byte * payload) / front->share;
            row->latency = latency;
        }
        data->rows[0] = data->rows[1];
        data->rows[0].takes = client->before ? TAKES_FIRST : TAKES_FILE;
        data->rows[0].writes = 0;
        data->rows[0].sort = ROW_MORE;
    }
    front->edge = flows ? front->change : -INFINITY;
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

/* Turns by the time. Few stand in order and move along their array: the first is taken away by a step, and the place of
 * a new one is looked for from the end, where nearly all belong; behind the last stands one that never comes. Many are
 * a heap. */
typedef struct {
    double *time; /* of few, times and keys apart: what is written in two must not be read as one at once */
    int64_t *key;
    int64_t first, end;
    Turn *heap;
    int64_t count;
} Line;

#define LINE_ROOM (4 * FEW_TURNS)
#define NO_TURN ((Turn){INFINITY, INT64_MAX})

/* Few turns, back to the beginning of their array. */
static void line_rewind(double *time, int64_t *key, int64_t first, int64_t count)
{
    memmove(time, time + first, (size_t)count * sizeof *time);
    memmove(key, key + first, (size_t)count * sizeof *key);
}

/* A turn from the end of few to its place. */
static void line_sink(double *time, int64_t *key, int64_t first, int64_t at)
{
    const Turn turn = {time[at], key[at]};
    for (; at > first && (turn.time < time[at - 1] || (turn.time == time[at - 1] && turn.key < key[at - 1])); at--) {
        time[at] = time[at - 1];
        key[at] = key[at - 1];
    }
    time[at] = turn.time;
    key[at] = turn.key;
}

static ALWAYS_INLINE void line_insert(Line *line, Turn turn, const int few)
{
    if (!few) {
        turn_push(line->heap, &line->count, turn);
        return;
    }
    if (UNLIKELY(line->end == LINE_ROOM - 1)) {
        line->end -= line->first;
        line_rewind(line->time, line->key, line->first, line->end);
        line->first = 0;
    }
    const int64_t at = line->end++;
    line->time[at] = turn.time;
    line->key[at] = turn.key;
    line->time[at + 1] = INFINITY;
    if (at > line->first && turn.time <= line->time[at - 1])
        line_sink(line->time, line->key, line->first, at);
}

static ALWAYS_INLINE Turn line_pop(Line *line, const int few)
{
    if (!few)
        return turn_pop(line->heap, &line->count);
    if (line->first == line->end)
        return NO_TURN;
    const int64_t first = line->first++;
    return (Turn){line->time[first], line->key[first]};
}

/* Insert a turn and take the first. */
static ALWAYS_INLINE Turn line_next(Line *line, Turn turn, const int few)
{
    if (!few) {
        const Turn next = line->heap[0];
        if (turn_before(turn, next))
            return turn;
        turn_replace(line->heap, line->count, turn);
        return next;
    }
    if (!(turn.time > line->time[line->first]) && (line->first == line->end || turn.time < line->time[line->first] ||
                                                   turn.key < line->key[line->first]))
        return turn;
    line_insert(line, turn, few);
    const int64_t first = line->first++;
    return (Turn){line->time[first], line->key[first]};
}

/* Insert a turn that may come before the one in hand, which is none of the line. */
static ALWAYS_INLINE void line_put(Line *line, Turn *turn, Turn other, const int few)
{
    if (other.time < turn->time || (other.time == turn->time && other.key < turn->key)) {
        const Turn before = *turn;
        *turn = other;
        if (before.key == INT64_MAX)
            return;
        if (few && line->first > 0) {
            line->time[--line->first] = before.time;
            line->key[line->first] = before.key;
        } else
            line_insert(line, before, few);
    } else
        line_insert(line, other, few);
}

/* Take the turns out of the state. */
static ALWAYS_INLINE void line_up(Line *line, State *s, const int few)
{
    line->heap = s->ready;
    line->count = s->ready_count;
    line->first = line->end = 0;
    if (few)
        line->time[0] = INFINITY;
    for (int64_t i = 0; few && i < s->ready_count; i++)
        if (s->ready[i].key != NEVER_KEY)
            line_insert(line, s->ready[i], few);
}

/* Put them back. */
static ALWAYS_INLINE void line_settle(Line *line, State *s, const int few)
{
    for (line->count = few ? 0 : line->count; few && line->first < line->end;)
        s->ready[line->count++] = line_pop(line, few);
    if (few)
        turn_push(s->ready, &line->count, (Turn){INFINITY, NEVER_KEY});
    s->ready_count = line->count;
}

/* When an RPC leaves its link and the cores, and how long both serve it. */
typedef struct {
    double done, leave, link_time, core_time;
} Crossing;

/* An RPC that leaves the cores beyond the present regime: walk the curves. */
static Crossing cross(Schedule *schedule, const Data *data, int32_t client, int32_t stage, double payload,
                      double start, double core_free)
{
    const Operation *operation = &data->operation[stage];
    Crossing c = {.leave = INFINITY};
    c.done = capacity_serve(&schedule->bandwidth[client], start, operation->request + payload, &c.link_time);
    if (c.done < INFINITY) {
        const double arrival = c.done + capacity_at(&schedule->latency[client], c.done);
        c.leave = capacity_serve(&schedule->share, later(arrival, core_free),
                                 operation->work + operation->work_per_byte * payload, &c.core_time);
    }
    return c;
}

/* Finish the stream's file, if it has one, and begin the next of its client's list; 0 if there is none. There must be
 * room in the columns. */
static ALWAYS_INLINE int stream_take_first(State *s, Files *files, const Data *data, Stream *stream, int64_t client,
                                           double time, const int plain, Trouble *trouble)
{
    const int64_t taken = s->taken[client], count = files->finished.count;
    if (stream->file >= 0) {
        if (plain && UNLIKELY(stream->file != count))
            files_write_out(files, trouble);
        if (!plain || !files->plain)
            ((int64_t *)files->finished.at)[count] = stream->file;
        files->finished_at.at[count] = time;
        files->finished.count = files->finished_at.count = count + 1;
    }
    if (taken == s->available[client]) {
        stream->file = -1;
        return 0;
    }
    const double *const size = &files->sizes.at[taken], left = *size;
    stream->file = taken;
    stream->left = left;
    /* Where one file is like the next, a look for periods sees the ring. */
    stream->brief = (left <= data->brief) & (taken + 1 < files->sizes.count);
    if (stream->brief)
        stream->brief = size[1] != left;
    s->taken[client] = taken + 1;
    return 1;
}

/* Enter what was admitted while a record was plain, the sums of the payloads from what had been sent on. */
static void files_enter(Files *files, double before, const double *sent, int64_t count, Trouble *trouble)
{
    Column *values = &files->admitted.values;
    int plain = files->plain;
    if (!count)
        return;
    if (plain && !values->count)
        files->each = sent[0];
    for (int64_t i = 0; i < count; i++)
        plain &= sent[i] == (before += files->each);
    if (!plain) {
        files_write_out(files, trouble);
        column_reserve(values, count, trouble);
        if (trouble->no_memory)
            return;
        memcpy(values->at + values->count, sent, (size_t)count * sizeof(double));
    }
    values->count += count;
}

/* Take RPCs in turn until none issued at or before ``to`` is left (1) or ``budget`` have been taken (0).
 *
 * What every RPC touches lies in local variables, and goes back into the state when the loop ends. With one client
 * (``single``, known when this is compiled, as is whether turns are ``few`` and the record is ``plain``) so does what
 * belongs to a client. Where a record does not stay plain the loop ends early. */
static ALWAYS_INLINE int run_in_order(const Setup *setup, Schedule *schedule, State *state, Record *record, Front *front,
                                      double to, int64_t budget, Trouble *trouble, const int single, const int few,
                                      const int plain)
{
    const Server *const server = &setup->server;
    const int64_t link = setup->clients[0].link, budget_end = state->number + budget;
    const double buffer = server->buffer, past = nextafter(to, INFINITY);
    Turn *const rings = state->rings;
    Stream *const streams = state->streams;
    Data *const datas = front->data;
    Files *const files = record->files;
    Buffered *const buffered = &state->buffered;
    Drain drain = drain_of(state, schedule);
    int64_t number = state->number;
    double link_free = state->link_free[link], core_free = state->cores[0];
    double link_busy = state->link_busy[link], core_busy = state->core_busy;
    double admitted_at = state->admitted_at, admitted = state->admitted, drained = state->drained;
    double position = state->position, blocked = state->blocked, last = state->time, sent = state->sent[0];
    /* The rate is computed ahead: an RPC need not wait for it. */
    double rate = store_rate(server, position), limit = -INFINITY, edge, line_times[few ? LINE_ROOM : 1];
    double sums[METER_EVERY];
    int64_t line_keys[few ? LINE_ROOM : 1];
    int ended = 0;
    Line line = {.time = line_times, .key = line_keys};
    line_up(&line, state, few);
    Turn turn = line_pop(&line, few);

    front_look(front, setup, schedule, turn.time);
    edge = front->edge;
    for (int64_t i = 0; i < state->stream_count; i++)
        streams[i].step = step_of_stream(&datas[streams[i].client], &streams[i]);

    while (!ended && number < budget_end) {
        const int64_t stop = number - number % METER_EVERY + METER_EVERY;
        /* A stream that has to wait takes no number, and may yet finish its file. */
        for (int64_t i = 0; i < setup->client_count; i++) {
            column_reserve(&files[i].admitted.times, METER_EVERY, trouble);
            if (!files[i].plain) {
                column_reserve(&files[i].admitted.values, METER_EVERY, trouble);
                column_reserve(&files[i].finished, METER_EVERY + state->stream_count, trouble);
            }
            column_reserve(&files[i].finished_at, METER_EVERY + state->stream_count, trouble);
        }
        buffered_reserve(buffered, METER_EVERY, trouble);
        if (trouble->no_memory)
            break;
        Payload *const payloads = buffered->at;
        int64_t head = buffered->head, count = buffered->count;
        double *note_time = files->admitted.times.at + files->admitted.times.count;
        double *note_sent = plain ? sums : files->admitted.values.at + files->admitted.values.count;
        for (; number < stop; number++) {
            const double time = turn.time;
            if (UNLIKELY(time >= limit)) {
                if (time > to) {
                    ended = 1;
                    break;
                }
                if (time >= front->change)
                    front_look(front, setup, schedule, time);
                limit = sooner(front->change, past);
                edge = state->stalled_count ? -INFINITY : front->edge;
            }
            const int64_t index = STREAM_OF(turn.key);
            Stream *const stream = &streams[index];
            const Data *const data = single ? datas : &datas[stream->client];
            const Row *row = stream->step;
            last = time;
        again:
            if (!row->writes) {
                if (row->takes) {
                    const int taken = row->takes == TAKES_FIRST
                        ? stream_take_first(state, &files[single ? 0 : stream->client], data, stream,
                                            single ? 0 : stream->client, time, plain, trouble)
                        : stream_take(state, record, stream, time, trouble);
                    if (!taken) {
                        stream->step = data->rows;
                        state->parked[state->parked_count++] = turn;
                        number--; /* none issued */
                        turn = line_pop(&line, few);
                        continue;
                    }
                    if (row->takes == TAKES_FILE) {
                        row = &data->write[stream->stage];
                        goto again;
                    }
                }
                double link_time = row->link_time, core_time = row->core_time;
                double done = later(time, link_free) + link_time;
                double leave = later(done + row->latency, core_free) + core_time;
                if (UNLIKELY(leave >= edge)) {
                    const double start = later(time, link_free);
                    const Crossing crossing = cross(schedule, data, stream->client, row->stage, 0.0, start, core_free);
                    done = crossing.done;
                    leave = crossing.leave;
                    link_time = crossing.link_time;
                    core_time = crossing.core_time;
                    if (leave == INFINITY || state->stalled_count) {
                        /* Nothing overtakes it: whatever comes next must not take the short way. */
                        stream->step = &data->write[row->stage];
                        state->stalled[state->stalled_count++] = turn;
                        number--; /* none issued */
                        turn = line_pop(&line, few);
                        edge = -INFINITY;
                        continue;
                    }
                }
                link_free = done;
                core_free = leave;
                link_busy += link_time;
                core_busy += core_time;
                double reply = leave, latency = row->latency;
                if (row->stores) {
                    admitted_at = reply = later(admitted_at, leave);
                    drain_serve(&drain, reply, row->work);
                    if (row->wait)
                        reply = drain.free_at;
                }
                if (UNLIKELY(reply >= edge))
                    latency = capacity_at(&schedule->latency[stream->client], reply);
                stream->step = row->then;
                turn = line_next(&line, (Turn){reply + latency, KEY(number, index)}, few);
                continue;
            }
            double left = stream->left, payload = data->block;
            double link_time = row->link_time, core_time = row->core_time;
            if (left < payload) {
                if (UNLIKELY(left == 0.0)) {
                    row = row->then;
                    goto again;
                }
                payload = left;
                link_time = (data->operation->request + payload) / data->bandwidth;
                core_time = (data->operation->work + data->operation->work_per_byte * payload) / front->share;
            }
            double done = later(time, link_free) + link_time;
            double leave = later(done + row->latency, core_free) + core_time;
            if (UNLIKELY(leave >= edge)) {
                const double start = later(time, link_free);
                const Crossing crossing = cross(schedule, data, stream->client, row->stage, payload, start, core_free);
                done = crossing.done;
                leave = crossing.leave;
                link_time = crossing.link_time;
                core_time = crossing.core_time;
                if (leave == INFINITY || state->stalled_count) {
                    stream->step = row;
                    state->stalled[state->stalled_count++] = turn;
                    number--; /* none issued */
                    turn = line_pop(&line, few);
                    edge = -INFINITY;
                    continue;
                }
            }
            link_free = done;
            core_free = leave;
            link_busy += link_time;
            core_busy += core_time;
            double reply = later(admitted_at, leave), latency = row->latency, work = row->work;
            admitted += payload;
            if (admitted - drained > buffer && reply < INFINITY) {
                /* Among these are some that the store has had for long. */
                const double come = reply;
                while (admitted - drained > buffer && head < count) {
                    const Payload oldest = payloads[head++];
                    drained = oldest.admitted;
                    reply = later(oldest.time, reply);
                }
                blocked += reply - come;
            }
            if (reply < INFINITY) {
                if (single) {
                    sent += payload;
                    *note_time++ = reply;
                    *note_sent++ = sent;
                } else {
                    Meter *const noted = &files[stream->client].admitted;
                    noted->times.at[noted->times.count++] = reply;
                    noted->values.at[noted->values.count++] = state->sent[stream->client] += payload;
                }
                work += payload / rate;
                position += payload;
                rate = store_rate(server, position);
            }
            admitted_at = reply;
            drain_serve(&drain, reply, work);
            payloads[count].admitted = admitted;
            payloads[count++].time = drain.free_at;
            if (row->wait)
                reply = drain.free_at;
            if (UNLIKELY(reply >= edge))
                latency = capacity_at(&schedule->latency[stream->client], reply);
            const Turn answer = {reply + latency, KEY(number, index)};
            left -= payload;
            stream->left = left;
            stream->step = row;
            if (answer.time >= stream->last.time)
                stream->last = answer;
            if (!stream->brief) {
                Turn *const ring = rings + stream->ring;
                int64_t slot = stream->slot;
                ring[slot] = answer;
                if (++slot == stream->window)
                    slot = 0;
                stream->slot = slot;
                if (left != 0.0 && turn_before(turn, ring[slot]))
                    turn = line_next(&line, ring[slot], few);
            }
            if (left == 0.0) {
                stream->step = row->then;
                turn = line_next(&line, stream->last, few);
            }
        }
        /* Those that hold nobody up any more. */
        while (head < count && payloads[head].time <= admitted_at)
            drained = payloads[head++].admitted;
        buffered->head = head;
        buffered->count = count;
        if (single) {
            files->admitted.times.count = note_time - files->admitted.times.at;
            if (plain)
                files_enter(files, state->sent[0], sums, note_sent - sums, trouble);
            else
                files->admitted.values.count = note_sent - files->admitted.values.at;
            state->sent[0] = sent;
        }
        state->link_free[link] = link_free;
        state->link_busy[link] = link_busy;
        state->cores[0] = core_free;
        state->core_busy = core_busy;
        state->store_free = drain.free_at;
        state->store_busy = drain.busy;
        state->admitted_at = admitted_at;
        state->admitted = admitted;
        state->blocked = blocked;
        if (!ended)
            record_read_meters(record, state, &schedule->share, trouble);
        if (plain && !files->plain)
            break;
    }
    for (int64_t i = 0; i < state->stream_count; i++)
        streams[i].stage = stage_of_step(&streams[i]);
    if (turn.key != INT64_MAX)
        line_insert(&line, turn, few);
    line_settle(&line, state, few);
    state->number = number;
    state->drained = drained;
    state->position = position;
    state->time = last;
    return ended;
}

WIDE static int run_ordered(const Setup *setup, Schedule *schedule, State *state, Record *record, Front *front,
                            double to, int64_t budget, Trouble *trouble)
{
    const int single = setup->client_count == 1, few = state->ready_count <= FEW_TURNS;
    if (single && few && record->files->plain)
        return run_in_order(setup, schedule, state, record, front, to, budget, trouble, 1, 1, 1);
    files_write_out(record->files, trouble);
    if (trouble->no_memory)
        return 0;
    if (single && few)
        return run_in_order(setup, schedule, state, record, front, to, budget, trouble, 1, 1, 0);
    if (few)
        return run_in_order(setup, schedule, state, record, front, to, budget, trouble, 0, 1, 0);
    return run_in_order(setup, schedule, state, record, front, to, budget, trouble, single, 0, 0);
}

#endif
