"""Valid messages, bent at random: by words, bytes and pieces, or by tokens and lines."""

import json
import re

WORDS = (
    0, 1, 2, 3, 4, 5, 8, 16, 17, 255, 256, 400, 401, 1023, 1 << 16, 1 << 20, (1 << 20) + 1, (1 << 31) - 1, 1 << 31,
    (1 << 31) + 8, (1 << 32) - 4, (1 << 32) - 1,
)  # fmt: skip
"""What lengths, counts, choices and numbers of 32 bits go wrong at."""

TEXTS = (
    "", "null", "true", "0", "-1", "1e400", "-0.0", "nan", "inf", "1_000", "9" * 30, "9" * 5000, "[]", "{}", "[[[[",
    '""', '"\\ud800"', "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "\0", "\n", "\r", "\t", '"', "'''",
    '"""', "\\", "=", ":", ",", "[", "]", "{", "}", "..", "../../etc/passwd", "/etc/passwd", "%s", "é", "𝒳",
    "\u202e", "１２", "8 TBB", "1 GB", "-1 s", "5 %", "1e308 TB", "2026-06-01T08:00:00Z", "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00", "[" * 300, '{"a":' * 300, "x" * 2000,
)  # fmt: skip
"""What texts go wrong at."""

_TOKENS = re.compile(r"\"(?:[^\"\\]|\\.)*\"|[\w.+-]+|\s+|.", re.DOTALL)
MOST = 5
"""Edits of one input at most."""


def bent_bytes(draw, seeds, tokens=()):
    """A seed of which some words of four bytes, some bytes or some pieces are others; ``draw`` is a Random."""
    data = bytearray(draw.choice(seeds))
    for _ in range(draw.randint(0, MOST)):
        kind, at = draw.randint(0, 8), draw.randint(0, len(data))
        word = at & ~3
        if kind <= 2:
            data[word : word + 4] = draw.choice(WORDS).to_bytes(4, "big")
        elif kind == 3:
            data[at : at + 1] = bytes([draw.randint(0, 255)])
        elif kind == 4:
            del data[word : word + 4 * draw.randint(1, 8)]
        elif kind == 5:
            data[word:word] = data[word : word + 4 * draw.randint(1, 16)]
        elif kind == 6:
            del data[at:]
        elif kind == 7 and tokens:
            token = draw.choice(tokens)
            data[word : word + len(token)] = token
        else:
            data[at:at] = bytes(draw.randint(0, 255) for _ in range(draw.randint(0, 24)))
    return bytes(data)


def bent_texts(draw, seeds, tokens=()):
    """A seed of which some tokens or lines are others, gone, twice, or in another place; as bytes."""
    words = [*TEXTS, *tokens]
    pieces = _TOKENS.findall(draw.choice(seeds).decode("utf-8", "surrogateescape"))
    for _ in range(draw.randint(0, MOST)):
        kind, at = draw.randint(0, 9), draw.randint(0, len(pieces))
        if kind <= 3:
            pieces[at : at + 1] = [draw.choice(words)]
        elif kind == 4:
            del pieces[at : at + draw.randint(1, 8)]
        elif kind == 5:
            pieces[at:at] = pieces[at : at + draw.randint(1, 32)]
        elif kind == 6:
            del pieces[at:]
        elif kind == 7 and pieces:
            one, other = draw.randrange(len(pieces)), draw.randrange(len(pieces))
            pieces[one], pieces[other] = pieces[other], pieces[one]
        elif kind == 8:
            pieces[at:at] = [chr(draw.randint(0, draw.choice((127, 0xD7FF, 0x10FFFF)))) for _ in range(4)]
        else:
            lines = re.split(r"(?<=\n)", "".join(pieces))
            lines.insert(draw.randint(0, len(lines)), draw.choice(lines))
            pieces = _TOKENS.findall("".join(lines))
    return b"".join(map(_encoded, "".join(pieces)))


def _encoded(letter):
    """UTF-8, or what is no UTF-8, as it was read."""
    return letter.encode("utf-8", "surrogateescape" if "\udc80" <= letter <= "\udcff" else "surrogatepass")


def bent_documents(draw, seeds, dump, tokens=()):
    """JSON texts bent as texts, then written by another codec where they are JSON still; and bent as bytes."""
    head, _, body = bent_texts(draw, seeds, tokens).partition(b"\n")
    try:
        packed = dump(json.loads(body))
    except (ValueError, RecursionError, OverflowError):
        packed = body
    if draw.randint(0, 1):
        packed = bent_bytes(draw, [packed])
    return head + b"\n" + packed
