#include "hub/repo_name.h"

#include <algorithm>

namespace colvec {
namespace {

constexpr std::size_t kCharsMax = 96;  // Of a name or a revision, as hubs have it.

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Letters, digits, and `more` between them, but neither ".." nor "--".
bool is_word(std::string_view text, std::string_view more) {
  const bool has_chars = std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || more.find(c) != std::string_view::npos;
  });
  const auto is_edge = [](char c) { return is_alphanumeric(c) || c == '_'; };
  return has_chars && !text.empty() && text.size() <= kCharsMax && is_edge(text.front()) &&
         is_edge(text.back()) && text.find("..") == std::string_view::npos &&
         text.find("--") == std::string_view::npos && text.find("//") == std::string_view::npos;
}

}  // namespace

std::optional<RepoName> find_repo_name(std::string_view text) {
  const std::size_t at = text.find('@');
  const std::string_view path = text.substr(0, at);
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  RepoName repo{.org = std::string(path.substr(0, slash)),
                .name = std::string(path.substr(slash + 1))};
  if (!is_word(repo.org, "-_.") || !is_word(repo.name, "-_.")) return std::nullopt;
  if (at == std::string_view::npos) return repo;
  repo.revision = text.substr(at + 1);
  if (!is_word(repo.revision, "-_./")) return std::nullopt;
  return repo;
}

Result<RepoName> parse_repo_name(std::string_view text) {
  if (std::optional<RepoName> repo = find_repo_name(text)) return *std::move(repo);
  return fail(
      ErrorCode::kInvalidArgument,
      "not the name of a model at a hub (ORG/NAME or ORG/NAME@REVISION): " + std::string(text));
}

bool is_commit(std::string_view text) {
  return text.size() == 40 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace colvec
