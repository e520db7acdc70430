/* One call under way: who calls, what he may, which node he means. What versions 3 and 4 have in common. */

#ifndef CALLS_H
#define CALLS_H

#include "nodes.h"

enum { MAY_READ = 4, MAY_WRITE = 2, MAY_EXECUTE = 1 };
enum { MAY_SET_IDS = 06000 };

#define HANDLE 16
#define SHIFT 40 /* inode numbers from 2**40 on are those of collections */
#define MOST_CALLERS 1024
#define HEAD 24 /* bytes of an accepted reply before the result */
#define KEY_BYTES 512

typedef struct {
    PyObject_HEAD
    PyObject *tree, *share, *nodes, *overlays, *callers;
    PyObject *caller_of, *refused, *find, *keep, *crc32, *wanted;
    PyObject *version4, *clients, *sessions, *states, *pseudo, *plans[2];
    PyObject *weights, *once;
    unsigned char signature[4];
    int64_t epoch;
} Quick;

static PyObject *str_uid, *str_gid, *str_groups, *str_name, *str_unlisted, *str_verifier, *str_write, *str_create,
    *str_setattr, *str_mark_stable, *str_limits, *str_name_bytes, *str_errno, *kw_stable, *kw_guarded;

/* One call under way. */
typedef struct {
    Quick *quick;
    PyObject *record, *connection, *host, *now, *caller; /* borrowed */
    PyObject *beside; /* data that came beside the record, borrowed; NULL if there are none */
    const unsigned char *place; /* where in the record they would begin */
    uint32_t many; /* how many bytes */
    Words words; /* the arguments that are left */
    const unsigned char *start; /* of the record */
    int64_t uid;
    uint32_t xid;
    unsigned char *reply, *to; /* of a reply the beginning, and where it goes on */
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

/* The node of the next name in a directory, borrowed: LEFT where Python has to look, or DONE with NULL for none. */
static Outcome named(Asked *asked, PyObject *directory, const unsigned char **name, uint32_t *size, PyObject **node)
{
    *name = name_of(asked, size);
    if (!*name)
        return LEFT;
    int allowed = asked->uid ? may(asked, directory, MAY_EXECUTE) : 1;
    int listed = allowed > 0 ? is_listed(asked, directory) : 0;
    if (allowed < 0 || listed < 0)
        return FAILED;
    if (!allowed || !listed)
        return LEFT;
    PyObject *text = PyUnicode_DecodeASCII((const char *)*name, *size, NULL);
    if (!text)
        return FAILED;
    *node = PyDict_GetItemWithError(slot(slot(directory, directory_places[ENTRIES]), nodes_place), text);
    Py_DECREF(text);
    if (!*node && PyErr_Occurred())
        return FAILED;
    /* Not there, or a file of a collection, perhaps. */
    return *node || slot(directory, directory_places[FIXED]) == Py_False ? DONE : LEFT;
}

/* Those of the bits of ACCESS that the caller has; -1 with an exception set. */
static int granted(Asked *asked, PyObject *node)
{
    int has = may(asked, node, MAY_READ | MAY_WRITE | MAY_EXECUTE);
    if (has < 0)
        return -1;
    int bits = has & MAY_READ ? 1 : 0;
    if (Py_TYPE(node) == Directory) {
        bits |= has & MAY_WRITE && slot(node, node_places[BUCKET]) != Py_None ? 4 | 8 | 16 : 0;
        return bits | (has & MAY_EXECUTE ? 2 : 0);
    }
    bits |= has & MAY_WRITE ? 4 | 8 : 0;
    return bits | (has & MAY_EXECUTE ? 32 : 0);
}

/* The data of a WRITE, which come next, lent; NULL where they are not all there, or with an exception set. */
static PyObject *data_of(Asked *asked, uint32_t *size)
{
    Words *words = &asked->words;
    const unsigned char *start = words->at + 4;
    if (asked->beside && start == asked->place && there(words, 4) && word_at(words->at) == asked->many) {
        *size = asked->many;
        if (!there(words, 4 + (-asked->many & 3)))
            return NULL;
        words->at = start + (-asked->many & 3);
        return Py_NewRef(asked->beside);
    }
    const unsigned char *data = opaque_of(words, size);
    return data ? PySequence_GetSlice(asked->record, data - asked->start, data - asked->start + *size) : NULL;
}

/* Write by the share's verb: how many bytes were accepted, or -1 with an exception set. */
static int64_t written(Asked *asked, PyObject *node, uint64_t offset, PyObject *data, int stable)
{
    PyObject *place = PyLong_FromUnsignedLongLong(offset), *done = NULL;
    if (place) {
        PyObject *given[] = {asked->quick->share, node, place, data, asked->now, stable ? Py_True : Py_False};
        done = PyObject_VectorcallMethod(str_write, given, 5, kw_stable);
        Py_DECREF(place);
    }
    int64_t accepted = done ? PyLong_AsLongLong(done) : -1;
    Py_XDECREF(done);
    return accepted;
}

/* Settle a range by the share's verb; 0 with an exception set. */
static int settled(Asked *asked, PyObject *node, uint64_t offset, uint32_t count)
{
    PyObject *from = PyLong_FromUnsignedLongLong(offset), *many = PyLong_FromUnsignedLong(count), *done = NULL;
    if (from && many)
        done = PyObject_CallMethodObjArgs(asked->quick->share, str_mark_stable, node, from, many, NULL);
    Py_XDECREF(from);
    Py_XDECREF(many);
    Py_XDECREF(done);
    return done != NULL;
}

/* What names a call that comes a second time, as service.py's _key; a new reference. */
static PyObject *key_of(Asked *asked, uint32_t procedure)
{
    Py_ssize_t size = asked->words.end - asked->start;
    PyObject *part = PySequence_GetSlice(asked->record, 0, size < KEY_BYTES ? size : KEY_BYTES);
    PyObject *digest = part ? PyObject_CallOneArg(asked->quick->crc32, part) : NULL;
    Py_XDECREF(part);
    return digest ? Py_BuildValue("(OIIN)", asked->host, asked->xid, procedure, digest) : NULL;
}

#endif
