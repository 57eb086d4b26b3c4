"""A disk for one mongod, which can be filled to the last byte and emptied again.

A file system of its own in memory where we may mount one (root may); else no file of mongod's may
grow any more, which fails its writes as well, with another error.
"""

import os
import resource
import subprocess
from dataclasses import dataclass
from pathlib import Path

SIZE_MB = 160
# Small files of the journal, and a checkpoint each second: so that it soon needs room.
MONGOD = (
    "--syncdelay", "1", "--oplogSize", "16",
    "--wiredTigerEngineConfigString", "log=(file_max=2MB,prealloc=false)",
    "--setParameter", "diagnosticDataCollectionEnabled=false",
)  # fmt: skip
_ROOM_BYTES = 64 * 1024


@dataclass(slots=True)
class Disk:
    """folder: where it is mounted. refused: why it could not be, empty where it could."""

    folder: Path
    refused: str = ""

    def mount(self) -> None:
        self.folder.mkdir(parents=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "drumbeat-chaos", self.folder],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            self.refused = (done.stderr or done.stdout).strip()

    def unmount(self) -> None:
        if not self.refused:
            subprocess.run(["umount", self.folder], check=True)

    def fill(self, mongod_pid: int) -> None:
        """No room any more."""
        if self.refused:
            sizes = [file.stat().st_size for file in self.folder.rglob("*") if file.is_file()]
            limit = max(sizes, default=0)
            resource.prlimit(mongod_pid, resource.RLIMIT_FSIZE, (limit, limit))
            return
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(_ROOM_BYTES))
            except OSError:
                return  # it is full

    def make_room(self) -> None:
        """As somebody does who was woken by the alert. A mongod that died is started anew."""
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.folder / f"ballast-{os.getpid()}"
