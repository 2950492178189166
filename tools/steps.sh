# shellcheck shell=bash disable=SC2034
# What the scripts at the root share: finding the checkout, logging a step, saying why it failed.
# Source it; it defines functions and ROOT and does nothing else.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
STEP_LOG="${ROOT}/build/setup.log"

say() { printf '%s\n' "$*" >&2; }

die() {
  local code="$1"
  shift
  say "$*"
  exit "${code}"
}

# step NAME COMMAND...: runs the command with its output in STEP_LOG; shows the end of a failure.
step() {
  local name="$1"
  shift
  say "${name} ..."
  quietly "${name}" "$@"
}

# step_if_slow NAME COMMAND...: the same, but names the step only if it takes more than a second:
# for what is usually done already, and only its own tool can tell.
step_if_slow() {
  local name="$1" process waits
  shift
  quietly "${name}" "$@" &
  process=$!
  for ((waits = 0; waits < 20; ++waits)); do
    kill -0 "${process}" 2>/dev/null || break
    sleep 0.05
  done
  [ "${waits}" -lt 20 ] || say "${name} ..."
  wait "${process}" || exit "$?"
}

# quietly NAME COMMAND...: the same, but says nothing while all goes well.
quietly() {
  local name="$1" status=0
  shift
  mkdir -p "$(dirname "${STEP_LOG}")"
  printf '== %s: %s\n' "${name}" "$*" >>"${STEP_LOG}"
  "$@" >>"${STEP_LOG}" 2>&1 </dev/null || status=$?
  if [ "${status}" -ne 0 ]; then
    tail -n 20 "${STEP_LOG}" >&2
    die "${status}" "${name} went wrong; the whole log: ${STEP_LOG}"
  fi
}

# Whether a command of this name is there.
has() { command -v "$1" >/dev/null 2>&1; }

# Whether NVIDIA's compiler is there, on the PATH or where the toolkit is installed, and new enough.
has_nvcc() {
  local nvcc said
  nvcc="$(command -v nvcc || printf '%s' "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc")"
  said="$("${nvcc}" --version 2>/dev/null)" || return 1
  [[ "${said}" =~ release\ ([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge 12 ]
}
