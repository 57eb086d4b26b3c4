"""A disk for one mongod, which can be filled to the last byte and emptied again.

A file system of its own in memory where we may mount one (root may); else mongod may write to the
beginning of its files only, which fails its writes as well, with another error.
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
_LEFT_BYTES = 4096  # of each file, where no disk could be mounted


@dataclass(slots=True)
class Disk:
    """folder: where it is mounted. refused: why it could not be, empty where it could."""

    folder: Path
    refused: str = ""

    def mount(self) -> None:
        self.folder.mkdir(parents=True)
        options = ["-t", "tmpfs", "-o", f"size={SIZE_MB}m", "drumbeat-chaos", str(self.folder)]
        done = subprocess.run(["mount", *options], stderr=subprocess.PIPE, text=True)
        if done.returncode:
            self.refused = done.stderr.strip().splitlines()[0]

    def unmount(self) -> None:
        if not self.refused:
            subprocess.run(["umount", self.folder], check=True)

    def fill(self, mongod_pid: int) -> None:
        """No room any more."""
        if self.refused:
            resource.prlimit(mongod_pid, resource.RLIMIT_FSIZE, (_LEFT_BYTES, _LEFT_BYTES))
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
