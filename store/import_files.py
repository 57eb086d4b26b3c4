"""Files of contacts that wait to be brought in, in pieces, and gone as soon as they were.

They name people, whom nobody could find in them to erase: none is kept for longer than it takes.
"""

from collections.abc import Iterator
from typing import IO

import gridfs

from store import mongo

BUCKET = "import_files"
_PIECE_BYTES = 1024 * 1024


class GoneError(Exception):
    """The file is not here, or never was whole."""


def keep(db: mongo.Db, import_id: str, file: IO[bytes]) -> None:
    """Keep the rest of `file`, streamed."""
    _bucket(db).upload_from_stream_with_id(import_id, import_id, file)


def pieces(db: mongo.Db, import_id: str) -> Iterator[bytes]:
    """The file, a piece at a time. Raises GoneError.

    Indexes: _id of the files, files_id_1_n_1 of the pieces.
    """
    try:
        with _bucket(db).open_download_stream(import_id) as kept:
            while piece := kept.readchunk():
                yield piece
    except gridfs.NoFile:
        raise GoneError from None


def drop(db: mongo.Db, import_id: str) -> None:
    """Nobody needs it any more. Safe to repeat. Indexes: as above."""
    try:
        _bucket(db).delete(import_id)
    except gridfs.NoFile:
        return


def _bucket(db: mongo.Db) -> gridfs.GridFSBucket:
    return gridfs.GridFSBucket(db, BUCKET, chunk_size_bytes=_PIECE_BYTES)
