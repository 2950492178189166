#include "hub/hub_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/json.h"
#include "base/percent.h"
#include "hub/hub_cache.h"
#include "model/weights.h"

namespace colvec {
namespace {

constexpr std::size_t kRedirectsMax = 5;
constexpr std::size_t kPagesMax = 1000;
constexpr std::size_t kFilesMax = 100'000;
constexpr std::size_t kReasonCharsMax = 200;
constexpr std::string_view kUnreserved = "-._~";

// What the hub says of why, on one line; "" where it says nothing.
std::string reason_of(const HttpResponse& response) {
  std::string reason = response.header("x-error-message").value_or("").substr(0, kReasonCharsMax);
  std::replace_if(
      reason.begin(), reason.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
  return reason.empty() ? "" : " (" + reason + ")";
}

// `name` is what was asked for: the model, or a file of it.
tl::unexpected<Error> error_of(const HttpResponse& response, const RepoName& repo,
                               const std::string& name, bool has_token) {
  const std::string why = reason_of(response);
  switch (response.status) {
    case 401:
      return fail(ErrorCode::kInvalidArgument,
                  has_token ? fmt::format("{}: the hub does not take the token, or has no such "
                                          "model{}",
                                          name, why)
                            : fmt::format("{}: the hub has no such model for those without a token "
                                          "(HF_TOKEN){}",
                                          name, why));
    case 403:
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format("{}: the hub refuses access: ask for it on the page of the model, and "
                      "set HF_TOKEN{}",
                      name, why));
    case 404:
      return fail(
          ErrorCode::kNotFound,
          response.header("x-error-code") == "RevisionNotFound"
              ? fmt::format("{}: the hub has no such revision: {}", repo.text(),
                            repo.revision_or_main())
              : fmt::format("{}: the hub has no such model, revision or file{}", name, why));
    default:
      return fail(ErrorCode::kIo,
                  fmt::format("{}: the hub answers {}{}", name, response.status, why));
  }
}

// The URL of the next page in a Link header: <URL>; rel="next". "" where there is none.
std::string next_page(const HttpResponse& response) {
  const std::string link = response.header("link").value_or("");
  const std::size_t end = link.find(">; rel=\"next\"");
  if (end == std::string::npos) return "";
  const std::size_t begin = link.rfind('<', end);
  return begin == std::string::npos ? "" : link.substr(begin + 1, end - begin - 1);
}

Result<RepoFile> parse_file(const Json& entry) {
  RepoFile file;
  COLVEC_ASSIGN(file.path, entry.string("path"));
  COLVEC_ASSIGN(file.size, entry.unsigned_number("size"));
  COLVEC_ASSIGN(file.checksum, entry.string("oid"));
  COLVEC_ASSIGN(const std::optional<Json> large, entry.find("lfs"));
  if (large) {
    COLVEC_ASSIGN(file.checksum, large->string("oid"));
    COLVEC_ASSIGN(file.size, large->unsigned_number("size"));
  }
  if (file.path.empty() || !stays_inside(file.path) || file.path.find('\0') != std::string::npos)
    return entry.wrong("a file outside of the repository");
  if (!is_checksum(file.checksum) || (large && file.checksum.size() != 64))
    return entry.wrong("a file without a checksum");
  return file;
}

Status parse_files(const Json& page, std::vector<RepoFile>* files) {
  if (!page.is_array()) return page.wrong("not a list of files");
  for (std::size_t i = 0; i < page.size(); ++i) {
    const Json entry = page.element(i);
    COLVEC_ASSIGN(const std::string type, entry.string("type"));
    if (type != "file") continue;
    COLVEC_ASSIGN(files->emplace_back(), parse_file(entry));
    if (files->size() > kFilesMax) return page.wrong("more files than a model has");
  }
  return {};
}

// What an answer says is not ours to be blamed for.
tl::unexpected<Error> bad_answer(const RepoName& repo, Error error) {
  error.code = ErrorCode::kCorruption;
  return at(repo.full_text() + ": an answer of the hub", std::move(error));
}

}  // namespace

std::string HubApi::authorization() const {
  return settings_.token.empty() ? "" : "Bearer " + settings_.token;
}

Result<HttpResponse> HubApi::get(const RepoName& repo, const std::string& url) {
  HttpResult response = send_with_retries(client_, options_.backoff, [&]() -> HttpRequest {
    return {.url = url,
            .authorization = authorization(),
            .redirects_max = kRedirectsMax,
            .cancel = options_.cancel};
  });
  if (!response) return at(repo.full_text(), std::move(response.error().error));
  if (response->status != 200)
    return error_of(*response, repo, repo.full_text(), !settings_.token.empty());
  return *std::move(response);
}

Result<std::string> HubApi::commit_of(const RepoName& repo) {
  COLVEC_ASSIGN(
      const HttpResponse response,
      get(repo, fmt::format("{}/api/models/{}/revision/{}", settings_.endpoint, repo.text(),
                            percent_encode(repo.revision_or_main(), kUnreserved))));
  Result<Json> json = Json::parse(response.body, "revision");
  if (!json) return bad_answer(repo, std::move(json).error());
  Result<std::string> commit = json->string("sha");
  if (!commit) return bad_answer(repo, std::move(commit).error());
  if (!is_commit(*commit))
    return fail(ErrorCode::kCorruption,
                repo.full_text() + ": an answer of the hub: sha: not a commit");
  return commit;
}

Result<std::vector<RepoFile>> HubApi::files(const RepoName& repo, const std::string& commit) {
  std::vector<RepoFile> files;
  const std::string start = settings_.endpoint + "/";
  std::string url =
      fmt::format("{}api/models/{}/tree/{}?recursive=true", start, repo.text(), commit);
  for (std::size_t page = 0; !url.empty(); ++page) {
    // The token goes along.
    if (page == kPagesMax || !url.starts_with(start))
      return fail(ErrorCode::kCorruption,
                  fmt::format("{}: an answer of the hub: another page than one of its own: {}",
                              repo.full_text(), url_to_show(url)));
    COLVEC_ASSIGN(const HttpResponse response, get(repo, url));
    Result<Json> json = Json::parse(response.body, "tree");
    if (!json) return bad_answer(repo, std::move(json).error());
    if (Status parsed = parse_files(*json, &files); !parsed)
      return bad_answer(repo, std::move(parsed).error());
    url = next_page(response);
  }
  std::sort(files.begin(), files.end(),
            [](const RepoFile& a, const RepoFile& b) { return a.path < b.path; });
  return files;
}

Status HubApi::get_file(const RepoName& repo, const std::string& commit, const std::string& path,
                        const PositionedFile& file, const std::function<std::uint64_t()>& first,
                        const std::function<void(std::uint64_t)>& on_bytes) {
  const std::string url = fmt::format("{}/{}/resolve/{}/{}", settings_.endpoint, repo.text(),
                                      commit, percent_encode(path, "-._~/"));
  HttpResult response = send_with_retries(client_, options_.backoff, [&]() -> HttpRequest {
    const std::uint64_t begin = first();
    return {.url = url,
            .authorization = authorization(),
            .range = begin == 0 ? std::nullopt : std::optional(HttpRange{.first = begin}),
            .to_file = &file,
            .redirects_max = kRedirectsMax,
            .cancel = options_.cancel,
            .on_bytes = [&](std::uint64_t, std::uint64_t received) { on_bytes(received); }};
  });
  const std::string where = repo.full_text() + ": " + path;
  if (!response) return at(where, std::move(response.error().error));
  if (response->status == 200 || response->status == 206) return {};
  return error_of(*response, repo, where, !settings_.token.empty());
}

}  // namespace colvec
