"""Streams: what is sealed comes back, and nothing that broke is taken for whole."""

import errno
import io

import pytest

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.sealed import (
    Part,
    check_sealed,
    make_identity,
    read_identities,
    seal,
    unseal,
)

SIZES = [0, 1, 8192, 65536, 65537, 3_000_000]


@pytest.fixture(scope="module")
def pairs():
    return [make_identity() for _ in range(2)]


def sealed(data, pairs):
    sink = io.BytesIO()
    keys = [public for _private, public in pairs]
    part = seal(name="a.age", source=io.BytesIO(data), sink=sink, keys=keys)
    return part, sink.getvalue()


@pytest.mark.parametrize("size", SIZES)
def test_each_recipient_opens_it_alone(pairs, size):
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    part, found = sealed(data, pairs)
    assert (part.size, part.clear_size) == (len(found), size)
    for private, _public in pairs:
        sink = io.BytesIO()
        opened = unseal(
            part=part, source=io.BytesIO(found), sink=sink, identities=[private]
        )
        assert (sink.getvalue(), opened) == (data, part)


def test_nobody_else_does(pairs):
    part, found = sealed(b"secret", pairs)
    stranger, _public = make_identity()
    with pytest.raises(BackupError) as refused:
        unseal(
            part=part,
            source=io.BytesIO(found),
            sink=io.BytesIO(),
            identities=[stranger],
        )
    assert refused.value.code == errors.TRIAL


@pytest.mark.parametrize("where", [0, 200, 70_000, -1])
def test_one_changed_byte_is_noticed_with_the_key_and_without(pairs, where):
    part, found = sealed(bytes(100_000), pairs)
    changed = bytearray(found)
    changed[where] ^= 1
    with pytest.raises(BackupError):
        unseal(
            part=part,
            source=io.BytesIO(changed),
            sink=io.BytesIO(),
            identities=[pairs[0][0]],
        )
    with pytest.raises(BackupError) as refused:
        check_sealed(part=part, source=io.BytesIO(changed))
    assert refused.value.code == errors.SHORT


@pytest.mark.parametrize("cut", [1, 16, 65_552, 90_000])
def test_a_cut_end_is_noticed(pairs, cut):
    part, found = sealed(bytes(100_000), pairs)
    with pytest.raises(BackupError):
        unseal(
            part=part,
            source=io.BytesIO(found[:-cut]),
            sink=io.BytesIO(),
            identities=[pairs[0][0]],
        )
    with pytest.raises(BackupError):
        check_sealed(part=part, source=io.BytesIO(found[:-cut]))


def test_another_whole_file_in_its_place_is_noticed(pairs):
    part, _found = sealed(b"mine", pairs)
    _other, found = sealed(b"other", pairs)
    with pytest.raises(BackupError) as refused:
        unseal(
            part=part,
            source=io.BytesIO(found),
            sink=io.BytesIO(),
            identities=[pairs[0][0]],
        )
    assert refused.value.code == errors.SHORT


class FullAfter:
    """A disk with room for so many writes."""

    def __init__(self, room):
        self.room, self.asked = room, 0

    def write(self, data):
        self.asked += 1
        if self.asked > self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return len(data)


@pytest.mark.parametrize("size", SIZES)
def test_no_room_for_the_last_piece_is_no_whole_file(pairs, size):
    """The library itself says nothing when the last write fails."""
    keys = [public for _private, public in pairs]
    given = {"name": "a.age", "keys": keys}
    enough = FullAfter(10_000)
    seal(source=io.BytesIO(bytes(size)), sink=enough, **given)
    with pytest.raises(OSError, match="No space left"):
        seal(source=io.BytesIO(bytes(size)), sink=FullAfter(enough.asked - 1), **given)


def test_what_the_source_raised_is_raised(pairs):
    class Gone:
        def read(self, _size=-1):
            raise BackupError(errors.CANCELLED)

    with pytest.raises(BackupError) as refused:
        seal(name="a", source=Gone(), sink=io.BytesIO(), keys=[pairs[0][1]])
    assert refused.value.code == errors.CANCELLED


def test_a_file_of_age_keygen_is_read(pairs):
    text = f"# created: today\n# public key: {pairs[0][1]}\n{pairs[0][0]}\n"
    assert read_identities(text) == [pairs[0][0]]
    for nonsense in ("", "# nothing", "AGE-SECRET-KEY-1NONSENSE"):
        with pytest.raises(ValueError, match="private key"):
            read_identities(nonsense)


def test_a_part_says_all_of_itself():
    part = Part("a", 1, "b", 2, "c")
    assert Part(**part.said()) == part
