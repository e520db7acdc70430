/* XDR in C: the form of ../xdr.py. */

#ifndef WORDS_H
#define WORDS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

/* What is left of a request; ``short_`` once more was asked for than there is. */
typedef struct {
    const unsigned char *at, *end;
    int short_;
} Words;

static uint32_t word_at(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int there(Words *words, uint64_t count)
{
    if ((uint64_t)(words->end - words->at) >= count)
        return 1;
    words->short_ = 1;
    return 0;
}

static uint32_t uint_of(Words *words)
{
    if (!there(words, 4))
        return 0;
    words->at += 4;
    return word_at(words->at - 4);
}

static uint64_t hyper_of(Words *words)
{
    uint64_t high = uint_of(words);
    return high << 32 | uint_of(words);
}

/* A length and so many bytes, padded to a word; NULL where they are not all there. */
static const unsigned char *opaque_of(Words *words, uint32_t *size)
{
    *size = uint_of(words);
    uint64_t padded = ((uint64_t)*size + 3) & ~(uint64_t)3;
    if (words->short_ || !there(words, padded))
        return NULL;
    words->at += padded;
    return words->at - padded;
}

static unsigned char *put_uint(unsigned char *to, uint32_t value)
{
    to[0] = (unsigned char)(value >> 24), to[1] = (unsigned char)(value >> 16);
    to[2] = (unsigned char)(value >> 8), to[3] = (unsigned char)value;
    return to + 4;
}

static unsigned char *put_hyper(unsigned char *to, uint64_t value)
{
    return put_uint(put_uint(to, (uint32_t)(value >> 32)), (uint32_t)value);
}

#endif
