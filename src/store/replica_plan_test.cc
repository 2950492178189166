#include "store/replica_plan.h"

#include <gtest/gtest.h>

#include "store/history_fixture.h"

namespace colvec {
namespace {

// A case is a sentence; the logs and the plan are written as history_fixture.h says.
struct PlanCase {
  const char* name;
  const char* from;
  const char* to;
  const char* plan;  // "!": a conflict.
  bool takes_rows_out = true;
  bool has_originals = true;
};

const std::vector<PlanCase>& cases() {
  static const std::vector<PlanCase> all = {
      {"what is there is not planned", "c1 +f1; c2 +f2", "c2 +f2; c1 +f1", ""},
      {"missing commits are copied in their order", "c1 +f1; c2 +f2; c3 +f3", "c2 +f2",
       "c1: +f1 double; c3: +f3"},
      {"an append knows what its writer had", "c1 +f1; c2 +f2", "c1 +f1", "c2: +f2"},
      {"beside others' commits its rows may be there", "c1 +f1; c2 +f2", "c1 +f1; x1 +x",
       "c2: +f2 double"},
      {"unless their bounds say that they are not", "c1 +f1; c2 +f2@00-3f", "c1 +f1; x1 +x@40-7f",
       "c2: +f2"},
      {"bounds that meet do not say so", "c1 +f1; c2 +f2@00-40", "c1 +f1; x1 +x@40-7f",
       "c2: +f2 double"},
      {"nor do they where what came later is the same file", "c1 +f1; c2 +f2@00-3f; x1 +x@00-3f",
       "c1 +f1; x1 +x@00-3f", "c2: +f2 double"},
      {"a compaction stays where it is", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g", "c1 +f1; c2 +f2", ""},
      {"a small commit is copied with its own files", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g:100",
       "c1 +f1", "c2: +f2"},
      {"if they are still there", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g:100", "c1 +f1",
       "own: +g -f1 =c2", true, false},
      {"and much smaller than what took their place", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g:15",
       "c1 +f1", "own: +g -f1 =c2"},
      {"a new replica takes the live files", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g:100", "",
       "own: +g =c1,c2"},
      {"through several compactions", "c1 +f1; o1 O -f1 +g1; c2 +f2; o2 O -g1 -f2 +g2", "",
       "own: +g2 =c1,c2", true, false},
      {"what is left of a commit comes along", "c1 +f1 +f2; c2 +f3; o1 O -f1 -f3 +g", "",
       "own: +f2 +g =c1,c2", true, false},
      {"a commit that is held in another form only is taken in that form", "s1 O =c1,c2 +k; c3 +f3",
       "c1 +f1", "c3: +f3; own: +k =c2 double"},
      {"what the target put together stays beside it",
       "c1 +f1; c2 +f2; c3 +f3; o1 O -f1 -f2 -f3 +g", "c1 +f1; c2 +f2; p1 O -f1 -f2 +h",
       "own: +g =c3 double", true, false},
      {"what takes rows out is done to the same files", "c1 +f1; c2 +f2; d1 D -f1 +e1",
       "c1 +f1; c2 +f2", "d1: +e1 -f1"},
      {"or waits", "c1 +f1; c2 +f2; d1 D -f1 +e1", "c1 +f1; c2 +f2", "", false},
      {"rows that were taken out are not sent", "c1 +f1; d1 D -f1 +e1", "", "own: +e1 =c1,d1 ~d1"},
      {"nor by one that waits, who sends what is left", "c1 +f1; d1 D -f1 +e1", "", "own: +e1 =c1",
       false},
      {"all rows of a commit were taken out", "c1 +f1; d1 D -f1", "", "own: =c1,d1 ~d1"},
      {"taking out reaches what compactions replaced",
       "c1 +f1; c2 +f2; o1 O -f1 -f2 +g; d1 D -g +e", "c1 +f1; c2 +f2", "own: +e -f1 -f2 =d1 ~d1"},
      {"but not what the target has put together itself", "c1 +f1; c2 +f2; d1 D -f1 +e1",
       "c1 +f1; c2 +f2; p1 O -f1 -f2 +h", "!"},
      {"nor what it has put together of those", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g; d1 D -g +e",
       "c1 +f1; c2 +f2; p1 O -f1 -f2 +h", "!"},
      {"nor what it holds in another form", "c1 +f1; d1 D -f1 +e1", "s1 O =c1 +k", "!"},
      {"nor what another took out of the same file", "c1 +f1; d1 D -f1 +e1", "c1 +f1; d2 D -f1 +e2",
       "!"},
      {"what it put together of other files does not matter", "c1 +f1; c2 +f2; c3 +f3; d1 D -f3 +e",
       "c1 +f1; c2 +f2; c3 +f3; p1 O -f1 -f2 +h", "d1: +e -f3"},
      {"what was erased with a replacement is erased", "c1 +f1; e1 O =d1 ~d1 -f1 +e", "c1 +f1",
       "own: +e -f1 =d1 ~d1"},
      {"rows that came back after they were taken out may be there yet",
       "c1 +f1; d1 D -f1 +e1; c2 +f2", "c1 +f1", "c2: +f2 double", false},
      {"marks go along", "c1 +f1!; c2 +f2", "", "c1: +f1; c2: +f2"},
      {"a marked file that stays may have rows of what comes", "c1 +x; c2 +m!; o1 O -x +g", "c2 +m",
       "own: +g =c1 double", true, false},
      {"other settings are copied", "c1 +f1; m1", "c1 +f1", "m1:"}};
  return all;
}

std::string planned(const PlanCase& one, StoreFolder& place) {
  const WrittenLog from(place, one.from);
  const WrittenLog to(place, one.to);
  PlanRules rules{.takes_rows_out = one.takes_rows_out};
  rules.has_files = [&](const std::vector<std::string>&) { return one.has_originals; };
  const auto plan = plan_entries(from.table(), to.table(), rules, "there");
  if (plan) return text_of(*plan, from.history());
  EXPECT_EQ(plan.error().code, ErrorCode::kConflict) << plan.error().message;
  return "!";
}

TEST(ReplicaPlan, SaysWhatIsToBeAppended) {
  StoreFolder place;
  for (const PlanCase& one : cases()) EXPECT_EQ(planned(one, place), one.plan) << one.name;
}

TEST(ReplicaPlan, ANewTableBeginsWithTheFirstEntry) {
  StoreFolder place;
  const WrittenLog from(place, "c1 +f1");
  const LogHistory nothing;
  const DeltaSnapshot none;
  const auto plan = plan_entries(from.table(), {&nothing, &none}, {}, "there").value();
  EXPECT_EQ(text_of(plan, from.history()), "made:; c1: +f1");
}

TEST(ReplicaPlan, CompactionsAreTakenOverWhereTheirFilesAreLive) {
  StoreFolder place;
  const struct {
    const char* name;
    const char* from;
    const char* to;
    const char* plan;
  } compactions[] = {
      {"as it is", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g =c1,c2", "c1 +f1; c2 +f2",
       "o1: +g -f1 -f2 =c1,c2"},
      {"beside what came meanwhile", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g =c1,c2",
       "c1 +f1; c2 +f2; c3 +f3", "o1: +g -f1 -f2 =c1,c2"},
      {"without those of the source that it replaced",
       "s1 O =c1,c2 +g; c3 +f3; o1 O -g -f3 +h =s1,c3",
       "c1 +f1; c2 +f2; p1 O -f1 -f2 +g =c1,c2; c3 +f3", "o1: +h -g -f3 =c3"},
      {"once", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g =c1,c2", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g =c1,c2",
       ""},
      {"not where another was first", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g =c1,c2",
       "c1 +f1; c2 +f2; p1 O -f1 -f2 +h =c1,c2", ""},
      {"not where rows went meanwhile", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g =c1,c2",
       "c1 +f1; c2 +f2; d1 D -f2 +e", ""},
      {"not one whose files are gone", "c1 +f1; o1 O -f1 +g =c1; c2 +f2; o2 O -g -f2 +h =c1,c2",
       "c1 +f1; c2 +f2", ""},
      {"not one that erases", "c1 +f1; o1 O -f1 +g =d1 ~d1", "c1 +f1", ""},
      {"not what only names files again", "c1 +f1!; o1 O +f1", "c1 +f1!", ""}};
  for (const auto& one : compactions) {
    const WrittenLog from(place, one.from);
    const WrittenLog to(place, one.to);
    EXPECT_EQ(text_of(plan_compactions(from.table(), to.table()), from.history()), one.plan)
        << one.name;
  }
}

struct ExactCase {
  const char* name;
  const char* from;
  const char* to;
  const char* plan;
};

TEST(ReplicaPlan, ExactMakesTheLiveFilesTheSame) {
  StoreFolder place;
  const std::vector<ExactCase> exact_cases = {
      {"nothing to do", "c1 +f1", "c1 +f1", ""},
      {"a compaction", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g", "c1 +f1; c2 +f2", "own: +g -f1 -f2"},
      {"over another one", "c1 +f1; c2 +f2; o1 O -f1 -f2 +g", "c1 +f1; c2 +f2; p1 O -f1 -f2 +h",
       "own: +g -h"},
      {"and what was taken out", "c1 +f1; d1 D -f1 +e", "c1 +f1; p1 O -f1 +h",
       "own: +e -h =d1 ~d1"},
      {"what is missing", "c1 +f1; c2 +f2", "c1 +f1", "own: +f2 =c2"},
      {"a mark that is gone there", "c1 +f1; c2 +f2!", "c1 +f1; c2 +f2", "own: +f2"},
      {"commits of others", "c1 +f1", "c1 +f1; c2 +f2", "!"}};
  for (const ExactCase& one : exact_cases) {
    const WrittenLog from(place, one.from);
    const WrittenLog to(place, one.to);
    const auto planned = plan_exact(from.table(), to.table(), "there");
    if (!planned) {
      EXPECT_STREQ(one.plan, "!") << one.name;
      EXPECT_EQ(planned.error().code, ErrorCode::kConflict);
      continue;
    }
    std::vector<PlannedEntry> plan;
    if (*planned) plan.push_back(**planned);
    EXPECT_EQ(text_of(plan, from.history()), one.plan) << one.name;
  }
}

// After the plan was done the target holds all that the source does, and there is nothing to plan.
TEST(ReplicaPlan, OnceDoneNothingIsLeft) {
  StoreFolder place;
  for (const PlanCase& one : cases()) {
    if (!one.takes_rows_out || std::string(one.plan) == "!") continue;
    SCOPED_TRACE(one.name);
    const WrittenLog from(place, one.from);
    WrittenLog to(place, one.to);
    PlanRules rules;
    rules.has_files = [&](const std::vector<std::string>&) { return one.has_originals; };
    const auto plan = plan_entries(from.table(), to.table(), rules, "there").value();
    for (const PlannedEntry& entry : plan) {
      // As the fixture writes it.
      std::string text = entry.copied ? from.history().entries()[*entry.copied].id : "own1";
      if (!entry.copied) text += " O";
      if (entry.copied && !entry.erasures.empty()) text += " D";
      for (const std::string& path : entry.adds) text += " +" + path;
      for (const std::string& path : entry.removes) text += " -" + path;
      for (std::size_t i = 0; i < entry.replaced.size(); ++i)
        text += (i == 0 ? " =" : ",") + entry.replaced[i];
      for (std::size_t i = 0; !entry.copied && i < entry.erasures.size(); ++i)
        text += (i == 0 ? " ~" : ",") + entry.erasures[i];
      to.write(text);
    }
    for (const std::string& id : from.history().commits())
      EXPECT_TRUE(to.history().holds(id)) << id;
    const auto again = plan_entries(from.table(), to.table(), rules, "there").value();
    EXPECT_EQ(text_of(again, from.history()), "");
  }
}

}  // namespace
}  // namespace colvec
