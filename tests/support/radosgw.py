"""A real object store for tests: a one-node Ceph cluster in memory with a gateway that speaks S3.

Needs Debian's radosgw, ceph-mon, ceph-osd and ceph-common (setup.sh --tests). Everything lies in a
folder of its own and listens on ports of 127.0.0.1 that were free; ready in about 12 seconds.
"""

import atexit
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid

import s3_requests

PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "ceph-authtool",
            "monmaptool")

CONFIG = """\
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon2}/0,v1:127.0.0.1:{mon1}/0
public addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {folder}/keyring
auth allow insecure global id reclaim = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
mon warn on pool no redundancy = false
mon allow pool size one = true
mon max pg per osd = 1000
osd pool default pg autoscale mode = off
run dir = {folder}/run
admin socket = {folder}/run/$name.asok
log file = {folder}/log/$name.log
pid file = {folder}/run/$name.pid
[mon]
mon data = {folder}/mon
mon data avail crit = 1
mon data avail warn = 2
[osd]
osd objectstore = memstore
memstore device bytes = 4294967296
osd data = {folder}/osd0
osd class dir = /usr/lib/x86_64-linux-gnu/rados-classes
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw enable usage log = false
rgw gc obj min wait = 1
rgw gc processor period = 2
rgw dns name = localhost
"""


def missing_programs():
    return [name for name in PROGRAMS if shutil.which(name) is None]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Radosgw:
    """A gateway with the user of OWNER and, for reading alone, that of READER."""

    OWNER = s3_requests.Keys("AKOWNER7TEST", "skOwnerVerySecret3141")
    READER = s3_requests.Keys("AKREADER7TEST", "skReaderVerySecret2718")

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="colvec_rgw_"))
        self.port = free_port()
        self.daemons = []
        self.gateway = None
        atexit.register(self.stop)
        try:
            self._start_cluster()
            self.start_gateway()
            for name, keys in (("owner", self.OWNER), ("reader", self.READER)):
                self._run("radosgw-admin", "-n", "client.rgw", "user", "create", f"--uid={name}",
                          f"--display-name={name}", f"--access-key={keys.access}",
                          f"--secret-key={keys.secret}")
        except BaseException:
            self.stop()
            raise

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def environment(self, keys=None, endpoint=None):
        keys = keys or self.OWNER
        return {"AWS_ACCESS_KEY_ID": keys.access, "AWS_SECRET_ACCESS_KEY": keys.secret,
                "AWS_ENDPOINT_URL": endpoint or self.endpoint, "AWS_EC2_METADATA_DISABLED": "true"}

    def request(self, method, path, query="", body=b"", keys=None):
        return s3_requests.request(self.endpoint, keys or self.OWNER, method, path, query, body)

    def make_bucket(self, name):
        self.request("PUT", f"/{name}")

    def objects(self, bucket, prefix=""):
        return s3_requests.list_objects(self.endpoint, self.OWNER, bucket, prefix)

    def download(self, bucket, prefix, folder):
        """All objects below the prefix, as files below the folder."""
        for key in self.objects(bucket, prefix):
            path = pathlib.Path(folder) / key[len(prefix):].lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.request("GET", f"/{bucket}/{key}"))

    def start_gateway(self):
        self.gateway = self._spawn("radosgw", "-n", "client.rgw", "-f")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.gateway.poll() is not None:
                raise RuntimeError(f"radosgw ended: {self._log('client.rgw')}")
            time.sleep(0.1)
        raise RuntimeError("radosgw does not answer")

    def kill_gateway(self):
        self.gateway.send_signal(signal.SIGKILL)
        self.gateway.wait()

    def stop(self):
        for daemon in [self.gateway, *reversed(self.daemons)]:
            if daemon is not None and daemon.poll() is None:
                daemon.kill()
                daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_cluster(self):
        for name in ("mon", "osd0", "log", "run"):
            (self.folder / name).mkdir()
        fsid = str(uuid.uuid4())
        mon1, mon2 = free_port(), free_port()
        (self.folder / "ceph.conf").write_text(CONFIG.format(
            fsid=fsid, mon1=mon1, mon2=mon2, port=self.port, folder=self.folder))
        keyring = str(self.folder / "keyring")
        for command in (["--create-keyring", "-n", "mon.", "--cap", "mon", "allow *"],
                        ["-n", "client.admin", "--cap", "mon", "allow *", "--cap", "osd",
                         "allow *", "--cap", "mgr", "allow *"],
                        ["-n", "client.rgw", "--cap", "mon", "allow rw", "--cap", "osd",
                         "allow rwx"],
                        ["-n", "osd.0", "--cap", "mon", "allow profile osd", "--cap", "osd",
                         "allow *"]):
            subprocess.run(["ceph-authtool", keyring, "--gen-key", *command], check=True,
                           capture_output=True)
        monmap = str(self.folder / "monmap")
        subprocess.run(["monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a",
                        f"[v2:127.0.0.1:{mon2},v1:127.0.0.1:{mon1}]", monmap], check=True,
                       capture_output=True)
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", monmap, "--keyring", keyring)
        self.daemons.append(self._spawn("ceph-mon", "-i", "a", "-f"))
        osd = str(uuid.uuid4())
        self._run("ceph", "osd", "new", osd)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self.daemons.append(self._spawn("ceph-osd", "-i", "0", "-f"))

    def _run(self, program, *arguments):
        done = subprocess.run([program, "--conf", str(self.folder / "ceph.conf"), *arguments],
                              capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"{program} {arguments}: {done.stderr[-2000:]}")

    def _spawn(self, program, *arguments):
        with open(self.folder / "log" / f"{program}.out", "ab") as output:
            return subprocess.Popen([program, "--conf", str(self.folder / "ceph.conf"), *arguments],
                                    stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                    env={**os.environ, "LC_ALL": "C"})

    def _log(self, name):
        path = self.folder / "log" / f"{name}.log"
        return path.read_text(errors="replace")[-2000:] if path.exists() else ""
