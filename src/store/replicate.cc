#include "store/replicate.h"

#include <algorithm>

#include "base/clock.h"
#include "base/uuid.h"
#include "colvec/version.h"
#include "store/active_model.h"
#include "store/append_table.h"
#include "store/distinct_rows.h"

namespace colvec {
namespace {

// So much is moved before its entries are written: what is done stays done.
constexpr std::uint64_t kBatchBytes = 256u << 20;
constexpr std::size_t kBatchEntries = 256;

class Replication {
 public:
  Replication(Replica& from, Replica& to, FileMover& mover, const ReplicateOptions& options)
      : from_(from), to_(to), mover_(mover), options_(options) {}

  Result<Replicated> run() {
    while (true) {
      COLVEC_TRY(to_.refresh());
      COLVEC_TRY(check_same_table(from_, to_));
      COLVEC_ASSIGN(const std::vector<PlannedEntry> plan, this->plan());
      if (plan.empty()) return done_;
      COLVEC_TRY(do_batch(plan));
    }
  }

  Result<Replicated> look() {
    COLVEC_TRY(check_same_table(from_, to_));
    COLVEC_ASSIGN(const std::vector<PlannedEntry> plan, this->plan());
    for (const PlannedEntry& planned : plan) {
      COLVEC_ASSIGN(const std::vector<AddFile> files, files_of(planned));
      ++done_.entries;
      for (const AddFile& file : files) {
        if (!planned.erasures.empty()) done_.erasing_adds.push_back(file);
        if (is_in_target(file)) continue;
        ++done_.files;
        done_.bytes += file.size;
        done_.moving.push_back(file);
      }
      if (!planned.erasures.empty())
        done_.erased.insert(done_.erased.end(), planned.removes.begin(), planned.removes.end());
    }
    return done_;
  }

 private:
  Result<std::vector<PlannedEntry>> plan() {
    std::vector<PlannedEntry> plan;
    if (!from_.exists()) return plan;
    if (options_.is_exact && to_.exists()) {
      COLVEC_ASSIGN(std::optional<PlannedEntry> planned,
                    plan_exact(from_.table(), to_.table(), to_.where()));
      if (planned) plan.push_back(std::move(*planned));
      return plan;
    }
    if (options_.compactions) return plan_compactions(from_.table(), to_.table());
    PlanRules rules{.takes_rows_out = options_.takes_rows_out};
    if (options_.originals)
      rules.has_files = [&](const std::vector<std::string>& paths) {
        return mover_.has_files(paths);
      };
    return plan_entries(from_.table(), to_.table(), rules, to_.where());
  }

  bool is_in_target(const AddFile& file) const { return to_.snapshot().files.contains(file.path); }

  // What the source's log says of the files that `planned` adds.
  Result<std::vector<AddFile>> files_of(const PlannedEntry& planned) {
    std::vector<AddFile> files;
    if (!planned.copied) {
      for (const std::string& path : planned.adds) files.push_back(from_.snapshot().files.at(path));
      return files;
    }
    if (planned.adds.empty()) return files;
    COLVEC_ASSIGN(const DeltaCommit commit, from_.log().commit_at(*planned.copied));
    for (const AddFile& file : commit.adds) {
      if (std::find(planned.adds.begin(), planned.adds.end(), file.path) == planned.adds.end())
        continue;
      files.push_back(file);
      // What a compaction says of the files here does not hold for those of the target.
      const auto live = from_.snapshot().files.find(file.path);
      if (live != from_.snapshot().files.end() && may_double(live->second))
        files.back().tags[kMayDouble] = "true";
    }
    return files;
  }

  // Moves the files of the first entries of the plan, then writes these entries.
  Status do_batch(const std::vector<PlannedEntry>& plan) {
    std::vector<std::vector<AddFile>> files;
    std::vector<AddFile> all;
    std::uint64_t bytes = 0;
    for (const PlannedEntry& planned : plan) {
      if (files.size() == kBatchEntries || (!files.empty() && bytes >= kBatchBytes)) break;
      COLVEC_ASSIGN(std::vector<AddFile> its_files, files_of(planned));
      for (const AddFile& file : its_files) {
        if (is_in_target(file)) continue;
        bytes += file.size;
        all.push_back(file);
      }
      files.push_back(std::move(its_files));
    }
    if (options_.on_batch) options_.on_batch(all.size(), bytes);
    COLVEC_TRY(mover_.move(all));
    done_.files += all.size();
    done_.bytes += bytes;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (options_.cancel != nullptr && options_.cancel->requested())
        return fail(ErrorCode::kCancelled, to_.where() + ": cancelled");
      COLVEC_ASSIGN(const DeltaCommit commit, commit_of(plan[i], std::move(files[i])));
      std::vector<AddFile> live_again;
      for (const AddFile& file : commit.adds)
        if (!is_in_target(file) && to_.history().fate_of(file.path)) live_again.push_back(file);
      COLVEC_ASSIGN(const bool landed, to_.log().try_commit(commit));
      if (!landed) {
        ++done_.conflicts;
        return {};
      }
      ++done_.entries;
      // They were dead files there: a vacuum may have deleted them since they were looked at.
      COLVEC_ASSIGN(const std::vector<AddFile> lost, mover_.lost(live_again));
      COLVEC_TRY(mover_.move(lost));
    }
    return {};
  }

  Result<DeltaCommit> commit_of(const PlannedEntry& planned, std::vector<AddFile> files) {
    DeltaCommit source;
    if (planned.copied) {
      COLVEC_ASSIGN(source, from_.log().commit_at(*planned.copied));
    }
    DeltaCommit commit;
    CommitInfo& info = commit.info.emplace();
    if (planned.copied) {
      info = *source.info;
      commit.transactions = source.transactions;
    } else {
      info.operation = "OPTIMIZE";
      info.commit_id = new_uuid();
      info.engine = "colvec/" + std::string(version());
      info.timestamp_ms = from_.snapshot().timestamp_ms;
      for (const std::string& id : planned.erasures) {
        std::string& list = info.parameters[kErases];
        list += (list.empty() ? "" : ",") + id;
      }
    }
    info.timestamp_ms = std::max(info.timestamp_ms, to_.snapshot().timestamp_ms);
    const std::int64_t arrived_ms = now_ms();
    info.parameters[kArrivedMs] = std::to_string(arrived_ms);
    info.replaced_commits = planned.replaced;
    info.vectors_version = options_.vectors_version;
    if (!to_.exists()) {
      commit.protocol = source.protocol;
      commit.meta_data = source.meta_data;
    } else if (!planned.copied || source.meta_data) {
      commit.meta_data = with_newer_active(to_.snapshot().meta_data, from_.snapshot().meta_data);
    }
    for (AddFile& file : files) {
      file.data_change = true;
      const auto there = to_.snapshot().files.find(file.path);
      const bool is_marked = there != to_.snapshot().files.end() && may_double(there->second);
      if (planned.may_double || is_marked) file.tags[kMayDouble] = "true";
    }
    commit.adds = std::move(files);
    for (const std::string& path : planned.removes) {
      commit.removes.push_back(removal_of(to_.snapshot().files.at(path), true));
      commit.removes.back().deleted_ms = arrived_ms;
    }
    return commit;
  }

  Replica& from_;
  Replica& to_;
  FileMover& mover_;
  const ReplicateOptions& options_;
  Replicated done_;
};

}  // namespace

Result<Replica> Replica::open(FileSystem& files, Connection& connection,
                              std::filesystem::path folder, std::string where) {
  COLVEC_ASSIGN(DeltaLog log, DeltaLog::open(files, connection, std::move(folder)));
  Replica replica(std::move(log), std::move(where));
  COLVEC_TRY(replica.history_.extend(replica.log_));
  return replica;
}

Status Replica::refresh() {
  COLVEC_TRY(log_.refresh({}));
  return history_.extend(log_);
}

Status check_same_table(const Replica& a, const Replica& b) {
  if (!a.exists() || !b.exists()) return {};
  if (a.snapshot().meta_data.id == b.snapshot().meta_data.id) return {};
  return fail(ErrorCode::kConflict,
              a.where() + " and " + b.where() +
                  ": are different tables, not replicas of one: a second store begins with a pull "
                  "into an empty folder");
}

Result<Replicated> replicate(Replica& from, Replica& to, FileMover& mover,
                             const ReplicateOptions& options) {
  return Replication(from, to, mover, options).run();
}

Result<Replicated> would_replicate(Replica& from, Replica& to, FileMover& mover,
                                   const ReplicateOptions& options) {
  return Replication(from, to, mover, options).look();
}

}  // namespace colvec
