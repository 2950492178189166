// For tests of replicas: logs written down in one line.
//
//   "c1 +f1 +f2; c2 +f3; o1 O -f1 -f2 +g1; d1 D -g1 +h1; s1 O =c1,c2 +k1"
//
// is a log of five commits (after the one that makes the table): their commitIds; O for OPTIMIZE, D
// for DELETE, none for WRITE; +file and -file; =replaced commits, and ~those of them that erase. A
// file is 10 bytes long, or as many as "+f1:500" says; "+f1!" marks it as one that may double;
// "+f1@10-2f" gives the bounds of its text hashes, which are not known else.
#pragma once

#include <memory>
#include <string>

#include "store/delta_log.h"
#include "store/log_history.h"
#include "store/replica_plan.h"
#include "store/store_fixture.h"

namespace colvec {

class WrittenLog {
 public:
  // In a folder of its own below `place`. Aborts where the text is none.
  WrittenLog(StoreFolder& place, const std::string& text);

  // Appends more.
  void write(const std::string& text);
  const LogHistory& history() const { return history_; }
  ReplicaTable table() const { return {&history_, &log_.snapshot()}; }
  DeltaLog& log() { return log_; }

 private:
  DeltaLog log_;
  LogHistory history_;
};

// "c1: +f1", "own: +g1 -f1 =c1,d1 ~d1 double", joined with "; ".
std::string text_of(const std::vector<PlannedEntry>& plan, const LogHistory& from);

}  // namespace colvec
