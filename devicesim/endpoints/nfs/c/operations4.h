/* The operations of NFSv4 that clients make most: the forms of those in ../v4/. */

#ifndef OPERATIONS4_H
#define OPERATIONS4_H

#include "attributes4.h"
#include "state4.h"

enum {
    OP_ACCESS = 3, OP_CLOSE = 4, OP_COMMIT = 5, OP_GETATTR = 9, OP_GETFH = 10, OP_LOOKUP = 15, OP_OPEN = 18,
    OP_PUTFH = 22, OP_PUTROOTFH = 24, OP_READ = 25, OP_RESTOREFH = 31, OP_SAVEFH = 32, OP_SETATTR = 34, OP_WRITE = 38,
    OP_SEQUENCE = 53
};
enum { SHARE_READ = 1, SHARE_WRITE = 2, SHARE_BOTH = 3, WANTS = 0x3FF00, WANTS_NONE = 0x400 };
enum { NFS4_NOENT = 2 };

#define STATEID 16
#define OTHER 12
#define MOST_OWNER 1024
#define LONG_REQUEST 4096 /* bytes from which on a slot does not know its request by a digest */
#define MOST_HERE (1 << 16) /* bytes of a READ that are copied into the reply */
#define ROOM 4096 /* bytes that an operation may write without asking for more */

static const unsigned char CURRENT_STATEID[STATEID] = {0, 0, 0, 1};

static PyObject *str_renew, *str_closed, *str_undenied, *str_read, *kw_opened;

/* A compound under way. */
typedef struct {
    Asked *asked;
    PyObject *node, *saved, *session, *slot, *client; /* held; NULL for none */
    PyObject *compound, *reader; /* the Python form and its arguments, once they were needed */
    PyObject *sent; /* parts of the reply that lie before the buffer, a list; NULL if there are none */
    unsigned char stateid[STATEID], saved_stateid[STATEID];
    int has_stateid, has_saved;
    const unsigned char *arguments; /* where they begin */
    const unsigned char *tag;
    uint32_t tag_size, minor, count, index;
    uint32_t operation, status; /* of what was just done */
    uint64_t size; /* of the result */
    unsigned weight; /* of the weightiest operation */
    unsigned char *bytes; /* where the reply is written */
    size_t room;
    unsigned char own[2 * ROOM];
} Compound;

/* Make room for so many bytes behind what was written; 0 with an exception set. */
static int make_room(Compound *c, size_t more)
{
    size_t used = c->asked->to - c->bytes;
    if (c->room - used >= more)
        return 1;
    size_t room = 2 * (used + more);
    unsigned char *bytes = c->bytes == c->own ? PyMem_Malloc(room) : PyMem_Realloc(c->bytes, room);
    if (!bytes) {
        PyErr_NoMemory();
        return 0;
    }
    if (c->bytes == c->own)
        memcpy(bytes, c->own, used);
    c->bytes = bytes, c->room = room;
    c->asked->to = bytes + used;
    return 1;
}

static void hold(PyObject **where, PyObject *node)
{
    PyObject *former = *where;
    *where = Py_XNewRef(node);
    Py_XDECREF(former);
}

/* The current file or directory, borrowed; NULL where Python has to look. */
static PyObject *current(Compound *c)
{
    int strange = 0;
    return c->node && is_plain(c->node) && number(c->node, NLINK, &strange) && !strange ? c->node : NULL;
}

static PyObject *current_file(Compound *c)
{
    PyObject *node = current(c);
    return node && Py_TYPE(node) == File ? node : NULL;
}

static PyObject *current_directory(Compound *c)
{
    PyObject *node = current(c);
    return node && Py_TYPE(node) == Directory ? node : NULL;
}

/* The next stateid, the compound's own in its place; NULL where Python has to look. */
static const unsigned char *stateid_of(Compound *c)
{
    Words *words = &c->asked->words;
    if (!there(words, STATEID))
        return NULL;
    const unsigned char *stateid = words->at;
    words->at += STATEID;
    if (!c->minor || memcmp(stateid, CURRENT_STATEID, STATEID))
        return stateid;
    return c->has_stateid ? c->stateid : NULL;
}

/* The open that a stateid names, of the current file, borrowed; NULL where Python has to look. */
static PyObject *open_of(Compound *c, const unsigned char *stateid)
{
    PyObject *other = PyBytes_FromStringAndSize((const char *)stateid + STATEID - OTHER, OTHER);
    PyObject *state = other ? PyDict_GetItemWithError(c->asked->quick->states, other) : NULL;
    Py_XDECREF(other);
    PyErr_Clear();
    if (!state || Py_TYPE(state) != OpenState || slot(state, open_places[O_NODE]) != c->node)
        return NULL;
    PyObject *owner = slot(state, open_places[O_OWNER]);
    if (!owner || Py_TYPE(owner) != Owner || (c->client && slot(owner, owner_places[W_CLIENT]) != c->client))
        return NULL;
    if (!c->minor && slot(owner, owner_places[W_CONFIRMED]) != Py_True)
        return NULL;
    int strange = 0;
    uint32_t sequence = word_at(stateid);
    if (!(c->minor && !sequence) && sequence != count_in(state, open_places[O_SEQUENCE], &strange))
        return NULL;
    return strange ? NULL : state;
}

static int renew(Compound *c, PyObject *client)
{
    PyObject *done = PyObject_CallMethodOneArg(c->asked->quick->clients, str_renew, client);
    Py_XDECREF(done);
    return done != NULL;
}

/* The state by which data are touched, likewise; what it is for goes into ``*access``. */
static PyObject *io_state(Compound *c, const unsigned char *stateid, int64_t *access)
{
    int strange = 0;
    PyObject *state = open_of(c, stateid);
    if (!state)
        return NULL;
    *access = count_in(state, open_places[O_ACCESS], &strange);
    return strange ? NULL : state;
}

static Outcome sequence(Compound *c)
{
    Asked *asked = c->asked;
    Words *words = &asked->words;
    if (c->index || !c->minor || !there(words, 32) || word_at(words->at + 28) > 1)
        return LEFT;
    const unsigned char *told = words->at;
    uint32_t now = word_at(told + 16), place = word_at(told + 20), highest = word_at(told + 24);
    words->at += 32;
    PyObject *name = PyBytes_FromStringAndSize((const char *)told, STATEID);
    PyObject *session = name ? PyDict_GetItemWithError(asked->quick->sessions, name) : NULL;
    Py_XDECREF(name);
    PyErr_Clear();
    PyObject *slots = session && Py_TYPE(session) == Session ? slot(session, session_places[S_SLOTS]) : NULL;
    if (!slots || !PyList_Check(slots) || place >= PyList_GET_SIZE(slots) || highest < place)
        return LEFT;
    int strange = 0;
    int64_t size = asked->words.end - asked->start + asked->many;
    PyObject *taken = PyList_GET_ITEM(slots, place), *client = slot(session, session_places[S_CLIENT]);
    if (size > count_in(session, session_places[S_MOST_REQUEST], &strange) ||
        c->count > count_in(session, session_places[S_MOST_OPERATIONS], &strange) || Py_TYPE(taken) != Slot ||
        now != ((count_in(taken, slot_places[T_SEQUENCE], &strange) + 1) & UINT32_MAX) || strange || !client)
        return LEFT;
    PyObject *part, *digest;
    if (size > LONG_REQUEST)
        digest = PyLong_FromLong(0);
    else {
        part = PySequence_GetSlice(asked->record, c->arguments - asked->start, words->end - asked->start);
        digest = part ? PyObject_CallOneArg(asked->quick->crc32, part) : NULL;
        Py_XDECREF(part);
    }
    PyObject *number_ = PyLong_FromUnsignedLong(now);
    if (!digest || !number_) {
        Py_XDECREF(digest);
        Py_XDECREF(number_);
        return FAILED;
    }
    set_slot(taken, slot_places[T_SEQUENCE], number_);
    set_slot(taken, slot_places[T_REPLY], Py_NewRef(Py_None));
    set_slot(taken, slot_places[T_KEEP], Py_NewRef(word_at(told + 28) ? Py_True : Py_False));
    set_slot(taken, slot_places[T_DIGEST], digest);
    uint32_t last = (uint32_t)PyList_GET_SIZE(slots) - 1;
    hold(&c->session, session), hold(&c->slot, taken), hold(&c->client, client);
    memcpy(asked->to, told, STATEID);
    asked->to = put_uint(put_uint(asked->to + STATEID, now), place);
    asked->to = put_uint(put_uint(put_uint(asked->to, last), last), 0);
    return renew(c, client) ? DONE : FAILED;
}

static Outcome putfh(Compound *c)
{
    PyObject *node = node_of(c->asked);
    if (!node)
        return LEFT;
    hold(&c->node, node);
    c->has_stateid = 0;
    return DONE;
}

static Outcome putrootfh(Compound *c)
{
    hold(&c->node, c->asked->quick->pseudo);
    c->has_stateid = 0;
    return DONE;
}

static Outcome getfh(Compound *c)
{
    PyObject *node = current(c);
    if (!node)
        return LEFT;
    put_handle(c->asked, node);
    return DONE;
}

static Outcome savefh(Compound *c)
{
    PyObject *node = current(c);
    if (!node)
        return LEFT;
    hold(&c->saved, node);
    c->has_saved = c->has_stateid;
    memcpy(c->saved_stateid, c->stateid, STATEID);
    return DONE;
}

static Outcome restorefh(Compound *c)
{
    if (!c->saved)
        return LEFT;
    hold(&c->node, c->saved);
    c->has_stateid = c->has_saved;
    memcpy(c->stateid, c->saved_stateid, STATEID);
    return DONE;
}

static Outcome getattr4(Compound *c)
{
    Asked *asked = c->asked;
    PyObject *node = current(c);
    uint32_t count = uint_of(&asked->words);
    if (!node || count > MOST_BITMAP || !there(&asked->words, 4 * count))
        return LEFT;
    PyObject *words = PyBytes_FromStringAndSize((const char *)asked->words.at, 4 * count);
    asked->words.at += 4 * count;
    PyObject *plan = words ? PyDict_GetItemWithError(asked->quick->plans[c->minor], words) : NULL;
    Py_XDECREF(words);
    if (!plan)
        return PyErr_Occurred() ? FAILED : LEFT; /* the Python form makes it */
    PyObject *mask = PyTuple_GET_ITEM(plan, 0), *numbers = PyTuple_GET_ITEM(plan, 1);
    int many = (int)PyBytes_GET_SIZE(numbers), strange = 0;
    if (PyBytes_GET_SIZE(mask) + 4 + many * MOST_ATTRIBUTE > ROOM - 64)
        return LEFT;
    memcpy(asked->to, PyBytes_AS_STRING(mask), PyBytes_GET_SIZE(mask));
    unsigned char *length = asked->to + PyBytes_GET_SIZE(mask), *to = length + 4;
    for (int each = 0; each < many && !strange; each++)
        to = put_attribute(asked, to, node, (unsigned char)PyBytes_AS_STRING(numbers)[each], &strange);
    put_uint(length, (uint32_t)(to - length - 4));
    asked->to = to;
    return strange ? LEFT : DONE;
}

static Outcome access4(Compound *c)
{
    PyObject *node = current(c);
    uint32_t wanted = uint_of(&c->asked->words);
    if (!node || c->asked->words.short_ || (!c->minor && wanted & ~0x3Fu))
        return LEFT;
    int bits = granted(c->asked, node);
    if (bits < 0)
        return FAILED;
    wanted &= Py_TYPE(node) == Directory ? 0x1F : 0x3F & ~(2 | 16);
    c->asked->to = put_uint(put_uint(c->asked->to, wanted), bits & wanted);
    return DONE;
}

static Outcome lookup4(Compound *c)
{
    PyObject *directory = current_directory(c), *node;
    const unsigned char *name;
    uint32_t size;
    Outcome found = directory ? named(c->asked, directory, &name, &size, &node) : LEFT;
    if (found != DONE)
        return found;
    if (!node) {
        c->status = NFS4_NOENT;
        return DONE;
    }
    hold(&c->node, node);
    c->has_stateid = 0;
    return DONE;
}

static Outcome read4(Compound *c)
{
    Asked *asked = c->asked;
    PyObject *node = current_file(c);
    const unsigned char *stateid = node ? stateid_of(c) : NULL;
    uint64_t offset = hyper_of(&asked->words);
    uint32_t count = uint_of(&asked->words);
    int64_t access;
    int strange = 0;
    if (!stateid || asked->words.short_ || count > MOST_HERE || offset > INT64_MAX)
        return LEFT;
    if (c->session) {
        int64_t most = count_in(c->session, session_places[S_MOST_REPLY], &strange) - 256;
        count = most < 0 ? 0 : count < most ? count : (uint32_t)most;
    }
    PyObject *state = io_state(c, stateid, &access);
    if (!state || !(access & SHARE_BOTH) || strange)
        return LEFT;
    if (access & SHARE_READ && asked->uid && asked->uid != number(node, UID, &strange)) {
        int allowed = may(asked, node, MAY_READ | MAY_EXECUTE);
        if (allowed <= 0)
            return allowed ? FAILED : LEFT;
    }
    if (!c->minor && !renew(c, slot(slot(state, open_places[O_OWNER]), owner_places[W_CLIENT])))
        return FAILED;
    PyObject *from = PyLong_FromUnsignedLongLong(offset), *many = PyLong_FromUnsignedLong(count), *data = NULL;
    if (from && many)
        data = PyObject_CallMethodObjArgs(asked->quick->share, str_read, node, from, many, NULL);
    Py_XDECREF(from);
    Py_XDECREF(many);
    if (!data)
        return FAILED;
    Outcome outcome = FAILED;
    if (!PyBytes_Check(data))
        PyErr_SetString(PyExc_TypeError, "what is read is bytes");
    else if (make_room(c, ROOM + PyBytes_GET_SIZE(data))) {
        uint32_t size = (uint32_t)PyBytes_GET_SIZE(data), padded = (size + 3) & ~3u;
        asked->to = put_uint(put_uint(asked->to, offset + size >= (uint64_t)number(node, SIZE, &strange)), size);
        memcpy(asked->to, PyBytes_AS_STRING(data), size);
        memset(asked->to + size, 0, padded - size);
        asked->to += padded;
        outcome = DONE;
    }
    Py_DECREF(data);
    return outcome;
}

/* Whether data may be changed through a stateid, and in ``*opened`` whether by an open; LEFT where Python has to look. */
static Outcome open_to_write(Compound *c, const unsigned char *stateid, int *opened)
{
    static const unsigned char nobody[STATEID];
    PyObject *node = current_file(c);
    int64_t access;
    *opened = memcmp(stateid, nobody, STATEID) != 0;
    if (!node)
        return LEFT;
    if (!*opened) {
        PyObject *free_ = PyObject_CallMethodOneArg(c->asked->quick->version4, str_undenied, node);
        Py_XDECREF(free_);
        return !free_ ? FAILED : free_ == Py_True ? DONE : LEFT;
    }
    PyObject *state = io_state(c, stateid, &access);
    if (!state || !(access & SHARE_WRITE))
        return LEFT;
    if (c->minor)
        return DONE;
    return renew(c, slot(slot(state, open_places[O_OWNER]), owner_places[W_CLIENT])) ? DONE : FAILED;
}

static Outcome write4(Compound *c)
{
    Asked *asked = c->asked;
    PyObject *node = current_file(c);
    const unsigned char *stateid = node ? stateid_of(c) : NULL;
    uint64_t offset = hyper_of(&asked->words);
    uint32_t stable = uint_of(&asked->words), size;
    int strange = 0, opened;
    if (!stateid || asked->words.short_ || stable > 2 || offset > INT64_MAX - (uint64_t)UINT32_MAX)
        return LEFT;
    int allowed = may_write(asked, node);
    if (allowed < 0)
        return FAILED;
    if (!allowed || (asked->uid && number(node, MODE, &strange) & MAY_SET_IDS))
        return LEFT;
    PyObject *data = data_of(asked, &size);
    if (!data)
        return PyErr_Occurred() ? FAILED : LEFT;
    Outcome outcome = open_to_write(c, stateid, &opened);
    int64_t accepted = outcome == DONE ? written(asked, node, offset, data, stable != 0) : 0;
    Py_DECREF(data);
    if (outcome != DONE || accepted < 0)
        return outcome == LEFT ? LEFT : FAILED;
    asked->to = put_uint(put_uint(asked->to, (uint32_t)accepted), stable ? 2 : 0);
    return put_verifier(asked);
}

static Outcome commit4(Compound *c)
{
    PyObject *node = current_file(c);
    uint64_t offset = hyper_of(&c->asked->words);
    uint32_t count = uint_of(&c->asked->words);
    if (!node || c->asked->words.short_ || offset > UINT64_MAX - count)
        return LEFT;
    return settled(c->asked, node, offset, count) ? put_verifier(c->asked) : FAILED;
}

static void put_mask(Asked *asked, const uint32_t mask[2], int many)
{
    asked->to = put_uint(asked->to, many);
    for (int each = 0; each < many; each++)
        asked->to = put_uint(asked->to, mask[each]);
}

static Outcome setattr4(Compound *c)
{
    Asked *asked = c->asked;
    PyObject *node = current(c);
    const unsigned char *stateid = node ? stateid_of(c) : NULL;
    uint32_t mask[2];
    uint64_t length;
    int many, opened = 0;
    PyObject *wanted = stateid ? wanted4(asked, mask, &many, &length) : NULL;
    if (!wanted)
        return PyErr_Occurred() ? FAILED : LEFT;
    Outcome outcome = mask[0] ? open_to_write(c, stateid, &opened) : DONE;
    if (outcome == DONE) {
        PyObject *given[] = {asked->quick->tree, asked->caller, node, wanted, asked->now, Py_True};
        PyObject *done = PyObject_VectorcallMethod(str_setattr, given, 5, opened ? kw_opened : NULL);
        if (done)
            put_mask(asked, mask, many);
        else
            outcome = FAILED;
        Py_XDECREF(done);
    }
    Py_DECREF(wanted);
    return outcome;
}

/* The arguments of an OPEN. */
typedef struct {
    uint32_t access, deny, how; /* how: 0 nothing is created, 1 unchecked, 2 guarded */
    const unsigned char *owner;
    uint32_t owner_size, mask[2];
    uint64_t length; /* to which it is cut */
    int many, refuses;
    PyObject *wanted; /* held; NULL where nothing is created */
} Opening;

/* Read the arguments before the name; LEFT where Python has to look. */
static Outcome opening_of(Compound *c, Opening *told)
{
    Words *words = &c->asked->words;
    uint_of(words); /* a sequence number, which sessions have in its place */
    told->access = uint_of(words), told->deny = uint_of(words);
    hyper_of(words);
    told->owner = opaque_of(words, &told->owner_size);
    told->how = uint_of(words);
    told->refuses = (told->access & WANTS) == WANTS_NONE;
    told->access &= ~WANTS;
    if (!told->owner || told->owner_size > MOST_OWNER || told->how > 1)
        return LEFT;
    if (!told->access || told->access > SHARE_BOTH || told->deny > SHARE_BOTH)
        return LEFT;
    if (told->how) {
        told->how = 1 + uint_of(words);
        if (told->how > 2)
            return LEFT;
        told->wanted = wanted4(c->asked, told->mask, &told->many, &told->length);
        if (!told->wanted)
            return PyErr_Occurred() ? FAILED : LEFT;
    }
    return uint_of(words) || words->short_ ? LEFT : DONE; /* by its name, and no other claim */
}

/* Find or make what is opened, a new reference in ``*node``. */
static Outcome opened_node(Compound *c, PyObject *directory, Opening *told, PyObject **node, int *made)
{
    Asked *asked = c->asked;
    const unsigned char *name;
    uint32_t size;
    PyObject *found;
    Outcome outcome = named(asked, directory, &name, &size, &found);
    if (outcome != DONE)
        return outcome;
    *made = !found;
    if (!found) {
        if (!told->how) {
            c->status = NFS4_NOENT;
            return DONE;
        }
        PyObject *text = PyBytes_FromStringAndSize((const char *)name, size), *result = NULL;
        if (text) {
            PyObject *given[] = {asked->quick->tree, asked->caller, directory, text, told->wanted, asked->now};
            result = PyObject_VectorcallMethod(str_create, given, 6, NULL);
            Py_DECREF(text);
        }
        if (!result)
            return FAILED;
        *node = Py_NewRef(PyTuple_GET_ITEM(result, 0));
        Py_DECREF(result);
        return DONE;
    }
    if (told->how == 2 || Py_TYPE(found) != File)
        return LEFT;
    int wanted = (told->access & SHARE_READ ? MAY_READ : 0) | (told->access & SHARE_WRITE ? MAY_WRITE : 0);
    int has = asked->uid ? may(asked, found, wanted) : wanted;
    if (has != wanted)
        return has < 0 ? FAILED : LEFT;
    *node = Py_NewRef(found);
    return DONE;
}

/* Cut what was opened to nothing; 0 with an exception set. */
static int cut(Asked *asked, PyObject *node)
{
    PyObject *size = PyLong_FromLong(0), *done = NULL;
    PyObject *given[] = {Py_None, Py_None, Py_None, size};
    PyObject *wanted = size ? PyObject_Vectorcall(asked->quick->wanted, given, 4, NULL) : NULL;
    if (wanted) {
        PyObject *more[] = {asked->quick->tree, asked->caller, node, wanted, asked->now, Py_True};
        done = PyObject_VectorcallMethod(str_setattr, more, 5, kw_opened);
    }
    Py_XDECREF(size);
    Py_XDECREF(wanted);
    Py_XDECREF(done);
    return done != NULL;
}

/* Enter the open by Python's rules, and tell of it. */
static Outcome claimed(Compound *c, PyObject *directory, Opening *told, PyObject *node, int made, uint64_t before)
{
    Asked *asked = c->asked;
    PyObject *state = PyObject_CallMethod(asked->quick->version4, "claim", "Oy#OII", c->client, told->owner,
                                          (Py_ssize_t)told->owner_size, node, told->access, told->deny);
    if (!state)
        return FAILED;
    int strange = 0, emptied = !made && told->how == 1 && told->mask[0] && !told->length;
    uint32_t number_ = (uint32_t)count_in(state, open_places[O_SEQUENCE], &strange);
    memcpy(c->stateid + STATEID - OTHER, PyBytes_AS_STRING(slot(state, open_places[O_OTHER])), OTHER);
    Py_DECREF(state);
    put_uint(c->stateid, number_);
    if (emptied && !cut(asked, node))
        return FAILED;
    hold(&c->node, node);
    c->has_stateid = 1;
    memcpy(asked->to, c->stateid, STATEID);
    unsigned char *to = put_hyper(put_uint(asked->to + STATEID, 1), before);
    asked->to = put_uint(put_hyper(to, (uint64_t)number(directory, CHANGE, &strange)), 4);
    uint32_t size_only[2] = {1u << A_SIZE, 0};
    if (made)
        put_mask(asked, told->mask, told->many);
    else
        put_mask(asked, size_only, emptied ? 1 : 0);
    asked->to = told->refuses ? put_uint(put_uint(asked->to, 3), 0) : put_uint(asked->to, 0);
    return DONE;
}

static Outcome open4(Compound *c)
{
    PyObject *directory = current_directory(c), *node = NULL;
    Opening told = {.wanted = NULL};
    int made, strange = 0;
    if (!c->minor || !c->client || Py_TYPE(c->client) != Client || !directory ||
        slot(c->client, client_places[C_RECLAIMED]) != Py_True)
        return LEFT;
    uint64_t before = (uint64_t)number(directory, CHANGE, &strange);
    PyObject *held = Py_NewRef(directory);
    unsigned char former[STATEID];
    memcpy(former, c->stateid, STATEID);
    Outcome outcome = strange ? LEFT : opening_of(c, &told);
    if (outcome == DONE)
        outcome = opened_node(c, directory, &told, &node, &made);
    if (node && Py_TYPE(node) == File) {
        outcome = claimed(c, directory, &told, node, made, before);
        if (outcome != DONE)
            memcpy(c->stateid, former, STATEID);
    } else if (node) {
        PyErr_SetString(PyExc_TypeError, "what is made is a file");
        outcome = FAILED;
    }
    Py_XDECREF(node);
    Py_XDECREF(told.wanted);
    Py_DECREF(held);
    return outcome;
}

static Outcome close4(Compound *c)
{
    Asked *asked = c->asked;
    uint_of(&asked->words);
    const unsigned char *stateid = c->node ? stateid_of(c) : NULL;
    PyObject *state = c->minor && stateid ? open_of(c, stateid) : NULL;
    if (!state)
        return LEFT;
    PyObject *done = PyObject_CallMethodOneArg(asked->quick->version4, str_closed, state);
    if (!done)
        return FAILED;
    Py_DECREF(done);
    c->has_stateid = 0;
    memset(asked->to, 0xFF, 4);
    memset(asked->to + 4, 0, OTHER);
    asked->to += STATEID;
    return DONE;
}

static Outcome plainly(Compound *c)
{
    if (c->minor && !c->session && c->operation != OP_SEQUENCE)
        return LEFT;
    switch (c->operation) {
    case OP_ACCESS: return access4(c);
    case OP_CLOSE: return close4(c);
    case OP_COMMIT: return commit4(c);
    case OP_GETATTR: return getattr4(c);
    case OP_GETFH: return getfh(c);
    case OP_LOOKUP: return lookup4(c);
    case OP_OPEN: return open4(c);
    case OP_PUTFH: return putfh(c);
    case OP_PUTROOTFH: return putrootfh(c);
    case OP_READ: return read4(c);
    case OP_RESTOREFH: return restorefh(c);
    case OP_SAVEFH: return savefh(c);
    case OP_SETATTR: return setattr4(c);
    case OP_WRITE: return write4(c);
    case OP_SEQUENCE: return sequence(c);
    }
    return LEFT;
}

#endif
