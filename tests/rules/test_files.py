from pathlib import Path

import pytest

from rules import files
from rules.problems import RuleFilesError


def test_files_are_read_from_all_folders_by_name(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.yaml").write_text("rules: []")
    (tmp_path / "b.yaml").write_bytes(b"\xef\xbb\xbfintents: {}")
    (tmp_path / "notes.txt").write_text("not a rule file")

    assert files.read_dir(tmp_path) == {"b.yaml": "intents: {}", "shop/a.yaml": "rules: []"}


def test_all_unreadable_files_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: 1\nb: \xff")
    (tmp_path / "b.yaml").write_bytes(b"#" * 1_000_001)

    with pytest.raises(RuleFilesError) as refused:
        files.read_dir(tmp_path)

    assert [str(problem) for problem in refused.value.problems] == [
        "a.yaml:2:1: is not UTF-8 text",
        "b.yaml:1:1: is larger than 1000000 bytes",
    ]


def test_a_missing_folder_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(RuleFilesError, match="is no folder"):
        files.read_dir(tmp_path / "nowhere")


def test_one_broken_file_does_not_hide_another() -> None:
    documents, problems = files.read({"a.yaml": "a: [", "b.yaml": "rules: []", "c.yaml": "a: *b"})

    assert [document.file for document in documents] == ["b.yaml"]
    assert [problem.file for problem in problems] == ["a.yaml", "c.yaml"]
