#include "store/replica_plan.h"

#include <algorithm>
#include <set>

#include "store/distinct_rows.h"
#include "store/hash_range.h"

namespace colvec {
namespace {

using Indexes = std::set<std::size_t>;
using Paths = std::set<std::string>;

bool is_live(const ReplicaTable& table, const std::string& path) {
  return table.snapshot->files.contains(path);
}

const LogEntry& entry_of(const ReplicaTable& table, std::size_t index) {
  return table.history->entries()[index];
}

// Whether it is live and has no row of another live file.
bool is_single_in(const ReplicaTable& table, const std::string& path) {
  const auto found = table.snapshot->files.find(path);
  return found != table.snapshot->files.end() && !may_double(found->second);
}

// The live files of `table` that hold what its file `path` held.
void add_carriers(const ReplicaTable& table, const std::string& path, Paths* carriers) {
  std::vector<std::string> open = {path};
  Paths seen;
  while (!open.empty()) {
    const std::string next = std::move(open.back());
    open.pop_back();
    if (!seen.insert(next).second) continue;
    if (is_live(table, next)) {
      carriers->insert(next);
      continue;
    }
    const std::optional<FileFate> fate = table.history->fate_of(next);
    if (!fate || !fate->removed_by) continue;
    for (const std::string& add : entry_of(table, *fate->removed_by).adds) open.push_back(add);
  }
}

// What takes the place of commits whose files are not live any more. Grows until it is closed: a
// replacement is taken with all that it replaced.
class Substitution {
 public:
  Substitution(const ReplicaTable& from, const ReplicaTable& to) : from_(from), to_(to) {}

  void add(std::size_t entry) {
    open_.push_back(entry);
    while (!open_.empty()) {
      const std::size_t next = open_.back();
      open_.pop_back();
      take(next);
    }
  }

  bool empty() const { return taken_.empty(); }
  bool has(std::size_t entry) const { return taken_.contains(entry); }
  const Paths& carriers() const { return carriers_; }
  const Indexes& entries() const { return taken_; }

  std::uint64_t bytes() const {
    std::uint64_t bytes = 0;
    for (const std::string& path : carriers_)
      if (!is_live(to_, path)) bytes += from_.history->fate_of(path)->size;
    return bytes;
  }

  PlannedEntry planned(bool takes_rows_out) const {
    PlannedEntry planned;
    Paths removed;
    std::set<std::string> replaced;
    std::set<std::string> erasures;
    for (const std::size_t index : taken_) {
      const LogEntry& entry = entry_of(from_, index);
      if (!entry.is_compaction) replaced.insert(entry.id);
      replaced.insert(entry.replaced.begin(), entry.replaced.end());
      erasures.insert(entry.erasures.begin(), entry.erasures.end());
      for (const std::string& path : entry.removes)
        if (is_live(to_, path) && !carriers_.contains(path)) removed.insert(path);
    }
    for (const std::string& id : erasures)
      if (!to_.history->holds(id)) planned.erasures.push_back(id);
    const bool is_put_off = !planned.erasures.empty() && !takes_rows_out;
    // Of what the target has, something may stay that these files hold, too.
    for (const auto& [path, file] : to_.snapshot->files)
      if (!is_single_in(from_, path) && (!removed.contains(path) || is_put_off))
        planned.may_double = true;
    // Those that are there are named again: the entry tells other replicas where the rows are.
    planned.adds.assign(carriers_.begin(), carriers_.end());
    if (!is_put_off) planned.removes.assign(removed.begin(), removed.end());
    for (const std::string& id : replaced) {
      const bool is_later = is_put_off && erasures.contains(id);
      if (from_.history->holds(id) && !to_.history->holds(id) && !is_later)
        planned.replaced.push_back(id);
    }
    if (is_put_off) planned.erasures.clear();
    return planned;
  }

 private:
  void take(std::size_t index) {
    if (!taken_.insert(index).second) return;
    const LogEntry& entry = entry_of(from_, index);
    for (const std::string& path : entry.adds) {
      const std::optional<FileFate> fate = from_.history->fate_of(path);
      if (is_live(from_, path))
        carriers_.insert(path);
      else if (fate && fate->removed_by)
        open_.push_back(*fate->removed_by);
    }
    // What it replaced is in its files: what the target has of it goes, what it lacks it gets.
    for (const std::string& path : entry.removes) {
      const std::optional<FileFate> fate = from_.history->fate_of(path);
      if (!fate) continue;
      const LogEntry& adder = entry_of(from_, fate->added_by);
      if (adder.is_compaction || !to_.history->holds(adder.id)) open_.push_back(fate->added_by);
    }
  }

  const ReplicaTable& from_;
  const ReplicaTable& to_;
  std::vector<std::size_t> open_;
  Indexes taken_;
  Paths carriers_;
};

class Planner {
 public:
  Planner(const ReplicaTable& from, const ReplicaTable& to, const PlanRules& rules,
          const std::string& where)
      : from_(from), to_(to), rules_(rules), where_(where), substitution_(from, to) {}

  Result<std::vector<PlannedEntry>> run() {
    sort_commits();
    COLVEC_TRY(choose_originals());
    for (const std::size_t index : copied_)
      if (!substitution_.has(index)) plan_copy(index);
    if (!substitution_.empty()) {
      PlannedEntry planned = substitution_.planned(rules_.takes_rows_out);
      if (!planned.erasures.empty())
        COLVEC_TRY(check_erasures(substitution_.entries(), planned.removes));
      const bool is_needed =
          !are_live(planned.adds, to_) || !planned.removes.empty() || !planned.replaced.empty();
      if (is_needed) plan_.push_back(std::move(planned));
    }
    return std::move(plan_);
  }

 private:
  bool is_missing(std::size_t index) const {
    const LogEntry& entry = entry_of(from_, index);
    return !entry.is_compaction && !to_.history->holds(entry.id);
  }

  bool are_live(const std::vector<std::string>& paths, const ReplicaTable& table) const {
    return std::all_of(paths.begin(), paths.end(),
                       [&](const std::string& path) { return is_live(table, path); });
  }

  // Whether all that became of the file is that compactions moved its rows.
  bool was_only_moved(const std::string& path) const {
    Paths seen;
    std::vector<std::string> open = {path};
    while (!open.empty()) {
      const std::string next = std::move(open.back());
      open.pop_back();
      if (!seen.insert(next).second || is_live(from_, next)) continue;
      const std::optional<FileFate> fate = from_.history->fate_of(next);
      if (!fate || !fate->removed_by) return false;
      const LogEntry& remover = entry_of(from_, *fate->removed_by);
      if (!remover.is_compaction || remover.erases()) return false;
      for (const std::string& add : remover.adds) open.push_back(add);
    }
    return true;
  }

  // What can be copied, what might be, and what must be taken in another form.
  void sort_commits() {
    for (std::size_t i = 0; i < from_.history->entries().size(); ++i) {
      if (!is_missing(i)) continue;
      const LogEntry& entry = entry_of(from_, i);
      if (entry.erases() && !rules_.takes_rows_out) continue;
      const bool is_whole = are_live(entry.adds, from_);
      const bool is_doable = !entry.erases() || are_live(entry.removes, to_);
      if (is_whole && is_doable) {
        copied_.insert(i);
      } else if (is_doable && std::all_of(entry.adds.begin(), entry.adds.end(),
                                          [&](const auto& p) { return was_only_moved(p); })) {
        originals_.insert(i);
      } else {
        substitution_.add(i);
      }
    }
    // Commits that have no entry here: one names them that has their rows.
    for (const std::string& id : from_.history->commits()) {
      const std::size_t index = *from_.history->first_with(id);
      if (entry_of(from_, index).id != id && !to_.history->holds(id)) substitution_.add(index);
    }
  }

  Status choose_originals() {
    std::uint64_t bytes = 0;
    std::vector<std::string> dead;
    for (const std::size_t index : originals_)
      for (const std::string& path : entry_of(from_, index).adds) {
        bytes += from_.history->fate_of(path)->size;
        if (!is_live(from_, path)) dead.push_back(path);
      }
    if (dead.empty()) return {};
    Substitution instead = substitution_;
    for (const std::size_t index : originals_) instead.add(index);
    bool is_better =
        rules_.has_files && !to_.snapshot->files.empty() && bytes * 2 <= instead.bytes();
    if (is_better) {
      COLVEC_ASSIGN(is_better, rules_.has_files(dead));
    }
    if (is_better)
      copied_.insert(originals_.begin(), originals_.end());
    else
      for (const std::size_t index : originals_) substitution_.add(index);
    return {};
  }

  void plan_copy(std::size_t index) {
    const LogEntry& entry = entry_of(from_, index);
    PlannedEntry planned{.copied = index, .erasures = entry.erasures};
    for (const std::string& path : entry.adds)
      if (!is_live(to_, path)) planned.adds.push_back(path);
    for (const std::string& path : entry.removes)
      if (is_live(to_, path)) planned.removes.push_back(path);
    // The rows of an append are none of those that its writer had: doubles are possible only with
    // what the target has beyond these.
    planned.may_double = !planned.adds.empty() && !knew_all_of_target(index) &&
                         (index >= first_erasure_left_ || meets_unknown_file(index));
    plan_.push_back(std::move(planned));
  }

  // Whether the source held all commits of the target before its entry `index`, and what it had
  // taken out by then is out in the target, too.
  bool knew_all_of_target(std::size_t index) {
    if (!newest_known_) {
      newest_known_ = 0;
      for (const std::string& id : to_.history->commits())
        newest_known_ = std::max(*newest_known_, from_.history->first_with(id).value_or(SIZE_MAX));
      for (std::size_t i = 0; i < from_.history->entries().size(); ++i)
        if (is_missing(i) && entry_of(from_, i).erases() && !copied_.contains(i)) {
          first_erasure_left_ = i;
          break;
        }
    }
    const bool knew = to_.history->commits().empty() || *newest_known_ < index;
    return knew && index < first_erasure_left_;
  }

  // Whether a live file of the target that the source did not know at its entry `index` may have
  // rows of one that it added: workers that share the texts among them have none in common.
  bool meets_unknown_file(std::size_t index) const {
    for (const auto& [path, file] : to_.snapshot->files) {
      const std::optional<FileFate> fate = from_.history->fate_of(path);
      if (fate && fate->added_by < index) continue;
      for (const std::string& add : entry_of(from_, index).adds) {
        const auto added = from_.snapshot->files.find(add);
        if (added == from_.snapshot->files.end() || may_share_hash(file, added->second))
          return true;
      }
    }
    return false;
  }

  // Erasing works on files that the target has as they were; `removes` go from it.
  Status check_erasures(const Indexes& entries, const std::vector<std::string>& removes) {
    const Paths going(removes.begin(), removes.end());
    for (const std::size_t index : entries) {
      if (!entry_of(from_, index).erases()) continue;
      for (const std::string& path : entry_of(from_, index).removes)
        if (!is_gone_with(path, going))
          return fail(ErrorCode::kConflict,
                      where_ +
                          ": its files were put together since: what was taken out elsewhere "
                          "(commit " +
                          entry_of(from_, index).id + ") cannot be taken out of " + path);
    }
    return {};
  }

  // Whether no file of the target that stays has rows of the source's dead file `path`.
  bool is_gone_with(const std::string& path, const Paths& going) const {
    const auto stay = [&](const Paths& carriers) {
      return std::any_of(carriers.begin(), carriers.end(), [&](const std::string& carrier) {
        return !going.contains(carrier) && !is_live(from_, carrier);
      });
    };
    std::vector<std::string> open = {path};
    Paths seen;
    while (!open.empty()) {
      const std::string next = std::move(open.back());
      open.pop_back();
      if (!seen.insert(next).second) continue;
      Paths carriers;
      if (to_.history->fate_of(next)) {
        add_carriers(to_, next, &carriers);
        if (stay(carriers)) return false;
        continue;
      }
      const std::optional<FileFate> fate = from_.history->fate_of(next);
      if (!fate) continue;
      const LogEntry& adder = entry_of(from_, fate->added_by);
      // A file that a compaction made has the rows of those that it took the place of.
      if (adder.is_compaction) open.insert(open.end(), adder.removes.begin(), adder.removes.end());
      const std::optional<std::size_t> holder = to_.history->first_with(adder.id);
      if (!holder || entry_of(to_, *holder).id == adder.id) continue;
      for (const std::string& add : entry_of(to_, *holder).adds) add_carriers(to_, add, &carriers);
      if (stay(carriers)) return false;
    }
    return true;
  }

  const ReplicaTable& from_;
  const ReplicaTable& to_;
  const PlanRules& rules_;
  const std::string& where_;
  Indexes copied_;
  Indexes originals_;
  Substitution substitution_;
  std::optional<std::size_t> newest_known_;
  std::size_t first_erasure_left_ = SIZE_MAX;
  std::vector<PlannedEntry> plan_;
};

}  // namespace

Result<std::vector<PlannedEntry>> plan_entries(const ReplicaTable& from, const ReplicaTable& to,
                                               const PlanRules& rules, const std::string& where) {
  return Planner(from, to, rules, where).run();
}

std::vector<PlannedEntry> plan_compactions(const ReplicaTable& from, const ReplicaTable& to) {
  std::vector<PlannedEntry> plan;
  const auto all_live = [](const ReplicaTable& table, const std::vector<std::string>& paths) {
    return std::all_of(paths.begin(), paths.end(),
                       [&](const std::string& path) { return is_live(table, path); });
  };
  std::set<std::string> taken;  // By an earlier one of the plan.
  for (std::size_t i = 0; i < from.history->entries().size(); ++i) {
    const LogEntry& entry = entry_of(from, i);
    const bool is_one = entry.is_compaction && !entry.erases() && !entry.removes.empty();
    if (!is_one || to.history->has_compaction(entry.id)) continue;
    if (!all_live(from, entry.adds) || !all_live(to, entry.removes)) continue;
    const bool is_taken = std::any_of(entry.removes.begin(), entry.removes.end(),
                                      [&](const auto& path) { return taken.contains(path); });
    if (is_taken) continue;
    taken.insert(entry.removes.begin(), entry.removes.end());
    PlannedEntry planned{.copied = i, .adds = entry.adds, .removes = entry.removes};
    // Compactions that it replaced are a matter of the source: the target, which has never seen
    // them, would take their ids for commits that other replicas lack.
    for (const std::string& id : entry.replaced)
      if (!from.history->has_compaction(id)) planned.replaced.push_back(id);
    plan.push_back(std::move(planned));
  }
  return plan;
}

Status check_holds_all(const ReplicaTable& from, const ReplicaTable& to, const std::string& where) {
  for (const std::string& id : to.history->commits())
    if (!from.history->holds(id))
      return fail(ErrorCode::kConflict,
                  where + ": holds commits that the other side lacks, and would lose them: " + id +
                      " (sync first)");
  return {};
}

Result<std::optional<PlannedEntry>> plan_exact(const ReplicaTable& from, const ReplicaTable& to,
                                               const std::string& where) {
  COLVEC_TRY(check_holds_all(from, to, where));
  PlannedEntry planned;
  for (const LogEntry& entry : from.history->entries())
    for (const std::string& id : entry.erasures)
      if (!to.history->holds(id)) planned.erasures.push_back(id);
  for (const std::string& id : from.history->commits())
    if (!to.history->holds(id)) planned.replaced.push_back(id);
  // Also what the target holds without the mark that it has here: other files come with it.
  for (const auto& [path, file] : from.snapshot->files)
    if (!is_live(to, path) || (may_double(file) && is_single_in(to, path)))
      planned.adds.push_back(path);
  for (const auto& [path, file] : to.snapshot->files)
    if (!is_live(from, path)) planned.removes.push_back(path);
  const bool is_same = planned.adds.empty() && planned.removes.empty() && planned.replaced.empty();
  return is_same ? std::optional<PlannedEntry>() : std::optional(std::move(planned));
}

}  // namespace colvec
