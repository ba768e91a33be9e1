"""Mutations that know what XML, JSON and TOML are."""

import copy
import json
import random
import xml.etree.ElementTree as ET
from typing import Any

from tests.attacks.fuzz.mutate import INSTANTS, NUMBERS, TEXTS, any_bytes, odd_text

BLIND_SHARE = 0.15
DEEP = 3000


def xml(rng: random.Random, content: bytes) -> bytes:
    """Mutate elements, their texts, lists of numbers and attributes."""
    try:
        root = ET.fromstring(content)
    except (ET.ParseError, ValueError, LookupError):
        return any_bytes(rng, content)
    if rng.random() < BLIND_SHARE:
        return any_bytes(rng, content)
    for _ in range(rng.randint(1, 3)):
        rng.choice(ON_XML)(rng, root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _pick(rng: random.Random, root: ET.Element) -> tuple[ET.Element, ET.Element]:
    """Return an element and its parent; leaves of rare kinds are as likely as those of lists."""
    by_tag: dict[str, list[tuple[ET.Element, ET.Element]]] = {}
    for parent in root.iter():
        for child in parent:
            by_tag.setdefault(child.tag, []).append((child, parent))
    if not by_tag:
        return root, root
    return rng.choice(by_tag[rng.choice(sorted(by_tag))])


def _text(rng: random.Random, root: ET.Element) -> None:
    element, _ = _pick(rng, root)
    element.text = _for_xml(odd_text(rng))


def _number(rng: random.Random, root: ET.Element) -> None:
    element, _ = _pick(rng, root)
    for other in [element, *rng.sample(list(root.iter(element.tag)), 1)]:
        other.text = rng.choice(NUMBERS)


def _instant(rng: random.Random, root: ET.Element) -> None:
    named = [one for one in root.iter() if "ime" in one.tag and one.text and "T" in one.text]
    if named:
        rng.choice(named).text = rng.choice(INSTANTS)


def _list(rng: random.Random, root: ET.Element) -> None:
    lists = [one for one in root.iter() if one.text and len(one.text.split()) > 1]
    if not lists:
        return
    element = rng.choice(lists)
    words = (element.text or "").split()
    place = rng.randrange(len(words))
    match rng.randrange(5):
        case 0:
            words[place] = rng.choice(NUMBERS)
        case 1:
            del words[place:]
        case 2:
            words[place:place] = [rng.choice(NUMBERS)] * rng.choice((1, 2, 1000))
        case 3:
            words.reverse()
        case _:
            words = [rng.choice(NUMBERS)] * len(words)
    element.text = " ".join(words)


def _remove(rng: random.Random, root: ET.Element) -> None:
    element, parent = _pick(rng, root)
    if element is not parent:
        parent.remove(element)


def _clear(rng: random.Random, root: ET.Element) -> None:
    element, _ = _pick(rng, root)
    del element[:]


def _double(rng: random.Random, root: ET.Element) -> None:
    element, parent = _pick(rng, root)
    if element is not parent:
        for _ in range(rng.choice((1, 1, 2, 200))):
            parent.insert(rng.randint(0, len(parent)), copy.deepcopy(element))


def _retag(rng: random.Random, root: ET.Element) -> None:
    one, _ = _pick(rng, root)
    other, _ = _pick(rng, root)
    one.tag, other.tag = other.tag, one.tag


def _exchange(rng: random.Random, root: ET.Element) -> None:
    one, _ = _pick(rng, root)
    other, _ = _pick(rng, root)
    one.text, other.text = other.text, one.text


def _attribute(rng: random.Random, root: ET.Element) -> None:
    with_some = [one for one in root.iter() if one.attrib]
    if with_some:
        element = rng.choice(with_some)
        element.set(rng.choice(sorted(element.attrib)), _for_xml(odd_text(rng)))


def _nest(rng: random.Random, root: ET.Element) -> None:
    element, _ = _pick(rng, root)
    for _ in range(200):
        element = ET.SubElement(element, element.tag)


ON_XML = (
    *(_text, _number, _number, _number, _instant, _list, _list, _remove, _clear, _double),
    *(_retag, _exchange, _attribute, _nest),
)


def tree(rng: random.Random, content: bytes) -> bytes:
    """Mutate the values and keys of a JSON text."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return any_bytes(rng, content)
    if rng.random() < BLIND_SHARE:
        return any_bytes(rng, content)
    if rng.random() < 0.01:
        return b"[" * DEEP + b"]" * DEEP
    for _ in range(rng.randint(1, 3)):
        places = list(_places(value))
        if places:
            holder, key = rng.choice(places)
            _replace(rng, holder, key)
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
    return text.encode("utf-8", "surrogatepass")


def _places(value: Any) -> Any:
    """Yield every holder and key of a JSON value."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def _replace(rng: random.Random, holder: Any, key: Any) -> None:
    old = holder[key]
    match rng.randrange(8):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, list):
            holder[key:key] = [copy.deepcopy(old)] * rng.choice((1, 2, 300))
        case 1 | 2 if isinstance(holder, dict):
            holder[odd_text(rng)] = holder.pop(key)
        case 3:
            holder[key] = [copy.deepcopy(old)]
        case 4:
            holder[key] = {"type": old} if rng.random() < 0.5 else None
        case _:
            holder[key] = odd_value(rng)


def odd_value(rng: random.Random) -> Any:
    """Return a JSON value that stands where another kind was expected."""
    plain = (0, -1, 1, 90, 180.0001, -180, 360, 1e308, -1e308, float("nan"), float("inf"), 1e-320)
    other = (True, False, None, [], {}, [[]], 2**63, 10**40, "", 0.5)
    return rng.choice((*plain, *other, rng.choice(TEXTS), rng.uniform(-400, 400)))


def toml(rng: random.Random, content: bytes) -> bytes:
    """Mutate keys and values of a TOML text, line by line."""
    lines = content.decode("utf-8", "surrogateescape").splitlines()
    if rng.random() < BLIND_SHARE or not lines:
        return any_bytes(rng, content)
    for _ in range(rng.randint(1, 4)):
        if not lines:
            break
        place = rng.randrange(len(lines))
        key, is_setting, _ = lines[place].partition(" = ")
        match rng.randrange(7):
            case 0:
                del lines[place]
            case 1:
                lines.insert(rng.randrange(len(lines)), lines[place])
            case 2:
                lines.insert(place, f"[{rng.choice(('detect', 'stack', 'other', key or 'x'))}]")
            case _ if is_setting:
                lines[place] = f"{key} = {_toml_value(rng)}"
            case _:
                pass
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _toml_value(rng: random.Random) -> str:
    whole = ("0", "-1", "1", "nan", "inf", "-inf", "1e308", "1e400", "9" * 30, "0x7fffffffffffffff")
    other = (
        "true",
        "[]",
        "{}",
        "[[]]",
        "['a', 1]",
        "2018-09-05T18:07:59Z",
        "2018-09-05",
        "18:07:59",
    )
    more = ("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", '""', "[nan, inf, 1, 2]")
    deep = ("[" * 1500 + "]" * 1500, "[" * 100 + "1" + "]" * 100, "{a={b={c=1}}}")
    words = tuple(json.dumps(word) for word in (*TEXTS, *NUMBERS, *INSTANTS))
    return rng.choice(rng.choice((whole, other, more, words, words, deep)))


def _for_xml(text: str) -> str:
    """Leave out what no XML may hold, so that the rest of the document is still read."""
    return text.replace("\x1b", "").replace("\0", "")
