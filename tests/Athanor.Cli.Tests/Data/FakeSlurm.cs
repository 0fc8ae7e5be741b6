namespace Athanor.Cli.Tests.Data;

/// <summary>
/// Programs that speak like Slurm's and run jobs one after another when squeue is asked. <see cref="Fault"/> says what becomes of a task instead.
/// </summary>
internal sealed class FakeSlurm
{
    private const string Script = """
        #!/bin/bash
        dir=$(cd "$(dirname "$0")" && pwd) me=$(basename "$0")
        state=$dir/state
        mkdir -p "$state" "$dir/faults"
        held=; [ -f "$dir/hold" ] && held=1
        echo "$me $*" >>"$dir/log"

        ends() { case $1 in COMPLETED|FAILED|TIMEOUT|NODE_FAIL|OUT_OF_MEMORY|CANCELLED|GONE) return 0;; esac; return 1; }

        # 0: may run, 1: waits, 2: never
        waits() {
          local clause id kind file at never=0 later=0
          for clause in ${1//,/ }; do
            kind=${clause%%:*}
            for id in ${clause#*:}; do :; done
            for id in $(echo "${clause#*:}" | tr ':' ' '); do
              for file in "$state/$id/tasks/"*; do
                at=$(cut -d'|' -f1 "$file")
                if ! ends "$at"; then later=1; elif [ "$kind" = afterok ] && [ "$at" != COMPLETED ]; then never=1; fi
              done
            done
          done
          [ $later = 1 ] && return 1
          [ $never = 1 ] && return 2
          return 0
        }

        run() { # job, task
          local job=$1 task=$2 file=$state/$1/tasks/$2 name out fault code
          name=$(cat "$state/$job/name"); out=$(sed "s/%a/$task/" "$state/$job/out")
          local faults=$dir/faults/$name.$task
          fault=$(head -n 1 "$faults" 2>/dev/null); [ -f "$faults" ] && sed -i 1d "$faults"
          set -- $fault
          case ${1:-} in
            "") SLURM_JOB_ID=$job SLURM_ARRAY_TASK_ID=$task SLURM_CPUS_PER_TASK=1 bash "$(cat "$state/$job/script")" $(cat "$state/$job/extra") >>"$out" 2>&1; code=$?;;
            EXIT) echo "dying by $2" >>"$out"; code=$2;;
            SILENT) code=1;;
            HELD) echo "PENDING||launch failed requeued held" >"$file"; return;;
            *) echo "$1|node7|None" >"$file"; return;;
          esac
          if [ $code = 0 ]; then echo "COMPLETED|node7|None" >"$file"; else echo "FAILED|node7|NonZeroExitCode" >"$file"; fi
          echo "$code:0" >"$state/$job/code.$task"
        }

        tick() {
          local job file task
          [ -n "$held" ] && return
          for job in $(ls "$state" | grep -v count | sort -n); do
            local ran=0
            for file in "$state/$job/tasks/"*; do
              [ "$(cut -d'|' -f1 "$file")" = PENDING ] || continue
              waits "$(cat "$state/$job/deps")"
              case $? in
                0) run "$job" "$(basename "$file")"; ran=1;;
                2) echo "CANCELLED||DependencyNeverSatisfied" >"$file";;
              esac
            done
            [ $ran = 1 ] && return
          done
        }

        case $me in
        sbatch)
          [ -f "$dir/refuse" ] && { cat "$dir/refuse" >&2; exit 1; }
          array= deps= out= name=
          while [ $# -gt 0 ]; do
            case $1 in
              --array=*) array=${1#*=};; --dependency=*) deps=${1#*=};; --output=*) out=${1#*=};; --job-name=*) name=${1#*=};; --*) ;;
              *) script=$1; shift; break;;
            esac
            shift
          done
          job=$(( $(cat "$state/count" 2>/dev/null || echo 0) + 1 )); echo $job >"$state/count"
          mkdir -p "$state/$job/tasks"
          echo "$name" >"$state/$job/name"; echo "$out" >"$state/$job/out"; echo "$deps" >"$state/$job/deps"; echo "$script" >"$state/$job/script"; echo "$*" >"$state/$job/extra"
          array=${array%%\%*}
          [ -z "$array" ] && echo "PENDING||None" >"$state/$job/tasks/whole"
          for range in ${array//,/ }; do
            for task in $(seq "${range%-*}" "${range#*-}"); do echo "PENDING||None" >"$state/$job/tasks/$task"; done
          done
          echo "$job;cluster";;
        squeue)
          [ -f "$dir/deaf" ] && { rm "$dir/deaf"; echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1; }
          tick
          for argument in "$@"; do case $argument in --jobs=*) jobs=${argument#*=};; esac; done
          for job in ${jobs//,/ }; do
            for file in "$state/$job/tasks/"*; do
              [ -f "$file" ] || continue
              case $(cat "$file") in GONE*) continue;; esac
              task=$(basename "$file"); [ $task = whole ] && echo "$job|$(cat "$file")" || echo "${job}_$task|$(cat "$file")"
            done
          done;;
        sacct)
          [ -f "$dir/accounts" ] || { echo "Slurm accounting storage is disabled" >&2; exit 1; }
          for argument in "$@"; do case $argument in --jobs=*) jobs=${argument#*=};; esac; done
          for job in ${jobs//,/ }; do
            for file in "$state/$job/tasks/"*; do
              task=$(basename "$file"); id=$job; [ $task = whole ] || id=${job}_$task
              echo "$id|$(cut -d'|' -f1 "$file" | sed s/GONE/NODE_FAIL/)|node7|$(cat "$state/$job/code.$task" 2>/dev/null || echo 0:0)"
            done
          done;;
        scancel)
          for job in "$@"; do
            for file in "$state/$job/tasks/"*; do ends "$(cut -d'|' -f1 "$file")" || echo "CANCELLED||None" >"$file"; done
          done;;
        esac
        exit 0
        """;

    public FakeSlurm(string folder)
    {
        Folder = Directory.CreateDirectory(folder).FullName;
        foreach (string program in (string[])["sbatch", "squeue", "sacct", "scancel"])
        {
            string path = Path.Combine(Folder, program);
            File.WriteAllText(path, Script.ReplaceLineEndings("\n"));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public string Folder { get; }

    /// <summary>How programs were called, a line each.</summary>
    public string[] Calls => File.Exists(Path.Combine(Folder, "log")) ? File.ReadAllLines(Path.Combine(Folder, "log")) : [];

    public string[] Submitted => [.. Calls.Where(call => call.StartsWith("sbatch ", StringComparison.Ordinal))];

    /// <summary>What becomes of a task when it would run, time after time: <c>EXIT n</c>, <c>SILENT</c> (fails without a log), <c>GONE</c> (Slurm forgets it), <c>HELD</c>, or the state it ends in without running.</summary>
    public void Fault(string job, string task, params string[] what)
    {
        Directory.CreateDirectory(Path.Combine(Folder, "faults"));
        File.WriteAllLines(Path.Combine(Folder, "faults", $"{job}.{task}"), what);
    }

    /// <summary>A switch: <c>hold</c> (nothing begins), <c>refuse</c> (sbatch says the text), <c>deaf</c> (squeue fails once), <c>accounts</c> (sacct works).</summary>
    public void Set(string name, string? text = "")
    {
        if (text is null)
            File.Delete(Path.Combine(Folder, name));
        else
            File.WriteAllText(Path.Combine(Folder, name), text);
    }
}
