#!/bin/sh
# Runs klero and its peers on the same files, and prints one table: seconds of cores, seconds on the
# clock, memory, ratios, and how far the numbers agree.
#
#     benches/peers.sh [--slow] [--large] [BENCH...]
#
# A BENCH is one of draw, audit, registers and estimate; without any, all of them. `--slow` has the
# peers at work that take minutes as well, `--large` adds ten million rows.
#
# KLERO_PYTHON names a Python of 3.11 or newer, else python3; KLERO_PEERS a folder of R's packages
# beside R's own. What is not installed is a row that says `missing`. benches/README.md says how to
# install them, and what the rows are.
set -eu
cd "$(dirname "$0")/.."

flags= benches=
for word; do
    case $word in
        --slow | --large) flags="$flags $word" ;;
        draw | audit | registers | estimate) benches="$benches $word" ;;
        *) echo "benches/peers.sh: \`$word\` is no bench and no flag of it" >&2; exit 2 ;;
    esac
done
: "${benches:=draw audit registers estimate}"

# What is not there is not run; the benches then print klero's rows alone.
python=${KLERO_PYTHON:-python3}
unset KLERO_PYTHON
if "$python" -c 'import sys; assert sys.version_info >= (3, 11)' 2> /dev/null; then
    export KLERO_PYTHON="$python"
    "$python" - << 'END'
import importlib.metadata as have, platform
def version(name):
    try:
        return have.version(name)
    except have.PackageNotFoundError:
        return "missing"
names = "numpy scipy statsmodels pyfixest lifelines pyarrow polars duckdb".split()
print(f"Python {platform.python_version()}:", ", ".join(f"{n} {version(n)}" for n in names))
END
else
    echo "missing: Python of 3.11 or newer"
fi
if Rscript --version > /dev/null 2>&1; then
    export KLERO_PEERS="${KLERO_PEERS:-$PWD/peers}"
    Rscript - "$KLERO_PEERS" << 'END'
.libPaths(c(commandArgs(trailingOnly = TRUE), .libPaths()))
version <- function(name) tryCatch(as.character(packageVersion(name)), error = function(e) "missing")
names <- c("randomizr", "blockrand", "Minirand", "data.table", "estimatr", "fixest", "sandwich",
           "clubSandwich", "coin", "ri2", "survival")
cat(R.version.string, ": ", paste(names, sapply(names, version), collapse = ", "), "\n", sep = "")
END
else
    unset KLERO_PEERS
    echo "missing: R"
fi
if [ -r /proc/cpuinfo ]; then
    sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sort | uniq -c | sed 's/^ */cores: /'
fi
uptime | sed 's/.*load/load/'

cat << 'END'

| job | by | cores, s | clock, s | memory, MB | klero : peer, cores and clock | agreement |
|---|---|--:|--:|--:|--:|---|
END
for bench in $benches; do
    # Rows of the table are on stdout, whatever else is said on stderr.
    export KLERO_BENCH_PERSONS="${KLERO_BENCH_PERSONS:-10000}"
    # shellcheck disable=SC2086
    { cargo bench --quiet --bench "$bench" -- $flags || echo "failed: $bench"; } |
        awk '/^\|/ { print; next } { print > "/dev/stderr" }'
done
uptime | sed 's/.*load/load/'
