/* A transfer's state, the inputs that move it, and the way back: the C form of ../replay.py. */

#ifndef DEVICESIM_REPLAY_H
#define DEVICESIM_REPLAY_H

#include <float.h>

#include "multicore.h"
#include "instep.h"
#include "rotation.h"

#define CHECKPOINTS 24
#define LAST DBL_MAX

typedef enum { GRANT, PAUSE, OFFER } Kind;

typedef struct {
    Kind kind;
    int32_t client;
    double after, at, payload;
    int64_t count;  /* files granted, or whether to pause */
    int64_t serial; /* of what was offered */
    const Operation *operation;
} Input;

typedef struct {
    State state;
    int64_t *lengths;
    int64_t applied;
} Checkpoint;

typedef struct {
    Setup setup;
    Schedule schedule;
    State state;
    Record record;
    Front front;
    Periods periods;
    InStep instep;
    int64_t rotation_due; /* number of the RPC from which on to try it */
    Trouble trouble;
    double through;
    int64_t every; /* RPCs from one checkpoint to the next, as ../replay.py has it */
    int ordered, interrupted;
    Input *inputs;
    int64_t input_count, input_room, applied;
    int64_t unsettled; /* inputs since the latest that settle_inputs settled, dropped or not */
    Checkpoint *checkpoints[CHECKPOINTS + 1], *spare[CHECKPOINTS + 1];
    int64_t checkpoint_count, spare_count;
    Operation **offered; /* one of each kind, so that RPCs on their way can point at it */
    int64_t offered_count, offered_room;
    int64_t asking; /* serial of the one whose reply is asked for */
    int (*poll)(void); /* asked now and then; 0 to stop */
} Replay;

static Queue replay_queue(Replay *r, State *state)
{
    int in_order = schedule_keeps_order(&r->schedule);
    /* Whoever left the link while it did not keep the order is still to be overtaken by nobody. */
    for (int64_t i = 0; in_order && i < state->flight.count; i++)
        in_order = !state->flight.at[i].kind;
    return (Queue){&r->setup, &r->schedule, state, &r->record, &r->trouble, in_order, r->setup.server.cores == 1, NULL};
}

static void checkpoint_end(Checkpoint *point)
{
    if (point) {
        state_end(&point->state);
        free(point->lengths);
        free(point);
    }
}

static void replay_forget(Replay *r, int64_t index)
{
    r->spare[r->spare_count++] = r->checkpoints[index];
    r->checkpoint_count--;
    memmove(&r->checkpoints[index], &r->checkpoints[index + 1],
            (size_t)(r->checkpoint_count - index) * sizeof(Checkpoint *));
}

/* Keep the present state to go back to. */
static void replay_freeze(Replay *r)
{
    Checkpoint *point = r->spare_count ? r->spare[--r->spare_count] : calloc(1, sizeof(Checkpoint));
    int64_t columns = record_columns(&r->record);
    if (point && !point->lengths)
        point->lengths = malloc((size_t)columns * sizeof(int64_t));
    if (!point || !point->lengths || !state_copy(&point->state, &r->state, &r->setup)) {
        r->trouble.no_memory = 1;
        checkpoint_end(point);
        return;
    }
    for (int64_t i = 0; i < columns; i++)
        point->lengths[i] = record_column(&r->record, i)->count;
    point->applied = r->applied;
    r->checkpoints[r->checkpoint_count++] = point;
    if (r->checkpoint_count > CHECKPOINTS) {
        /* Every other one of the older half goes; the first stays. */
        int64_t kept = 1, until = r->checkpoint_count - CHECKPOINTS / 2;
        for (int64_t i = 1; i < r->checkpoint_count; i++) {
            if (i < until && i % 2)
                r->spare[r->spare_count++] = r->checkpoints[i];
            else
                r->checkpoints[kept++] = r->checkpoints[i];
        }
        r->checkpoint_count = kept;
    }
}

static void replay_cut(Replay *r, const int64_t *lengths)
{
    for (int64_t i = 0; i < record_columns(&r->record); i++)
        record_column(&r->record, i)->count = lengths[i];
}

/* Let RPCs that had no way through their link try again. */
static void replay_revive(Replay *r)
{
    State *s = &r->state;
    for (int64_t i = 0; i < s->stalled_count; i++)
        turn_push(s->ready, &s->ready_count, s->stalled[i]);
    s->stalled_count = 0;
    Queue queue = replay_queue(r, s);
    queue_retry(&queue);
}

/* From when on each capacity differs from what was laid before. */
typedef struct {
    double *bandwidth, *latency, share, store;
} Differences;

/* Nothing computed so far used a capacity at a time from which on it is now another. */
static int replay_untouched(const Replay *r, const State *s, const Differences *differs)
{
    double cores = latest_core(s);
    if (cores > differs->share || s->store_free > differs->store ||
        (s->stalled_count && s->time > differs->share))
        return 0;
    double served = later(later(cores, s->admitted_at), r->setup.waits ? s->store_free : -INFINITY);
    for (int64_t i = 0; i < r->setup.client_count; i++) {
        const int link = r->setup.clients[i].link;
        double free_at = s->link_free[link];
        int stuck = s->pending[link].count || s->stalled_count;
        if (free_at > differs->bandwidth[i] || (stuck && s->time > differs->bandwidth[i]))
            return 0;
        if (differs->latency[i] < INFINITY && later(free_at, served) >= differs->latency[i])
            return 0;
    }
    return 1;
}

/* Go back to the latest checkpoint that no change touched or, without one, that is not beyond a time and has no more
 * inputs applied than so many. */
static void replay_go_back(Replay *r, const Differences *differs, double after, int64_t place)
{
    while (r->checkpoint_count > 1) {
        const Checkpoint *last = r->checkpoints[r->checkpoint_count - 1];
        if (differs ? replay_untouched(r, &last->state, differs) : last->state.time <= after && last->applied <= place)
            break;
        replay_forget(r, r->checkpoint_count - 1);
    }
    Checkpoint *point = r->checkpoints[r->checkpoint_count - 1];
    if (!state_copy(&r->state, &point->state, &r->setup))
        r->trouble.no_memory = 1;
    r->applied = point->applied;
    replay_cut(r, point->lengths);
    periods_forget(&r->periods, r->state.number);
    r->rotation_due = r->state.number;
    replay_revive(r);
}

static int replay_broken(const Replay *r) { return r->trouble.no_memory || r->interrupted; }

/* Take RPCs until none issued at or before a time is left (1), or about so many have been taken or another loop is to go
 * on (0): with the quickest loop that has all it takes. */
static int replay_take(Replay *r, double to, int64_t budget)
{
    State *s = &r->state;
    if (!r->ordered) {
        Queue queue = replay_queue(r, s);
        const int ended = queue.one_link && !queue.one_core && multicore_can(s)
            ? run_multicore(&queue, &r->front, to, budget) : -1;
        return ended < 0 ? queue_run(&queue, to, budget) : ended;
    }
    if (s->number % METER_EVERY == 0)
        /* The RPC before may have been offered, which reads nothing. */
        record_read_meters(&r->record, s, &r->schedule.share, &r->trouble);
    const int64_t end = s->number + budget;
    const int64_t rpcs = r->setup.client_count == 1 && s->number >= r->instep.due
        ? periods_rpcs(s, &r->setup, &r->record) : budget;
    int quick = 1;
    if (budget >= 4 * rpcs)
        run_instep(&r->instep, &r->setup, &r->schedule, s, &r->record, &r->front, to, budget, rpcs, &r->trouble);
    else if (!rotation_can(&r->setup, s, &r->record))
        quick = 0;
    else if (s->number >= r->rotation_due) {
        run_rotation(&r->setup, &r->schedule, s, &r->record, &r->front, to, budget, &r->trouble);
        /* What ended it takes the other loop some RPCs. */
        r->rotation_due = s->number < end ? s->number + METER_EVERY : s->number;
    } else {
        quick = 0;
        if (budget > r->rotation_due - s->number)
            budget = r->rotation_due - s->number;
    }
    if (quick) {
        if (s->number < end || s->number % METER_EVERY == 0)
            return 0;
        budget = 1; /* A state to go back to is kept where the other loop stops, and nowhere else. */
    }
    return run_ordered(&r->setup, &r->schedule, s, &r->record, &r->front, to, budget, &r->trouble);
}

static void replay_compute(Replay *r, double to)
{
    /* A stream that waited for its link goes on with its old turn: that must not set the time back. */
    State *s = &r->state;
    const double reached = s->time;
    int64_t turns = 0;
    while (!replay_broken(r)) {
        s->time = later(s->time, reached);
        /* What is long to copy is copied less often. */
        const State *kept = &r->checkpoints[r->checkpoint_count - 1]->state;
        int64_t every = r->every * (1 + r->setup.rings / 8192 + kept->buffered.count / 1024);
        int64_t budget = kept->number + every - s->number;
        if (budget <= 0) {
            replay_freeze(r);
            if (++turns % 256 == 0 && r->poll && !r->poll())
                r->interrupted = 1;
        } else if (s->ready[0].time > to && !s->flight.count) {
            return;
        } else if (s->number >= r->periods.due) {
            Queue queue = replay_queue(r, s);
            periods_leap(&r->periods, &queue, to);
        } else {
            if (budget > r->periods.due - s->number)
                budget = r->periods.due - s->number;
            if (replay_take(r, to, budget)) {
                s->time = later(s->time, reached);
                return;
            }
        }
    }
}

/* Streams that had nothing to do, or had to wait, look again; unless their client is paused. */
static void replay_wake(Replay *r, int32_t client, double at)
{
    State *s = &r->state;
    if (s->paused[client])
        return;
    int64_t kept = 0;
    for (int64_t i = 0; i < s->parked_count; i++) {
        Turn turn = s->parked[i];
        if (s->streams[STREAM_OF(turn.key)].client == client) {
            turn.time = later(turn.time, at);
            turn_push(s->ready, &s->ready_count, turn);
        } else
            s->parked[kept++] = turn;
    }
    s->parked_count = kept;
}

/* From now on the general loop: who waits for a link keeps his place there, which the ordered one forgets. */
static void replay_leave_order(Replay *r, double at)
{
    if (r->state.stalled_count) {
        r->ordered = 0;
        replay_revive(r);
        replay_compute(r, at);
    }
    r->ordered = 0;
}

static void replay_apply(Replay *r, const Input *input)
{
    State *s = &r->state;
    switch (input->kind) {
    case GRANT:
        s->available[input->client] += input->count;
        replay_wake(r, input->client, input->at);
        break;
    case PAUSE:
        replay_leave_order(r, input->at);
        s->paused[input->client] = (char)(input->count != 0);
        replay_wake(r, input->client, input->at);
        break;
    case OFFER:
        if (s->stalled_count)
            replay_leave_order(r, input->at);
        if (input->serial == r->asking) {
            s->asked = s->number;
            s->told = NAN;
        }
        Queue queue = replay_queue(r, s);
        if (!queue_offer(&queue, input->client, input->operation, input->payload, input->at)) {
            r->ordered = 0;
            if (input->serial == r->asking)
                s->told = INFINITY;
        }
        break;
    }
}

/* Apply inputs, each at its time, until so many are. */
static void replay_apply_inputs(Replay *r, int64_t count)
{
    while (r->applied < count && !replay_broken(r)) {
        const Input input = r->inputs[r->applied];
        replay_compute(r, input.after);
        if (replay_broken(r))
            return;
        replay_apply(r, &input);
        r->state.time = later(r->state.time, input.after);
        r->applied++;
    }
}

/* Apply the inputs not yet applied, and go on to a time. */
static void replay_catch_up(Replay *r, double to)
{
    replay_apply_inputs(r, r->input_count);
    if (to > r->through && !replay_broken(r)) {
        replay_compute(r, to);
        if (!replay_broken(r))
            r->through = to;
    }
}

/* Add an input behind all that come no later. */
static void replay_put(Replay *r, Input input)
{
    int64_t place = r->input_count;
    while (place && r->inputs[place - 1].at > input.at)
        place--;
    if (r->state.time > input.after || r->applied > place)
        replay_go_back(r, NULL, input.after, place);
    if (r->input_count == r->input_room) {
        r->inputs = grown(r->inputs, &r->input_room, r->input_count + 1, sizeof(Input), &r->trouble);
        if (r->trouble.no_memory)
            return;
    }
    memmove(&r->inputs[place + 1], &r->inputs[place], (size_t)(r->input_count - place) * sizeof(Input));
    r->inputs[place] = input;
    r->input_count++;
    r->unsettled++;
    r->through = -INFINITY;
    if (input.kind == OFFER && place < r->input_count - 1) {
        /* The next one late is likely to come from here on, as when a change of capacity goes back. */
        replay_apply_inputs(r, place);
        replay_compute(r, input.at);
        if (!replay_broken(r))
            replay_freeze(r);
    }
}

/* Let the operation asked for go through, as if no other came, and take it all back. */
static double replay_answer(Replay *r)
{
    State trial;
    memset(&trial, 0, sizeof trial);
    int64_t columns = record_columns(&r->record);
    int64_t *lengths = malloc((size_t)columns * sizeof(int64_t));
    double told = INFINITY;
    if (!lengths || !state_copy(&trial, &r->state, &r->setup))
        r->trouble.no_memory = 1;
    else {
        for (int64_t i = 0; i < columns; i++)
            lengths[i] = record_column(&r->record, i)->count;
        Queue queue = replay_queue(r, &trial);
        while (isnan(trial.told) && !queue_run(&queue, LAST, 1) && !r->trouble.no_memory)
            ;
        replay_cut(r, lengths);
        told = isnan(trial.told) ? INFINITY : trial.told;
    }
    free(lengths);
    state_end(&trial);
    return told;
}

/* Everything computed so far is over before a time. */
static int state_over(const State *s, double time)
{
    double used = later(later(latest_core(s), s->admitted_at), s->store_free);
    for (int64_t i = 0; i < s->link_count; i++)
        used = later(used, s->link_free[i]);
    return s->time <= time && used < time;
}

/* Drop what it would take to go back before a time. */
static void replay_settle(Replay *r, double time)
{
    int64_t safe = -1;
    for (int64_t i = 0; i < r->checkpoint_count; i++)
        if (state_over(&r->checkpoints[i]->state, time))
            safe = i;
    if (safe < 0)
        return;
    for (int64_t i = 0; i < safe; i++)
        replay_forget(r, 0);
    int64_t dropped = r->checkpoints[0]->applied;
    r->input_count -= dropped;
    if (dropped)
        memmove(r->inputs, r->inputs + dropped, (size_t)r->input_count * sizeof(Input));
    r->applied -= dropped;
    for (int64_t i = 0; i < r->checkpoint_count; i++)
        r->checkpoints[i]->applied -= dropped;
}

/* How a leap moves times: from the latest admission on, and replies to it by their latency, so that whoever waited for
 * it still comes at the instant of those who are to wait for it. */
typedef struct {
    double base, then, reply, reply_then;
} Move;

static Move move_of(Replay *r, double dt)
{
    const double base = isfinite(r->state.admitted_at) ? r->state.admitted_at : 0.0;
    const double latency = capacity_at(&r->schedule.latency[0], base);
    return (Move){base, base + dt, base + latency, base + dt + latency};
}

static inline double moved(Move move, double time)
{
    return time == move.reply ? move.reply_then : move.then + (time - move.base);
}

static void turns_move(Turn *turns, int64_t count, Move move)
{
    for (int64_t i = 0; i < count; i++)
        if (turns[i].key != NEVER_KEY && turns[i].key != UNKNOWN_KEY)
            turns[i].time = moved(move, turns[i].time);
}

/* Go on by some time and bytes as if all went on as it does, and forget how to go back. */
static void replay_leap(Replay *r, double dt, double size, const double *amounts, const double *times, int64_t count,
                        double store_free)
{
    State *s = &r->state;
    Buffered *b = &s->buffered;
    const double then = r->through + dt;
    const Move move = move_of(r, dt);
    for (int64_t i = 0; i < s->stream_count; i++) {
        s->streams[i].last.time = moved(move, s->streams[i].last.time);
        s->streams[i].held.time = moved(move, s->streams[i].held.time);
    }
    turns_move(s->rings, r->setup.rings, move);
    turns_move(s->ready, s->ready_count, move);
    turns_move(s->parked, s->parked_count, move);
    turns_move(s->stalled, s->stalled_count, move);
    for (int64_t i = 0; i < s->flight.count; i++)
        s->flight.at[i].time = moved(move, s->flight.at[i].time);
    for (int64_t k = 0; k < s->link_count; k++) {
        s->link_free[k] = moved(move, s->link_free[k]);
        for (int64_t i = 0; i < s->pending[k].count; i++)
            s->pending[k].at[i].time = moved(move, s->pending[k].at[i].time);
    }
    for (int64_t i = 0; i < s->client_count; i++)
        s->arrived[i] = moved(move, s->arrived[i]);
    for (int64_t i = 0; i < s->core_count; i++)
        s->cores[i] = moved(move, s->cores[i]);
    s->core_seen = moved(move, s->core_seen);
    s->admitted_at = moved(move, s->admitted_at);
    s->time = moved(move, s->time);
    if (isnan(store_free)) {
        s->store_free = moved(move, s->store_free);
        s->drained += size;
        for (int64_t i = b->head; i < b->count; i++) {
            b->at[i].admitted += size;
            b->at[i].time = moved(move, b->at[i].time);
        }
    } else {
        buffered_reserve(b, count, &r->trouble);
        if (r->trouble.no_memory)
            return;
        for (int64_t i = 0; i < count; i++)
            b->at[b->count++] = (Payload){s->admitted + amounts[i], times[i]};
        s->store_free = store_free;
    }
    while (b->head < b->count && b->at[b->head].time <= then)
        s->drained = b->at[b->head++].admitted;
    s->admitted += size;
    s->position += size;
    r->through = -INFINITY;
    while (r->checkpoint_count)
        replay_forget(r, r->checkpoint_count - 1);
    r->input_count = r->applied = r->unsettled = 0;
    replay_freeze(r);
}

static const Operation *replay_operation(Replay *r, Operation operation)
{
    for (int64_t i = 0; i < r->offered_count; i++) {
        const Operation *known = r->offered[i];
        if (known->request == operation.request && known->work == operation.work &&
            known->work_per_byte == operation.work_per_byte && known->store == operation.store &&
            known->wait == operation.wait)
            return known;
    }
    if (r->offered_count == r->offered_room)
        r->offered = grown(r->offered, &r->offered_room, r->offered_count + 1, sizeof(Operation *), &r->trouble);
    Operation *kept = r->trouble.no_memory ? NULL : malloc(sizeof(Operation));
    if (!kept) {
        r->trouble.no_memory = 1;
        return NULL;
    }
    *kept = operation;
    r->offered[r->offered_count++] = kept;
    return kept;
}

static void replay_end(Replay *r)
{
    for (int64_t i = 0; i < r->checkpoint_count; i++)
        checkpoint_end(r->checkpoints[i]);
    for (int64_t i = 0; i < r->spare_count; i++)
        checkpoint_end(r->spare[i]);
    state_end(&r->state);
    front_end(&r->front, r->setup.client_count);
    periods_end(&r->periods);
    instep_end(&r->instep);
    for (int64_t i = 0; i < r->offered_count; i++)
        free(r->offered[i]);
    free(r->offered);
    free(r->inputs);
    for (int64_t i = 0; r->schedule.bandwidth && i < r->schedule.clients; i++) {
        capacity_end(&r->schedule.bandwidth[i]);
        capacity_end(&r->schedule.latency[i]);
    }
    free(r->schedule.bandwidth);
    free(r->schedule.latency);
    capacity_end(&r->schedule.share);
    capacity_end(&r->schedule.store);
    if (r->record.files) {
        for (int64_t i = 0; i < r->record.client_count; i++)
            free(r->record.files[i].sizes.at);
        for (int64_t i = 0; i < record_columns(&r->record); i++)
            free(record_column(&r->record, i)->at);
    }
    free(r->record.files);
    free(r->record.links);
    for (int64_t i = 0; r->setup.clients && i < r->setup.client_count; i++)
        free(r->setup.clients[i].life);
    free(r->setup.clients);
    memset(r, 0, sizeof *r);
}

#endif
