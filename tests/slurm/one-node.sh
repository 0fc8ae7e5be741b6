#!/bin/bash
# Starts or stops a Slurm of one node in a folder, for tests: no accounting, no cgroups, ports of its own.
#   tests/slurm/one-node.sh start FOLDER [CPUS]    prints the SLURM_CONF to use
#   tests/slurm/one-node.sh stop FOLDER
# Debian: apt-get install --no-install-recommends slurmctld slurmd slurm-client munge (22.05, about ten seconds).
# Runs as root, or as a user who is then the only one that may submit.
set -eu
export PATH="$PATH:/usr/sbin:/sbin"
verb=${1:?start or stop} folder=${2:?a folder}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd -P)

stop() {
  for name in slurmctld slurmd munged; do
    if [ -f "$folder/$name.pid" ]; then
      pid=$(cat "$folder/$name.pid")
      kill "$pid" 2>/dev/null || true
      for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
      kill -9 "$pid" 2>/dev/null || true
      rm -f "$folder/$name.pid"
    fi
  done
}

if [ "$verb" = stop ]; then stop; exit 0; fi
for name in munged slurmctld slurmd sbatch; do
  command -v "$name" >/dev/null || { echo "$name is missing: apt-get install --no-install-recommends slurmctld slurmd slurm-client munge" >&2; exit 3; }
done
stop
cpus=${3:-2} host=$(hostname -s) user=$(id -un)
# Two free ports: of the dynamic range, by the folder's name, moved on while they are taken.
port=$((20000 + $(printf %s "$folder" | cksum | cut -d' ' -f1) % 20000))
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || (exec 3<>"/dev/tcp/127.0.0.1/$((port + 1))") 2>/dev/null; do port=$((port + 2)); done
mkdir -p "$folder/state" "$folder/spool" "$folder/munge"
chmod 700 "$folder/munge" "$folder/state"
[ -f "$folder/munge/key" ] || { head -c 1024 /dev/urandom >"$folder/munge/key"; chmod 400 "$folder/munge/key"; }
cat >"$folder/slurm.conf" <<CONF
ClusterName=athanor-test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$folder/munge/socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
MpiDefault=none
SwitchType=switch/none
KillWait=5
InactiveLimit=0
EnforcePartLimits=ALL
SlurmdParameters=config_overrides
MinJobAge=300
SlurmctldTimeout=30
SlurmdTimeout=30
ReturnToService=2
JobRequeue=1
MaxArraySize=1001
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
CONF
force=
[ "$(id -u)" = 0 ] && force=--force
munged $force --key-file="$folder/munge/key" --socket="$folder/munge/socket" --pid-file="$folder/munged.pid" --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" >"$folder/munged.out" 2>&1 || { cat "$folder/munged.out" >&2; exit 4; }
export SLURM_CONF="$folder/slurm.conf"
slurmctld -c >"$folder/slurmctld.out" 2>&1 || { cat "$folder/slurmctld.out" >&2; stop; exit 4; }
slurmd -c >"$folder/slurmd.out" 2>&1 || { cat "$folder/slurmd.out" >&2; stop; exit 4; }
for _ in $(seq 150); do
  if [ "$(sinfo -h -o %T 2>/dev/null)" = idle ]; then echo "$SLURM_CONF"; exit 0; fi
  sleep 0.1
done
echo "the node did not become ready:" >&2
tail -n 20 "$folder/slurmctld.log" "$folder/slurmd.log" >&2
stop
exit 4
