"""One value of a TOML file changed, and every other byte kept."""

import codecs
from collections.abc import Mapping
from typing import Any


def parse(content: bytes) -> dict[str, Any]:
    """Parse a file as people write them.

    A byte order mark is skipped, and bytes that are not UTF-8, as in a comment in Latin-1, become surrogates. Raises
    `ValueError`.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError("it is in UTF-16; save it as UTF-8")
    import tomllib  # here, since many users have no file

    return tomllib.loads(_decode(content))


def change(content: bytes, name: str, value: Any, known: Mapping[str, Any] | None = None) -> bytes:
    """Return the file with `name` set to `value`.

    Line ends, encoding, order and comments stay. A table is changed key by key; of those that `value` lacks, only the
    `known` ones are removed. Raises `ValueError` where that is not possible.
    """
    import tomllib

    import tomlkit  # takes longer to import than the file to read
    from tomlkit.exceptions import TOMLKitError

    text = _decode(content)
    wanted = tomllib.loads(text)
    try:
        document = tomlkit.parse(text)
        for values in (wanted, document):
            if isinstance(value, Mapping) and isinstance(values.get(name), Mapping):
                _change_table(values[name], value, known or {})
            else:
                values[name] = value
        changed = _with_line_ends_of(text, tomlkit.dumps(document))
    except TOMLKitError as error:
        raise ValueError(str(error)) from None
    if tomllib.loads(changed) != wanted:
        raise ValueError("it is written in a way that cannot be changed safely")
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    return mark + changed.encode(errors="surrogateescape")


def _decode(content: bytes) -> str:
    return content.removeprefix(codecs.BOM_UTF8).decode(errors="surrogateescape")


def _change_table(table: Any, values: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    for key in [key for key in table if key in known and key not in values]:
        del table[key]
    for key, value in values.items():
        if key not in table or table[key] != value:
            table[key] = value


def _with_line_ends_of(before: str, after: str) -> str:
    """End added lines as the file ends its first one."""
    *old, _ = before.split("\n")
    if not old or not old[0].endswith("\r"):
        return after
    *new, last = after.split("\n")
    kept = set(old)
    return "\n".join([*(line if line in kept else line.removesuffix("\r") + "\r" for line in new), last])
