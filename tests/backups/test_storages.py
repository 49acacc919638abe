"""Both places: a folder, and a real S3 server."""

import os
import stat

import boto3
import pytest

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.storages.local import LocalFolder
from servicedesk.backups.storages.s3 import PART, S3
from tests.backups.server import s3_server

NAME = "20260304T020000Z-7"
OTHER = "20260305T020000Z-8"


@pytest.fixture(scope="module")
def server():
    with s3_server() as address:
        yield address


@pytest.fixture(params=["folder", "s3"])
def storage(request, tmp_path):
    """Give an empty place of each kind."""
    if request.param == "folder":
        return LocalFolder(tmp_path / "kept" / "backups")
    address = request.getfixturevalue("server")
    keys = {"access_key": "someone", "secret_key": "something"}
    bucket = f"b{os.urandom(6).hex()}"
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name="eu-north-1",
        aws_access_key_id="someone",
        aws_secret_access_key="something",
    )
    client.create_bucket(
        Bucket=bucket,
        CreateBucketConfiguration={"LocationConstraint": "eu-north-1"},
    )
    return S3(
        bucket=bucket, endpoint=address, region="eu-north-1", prefix="desk/", **keys
    )


def put(storage, name, data):
    with storage.put(name) as sink:
        for start in range(0, len(data), 65552):
            sink.write(data[start : start + 65552])


def read(storage, name):
    with storage.open(name) as file:
        return b"".join(iter(lambda: file.read(100_000), b""))


@pytest.mark.parametrize("size", [0, 5, 2 * PART + 12345])
def test_what_was_put_comes_back(storage, size):
    data = os.urandom(size)
    put(storage, f"{NAME}/a.age", data)
    assert read(storage, f"{NAME}/a.age") == data
    assert storage.size(f"{NAME}/a.age") == size
    assert [(one.name, one.size) for one in storage.list()] == [(f"{NAME}/a.age", size)]


def test_nothing_has_a_name_before_it_is_whole(storage):
    def break_off():
        with storage.put(f"{NAME}/a.age") as sink:
            sink.write(bytes(PART + 1))
            assert list(storage.list()) == []
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert list(storage.list()) == []
    with pytest.raises(BackupError):
        storage.size(f"{NAME}/a.age")


def test_one_backup_is_listed_and_removed_without_the_others(storage):
    for name in (f"{NAME}/a.age", f"{NAME}/b.age", f"{OTHER}/a.age"):
        put(storage, name, b"x")
    assert [one.name for one in storage.list(NAME)] == [
        f"{NAME}/a.age",
        f"{NAME}/b.age",
    ]
    for one in list(storage.list(NAME)):
        storage.remove(one.name)
    storage.remove(f"{NAME}/a.age")
    assert [one.name for one in storage.list()] == [f"{OTHER}/a.age"]


@pytest.mark.parametrize(
    "name", ["../secret", f"{NAME}/../x", "/etc/passwd", f"{NAME}/.x", NAME, "", "*/a"]
)
def test_no_name_leads_elsewhere(storage, name):
    for act in (storage.remove, storage.size):
        with pytest.raises(ValueError, match="Not a name"):
            act(name)


def test_what_a_dead_process_left_is_swept(storage):
    """As after kill -9: no block ends, nothing is tidied."""
    writing = storage.put(f"{NAME}/a.age")
    writing.__enter__().write(bytes(PART + 1))
    others = storage.put(f"{OTHER}/a.age")
    others.__enter__().write(b"x")
    storage.sweep(NAME)
    if isinstance(storage, LocalFolder):
        assert not (storage.folder / NAME).exists()
    else:
        left = storage._client.list_multipart_uploads(Bucket=storage.bucket)
        assert [one["Key"] for one in left["Uploads"]] == [f"desk/{OTHER}/a.age"]


def test_only_the_desk_enters_the_folder(tmp_path):
    storage = LocalFolder(tmp_path / "backups")
    put(storage, f"{NAME}/a.age", b"x")
    modes = {
        path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "backups").rglob("*")
    }
    assert modes == {f"backups/{NAME}": 0o700, f"backups/{NAME}/a.age": 0o600}
    assert stat.S_IMODE((tmp_path / "backups").stat().st_mode) == 0o700


def test_a_place_that_is_away_says_so(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    away = S3(
        bucket="b",
        access_key="a",
        secret_key="b",
        endpoint="http://127.0.0.1:9",
        region="eu-north-1",
    )
    for storage in (LocalFolder(in_the_way / "backups"), away):
        for act in (storage.prepare, lambda at=storage: put(at, f"{NAME}/a.age", b"x")):
            with pytest.raises(BackupError) as refused:
                act()
            assert refused.value.code == errors.STORAGE
