// The commands of `colvec`: a table of name, help and function.
//
// A command parses its arguments, calls one library function and prints. Results go to standard
// output, progress and errors to standard error.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <span>
#include <string_view>

#include "colvec/error.h"

namespace colvec::cli {

struct Command {
  std::string_view name;     // "embed"; "model verify" is the subcommand verify of model.
  std::string_view summary;  // One line, for help.
  // Adds options to `app` and returns what runs after they have been parsed.
  std::function<Status()> (*prepare)(CLI::App& app);
};

// In the order of `colvec help`.
std::span<const Command> commands();

std::function<Status()> prepare_embed(CLI::App& app);
std::function<Status()> prepare_plan(CLI::App& app);
std::function<Status()> prepare_submit(CLI::App& app);
std::function<Status()> prepare_jobs_list(CLI::App& app);
std::function<Status()> prepare_jobs_status(CLI::App& app);
std::function<Status()> prepare_jobs_cancel(CLI::App& app);
std::function<Status()> prepare_jobs_logs(CLI::App& app);
std::function<Status()> prepare_peek(CLI::App& app);
std::function<Status()> prepare_example(CLI::App& app);
std::function<Status()> prepare_encode(CLI::App& app);
std::function<Status()> prepare_tokenize(CLI::App& app);
std::function<Status()> prepare_model_pull(CLI::App& app);
std::function<Status()> prepare_model_list(CLI::App& app);
std::function<Status()> prepare_model_remove(CLI::App& app);
std::function<Status()> prepare_model_show(CLI::App& app);
std::function<Status()> prepare_model_families(CLI::App& app);
std::function<Status()> prepare_verify(CLI::App& app);
std::function<Status()> prepare_model_distill(CLI::App& app);
std::function<Status()> prepare_synth(CLI::App& app);
std::function<Status()> prepare_bench_batch(CLI::App& app);
std::function<Status()> prepare_bench_encode(CLI::App& app);
std::function<Status()> prepare_store_show(CLI::App& app);
std::function<Status()> prepare_store_query(CLI::App& app);
std::function<Status()> prepare_store_files(CLI::App& app);
std::function<Status()> prepare_store_history(CLI::App& app);
std::function<Status()> prepare_store_export(CLI::App& app);
std::function<Status()> prepare_store_import(CLI::App& app);
std::function<Status()> prepare_store_migrate(CLI::App& app);
std::function<Status()> prepare_store_view(CLI::App& app);
std::function<Status()> prepare_store_compact(CLI::App& app);
std::function<Status()> prepare_store_vacuum(CLI::App& app);
std::function<Status()> prepare_store_restore(CLI::App& app);
std::function<Status()> prepare_store_forget(CLI::App& app);
std::function<Status()> prepare_store_verify(CLI::App& app);
std::function<Status()> prepare_dataset_add(CLI::App& app);
std::function<Status()> prepare_dataset_list(CLI::App& app);
std::function<Status()> prepare_dataset_show(CLI::App& app);
std::function<Status()> prepare_dataset_refresh(CLI::App& app);
std::function<Status()> prepare_dataset_status(CLI::App& app);
std::function<Status()> prepare_dataset_set(CLI::App& app);
std::function<Status()> prepare_dataset_runs(CLI::App& app);
std::function<Status()> prepare_dataset_rename(CLI::App& app);
std::function<Status()> prepare_dataset_remove(CLI::App& app);
std::function<Status()> prepare_column_set(CLI::App& app);
std::function<Status()> prepare_column_unset(CLI::App& app);
std::function<Status()> prepare_column_show(CLI::App& app);
std::function<Status()> prepare_column_rename(CLI::App& app);
std::function<Status()> prepare_search(CLI::App& app);
std::function<Status()> prepare_deploy(CLI::App& app);
std::function<Status()> prepare_bundle_verify(CLI::App& app);
std::function<Status()> prepare_bundle_encode(CLI::App& app);
std::function<Status()> prepare_bundle_fetch(CLI::App& app);
std::function<Status()> prepare_push(CLI::App& app);
std::function<Status()> prepare_pull(CLI::App& app);
std::function<Status()> prepare_sync(CLI::App& app);
std::function<Status()> prepare_store_push(CLI::App& app);
std::function<Status()> prepare_store_pull(CLI::App& app);
std::function<Status()> prepare_store_sync(CLI::App& app);
std::function<Status()> prepare_remote_check(CLI::App& app);
std::function<Status()> prepare_remote_compact(CLI::App& app);
std::function<Status()> prepare_remote_vacuum(CLI::App& app);
std::function<Status()> prepare_serve(CLI::App& app);
std::function<Status()> prepare_manual(CLI::App& app);

}  // namespace colvec::cli
