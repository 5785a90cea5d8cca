"""Programs that a hostile block could run: look around, try every database, fork without end."""

LOOKING_AROUND = """
import json, os
from pathlib import Path
SOCKETS = ("/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock")
lines = Path("/proc/1/status").read_text().splitlines()
status = dict(line.split(":\\t", 1) for line in lines if ":\\t" in line)
mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
writable = [mount for mount in mounts if os.path.isdir(mount[1]) and os.access(mount[1], os.W_OK)]
def first(*names):
    for name in names:
        path = Path("/sys/fs/cgroup", name)
        if path.exists():
            return path.read_text().split()
print(json.dumps({
    "uids": status["Uid"].split(),
    "capabilities": [status[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")],
    "no_new_privileges": status["NoNewPrivs"], "seccomp": status["Seccomp"],
    "writable": sorted(path for _, path, *_ in writable),
    "executable": sorted(path for _, path, _, how, *_ in writable if "noexec" not in how.split(",")),
    "sockets": [name for name in SOCKETS if os.path.exists(name)],
    "memory": first("memory.max", "memory/memory.limit_in_bytes"),
    "pids": first("pids.max", "pids/pids.max"),
    "cpu": first("cpu.max") or first("cpu/cpu.cfs_quota_us") + first("cpu/cpu.cfs_period_us"),
    "environment": Path("/proc/1/environ").read_text(),
    "routes": [line.split()[:2] for line in Path("/proc/net/route").read_text().splitlines()[1:]],
    "ipv6": [line.split()[-1] for line in Path("/proc/net/if_inet6").read_text().splitlines()],
}))
"""

TRYING_DATABASES = """
import json, os, psycopg
from urllib.parse import urlsplit
own = urlsplit(os.environ["DATABASE_URL"])
opened = []
for host, name in json.loads(os.environ["DATABASES"]):
    login = f"{own.username}:{own.password}@{host}:5432"
    try:
        psycopg.connect(own._replace(netloc=login, path="/" + name).geturl(), connect_timeout=2).close()
        opened.append([host, name])
    except psycopg.OperationalError:
        pass
print(json.dumps(opened))
"""

FORKING = """
import os, signal
children = []
try:
    while len(children) < 5000:
        child = os.fork()
        if child == 0:
            signal.pause()
        children.append(child)
except BlockingIOError:
    pass
print(len(children))
for child in children:
    os.kill(child, signal.SIGKILL)
"""
