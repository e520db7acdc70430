/* Nodes of a share as C sees them, and their attributes in NFSv3: the form of ../attributes3.py.
 *
 * Files and directories are read by the places of their slots. Of any other node, and of numbers beyond 64 bits, the
 * Python form tells.
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
#define ATTRIBUTES 88 /* bytes of post_op_attr with attributes */
#define BEFORE 28 /* bytes of pre_op_attr */

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

/* nfstime3: no second before 1970, none after 2106. */
static unsigned char *put_time(unsigned char *to, int64_t ns, int64_t epoch, int *strange)
{
    int64_t civil;
    if (__builtin_add_overflow(ns, epoch, &civil)) {
        *strange = 1;
        return to + 8;
    }
    if (civil < 0)
        return put_hyper(to, 0);
    if (civil / SECOND > UINT32_MAX)
        return put_uint(put_uint(to, UINT32_MAX), 0);
    return put_uint(put_uint(to, (uint32_t)(civil / SECOND)), (uint32_t)(civil % SECOND));
}

/* post_op_attr of a file or directory; NULL without an exception where Python has to tell. */
static unsigned char *put_attributes(unsigned char *to, PyObject *node, int64_t epoch)
{
    int strange = 0, directory = Py_TYPE(node) == Directory;
    int64_t size = directory ? BLOCK : number(node, SIZE, &strange);
    to = put_uint(put_uint(to, 1), directory ? 2 : 1);
    static const int owned[] = {MODE, NLINK, UID, GID};
    for (int each = 0; each < 4; each++) {
        int64_t value = number(node, owned[each], &strange);
        strange |= value < 0 || value > UINT32_MAX;
        to = put_uint(to, (uint32_t)value);
    }
    to = put_hyper(put_hyper(to, (uint64_t)size), ((uint64_t)size + BLOCK - 1) & ~(uint64_t)(BLOCK - 1));
    to = put_hyper(put_hyper(to, 0), FSID);
    to = put_hyper(to, (uint64_t)number(node, FILEID, &strange));
    to = put_time(to, number(node, ATIME, &strange), epoch, &strange);
    to = put_time(to, number(node, MTIME, &strange), epoch, &strange);
    to = put_time(to, number(node, CTIME, &strange), epoch, &strange);
    return strange ? NULL : to;
}

/* pre_op_attr; likewise. */
static unsigned char *put_before(unsigned char *to, PyObject *node, int64_t epoch)
{
    int strange = 0;
    int64_t size = Py_TYPE(node) == Directory ? BLOCK : number(node, SIZE, &strange);
    to = put_hyper(put_uint(to, 1), (uint64_t)size);
    to = put_time(to, number(node, MTIME, &strange), epoch, &strange);
    to = put_time(to, number(node, CTIME, &strange), epoch, &strange);
    return strange ? NULL : to;
}

#endif
