"""Zip archives as `torch.save` writes them: uncompressed, few members, no comment."""

import struct
import zlib
from collections.abc import Mapping

from emnist_tui.runs.checkpoint_file.refusal import UnusualFileError

_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_MOST_MEMBERS = 20_000
_ENCRYPTED, _STORED = 1, 0


class StoredArchive:
    """Members of an archive in memory, read without a copy."""

    def __init__(self, content: bytes) -> None:
        """Index the members.

        Raises `UnusualFileError` for anything that torch does not write.
        """
        self._content = memoryview(content)
        self._members: dict[str, tuple[int, int, int]] = {}
        try:
            self._index()
        except (struct.error, UnicodeDecodeError):
            raise UnusualFileError("the archive is cut short") from None

    @property
    def sizes(self) -> Mapping[str, int]:
        """Bytes of each member."""
        return {name: size for name, (_, size, _) in self._members.items()}

    def read(self, name: str) -> memoryview:
        """Return a member's bytes.

        Raises `UnusualFileError` if there is none, or its checksum does not match.
        """
        if name not in self._members:
            raise UnusualFileError("a member is missing")
        header, size, checksum = self._members[name]
        try:
            mark, *_, name_length, extra = _LOCAL.unpack_from(self._content, header)
        except struct.error:
            raise UnusualFileError("the archive is cut short") from None
        start = header + _LOCAL.size
        stored = bytes(self._content[start : start + name_length])
        member = self._content[start + name_length + extra :][:size]
        if mark != b"PK\3\4" or stored != name.encode() or len(member) != size or zlib.crc32(member) != checksum:
            raise UnusualFileError("a member is damaged")
        return member

    def _index(self) -> None:
        end = len(self._content) - _END.size
        if end < 0:
            raise UnusualFileError("the file is too short")
        mark, disk, first_disk, here, members, size, start, comment = _END.unpack_from(self._content, end)
        if mark != b"PK\5\6" or (disk, first_disk, comment) != (0, 0, 0) or here != members or members > _MOST_MEMBERS:
            raise UnusualFileError("the archive is of another kind")
        place, limit = start, start + size
        for _ in range(members):
            fields = _ENTRY.unpack_from(self._content, place)
            mark, _, _, flags, method, _, _, checksum, packed, length, *lengths = fields[:13]
            header = fields[-1]
            name = bytes(self._content[place + _ENTRY.size :][: lengths[0]]).decode()
            place += _ENTRY.size + sum(lengths)
            if mark != b"PK\1\2" or flags & _ENCRYPTED or method != _STORED or packed != length or place > limit:
                raise UnusualFileError("a member is compressed or damaged")
            if name in self._members:
                raise UnusualFileError("two members have one name")
            self._members[name] = header, length, checksum
