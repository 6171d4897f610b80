"""The grammar of CIF: data blocks, tags, loops and text fields, with the line of everything.

Tags are kept in lower case with "." as "_", so the dialects (CIF 1.1, DDLm, magCIF before and after 2016)
read alike.
International Tables for Crystallography G (2005), chapter 2.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""^;(?P<text>.*?)(?:^;|\Z)      # text field: from a semicolon at the start of a line to the next one
    |\#[^\n]*                         # comment
    |'(?P<single>[^\n]*?)'(?=\s|\Z)
    |"(?P<double>[^\n]*?)"(?=\s|\Z)
    |(?P<bare>\S+)""",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


@dataclass
class Loop:
    """A table: values row by row, with the offset of each in the text."""

    tags: list[str]
    start: int
    values: list[str] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether the values fill the last row."""
        return len(self.values) % len(self.tags) == 0


@dataclass
class CifBlock:
    """One data block.

    Attributes
    ----------
    name : str
        What follows "data_".
    items : dict
        Tag to value, for tags outside loops.
    loops : list of Loop
    strays : list of int
        Offsets of values that belong to no tag.
    """

    name: str
    text: str
    items: dict[str, str] = field(default_factory=dict)
    loops: list[Loop] = field(default_factory=list)
    strays: list[int] = field(default_factory=list)

    def line(self, offset: int) -> int:
        """1-based line of an offset in the text."""
        return self.text.count("\n", 0, offset) + 1

    def loop_of(self, *tags: str) -> Loop | None:
        """The first loop that has one of ``tags``."""
        for loop in self.loops:
            if any(tag in loop.tags for tag in tags):
                return loop
        return None

    def column(self, *tags: str) -> list[str] | None:
        """Values of the first of ``tags`` that is there: a column, or the one value outside a loop."""
        for tag in tags:
            for loop in self.loops:
                if tag in loop.tags:
                    width = len(loop.tags)
                    full = len(loop.values) // width * width
                    return loop.values[loop.tags.index(tag) : full : width]
            if tag in self.items:
                return [self.items[tag]]
        return None

    def value(self, *tags: str) -> str | None:
        """The single value of the first of ``tags`` that is known ("?" and "." do not count)."""
        for tag in tags:
            found = self.column(tag)
            if found and found[0].strip() not in ("?", ".", ""):
                return found[0].strip()
        return None

    def has_prefix(self, *prefixes: str) -> bool:
        """Whether a tag starts with one of ``prefixes``."""
        if any(tag.startswith(prefixes) for tag in self.items):
            return True
        return any(tag.startswith(prefixes) for loop in self.loops for tag in loop.tags)


def parse_blocks(text: str) -> list[CifBlock]:
    """All data blocks of a text in order, also those with the same name; never raises.

    What stands before the first "data_" becomes a block of its own if it holds tags (people delete the line).
    """
    blocks = [CifBlock("", text)]
    loop: Loop | None = None
    tag: str | None = None
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind is None:
            continue
        token = match[kind]
        if kind == "bare":
            word = token.lower()
            if token[0] == "_":
                tag = word.replace(".", "_")
                if loop is not None and not loop.values:
                    loop.tags.append(tag)
                    tag = None
                else:
                    loop = None
                continue
            if word == "loop_":
                loop, tag = Loop([], match.start()), None
                blocks[-1].loops.append(loop)
                continue
            if word.startswith("data_"):
                loop, tag = None, None
                blocks.append(CifBlock(token[5:], text))
                continue
            if word.startswith("save_") or word in ("global_", "stop_"):
                loop, tag = None, None
                continue
        if loop is not None and loop.tags:
            loop.values.append(token)
            loop.offsets.append(match.start())
        elif tag is not None:
            blocks[-1].items.setdefault(tag, token)
            tag = None
        else:
            blocks[-1].strays.append(match.start())
    for block in blocks:
        block.loops = [each for each in block.loops if each.tags]
    return [block for block in blocks if block.name or block.items or block.loops]
