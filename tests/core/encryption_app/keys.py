"""A folder of keys that a test may change at will."""

from servicedesk.core.encryption.keys import make_key, reload_keys


class Keys:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(mode=0o700)

    def add(self, kind, version):
        path = self.folder / f"{kind}-{version}.key"
        path.write_text(make_key() + "\n")
        path.chmod(0o600)
        reload_keys()

    def lose(self, kind, version):
        path = self.folder / f"{kind}-{version}.key"
        path.rename(path.with_suffix(".lost"))
        reload_keys()

    def find(self, kind, version):
        path = self.folder / f"{kind}-{version}.lost"
        path.rename(path.with_suffix(".key"))
        reload_keys()

    def primary(self, version):
        (self.folder / "primary").write_text(f"{version}\n")
        reload_keys()
