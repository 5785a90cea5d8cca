"""Programs that a hostile block could run, as text for `python -c`, and the one that listens for them.

They send all they can, look around, try every database, take all memory, fork without end. Each needs
only the standard library, but for the one that tries databases.
"""

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

TAKING_MEMORY = """
print("taking", flush=True)
everything = b"x" * (1 << 30)
print("taken")
"""

SENDING = """
import json, os, socket
from concurrent.futures import ThreadPoolExecutor
token = os.environ["TOKEN"].encode()
def send(target):
    host, port = target
    said = []
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(family, kind) as sender:
            sender.settimeout(0.5)
            try:
                sender.connect((host, port))
                sender.sendall(token)
                if kind == socket.SOCK_STREAM:
                    said.append(f"connected {host} {port}")
            except OSError as error:
                said.append(f"{type(error).__name__} {host} {port}")
    return said
with ThreadPoolExecutor(16) as pool:
    for said in pool.map(send, json.loads(os.environ["TARGETS"])):
        print(*said, sep="\\n")
for name in json.loads(os.environ.get("NAMES", "[]")):
    try:
        print("resolved", socket.getaddrinfo(name, 80))
    except OSError:
        print("unresolved", name)
print("all sent")
"""
"""To every target once as a datagram and once by a connection; then asks for `NAMES`."""

SHOUTING = """
import json, os, socket
token = os.environ["TOKEN"].encode()
for _, interface in socket.if_nameindex():
    for host, port in json.loads(os.environ["TARGETS"]):
        for address in (host, "255.255.255.255", "224.0.0.1"):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                try:
                    sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                    sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
                    sender.sendto(token + b" to " + address.encode(), (address, port))
                except OSError:
                    pass
print("all sent")
"""
"""To every address, and to everybody, over every interface by name: routes are not asked."""

ASKING_AROUND = """
import json, os, socket
from concurrent.futures import ThreadPoolExecutor
def ask(target):
    for _ in range(100):
        try:
            socket.create_connection(target, 1).close()
            return f"reached {target[0]}"
        except ConnectionRefusedError:
            pass
        except OSError:
            break
    return f"no way to {target[0]}"
with ThreadPoolExecutor(16) as pool:
    print(*pool.map(ask, json.loads(os.environ["TARGETS"])), sep="\\n")
"""
"""To whom there is a way, by name; who is there and does not listen yet is asked again."""

RECEIVING = """
import json, os, socket, threading
ports = json.loads(os.environ["PORTS"])
def keep_printing(kind, port):
    with socket.socket(socket.AF_INET, kind) as receiver:
        receiver.bind(("0.0.0.0", port))
        if kind == socket.SOCK_STREAM:
            receiver.listen()
        print("ready", flush=True)
        while True:
            if kind == socket.SOCK_DGRAM:
                print("datagram", receiver.recv(200), flush=True)
            else:
                connection, _ = receiver.accept()
                print("connection", connection.recv(200), flush=True)
                connection.close()
for port in ports:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        threading.Thread(target=keep_printing, args=[kind, port]).start()
"""
"""Listens on every port of `PORTS`, and says `ready` twice for each."""
