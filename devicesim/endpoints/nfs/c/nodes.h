/* Nodes of a share as C sees them.
 *
 * Files and directories are read by the places of their slots. Of any other node, and of numbers beyond 64 bits, the
 * Python forms tell.
 */

#ifndef NODES_H
#define NODES_H

#include "words.h"

#include <structmember.h>

enum { ATIME, BUCKET, CHANGE, CTIME, FILEID, GENERATION, GID, MODE, MTIME, NLINK, SIZE, UID, NODE_SLOTS };
enum { ENTRIES, FIXED, DIRECTORY_SLOTS };

static const char *const NODE_NAMES[NODE_SLOTS] = {
    "atime_ns", "bucket", "change", "ctime_ns", "fileid", "generation", "gid", "mode", "mtime_ns", "nlink", "size",
    "uid",
};
static const char *const DIRECTORY_NAMES[DIRECTORY_SLOTS] = {"entries", "fixed"};

#define SECOND 1000000000LL
#define BLOCK 4096
#define FSID 0x534E4F57

static PyTypeObject *File, *Directory;
static Py_ssize_t node_places[NODE_SLOTS], directory_places[DIRECTORY_SLOTS], nodes_place;

/* Where an instance of a type keeps what a slot of that name holds; -1 with an exception set. */
static Py_ssize_t place_of(PyObject *type, const char *name)
{
    PyObject *member = PyObject_GetAttrString(type, name);
    Py_ssize_t place = -1;
    if (member && Py_TYPE(member) == &PyMemberDescr_Type)
        place = ((PyMemberDescrObject *)member)->d_member->offset;
    else if (member)
        PyErr_Format(PyExc_TypeError, "%s is no slot", name);
    Py_XDECREF(member);
    return place;
}

/* What a slot holds, borrowed; NULL where it holds nothing. */
static PyObject *slot(PyObject *object, Py_ssize_t place)
{
    return *(PyObject **)((char *)object + place);
}

static int is_plain(PyObject *node)
{
    return Py_TYPE(node) == File || Py_TYPE(node) == Directory;
}

/* A number of a node; ``strange`` is set where it is none, or larger than 64 bits. */
static int64_t number(PyObject *node, int which, int *strange)
{
    PyObject *value = slot(node, node_places[which]);
    int overflow = 0;
    if (!value || !PyLong_Check(value)) {
        *strange = 1;
        return 0;
    }
    int64_t found = PyLong_AsLongLongAndOverflow(value, &overflow);
    *strange |= overflow != 0;
    return found;
}

#endif
