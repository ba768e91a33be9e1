"""Mutations of bytes and the values that readers trip over."""

import random
import struct
from collections.abc import Callable

Mutation = Callable[[random.Random, bytes], bytes]

NUMBERS = (
    *("nan", "inf", "-inf", "1e308", "-1e308", "1e-320", "-0.0", "0", "1", "-1", "1e5", "-12345.6"),
    *("2147483647", "2147483648", "-2147483649", "4294967296", "18446744073709551616", "9" * 40),
    *("1e9", "1000000000000", "", " ", "1,5", "0x10", "1_0", "\uff11\uff12", "\u0661", "--1", "1e"),
)
INSTANTS = (
    *("0001-01-01T00:00:00", "9999-12-31T23:59:59.999999", "1969-12-31T23:59:59", "2023-08-11"),
    *("2023-02-30T00:00:00", "2023-08-11T01:30:53+14:00", "0001-01-01T00:00:00+14:00", "now"),
    *("9999-12-31T23:59:59-14:00", "2023-W32-5", "2016-12-31T23:59:60"),
)
TEXTS = (
    *(
        "=1+1",
        "<b>x</b>",
        "'; DROP TABLE scenes;--",
        "\x1b[2J",
        "\u202egpj.exe",
        "../../../../tmp/x",
    ),
    *(
        "/etc/passwd",
        "A" * 20_000,
        "\U0001f4a5",
        "CON",
        "a\nb",
        "%s%s%n",
        "{0}",
        "\ufeff",
        "None",
        "a\0b",
    ),
)
WORDS = (0, 1, 2, 3, 4, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF)
LONG = (0, 1, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
MOST_BYTES = 2 << 20


def odd_text(rng: random.Random) -> str:
    """Return a text that stands where another kind was expected."""
    return rng.choice(rng.choice((NUMBERS, NUMBERS, INSTANTS, TEXTS)))


def any_bytes(rng: random.Random, content: bytes) -> bytes:
    """Mutate bytes that nothing is known of, once to four times."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        if not data:
            break
        rng.choice(BLIND)(rng, data)
    return bytes(data[:MOST_BYTES])


def near(rng: random.Random, size: int) -> int:
    """Return a place in ``size`` bytes, more often near the beginning or the end."""
    span = max(1, min(size, rng.choice((64, 512, size))))
    offset = rng.randrange(span)
    return size - 1 - offset if rng.random() < 0.2 else offset


def put(data: bytearray, offset: int, code: str, value: int) -> None:
    """Write a number over bytes, as far as they go."""
    size = struct.calcsize(code)
    piece = struct.pack(code, value & ((1 << (8 * size)) - 1))
    data[offset : offset + size] = piece[: max(0, len(data) - offset)]


def _flip(rng: random.Random, data: bytearray) -> None:
    data[near(rng, len(data))] ^= 1 << rng.randrange(8)


def _word(rng: random.Random, data: bytearray) -> None:
    put(data, near(rng, len(data)) & ~1, rng.choice("<>") + "H", rng.choice(WORDS))


def _long(rng: random.Random, data: bytearray) -> None:
    value = rng.choice((*LONG, len(data), len(data) - 1, rng.randrange(1 << 32)))
    put(data, near(rng, len(data)) & ~3, rng.choice("<>") + "I", value)


def _cut(rng: random.Random, data: bytearray) -> None:
    del data[near(rng, len(data)) :]


def _drop(rng: random.Random, data: bytearray) -> None:
    start = near(rng, len(data))
    del data[start : start + rng.choice((1, 2, 4, 16, 512))]


def _repeat(rng: random.Random, data: bytearray) -> None:
    start = near(rng, len(data))
    piece = data[start : start + rng.choice((1, 4, 64, 1024))]
    data[start:start] = piece * rng.choice((1, 2, 50))


def _swap(rng: random.Random, data: bytearray) -> None:
    size = rng.choice((2, 4, 12, 64))
    one, other = sorted((near(rng, len(data)), near(rng, len(data))))
    if one + size <= other and other + size <= len(data):
        first = data[one : one + size]
        data[one : one + size] = data[other : other + size]
        data[other : other + size] = first


def _zero(rng: random.Random, data: bytearray) -> None:
    start = near(rng, len(data))
    stop = min(len(data), start + rng.choice((4, 64, 4096)))
    data[start:stop] = bytes([rng.choice((0, 255))]) * (stop - start)


BLIND = (_flip, _flip, _word, _long, _cut, _drop, _repeat, _swap, _zero)
