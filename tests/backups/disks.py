"""A small disk that is really full, where this machine lets one be mounted."""

import contextlib
import os
import shutil
import subprocess

import pytest


@contextlib.contextmanager
def small_disk(folder, *, mega, keep=False):
    """Mount a disk of so many MB on a folder; `keep` moves what is in there onto it.

    It belongs to whom the folder belonged. Without the right to mount, the test is not
    made: a limit or a stand-in would not be a full disk.
    """
    owner = folder.stat()
    mount = [
        *("mount", "-t", "tmpfs", "-o"),
        f"size={mega}m,mode=700,uid={owner.st_uid},gid={owner.st_gid}",
        *("tmpfs", folder),
    ]
    aside = folder.with_name(f"{folder.name}-aside")
    if keep:
        folder.rename(aside)
        folder.mkdir()
    refused = os.geteuid() != 0 or subprocess.run(mount, check=False).returncode
    if refused:
        if keep:
            folder.rmdir()
            aside.rename(folder)
        pytest.skip("mounting a small disk needs root")
    try:
        if keep:
            subprocess.run(["cp", "-a", f"{aside}/.", folder], check=True)
            shutil.rmtree(aside)
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
