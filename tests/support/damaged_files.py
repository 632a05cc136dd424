"""Damage to files, chosen by a random generator."""

import io
import random
import zipfile


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Truncate, flip, overwrite, duplicate or remove bytes."""
    data = bytearray(content)
    place = rng.randrange(len(data))
    match rng.randrange(5):
        case 0:
            del data[place:]
        case 1:
            for _ in range(rng.randint(1, 20)):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        case 2:
            end = min(len(data), place + rng.randint(1, 400))
            data[place:end] = rng.randbytes(end - place)
        case 3:
            length = rng.randint(1, 400)
            data[place:place] = data[place : place + length]
        case 4:
            del data[place : place + rng.randint(1, 400)]
    return bytes(data)


def repacked(content: bytes, rng: random.Random, compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return an archive with valid checksums and one damaged member."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(packed, "w", compression) as copy:
        names = archive.namelist()
        chosen = rng.choice(names)
        for name in names:
            member = archive.read(name)
            copy.writestr(name, damaged(member, rng) if name == chosen and member else member)
    return packed.getvalue()
