#include "store/history_fixture.h"

#include <sstream>

#include "base/check.h"
#include "base/uuid.h"
#include "store/distinct_rows.h"

namespace colvec {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

AddFile file_of(std::string text) {
  AddFile file;
  file.size = 10;
  if (text.ends_with('!')) {
    file.tags[kMayDouble] = "true";
    text.pop_back();
  }
  file.stats = R"({"numRecords":1})";
  if (const std::size_t at = text.find('@'); at != std::string::npos) {
    const std::vector<std::string> bounds = split(text.substr(at + 1), '-');
    file.stats = R"({"minValues":{"text_hash":")" + bounds.at(0) +
                 R"("},"maxValues":{"text_hash":")" + bounds.at(1) + R"("}})";
    text.resize(at);
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string::npos) file.size = std::stoull(text.substr(colon + 1));
  file.path = text.substr(0, colon);
  return file;
}

DeltaCommit commit_of(const std::string& text, std::int64_t timestamp_ms) {
  DeltaCommit commit;
  CommitInfo& info = commit.info.emplace();
  info.timestamp_ms = timestamp_ms;
  info.operation = "WRITE";
  info.engine = "colvec/test";
  for (const std::string& word : split(text, ' ')) {
    if (word == "O") info.operation = "OPTIMIZE";
    if (word == "D") info.operation = "DELETE";
    if (word.size() == 1) continue;
    if (word[0] == '+')
      commit.adds.push_back(file_of(word.substr(1)));
    else if (word[0] == '-')
      commit.removes.push_back({.path = word.substr(1), .partition = {}});
    else if (word[0] == '~')
      info.parameters[kErases] = word.substr(1);
    else if (word[0] == '=')
      info.replaced_commits = split(word.substr(1), ',');
    else
      info.commit_id = word;
  }
  return commit;
}

DeltaLog new_log(StoreFolder& place) {
  DeltaLog log =
      DeltaLog::open(local_file_system(), place.connection(), place.path() / new_uuid()).value();
  DeltaCommit first = first_commit();
  first.info->commit_id = "made";
  first.meta_data->id = "the table";
  COLVEC_CHECK(log.try_commit(first).value());
  return log;
}

}  // namespace

WrittenLog::WrittenLog(StoreFolder& place, const std::string& text) : log_(new_log(place)) {
  COLVEC_CHECK(history_.extend(log_).has_value());
  write(text);
}

void WrittenLog::write(const std::string& text) {
  for (const std::string& entry : split(text, ';'))
    COLVEC_CHECK(log_.try_commit(commit_of(entry, log_.snapshot().timestamp_ms + 1)).value());
  COLVEC_CHECK(history_.extend(log_).has_value());
}

std::string text_of(const std::vector<PlannedEntry>& plan, const LogHistory& from) {
  std::string text;
  for (const PlannedEntry& planned : plan) {
    text += text.empty() ? "" : "; ";
    text += planned.copied ? from.entries()[*planned.copied].id : "own";
    text += ":";
    for (const std::string& path : planned.adds) text += " +" + path;
    for (const std::string& path : planned.removes) text += " -" + path;
    for (std::size_t i = 0; i < planned.replaced.size(); ++i)
      text += (i == 0 ? " =" : ",") + planned.replaced[i];
    if (planned.may_double) text += " double";
    // What is copied is one itself.
    for (std::size_t i = 0; !planned.copied && i < planned.erasures.size(); ++i)
      text += (i == 0 ? " ~" : ",") + planned.erasures[i];
  }
  return text;
}

}  // namespace colvec
