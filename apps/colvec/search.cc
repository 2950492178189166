// colvec search: the rows of a dataset that are nearest to a text.
#include "colvec/search.h"

#include "command.h"
#include "home_option.h"
#include "print.h"
#include "text.h"

namespace colvec::cli {
namespace {

struct SearchArgs {
  HomeOption home;
  std::string dataset;
  std::string column;
  std::string text;
  std::string prompt;
  CLI::Option* prompt_option = nullptr;
  SearchOptions options;
  bool json = false;
};

void print_result(const SearchResult& result) {
  constexpr std::size_t kValueCharsMax = 60;
  for (const SearchHit& hit : result.hits) {
    print("{:.4f}", hit.score);
    for (std::size_t c = 0; c < result.columns.size(); ++c)
      print("{}{} = {}", c == 0 ? "  " : ", ", result.columns[c],
            one_line(hit.values[c].value_or("NULL"), kValueCharsMax));
    print("\n");
  }
}

Status run_search(const SearchArgs& args) {
  SearchOptions options = args.options;
  if (args.prompt_option->count() > 0) options.prompt = args.prompt;
  COLVEC_ASSIGN(const SearchResult result,
                search_dataset(args.home.home(), args.dataset, args.column, args.text, options));
  if (args.json) {
    print("{}\n", to_json(result));
    return {};
  }
  print_result(result);
  std::fflush(stdout);
  print(stderr, "{} of {} rows\n", with_commas(result.hits.size()), with_commas(result.rows));
  return {};
}

}  // namespace

std::function<Status()> prepare_search(CLI::App& app) {
  auto args = std::make_shared<SearchArgs>();
  app.add_option("dataset", args->dataset, "The name of the dataset")
      ->required()
      ->type_name("DATASET");
  app.add_option("column", args->column, "The column to search")->required()->type_name("COLUMN");
  app.add_option("text", args->text, "What to look for")->required()->type_name("TEXT");
  args->home.add_to(app);
  app.add_option("-k,--count", args->options.k, "Rows to find")->capture_default_str();
  app.add_option("--where", args->options.where, "One SQL expression over the row's columns");
  args->prompt_option = app.add_option(
      "--prompt", args->prompt, "Put before the text, in the place of the model's query prompt");
  app.add_option("--memory-limit", args->options.memory_limit, "For the scan")
      ->capture_default_str();
  app.add_option("--threads", args->options.threads, "0: one a core")->capture_default_str();
  app.add_flag("--json", args->json, "One JSON object");
  return [args] { return run_search(*args); };
}

}  // namespace colvec::cli
