/* devicesim.endpoints.nfs.compiled: the calls of NFSv3 that clients make most, answered without the interpreter.
 *
 * Each gives the bytes that ../service.py and ../v3.py give, which say why; whatever is not plain is left to them: a
 * Quick then answers None, having done nothing. What changes the share goes through its Python verbs.
 */

#include "nodes.h"

enum { GETATTR = 1, SETATTR = 2, LOOKUP = 3, ACCESS = 4, WRITE = 7, CREATE = 8, COMMIT = 21 };
enum { MAY_READ = 4, MAY_WRITE = 2, MAY_EXECUTE = 1 };

#define HANDLE 16
#define SHIFT 40 /* inode numbers from 2**40 on are those of collections */
#define MOST_AUTH 400
#define MOST_CALLERS 1024
#define HEAD 24 /* bytes of an accepted reply before the result */
#define KEY_BYTES 512
#define MOST_REPLY 512

typedef struct {
    PyObject_HEAD
    PyObject *tree, *share, *nodes, *overlays, *callers;
    PyObject *caller_of, *refused, *find, *keep, *crc32, *wanted;
    unsigned char signature[4];
    int64_t epoch;
} Quick;

static PyObject *ShareError;
static PyObject *str_uid, *str_gid, *str_groups, *str_name, *str_unlisted, *str_verifier, *str_write, *str_create,
    *str_setattr, *str_mark_stable, *str_limits, *str_name_bytes, *str_errno, *kw_stable, *kw_guarded;

/* One call under way. */
typedef struct {
    Quick *quick;
    PyObject *record, *connection, *now, *caller; /* borrowed */
    Words words; /* the arguments that are left */
    const unsigned char *start; /* of the record */
    int64_t uid;
    unsigned char reply[MOST_REPLY];
    unsigned char *to; /* where the reply goes on */
} Asked;

/* What an operation has come to. */
typedef enum { DONE, LEFT, FAILED } Outcome; /* FAILED with an exception set */

static int64_t attribute_number(PyObject *object, PyObject *name)
{
    PyObject *value = PyObject_GetAttr(object, name);
    int64_t found = value ? PyLong_AsLongLong(value) : -1;
    Py_XDECREF(value);
    return found;
}

/* Who calls, borrowed; NULL where Python has to look. */
static PyObject *caller_of(Quick *quick, uint32_t flavor, const unsigned char *body, uint32_t size)
{
    if (flavor != 1)
        return NULL;
    PyObject *key = PyBytes_FromStringAndSize((const char *)body, size);
    if (!key)
        return NULL;
    PyObject *known = PyDict_GetItemWithError(quick->callers, key);
    if (!known && !PyErr_Occurred()) {
        PyObject *number_ = PyLong_FromLong(flavor);
        PyObject *made = number_ ? PyObject_CallFunctionObjArgs(quick->caller_of, number_, key, NULL) : NULL;
        Py_XDECREF(number_);
        if (made) {
            if (PyDict_GET_SIZE(quick->callers) >= MOST_CALLERS)
                PyDict_Clear(quick->callers);
            if (!PyDict_SetItem(quick->callers, key, made))
                known = made;
            Py_DECREF(made); /* the dictionary has it */
        }
    }
    Py_DECREF(key);
    return known;
}

/* Those of the wanted bits that the caller has; -1 with an exception set. */
static int may(Asked *asked, PyObject *node, int wanted)
{
    int strange = 0;
    int64_t mode = number(node, MODE, &strange);
    if (asked->uid == 0)
        return mode & 0111 || Py_TYPE(node) == Directory ? wanted : wanted & ~MAY_EXECUTE;
    if (asked->uid == number(node, UID, &strange))
        return (int)(mode >> 6) & wanted;
    int64_t gid = attribute_number(asked->caller, str_gid);
    if (gid == -1 && PyErr_Occurred())
        return -1;
    if (gid == number(node, GID, &strange))
        return (int)(mode >> 3) & wanted;
    PyObject *groups = PyObject_GetAttr(asked->caller, str_groups);
    int belongs = groups ? PySequence_Contains(groups, slot(node, node_places[GID])) : -1;
    Py_XDECREF(groups);
    return belongs < 0 ? -1 : (int)(belongs ? mode >> 3 : mode) & wanted;
}

/* Whether the caller may change a file's data: 1, 0, or -1 with an exception set. */
static int may_write(Asked *asked, PyObject *node)
{
    int strange = 0;
    return asked->uid == 0 || asked->uid == number(node, UID, &strange) ? 1 : may(asked, node, MAY_WRITE);
}

/* The file or directory of the next handle, borrowed; NULL where it is not plainly one. */
static PyObject *node_of(Asked *asked)
{
    Words *words = &asked->words;
    uint32_t size;
    const unsigned char *handle = opaque_of(words, &size);
    if (!handle || size != HANDLE || memcmp(handle, asked->quick->signature, 4))
        return NULL;
    uint64_t fileid = (uint64_t)word_at(handle + 4) << 32 | word_at(handle + 8);
    if (fileid >> SHIFT || fileid >= (uint64_t)PyList_GET_SIZE(asked->quick->nodes))
        return NULL;
    PyObject *node = PyList_GET_ITEM(asked->quick->nodes, (Py_ssize_t)fileid);
    int strange = 0;
    if (!is_plain(node) || number(node, GENERATION, &strange) != (int64_t)word_at(handle + 12) || strange)
        return NULL;
    return number(node, NLINK, &strange) ? node : NULL;
}

static PyObject *directory_of(Asked *asked)
{
    PyObject *node = node_of(asked);
    return node && Py_TYPE(node) == Directory ? node : NULL;
}

/* The next argument as a name that no rule forbids; NULL where Python has to look. */
static const unsigned char *name_of(Asked *asked, uint32_t *size)
{
    const unsigned char *name = opaque_of(&asked->words, size);
    if (!name || !*size || *size > 255 || (name[0] == '.' && (*size == 1 || (*size == 2 && name[1] == '.'))))
        return NULL;
    for (uint32_t at = 0; at < *size; at++)
        if (!name[at] || name[at] >= 0x80 || name[at] == '/')
            return NULL;
    PyObject *limits = PyObject_GetAttr(asked->quick->share, str_limits);
    int64_t most = limits ? attribute_number(limits, str_name_bytes) : -1;
    Py_XDECREF(limits);
    PyErr_Clear();
    return most >= (int64_t)*size ? name : NULL;
}

/* Attributes of any node, behind the word that says that they follow. */
static Outcome tell(Asked *asked, PyObject *node)
{
    unsigned char *to = is_plain(node) ? put_attributes(asked->to, node, asked->quick->epoch) : NULL;
    if (!to)
        return LEFT;
    asked->to = to;
    return DONE;
}

static Outcome tell_before(Asked *asked, PyObject *node)
{
    unsigned char *to = put_before(asked->to, node, asked->quick->epoch);
    if (!to)
        return LEFT;
    asked->to = to;
    return DONE;
}

/* Whether attributes can be told, so that nothing is done whose result could not be. */
static int can_tell(Asked *asked, PyObject *node)
{
    unsigned char *to = asked->to;
    int able = tell(asked, node) == DONE;
    asked->to = to;
    return able;
}

static void put_handle(Asked *asked, PyObject *node)
{
    int strange = 0;
    unsigned char *to = put_uint(asked->to, HANDLE);
    memcpy(to, asked->quick->signature, 4);
    to = put_hyper(to + 4, (uint64_t)number(node, FILEID, &strange));
    asked->to = put_uint(to, (uint32_t)number(node, GENERATION, &strange));
}

static Outcome put_verifier(Asked *asked)
{
    PyObject *verifier = PyObject_GetAttr(asked->quick->share, str_verifier);
    if (!verifier)
        return FAILED;
    int whole = PyBytes_Check(verifier) && PyBytes_GET_SIZE(verifier) == 8;
    if (whole) {
        memcpy(asked->to, PyBytes_AS_STRING(verifier), 8);
        asked->to += 8;
    } else
        PyErr_SetString(PyExc_ValueError, "a verifier is 8 bytes");
    Py_DECREF(verifier);
    return whole ? DONE : FAILED;
}

static Outcome getattr_(Asked *asked)
{
    PyObject *node = node_of(asked);
    if (!node)
        return LEFT;
    unsigned char *start = asked->to;
    asked->to -= 4; /* the word that says that attributes follow is where the status belongs */
    Outcome outcome = tell(asked, node);
    put_uint(start - 4, 0);
    return outcome;
}

/* Whether looking for a name in a directory changes nothing and finds everything: 1, 0, or -1 with an exception. */
static int is_listed(Asked *asked, PyObject *directory)
{
    PyObject *bucket = slot(directory, node_places[BUCKET]);
    if (!bucket || bucket == Py_None)
        return 0;
    PyObject *name = PyObject_GetAttr(bucket, str_name);
    PyObject *overlay = name ? PyDict_GetItemWithError(asked->quick->overlays, name) : NULL;
    PyObject *unlisted = overlay ? PyObject_GetAttr(overlay, str_unlisted) : NULL;
    int listed = unlisted ? !PyObject_IsTrue(unlisted) : PyErr_Occurred() ? -1 : 0;
    Py_XDECREF(name);
    Py_XDECREF(unlisted);
    return listed;
}

static Outcome lookup(Asked *asked)
{
    PyObject *directory = directory_of(asked);
    uint32_t size;
    const unsigned char *name = directory ? name_of(asked, &size) : NULL;
    if (!name)
        return LEFT;
    int allowed = asked->uid ? may(asked, directory, MAY_EXECUTE) : 1;
    int listed = allowed > 0 ? is_listed(asked, directory) : 0;
    if (allowed < 0 || listed < 0)
        return FAILED;
    if (!allowed || !listed)
        return LEFT;
    PyObject *text = PyUnicode_DecodeASCII((const char *)name, size, NULL);
    if (!text)
        return FAILED;
    PyObject *entries = slot(slot(directory, directory_places[ENTRIES]), nodes_place);
    PyObject *node = PyDict_GetItemWithError(entries, text);
    Py_DECREF(text);
    if (!node) {
        if (PyErr_Occurred())
            return FAILED;
        if (slot(directory, directory_places[FIXED]) != Py_False)
            return LEFT; /* a file of a collection, perhaps */
        put_uint(asked->to - 4, 2); /* NOENT */
        asked->to = put_uint(asked->to, 0);
        return DONE;
    }
    if (!is_plain(node))
        return LEFT;
    put_handle(asked, node);
    return tell(asked, node) == DONE ? tell(asked, directory) : LEFT;
}

static Outcome access_(Asked *asked)
{
    PyObject *node = node_of(asked);
    uint32_t wanted = uint_of(&asked->words), bits;
    if (!node || asked->words.short_)
        return LEFT;
    int has = may(asked, node, MAY_READ | MAY_WRITE | MAY_EXECUTE);
    if (has < 0)
        return FAILED;
    bits = has & MAY_READ ? 1 : 0;
    if (Py_TYPE(node) == Directory) {
        bits |= has & MAY_WRITE && slot(node, node_places[BUCKET]) != Py_None ? 4 | 8 | 16 : 0;
        bits |= has & MAY_EXECUTE ? 2 : 0;
    } else {
        bits |= has & MAY_WRITE ? 4 | 8 : 0;
        bits |= has & MAY_EXECUTE ? 32 : 0;
    }
    if (tell(asked, node) != DONE)
        return LEFT;
    asked->to = put_uint(asked->to, bits & wanted);
    return DONE;
}

static Outcome write_(Asked *asked)
{
    PyObject *node = node_of(asked), *done = NULL;
    Words *words = &asked->words;
    uint64_t offset = hyper_of(words);
    uint32_t count = uint_of(words), stable = uint_of(words), size;
    const unsigned char *data = opaque_of(words, &size);
    if (!node || Py_TYPE(node) != File || !data || size != count || stable > 2 || offset > INT64_MAX - (uint64_t)count)
        return LEFT;
    int allowed = may_write(asked, node), strange = 0;
    if (allowed < 0)
        return FAILED;
    if (!allowed || (asked->uid && number(node, MODE, &strange) & 06000) || !can_tell(asked, node))
        return LEFT;
    if (tell_before(asked, node) != DONE)
        return LEFT;
    PyObject *place = PyLong_FromUnsignedLongLong(offset);
    PyObject *part = PySequence_GetSlice(asked->record, data - asked->start, data - asked->start + size);
    if (place && part) {
        PyObject *given[] = {asked->quick->share, node, place, part, asked->now, stable ? Py_True : Py_False};
        done = PyObject_VectorcallMethod(str_write, given, 5, kw_stable);
    }
    Py_XDECREF(place);
    Py_XDECREF(part);
    if (!done)
        return FAILED;
    uint64_t accepted = PyLong_AsUnsignedLongLong(done);
    Py_DECREF(done);
    if (PyErr_Occurred() || tell(asked, node) != DONE)
        return FAILED;
    asked->to = put_uint(put_uint(asked->to, (uint32_t)accepted), stable ? 2 : 0);
    return put_verifier(asked);
}

static Outcome commit(Asked *asked)
{
    PyObject *node = node_of(asked), *done = NULL;
    uint64_t offset = hyper_of(&asked->words);
    uint32_t count = uint_of(&asked->words);
    if (!node || Py_TYPE(node) != File || asked->words.short_)
        return LEFT;
    int allowed = may_write(asked, node);
    if (allowed < 0)
        return FAILED;
    if (!allowed || !can_tell(asked, node) || tell_before(asked, node) != DONE)
        return LEFT;
    PyObject *from = PyLong_FromUnsignedLongLong(offset), *many = PyLong_FromUnsignedLong(count);
    if (from && many)
        done = PyObject_CallMethodObjArgs(asked->quick->share, str_mark_stable, node, from, many, NULL);
    Py_XDECREF(from);
    Py_XDECREF(many);
    if (!done)
        return FAILED;
    Py_DECREF(done);
    return tell(asked, node) == DONE ? put_verifier(asked) : FAILED;
}

/* sattr3 as a Wanted, a new reference; NULL without an exception where Python has to look. */
static PyObject *wanted_of(Asked *asked)
{
    PyObject *given[8];
    Words *words = &asked->words;
    int many = 0, odd = 0;
    for (; many < 4; many++) {
        uint32_t follows = uint_of(words);
        odd |= follows > 1;
        if (!follows) {
            given[many] = Py_None;
            Py_INCREF(Py_None);
        } else
            given[many] = PyLong_FromUnsignedLongLong(many == 3 ? hyper_of(words) : uint_of(words));
    }
    for (int each = 0; each < 2; each++, many++) {
        uint32_t how = uint_of(words);
        odd |= how > 2;
        given[6 + each] = how == 1 ? Py_True : Py_False;
        Py_INCREF(given[6 + each]);
        given[4 + each] = Py_None;
        if (how == 2) {
            uint32_t seconds = uint_of(words), rest = uint_of(words);
            given[4 + each] = PyLong_FromLongLong((int64_t)(seconds * (uint64_t)SECOND + rest) - asked->quick->epoch);
        } else
            Py_INCREF(Py_None);
    }
    PyObject *made = NULL;
    int whole = 1;
    for (int each = 0; each < 8; each++)
        whole &= given[each] != NULL;
    if (whole && !odd && !words->short_)
        made = PyObject_Vectorcall(asked->quick->wanted, given, 8, NULL);
    for (int each = 0; each < 8; each++)
        Py_XDECREF(given[each]);
    return made;
}

static Outcome setattr_(Asked *asked)
{
    PyObject *node = node_of(asked);
    PyObject *wanted = node ? wanted_of(asked) : NULL;
    if (!wanted)
        return PyErr_Occurred() ? FAILED : LEFT;
    Outcome outcome = LEFT;
    if (!uint_of(&asked->words) && !asked->words.short_ && can_tell(asked, node) && tell_before(asked, node) == DONE) {
        PyObject *done = PyObject_CallMethodObjArgs(
            asked->quick->tree, str_setattr, asked->caller, node, wanted, asked->now, NULL);
        outcome = done && tell(asked, node) == DONE ? DONE : FAILED;
        Py_XDECREF(done);
    }
    Py_DECREF(wanted);
    return outcome;
}

static Outcome create(Asked *asked)
{
    PyObject *directory = directory_of(asked), *wanted = NULL, *text = NULL, *made = NULL;
    uint32_t size;
    const unsigned char *name = directory ? name_of(asked, &size) : NULL;
    uint32_t how = uint_of(&asked->words);
    if (!name || asked->words.short_ || how > 1 || !can_tell(asked, directory))
        return LEFT;
    wanted = wanted_of(asked);
    if (!wanted)
        return PyErr_Occurred() ? FAILED : LEFT;
    unsigned char earlier[BEFORE], *to = put_before(earlier, directory, asked->quick->epoch);
    text = to ? PyBytes_FromStringAndSize((const char *)name, size) : NULL;
    if (text) {
        PyObject *given[] = {asked->quick->tree, asked->caller, directory, text, wanted, asked->now,
                             how ? Py_True : Py_False};
        made = PyObject_VectorcallMethod(str_create, given, 6, kw_guarded);
    }
    Py_DECREF(wanted);
    Py_XDECREF(text);
    if (!made)
        return PyErr_Occurred() ? FAILED : LEFT;
    PyObject *node = PyTuple_Check(made) && PyTuple_GET_SIZE(made) == 2 ? PyTuple_GET_ITEM(made, 0) : NULL;
    Outcome outcome = FAILED;
    if (node && is_plain(node)) {
        asked->to = put_uint(asked->to, 1);
        put_handle(asked, node);
        if (tell(asked, node) == DONE) {
            memcpy(asked->to, earlier, BEFORE);
            asked->to += BEFORE;
            outcome = tell(asked, directory) == DONE ? DONE : FAILED;
        }
    } else if (node)
        outcome = LEFT; /* it was there already, in a collection: finding it changed nothing */
    Py_DECREF(made);
    return outcome;
}

/* The result of a procedure that the share refused, a new reference; NULL with an exception set. */
static PyObject *refusal(Asked *asked, uint32_t procedure)
{
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_OverflowError, "attributes beyond 64 bits");
    if (!PyErr_ExceptionMatches(ShareError))
        return NULL;
    PyObject *kind, *error, *trace, *result = NULL;
    PyErr_Fetch(&kind, &error, &trace);
    PyErr_NormalizeException(&kind, &error, &trace);
    PyObject *code = PyObject_GetAttr(error, str_errno), *which = PyLong_FromUnsignedLong(procedure);
    if (code && which)
        result = PyObject_CallFunctionObjArgs(asked->quick->refused, which, code, NULL);
    Py_XDECREF(code);
    Py_XDECREF(which);
    Py_XDECREF(kind);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    if (result && !PyBytes_Check(result)) {
        Py_DECREF(result);
        PyErr_SetString(PyExc_TypeError, "a refusal is bytes");
        return NULL;
    }
    return result;
}

/* What names a call that comes a second time, as service.py's _key; a new reference. */
static PyObject *key_of(Asked *asked, PyObject *host, uint32_t xid, uint32_t procedure)
{
    Py_ssize_t size = asked->words.end - asked->start;
    PyObject *part = PySequence_GetSlice(asked->record, 0, size < KEY_BYTES ? size : KEY_BYTES);
    PyObject *digest = part ? PyObject_CallOneArg(asked->quick->crc32, part) : NULL;
    Py_XDECREF(part);
    return digest ? Py_BuildValue("(OIIN)", host, xid, procedure, digest) : NULL;
}

/* The whole reply from the words of its head and its result. */
static PyObject *reply_of(Asked *asked, PyObject *result)
{
    Py_ssize_t size = result ? PyBytes_GET_SIZE(result) : asked->to - asked->reply - HEAD;
    PyObject *reply = PyBytes_FromStringAndSize(NULL, HEAD + size);
    if (reply) {
        char *to = PyBytes_AS_STRING(reply);
        memcpy(to, asked->reply, HEAD);
        memcpy(to + HEAD, result ? PyBytes_AS_STRING(result) : (char *)asked->reply + HEAD, size);
    }
    return reply;
}

/* Do a call that must not be done twice, or give the answer of the first time. */
static PyObject *once(Asked *asked, PyObject *host, uint32_t xid, uint32_t procedure)
{
    PyObject *reply = NULL, *result = NULL;
    PyObject *key = key_of(asked, host, xid, procedure);
    PyObject *kept = key ? PyObject_CallFunctionObjArgs(asked->quick->find, key, asked->connection, NULL) : NULL;
    if (!kept)
        goto end;
    if (kept != Py_None) {
        Py_INCREF(Py_None);
        reply = Py_None; /* Python gives it */
        goto end;
    }
    Outcome outcome = procedure == CREATE ? create(asked) : setattr_(asked);
    if (outcome == LEFT) {
        Py_INCREF(Py_None);
        reply = Py_None;
        goto end;
    }
    if (outcome == FAILED)
        result = refusal(asked, procedure);
    else
        result = PyBytes_FromStringAndSize((char *)asked->reply + HEAD, asked->to - asked->reply - HEAD);
    PyObject *parts = result ? PyTuple_Pack(1, result) : NULL;
    if (parts) {
        PyObject *done = PyObject_CallFunctionObjArgs(asked->quick->keep, key, asked->connection, parts, NULL);
        if (done)
            reply = reply_of(asked, result);
        Py_XDECREF(done);
        Py_DECREF(parts);
    }
end:
    Py_XDECREF(result);
    Py_XDECREF(key);
    Py_XDECREF(kept);
    return reply;
}

/* Read the head of a call: its procedure, or 0 where Python has to look. */
static uint32_t begun(Asked *asked, uint32_t *xid)
{
    Words *words = &asked->words;
    *xid = uint_of(words);
    uint32_t kind = uint_of(words), rpc = uint_of(words), program = uint_of(words), version = uint_of(words);
    uint32_t procedure = uint_of(words), flavor = uint_of(words), size, none;
    const unsigned char *credential = opaque_of(words, &size);
    uint_of(words);
    const unsigned char *verifier = opaque_of(words, &none);
    if (!credential || !verifier || kind || rpc != 2 || program != 100003 || version != 3 || size > MOST_AUTH ||
        none > MOST_AUTH || procedure > COMMIT)
        return 0;
    if (!(1 << procedure & (1 << GETATTR | 1 << SETATTR | 1 << LOOKUP | 1 << ACCESS | 1 << WRITE | 1 << CREATE |
                            1 << COMMIT)))
        return 0;
    asked->caller = caller_of(asked->quick, flavor, credential, size);
    if (asked->caller)
        asked->uid = attribute_number(asked->caller, str_uid);
    if (!asked->caller || PyErr_Occurred()) {
        PyErr_Clear();
        return 0;
    }
    return procedure;
}

static PyObject *answered(Asked *asked, PyObject *host)
{
    uint32_t xid, procedure = begun(asked, &xid);
    if (!procedure)
        Py_RETURN_NONE;
    memset(asked->reply, 0, HEAD + 4);
    put_uint(put_uint(asked->reply, xid), 1);
    asked->to = asked->reply + HEAD + 4;
    if (procedure == SETATTR || procedure == CREATE)
        return once(asked, host, xid, procedure);
    Outcome outcome = LEFT;
    switch (procedure) {
    case GETATTR: outcome = getattr_(asked); break;
    case LOOKUP: outcome = lookup(asked); break;
    case ACCESS: outcome = access_(asked); break;
    case WRITE: outcome = write_(asked); break;
    case COMMIT: outcome = commit(asked); break;
    }
    if (outcome == LEFT)
        Py_RETURN_NONE;
    if (outcome == DONE)
        return reply_of(asked, NULL);
    PyObject *result = refusal(asked, procedure);
    PyObject *reply = result ? reply_of(asked, result) : NULL;
    Py_XDECREF(result);
    return reply;
}

PyDoc_STRVAR(answer_doc, "answer(record, connection, host, now)\n--\n\n"
                         "The reply to a call, or None where nothing was done and Python has to answer.");

static PyObject *quick_answer(Quick *quick, PyObject *const *given, Py_ssize_t many)
{
    if (many != 4) {
        PyErr_SetString(PyExc_TypeError, "answer takes a record, a connection, a host and a time");
        return NULL;
    }
    Py_buffer buffer;
    if (PyObject_GetBuffer(given[0], &buffer, PyBUF_SIMPLE))
        return NULL;
    const unsigned char *start = buffer.buf;
    Asked asked = {.quick = quick, .record = given[0], .connection = given[1], .now = given[3], .start = start,
                   .words = {start, start + buffer.len, 0}};
    PyObject *reply = answered(&asked, given[2]);
    PyBuffer_Release(&buffer);
    return reply;
}

static int quick_traverse(Quick *quick, visitproc visit, void *arg)
{
    PyObject **held[] = {&quick->tree, &quick->share, &quick->nodes, &quick->overlays, &quick->callers,
                         &quick->caller_of, &quick->refused, &quick->find, &quick->keep, &quick->crc32,
                         &quick->wanted};
    for (size_t each = 0; each < sizeof held / sizeof *held; each++)
        Py_VISIT(*held[each]);
    return 0;
}

static int quick_clear(Quick *quick)
{
    PyObject **held[] = {&quick->tree, &quick->share, &quick->nodes, &quick->overlays, &quick->callers,
                         &quick->caller_of, &quick->refused, &quick->find, &quick->keep, &quick->crc32,
                         &quick->wanted};
    for (size_t each = 0; each < sizeof held / sizeof *held; each++)
        Py_CLEAR(*held[each]);
    return 0;
}

static void quick_dealloc(Quick *quick)
{
    PyObject_GC_UnTrack(quick);
    quick_clear(quick);
    Py_TYPE(quick)->tp_free(quick);
}

static PyObject *quick_new(PyTypeObject *type, PyObject *positional, PyObject *named)
{
    static char *words[] = {"tree", "share", "nodes", "overlays", "signature", "epoch_ns", "caller_of", "refused",
                            "find", "keep", "crc32", "wanted", NULL};
    PyObject *tree, *share, *nodes, *overlays, *caller, *refused, *find, *keep, *crc32, *wanted;
    const char *signature;
    Py_ssize_t size;
    long long epoch;
    if (!PyArg_ParseTupleAndKeywords(positional, named, "OOO!O!y#LOOOOOO:Quick", words, &tree, &share, &PyList_Type,
                                     &nodes, &PyDict_Type, &overlays, &signature, &size, &epoch, &caller, &refused,
                                     &find, &keep, &crc32, &wanted))
        return NULL;
    if (size != 4) {
        PyErr_SetString(PyExc_ValueError, "a signature is 4 bytes");
        return NULL;
    }
    Quick *quick = (Quick *)type->tp_alloc(type, 0);
    if (!quick)
        return NULL;
    memcpy(quick->signature, signature, 4);
    quick->epoch = epoch;
    quick->tree = Py_NewRef(tree), quick->share = Py_NewRef(share), quick->nodes = Py_NewRef(nodes);
    quick->overlays = Py_NewRef(overlays), quick->caller_of = Py_NewRef(caller), quick->refused = Py_NewRef(refused);
    quick->find = Py_NewRef(find), quick->keep = Py_NewRef(keep), quick->crc32 = Py_NewRef(crc32);
    quick->wanted = Py_NewRef(wanted);
    quick->callers = PyDict_New();
    if (!quick->callers) {
        Py_DECREF(quick);
        return NULL;
    }
    return (PyObject *)quick;
}

static PyMethodDef quick_methods[] = {
    {"answer", (PyCFunction)(void (*)(void))quick_answer, METH_FASTCALL, answer_doc},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject QuickType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "devicesim.endpoints.nfs.compiled.Quick",
    .tp_doc = "Answers the plain calls of NFSv3 for one run of a device.",
    .tp_basicsize = sizeof(Quick),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = quick_new,
    .tp_dealloc = (destructor)quick_dealloc,
    .tp_traverse = (traverseproc)quick_traverse,
    .tp_clear = (inquiry)quick_clear,
    .tp_methods = quick_methods,
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "compiled", .m_doc = "The plain calls of NFSv3 in C.", .m_size = -1};

/* The types of a share's nodes, and where they keep what. */
static int learn(void)
{
    PyObject *nodes = PyImport_ImportModule("devicesim.device.share.nodes");
    PyObject *limits = PyImport_ImportModule("devicesim.device.share.limits");
    PyObject *entries = nodes ? PyObject_GetAttrString(nodes, "Entries") : NULL;
    int learnt = 0;
    if (!entries || !limits)
        goto end;
    File = (PyTypeObject *)PyObject_GetAttrString(nodes, "File");
    Directory = (PyTypeObject *)PyObject_GetAttrString(nodes, "Directory");
    ShareError = PyObject_GetAttrString(limits, "ShareError");
    if (!File || !Directory || !ShareError)
        goto end;
    for (int each = 0; each < NODE_SLOTS; each++)
        if ((node_places[each] = place_of((PyObject *)File, NODE_NAMES[each])) < 0)
            goto end;
    for (int each = 0; each < DIRECTORY_SLOTS; each++)
        if ((directory_places[each] = place_of((PyObject *)Directory, DIRECTORY_NAMES[each])) < 0)
            goto end;
    learnt = (nodes_place = place_of(entries, "nodes")) >= 0;
end:
    Py_XDECREF(nodes);
    Py_XDECREF(limits);
    Py_XDECREF(entries);
    return learnt;
}

static int intern(void)
{
    struct {
        PyObject **to;
        const char *text;
    } const names[] = {
        {&str_uid, "uid"}, {&str_gid, "gid"}, {&str_groups, "groups"}, {&str_name, "name"},
        {&str_unlisted, "unlisted"}, {&str_verifier, "verifier"}, {&str_write, "write"}, {&str_create, "create"},
        {&str_setattr, "setattr"}, {&str_mark_stable, "mark_stable"}, {&str_limits, "limits"},
        {&str_name_bytes, "name_bytes"}, {&str_errno, "errno"},
    };
    for (size_t each = 0; each < sizeof names / sizeof *names; each++)
        if (!(*names[each].to = PyUnicode_InternFromString(names[each].text)))
            return 0;
    kw_stable = Py_BuildValue("(s)", "stable");
    kw_guarded = Py_BuildValue("(s)", "guarded");
    return kw_stable && kw_guarded;
}

PyMODINIT_FUNC PyInit_compiled(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module && (!learn() || !intern() || PyModule_AddType(module, &QuickType)))
        Py_CLEAR(module);
    return module;
}
