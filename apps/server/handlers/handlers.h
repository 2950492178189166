// The functions of kRoutes, by subject: a file each.
//
// Thread-safety: thread-safe. Errors: those of the library, and kInvalidArgument for what a request
// says wrong.
#pragma once

#include "app.h"

namespace colvec::server {

// system.cc: the server itself.
Result<Response> answer_health(App& app, const Request& request);
Result<Response> answer_metrics(App& app, const Request& request);
Result<Response> answer_info(App& app, const Request& request);
Result<Response> answer_openapi(App& app, const Request& request);

// datasets.cc
Result<Response> list_all_datasets(App& app, const Request& request);
Result<Response> propose(App& app, const Request& request);
Result<Response> add_dataset(App& app, const Request& request);
Result<Response> show_dataset(App& app, const Request& request);
Result<Response> change_whole_dataset(App& app, const Request& request);
Result<Response> delete_dataset(App& app, const Request& request);
Result<Response> rename_whole_dataset(App& app, const Request& request);
Result<Response> show_status(App& app, const Request& request);
Result<Response> show_runs(App& app, const Request& request);
Result<Response> show_preview(App& app, const Request& request);

// columns.cc
Result<Response> show_column(App& app, const Request& request);
Result<Response> change_one_column(App& app, const Request& request);
Result<Response> plan_column(App& app, const Request& request);
Result<Response> search_column(App& app, const Request& request);
Result<Response> show_map(App& app, const Request& request);
Result<Response> show_history(App& app, const Request& request);

// jobs.cc
// Adds the job; {"job"} with status 202.
Result<Response> start_job(App& app, NewJob job);
Result<Response> start_refresh(App& app, const Request& request);
Result<Response> start_compact(App& app, const Request& request);
Result<Response> start_deploy(App& app, const Request& request);
Result<Response> list_jobs(App& app, const Request& request);
Result<Response> show_job(App& app, const Request& request);
Result<Response> cancel_job(App& app, const Request& request);
void stream_events(App& app, Request request, Reply reply);

// remotes.cc
Result<Response> start_push(App& app, const Request& request);
Result<Response> start_pull(App& app, const Request& request);
Result<Response> start_sync(App& app, const Request& request);

// embeddings.cc: the API that OpenAI's clients speak.
void start_embeddings(App& app, Request request, Reply reply);
Result<Response> list_served_models(App& app, const Request& request);

// models.cc
Result<Response> list_local_models(App& app, const Request& request);
Result<Response> start_bench(App& app, const Request& request);
Result<Response> start_model_pull(App& app, const Request& request);
Result<Response> start_model_verify(App& app, const Request& request);
Result<Response> delete_model(App& app, const Request& request);

// files.cc
Result<Response> list_files(App& app, const Request& request);

}  // namespace colvec::server
