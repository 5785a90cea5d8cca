from __future__ import annotations

from pathlib import Path

from sandbox.runtime import DatabaseSite, Site, SiteRequest
from sandbox.runtimes.local.layout import SandboxFolder
from sandbox.runtimes.local.records import read_remains, write_site, write_spec

SITE = Site(
    addresses={"payments": "http://127.0.0.1:4000"},
    ports={"payments": 4000},
    public_url="http://127.0.0.1:4000",
    database=DatabaseSite(
        host="127.0.0.1", port=5000, user="sbx_one_admin", password="database-password", prefix="sbx_one"
    ),
    data="/srv/data",
    secret="root-secret",
)


def test_what_is_written_is_read_back(tmp_path: Path, request_for) -> None:
    request: SiteRequest = request_for("one")
    folder = SandboxFolder(tmp_path)
    write_spec(folder, request.spec)
    write_site(folder, SITE)
    remains = read_remains(folder)
    assert remains.spec == request.spec
    assert remains.site == SITE


def test_secrets_lie_in_the_secret_file_alone(tmp_path: Path) -> None:
    folder = SandboxFolder(tmp_path)
    write_site(folder, SITE)
    for path in tmp_path.iterdir():
        holds = [word in path.read_text() for word in ("root-secret", "database-password")]
        assert holds == [path == folder.secret] * 2
    assert folder.secret.stat().st_mode & 0o077 == 0


def test_an_empty_folder_is_listed_without_spec_and_site(tmp_path: Path) -> None:
    remains = read_remains(SandboxFolder(tmp_path))
    assert (remains.name, remains.spec, remains.site) == (tmp_path.name, None, None)


def test_files_cut_short_tell_nothing(tmp_path: Path, request_for) -> None:
    request: SiteRequest = request_for("one")
    folder = SandboxFolder(tmp_path)
    write_spec(folder, request.spec)
    write_site(folder, SITE)
    for path in (folder.spec, folder.secret):
        path.write_bytes(path.read_bytes()[:20])
    remains = read_remains(folder)
    assert (remains.spec, remains.site) == (None, None)
