// What `colvec --version` says.
#pragma once

#include <string>
#include <string_view>

namespace colvec::cli {

// Of the sources that this was built from, 12 hex digits; "+" behind them: with changes.
std::string_view build_commit();

// "colvec 0.1.0 (commit 0123456789ab, avx2)".
std::string version_text();

}  // namespace colvec::cli
