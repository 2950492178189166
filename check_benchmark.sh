#!/usr/bin/env bash
# Measures which batch size is best on this machine.
#
# Usage: ./check_benchmark.sh [MODEL] [options of `colvec bench batch`]
set -euo pipefail
# shellcheck source=tools/steps.sh
. "$(dirname "${BASH_SOURCE[0]}")/tools/steps.sh"

"${ROOT}/setup.sh" --build
exec "${ROOT}/build/release/colvec" bench batch "$@"
