"""Laying out one sandbox on an Engine: keeper, network, PostgreSQL, data, port, marker, in this order.

The keeper comes first because container names are unique: it decides who has the sandbox's
name. The marker comes last and says that everything before it is there. Waits for
PostgreSQL, starts nothing else, and removes nothing: who is cut short is cleaned up by label.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from sandbox.errors import StartFailed, StateConflict
from sandbox.runtime import Limits, Loaded, Progress, Site, SiteRequest
from sandbox.runtimes.docker import layout as parts
from sandbox.runtimes.docker import networks
from sandbox.runtimes.docker.clusters import Shelf, await_cluster, cluster_name, pinned
from sandbox.runtimes.docker.database import DATABASE_LIMITS, SUPERUSER_FILE, serving
from sandbox.runtimes.docker.hardening import confinement
from sandbox.runtimes.docker.layout import Layout, Place, derive, site_of
from sandbox.runtimes.docker.sealing import seal
from sandbox.runtimes.docker.volumes import copy_folder, volume_mount, write_secret


def claim_name(client: docker.DockerClient, place: Place, request: SiteRequest, image: str) -> Container:
    """Create the keeper, which makes the sandbox's name ours.

    Raises StateConflict when somebody has it.
    """
    try:
        return client.containers.create(
            image,
            ["never-started"],
            name=place.name("keeper"),
            labels=place.labels(parts.KEEPER_ROLE, spec=request.spec.model_dump_json()),
            environment={parts.SECRET: request.secret},
            network_mode="none",
            mounts=[
                volume_mount(place.name("data"), parts.DATA, place.labels(parts.DATA_ROLE), read_only=False)
            ],
            **confinement(Limits()),
        )
    except APIError as error:
        if error.status_code != 409:
            raise
        raise StateConflict(
            f"a sandbox called {place.sandbox!r} exists already",
            hint=f"take another name, or remove it: sandbox down {place.sandbox}",
        ) from error


def lay_out(
    client: docker.DockerClient,
    place: Place,
    request: SiteRequest,
    *,
    space: str,
    image: str,
    keeper: Container,
    shelf: Shelf,
    progress: Progress,
) -> Site:
    """Make everything that the instances need, and remember it."""
    inner = networks.create_inner(client, space, place.name("inner"), place.labels(parts.INNER_ROLE))
    kept = cluster_name(shelf.owner, image, [each.key for each in request.wanted]) if request.wanted else ""
    if kept:
        await_cluster(shelf, kept, progress)
    with pinned(shelf, kept) if kept else nullcontext(False) as whole:
        database = _start_database(client, place, image, request.secret, kept if whole else "")
    # While PostgreSQL initialises itself.
    seal(client, place, image, inner)
    copy_folder(keeper, request.data, request.files, parts.DATA)
    _, port = networks.create_edge(client, space, place.name("edge"), place.labels(parts.EDGE_ROLE))
    layout = Layout(public=request.public, instances=request.instances, port=port, image=image)
    site = site_of(layout, place.sandbox, request.secret)
    superuser = derive(request.secret, "database-superuser")
    restored = _create_administrator(database, site, superuser, request.wanted if whole else ())
    layout = replace(layout, restored=restored)
    client.volumes.create(
        place.name("marker"), labels=place.labels(parts.MARKER_ROLE, layout=layout.to_json())
    )
    _still_ours(keeper, place)
    return site


def _start_database(
    client: docker.DockerClient, place: Place, image: str, secret: str, kept: str
) -> Container:
    """Start PostgreSQL: as a copy of the cluster that is kept in the volume `kept`, or an empty one."""
    begin = [f"{parts.KEPT_FILES}/data"] if kept else []
    shelf = [volume_mount(kept, parts.KEPT_FILES, {}, read_only=True)] if kept else []
    database = client.containers.create(
        image,
        serving(begin),
        name=place.name(parts.DATABASE),
        hostname=parts.DATABASE,
        labels=place.labels(parts.DATABASE_ROLE, parts.DATABASE),
        network=place.name("inner"),
        networking_config={place.name("inner"): client.api.create_endpoint_config(aliases=[parts.DATABASE])},
        mounts=[
            volume_mount(
                place.name(parts.DATABASE),
                parts.DATABASE_FILES,
                place.labels(parts.DATABASE_ROLE),
                read_only=False,
            ),
            *shelf,
        ],
        **confinement(DATABASE_LIMITS),
    )
    write_secret(database, parts.DATABASE_FILES, SUPERUSER_FILE, derive(secret, "database-superuser"))
    database.start()
    return database


def _create_administrator(
    database: Container, site: Site, superuser: str, wanted: Sequence[Loaded]
) -> tuple[str, ...]:
    """Run it beside the server: the superuser is refused from anywhere but its loopback.

    Tells the keys of the databases that came with the server, and are the administrator's now.
    """
    wishes = [{"key": each.key, "database": each.database, "role": each.role} for each in wanted]
    try:
        code, answer = database.exec_run(
            ["python", "-m", "sandbox.runtimes.administrator"],
            environment={
                "DATABASE_PORT": str(site.database.port),
                "SUPERUSER_PASSWORD": superuser,
                "ADMINISTRATOR": site.database.user,
                "ADMINISTRATOR_PASSWORD": site.database.password,
                "WANTED": json.dumps(wishes),
            },
        )
    except APIError as error:
        if error.status_code != 409:
            raise
        code, answer = 1, b""  # it ended before it could be asked
    said = answer if isinstance(answer, bytes) else b"".join(answer)
    if code != 0:
        log = b"".join([*database.logs(tail=50, stream=True), said])
        raise StartFailed("PostgreSQL did not start in its container", log_tail=log.decode(errors="replace"))
    return tuple(json.loads(said.splitlines()[-1]))


def _still_ours(keeper: Container, place: Place) -> None:
    """Refuse to hand out a site that another command removed while it was being made."""
    try:
        keeper.reload()
    except NotFound as error:
        raise StateConflict(f"sandbox {place.sandbox!r} was taken down while it was being made") from error
