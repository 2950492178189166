"""A throw-away Slurm for tests: one controller and two nodes of one processor each, on this host.

Needs Debian's slurmctld, slurmd, slurm-client and munge (setup.sh --tests), and root. Everything
lies in a folder of its own and listens on ports of 127.0.0.1 that were free; ready in a second or
two. No accounting, no cgroups.
"""

import atexit
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from radosgw import free_port

PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "squeue", "scancel", "scontrol", "sinfo")
# Where Debian has those that only root runs.
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"

CONFIG = """\
ClusterName=colvec
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/munge.sock,cred_expire=10
CredType=cred/munge
CryptoType=crypto/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmctldPort={port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd-%n.log
SlurmctldTimeout=30
SlurmdTimeout=30
KillWait=5
MinJobAge=300
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={n1} CPUs={cpus} State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={n2} CPUs={cpus} State=UNKNOWN
PartitionName=p Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


def missing_programs():
    return [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]


class Slurm:
    def __init__(self, cpus=1):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="colvec_slurm_"))
        self.folder.chmod(0o755)
        self.daemons = {}
        atexit.register(self.stop)
        for name in ("state", "spool/n1", "spool/n2", "log", "munge"):
            (self.folder / name).mkdir(parents=True)
        config = self.folder / "slurm.conf"
        config.write_text(CONFIG.format(
            host=socket.gethostname().split(".")[0], folder=self.folder, port=free_port(),
            n1=free_port(), n2=free_port(), cpus=cpus))
        self.environment = {**os.environ, "SLURM_CONF": str(config), "PATH": PATH}
        self._start_munge()
        self._spawn("slurmctld", "slurmctld", "-D", "-f", config)
        for node in ("n1", "n2"):
            self.start_node(node)
        self._wait_until_idle()

    def run(self, *command):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                              env=self.environment, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def start_node(self, node):
        self._spawn(node, "slurmd", "-D", "-N", node, "-f", self.environment["SLURM_CONF"])

    def kill_node(self, node):
        """Its daemon dies at once, and the controller is told; what it started may go on."""
        self.daemons[node].kill()
        self.daemons[node].wait()
        self.run("scontrol", "update", f"nodename={node}", "state=down", "reason=test")

    def tasks(self):
        """(array number, task, state, node) of all that Slurm knows."""
        out = self.run("squeue", "--noheader", "--array", "--states=all", "--format=%F|%K|%T|%N")
        return [tuple(line.split("|")) for line in out.splitlines()]

    def stop(self):
        for daemon in reversed(self.daemons.values()):
            if daemon.poll() is None:
                daemon.send_signal(signal.SIGTERM)
                try:
                    daemon.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    daemon.kill()
                    daemon.wait()
        self.daemons = {}
        shutil.rmtree(self.folder, ignore_errors=True)

    def _spawn(self, name, *command, user=None):
        log = (self.folder / "log" / f"{name}.out").open("w")
        self.daemons[name] = subprocess.Popen(
            list(map(str, command)), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            env=self.environment, user=user)

    def _start_munge(self):
        folder = self.folder / "munge"
        key = folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        munge = pwd.getpwnam("munge")
        for path in (folder, key):
            os.chown(path, munge.pw_uid, munge.pw_gid)
        key.chmod(0o400)
        self._spawn("munged", "munged", "--foreground", "--force", f"--key-file={key}",
                    f"--socket={folder}/munge.sock", f"--pid-file={folder}/munged.pid",
                    f"--log-file={folder}/munged.log", f"--seed-file={folder}/seed", user="munge")
        deadline = time.monotonic() + 20
        while not (folder / "munge.sock").exists():
            assert time.monotonic() < deadline, "munged does not answer"
            time.sleep(0.05)

    def _wait_until_idle(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            done = subprocess.run(["sinfo", "-h", "-N", "-o", "%T"], capture_output=True, text=True,
                                  env=self.environment, check=False)
            if done.stdout.split() == ["idle", "idle"]:
                return
            time.sleep(0.1)
        raise RuntimeError(f"Slurm is not ready: {(self.folder / 'log/slurmctld.log').read_text()}")
