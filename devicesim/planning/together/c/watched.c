/* A fluid copy beside the watch on the heat of its device: the C form of ../watched.py over ../flow.py.

What stands there is the specification; names are the same. Only exp and log may differ from numpy's, in the last bit.
*/

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

static const double HAIR = 1e-6; /* of ../../../device/heat.py */

typedef struct {
    double ambient, resistance, capacity, rise, stop, resume;
    double coolest; /* whole degrees of the die that the first of the factors belongs to */
    const double *limits, *factors;
    int64_t limit_count, factor_count;
    double temperature;
    int64_t factor;
    int stopped;
} Case;

typedef struct {
    double buffer, each, square, fall, room, flight;
    const double *files, *bytes, *took, *work; /* took, work: [factor][block] */
    int64_t blocks;
    int64_t factor, block;
    double done, now, sent, worked, asked, behind, moved;
    int running;
    double *times, *sizes; /* knots */
    int64_t knots, space;
    int no_memory;
} Flow;

typedef struct {
    double booting, idle, most, core, disk;
} Draw;

typedef struct {
    double now, cores, store, since, stopped, spare, wake, shortest, looks;
} Watch;

static double larger(double a, double b) { return b > a ? b : a; }
static double smaller(double a, double b) { return b < a ? b : a; }

/* The case. */

static int judge(Case *c)
{
    int64_t factor = (int64_t)(nearbyint(c->temperature + c->rise) - c->coolest);
    factor = factor < 0 ? 0 : factor >= c->factor_count ? c->factor_count - 1 : factor;
    const double reached = c->stopped ? c->temperature - HAIR : c->temperature + HAIR;
    const int stopped = reached >= c->stop || (c->stopped && reached >= c->resume);
    const int changed = c->factors[factor] != c->factors[c->factor] || stopped != c->stopped;
    c->factor = factor;
    c->stopped = stopped;
    return changed;
}

static double time_to(const Case *c, double target, double load)
{
    const double end = c->ambient + load * c->resistance, to_go = c->temperature - end, left = target - end;
    if (c->temperature == target)
        return 0.0;
    if (!(to_go * left > 0 && fabs(left) <= fabs(to_go)))
        return INFINITY;
    return c->resistance * c->capacity * log(to_go / left);
}

static double soonest(const Case *c, double least, double most)
{
    double found = INFINITY;
    int64_t above = 0, below;
    while (above < c->limit_count && c->limits[above] <= c->temperature + HAIR)
        above++;
    for (below = above; below > 0 && c->limits[below - 1] >= c->temperature - HAIR;)
        below--;
    if (above < c->limit_count)
        found = time_to(c, c->limits[above], most);
    return below > 0 ? smaller(found, time_to(c, c->limits[below - 1], least)) : found;
}

static int stands_still(const Case *c, double load)
{
    return c->stopped && smaller(c->ambient + load * c->resistance, c->temperature) >= c->resume + HAIR;
}

/* The fluid. */

static double speed(const Flow *f, double position)
{
    return sqrt(f->square + f->fall * smaller(position, f->room));
}

static double size(const Flow *f)
{
    return f->sent - larger(f->behind * speed(f, f->sent) - f->buffer, 0.0);
}

static void knot(Flow *f)
{
    if (f->knots == f->space) {
        const int64_t space = 2 * f->space + 64;
        double *times = realloc(f->times, space * sizeof(double));
        if (times)
            f->times = times;
        double *sizes = realloc(f->sizes, space * sizeof(double));
        if (sizes)
            f->sizes = sizes;
        if (!times || !sizes) {
            f->no_memory = 1;
            return;
        }
        f->space = space;
    }
    f->times[f->knots] = f->now;
    f->sizes[f->knots++] = size(f);
}

static void take(Flow *f, double share, double left, double part, double work)
{
    f->asked += work * share;
    f->worked += f->work[f->factor * f->blocks + f->block] * left * share;
    f->sent += part * share;
    f->done += left * share;
    if (share >= 1.0) {
        f->block++;
        f->done = 0.0;
    }
    knot(f);
}

static void step(Flow *f, double to, double left, double part, double work, double took)
{
    const double now = f->now;
    double then = now + took;
    if (f->running && part > f->buffer)
        then = larger(then, now + f->behind + work * (part - f->buffer) / part);
    const double share = then <= to ? 1.0 : (to - now) / (then - now);
    f->now = f->moved = smaller(then, to);
    f->behind += work * share;
    if (f->running)
        f->behind = larger(f->behind - (f->now - now), 0.0);
    take(f, share, left, part, work);
}

static void fill(Flow *f, double to, double left, double part, double work, double took, double room)
{
    const double ahead = f->block + 1 < f->blocks ? f->flight : 0.0, most = (to - f->now) / took;
    const double taken = smaller(larger(room, 0.0) / part, most);
    const double sent = smaller(smaller(larger(room + ahead, 0.0) / part, most), 1.0);
    if (taken > 0)
        f->moved = f->now + taken * took;
    f->now = sent == 1.0 ? smaller(to, f->now + took) : to;
    f->behind += work * sent;
    if (sent > 0)
        take(f, sent, left, part, work);
}

static void advance(Flow *f, double to)
{
    while (f->now < to && f->block < f->blocks && !f->no_memory) {
        const double left = 1.0 - f->done, part = f->bytes[f->block] * left;
        const double rate = speed(f, f->sent + part / 2), room = f->buffer - f->behind * rate;
        const double work = f->files[f->block] * f->each * left + part / rate;
        const double took = f->took[f->factor * f->blocks + f->block] * left;
        if (f->running || part <= room)
            step(f, to, left, part, work, took);
        else
            fill(f, to, left, part, work, took, room);
    }
}

static double ended(Flow *f, double by)
{
    advance(f, by);
    return f->block == f->blocks ? f->now : INFINITY;
}

static void change(Flow *f, double at, const Case *c)
{
    advance(f, at);
    f->running = !c->stopped;
    f->factor = c->factor;
}

/* The watch. */

static void rest(Watch *w)
{
    w->stopped = larger(w->stopped, w->now - w->since);
    w->since = INFINITY;
}

static int look(Watch *w, Case *c, const Draw *d)
{
    const int changed = judge(c);
    if (changed) {
        if (c->stopped)
            w->since = smaller(w->since, w->now);
        else
            rest(w);
    }
    w->wake = w->now + larger(soonest(c, d->idle, d->most), w->shortest);
    return changed;
}

static void settle(Watch *w, Case *c, double at, double energy)
{
    if (!(at > w->now))
        return;
    const double elapsed = at - w->now, balance = c->ambient + energy / elapsed * c->resistance;
    c->temperature = balance + (c->temperature - balance) * exp(-elapsed / c->resistance / c->capacity);
    w->now = at;
    w->spare = smaller(w->spare, c->stop - c->temperature);
}

static void wait_until(Watch *w, Case *c, const Draw *d, double until, double load)
{
    while (w->wake < until) {
        settle(w, c, w->wake, load * (w->wake - w->now));
        look(w, c, d);
    }
    settle(w, c, until, load * (until - w->now));
}

static int book(Watch *w, Case *c, const Draw *d, Flow *f, double at)
{
    advance(f, at);
    const double cores = larger(f->worked, w->cores), store = larger(f->asked - f->behind, w->store);
    const double worked = cores - w->cores, active = store - w->store, elapsed = at - w->now;
    w->cores = cores;
    w->store = store;
    settle(w, c, at, d->idle * elapsed + d->core * worked + d->disk * active);
    return elapsed > 0 && worked == 0 && active == 0;
}

static void over(Watch *w, const Case *c)
{
    const double since = w->since;
    rest(w);
    w->since = c->stopped ? since : INFINITY;
}

/* Watch a copy to its end, or until nothing has moved for so long; whether that was so. */
static int copy(Watch *w, Case *c, const Draw *d, Flow *f, double patience)
{
    const double begun = w->now;
    double again = begun + patience;
    f->now = begun;
    knot(f);
    change(f, begun, c);
    while (!f->no_memory) {
        const double at = smaller(w->wake, again), end = ended(f, at);
        if (end <= at) {
            book(w, c, d, f, end);
            over(w, c);
            return 0;
        }
        if (w->wake > again) {
            advance(f, again);
            if (!(f->moved > larger(again - patience, begun))) {
                book(w, c, d, f, again);
                over(w, c);
                return 1;
            }
            again += patience / w->looks;
            continue;
        }
        const int stands = book(w, c, d, f, at);
        if (look(w, c, d))
            change(f, at, c);
        if (stands && stands_still(c, d->idle))
            w->wake = INFINITY;
    }
    return 0;
}

enum { /* places of the numbers given */
    AMBIENT, RESISTANCE, CAPACITY, RISE, STOP, RESUME, COOLEST,
    BOOTING, IDLE, MOST, CORE, DISK,
    SHORTEST, LOOKS, START, BOOT, UNLOCK, SERVICE, PATIENCE, KEEP,
    BUFFER, EACH, SQUARE, FALL, ROOM, FLIGHT,
    GIVEN
};

static PyObject *fly(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer b[7];
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*y*y*y*", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &b[6]))
        return NULL;
    const Py_ssize_t each = sizeof(double), factors = b[2].len / each, blocks = b[3].len / each;
    PyObject *told = NULL;
    if (b[0].len != GIVEN * each || factors < 1 || b[4].len != b[3].len || b[5].len != factors * blocks * each ||
        b[6].len != b[5].len) {
        PyErr_SetString(PyExc_ValueError, "arrays do not fit one another");
        goto done;
    }
    const double *n = b[0].buf;
    Case c = {.ambient = n[AMBIENT], .resistance = n[RESISTANCE], .capacity = n[CAPACITY], .rise = n[RISE],
              .stop = n[STOP], .resume = n[RESUME], .coolest = n[COOLEST], .limits = b[1].buf, .factors = b[2].buf,
              .limit_count = b[1].len / each, .factor_count = factors, .temperature = n[AMBIENT]};
    const Draw d = {n[BOOTING], n[IDLE], n[MOST], n[CORE], n[DISK]};
    Flow f = {.buffer = n[BUFFER], .each = n[EACH], .square = n[SQUARE], .fall = n[FALL], .room = n[ROOM],
              .flight = n[FLIGHT], .files = b[3].buf, .bytes = b[4].buf, .took = b[5].buf, .work = b[6].buf,
              .blocks = blocks, .moved = -INFINITY, .running = 1};
    Watch w = {.now = n[START], .since = INFINITY, .spare = INFINITY, .wake = n[START], .shortest = n[SHORTEST],
               .looks = n[LOOKS]};
    double at = n[START], begun;
    int given_up;
    Py_BEGIN_ALLOW_THREADS
    look(&w, &c, &d);
    const double loads[3] = {d.booting, d.idle, d.idle};
    for (int phase = 0; phase < 3; phase++) {
        at += n[BOOT + phase];
        wait_until(&w, &c, &d, at, loads[phase]);
    }
    begun = at;
    given_up = copy(&w, &c, &d, &f, n[PATIENCE]);
    const double end = w.now, stopped = w.stopped, spare = w.spare;
    if (n[KEEP] > 0)
        wait_until(&w, &c, &d, end + n[KEEP], d.idle);
    w.now = end;
    w.stopped = stopped;
    w.spare = spare;
    Py_END_ALLOW_THREADS
    if (f.no_memory)
        PyErr_NoMemory();
    else
        told = Py_BuildValue("dddOdddOy#y#", begun, w.now, w.stopped, given_up ? Py_True : Py_False, w.spare, size(&f),
                             f.behind, c.stopped ? Py_True : Py_False, (char *)f.times, f.knots * each,
                             (char *)f.sizes, f.knots * each);
    free(f.times);
    free(f.sizes);
done:
    for (int i = 0; i < 7; i++)
        PyBuffer_Release(&b[i]);
    return told;
}

static PyMethodDef functions[] = {
    {"fly", fly, METH_VARARGS, "The fluid copy of one future beside the watch on its heat."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "compiled",
    .m_doc = "A fluid copy beside the watch on its heat, compiled: what flow.py and watched.py tell, in less time.",
    .m_size = 0,
    .m_methods = functions,
};

PyMODINIT_FUNC PyInit_compiled(void) { return PyModule_Create(&module); }
