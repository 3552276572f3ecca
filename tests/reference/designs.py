"""Makes design.csv beside it: a design drawn without the program, from the words of ChaCha8 on. It needs Python alone.

    python tests/reference/designs.py
"""

import csv
import hashlib
import math
import struct
from pathlib import Path

DESIGN = {"rows": 7, "columns": 6, "support": 3, "correlation": 0.5, "noise": 0.1, "seed": 1}
WORD = 0xFFFFFFFF


def chacha8(key, stream):
    """The words of D. J. Bernstein's ChaCha with 8 rounds, a counter and a stream of 64 bits each."""
    key = struct.unpack("<8I", key)
    start = (0x61707865, 0x3320646E, 0x79622D32, 0x6B206574)
    counter = 0
    while True:
        before = [*start, *key, counter & WORD, counter >> 32, stream & WORD, stream >> 32]
        x = before[:]

        def turn(to, by, of, bits):
            x[to] = (x[to] + x[by]) & WORD
            turned = x[of] ^ x[to]
            x[of] = (turned << bits | turned >> (32 - bits)) & WORD

        def quarter(a, b, c, d):
            turn(a, b, d, 16)
            turn(c, d, b, 12)
            turn(a, b, d, 8)
            turn(c, d, b, 7)

        for _ in range(4):
            for place in range(4):
                quarter(place, place + 4, place + 8, place + 12)
            for place in range(4):
                quarter(place, 4 + (place + 1) % 4, 8 + (place + 2) % 4, 12 + (place + 3) % 4)
        yield from ((own + first) & WORD for own, first in zip(x, before))
        counter += 1


def words(part, seed):
    stream = hashlib.sha256(f"problem.design.{part}".encode()).digest()[:8]
    return chacha8(struct.pack("<Q", seed) + bytes(24), int.from_bytes(stream, "little"))


def normals(part, seed, count):
    """By Box and Muller."""
    source = words(part, seed)
    made = []
    while len(made) < count:
        first, second = ((next(source) | next(source) << 32) >> 11 for _ in range(2))
        radius = math.sqrt(-2 * math.log1p(-first / 2**53))
        made += [radius * math.cos(math.tau * second / 2**53), radius * math.sin(math.tau * second / 2**53)]
    return made[:count]


def below(bound, source):
    """Lemire's whole number below a bound."""
    while True:
        product = next(source) * bound
        if product & WORD >= 2**32 % bound:
            return product >> 32


def truth(columns, support, seed):
    source = words("support", seed)
    places = list(range(columns))
    for last in range(columns - 1, 0, -1):
        other = below(last + 1, source)
        places[last], places[other] = places[other], places[last]
    w = [0] * columns
    for place in places[:support]:
        w[place] = 1 - 2 * (next(source) % 2)
    return w


def design(rows, columns, support, correlation, noise, seed):
    w = truth(columns, support, seed)
    x = []
    for number in range(1, columns + 1):
        fresh = normals(f"w{number}", seed, rows)
        rest = math.sqrt(1 - correlation**2)
        x.append([correlation * a + rest * b for a, b in zip(x[-1], fresh)] if x else fresh)
    y = [sum(a * b for a, b in zip(row, w)) + noise * own for row, own in zip(zip(*x), normals("noise", seed, rows))]
    return w, list(zip(*x)), y


w, x, y = design(**DESIGN)
with (Path(__file__).parent / "design.csv").open("w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["row", *(f"w{place + 1}" for place in range(len(w))), "y"])
    out.writerow(["truth", *w, ""])
    for number, (row, own) in enumerate(zip(x, y), 1):
        out.writerow([number, *row, own])
