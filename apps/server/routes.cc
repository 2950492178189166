// The routes, in the order of docs/api.md.
#include <array>

#include "handlers/handlers.h"
#include "route.h"

namespace colvec::server {
namespace {

// 2,048 long texts.
constexpr std::uint64_t kEmbeddingBytesMax = 32u << 20;

constexpr QueryParameter kFresh[] = {
    {"fresh", "'0'|'1'", "1: look at source and stores again, even if nothing seems changed"}};
constexpr QueryParameter kLimit[] = {{"limit", "integer", "Runs at most; 100"}};
constexpr QueryParameter kRows[] = {{"rows", "integer", "Rows at most, to 1,000; 20"}};
constexpr QueryParameter kDryRun[] = {{"dry_run", "'0'|'1'", "1: check, save nothing"}};
constexpr QueryParameter kMapQuery[] = {
    {"color", "string", "A column whose values come along"},
    {"points", "integer", "Rows at most, to 20,000; 2,000"},
};
constexpr QueryParameter kPath[] = {
    {"path", "string", "A folder, or a DuckDB file; missing: the folders that may be read"}};
constexpr QueryParameter kJobQuery[] = {{"job", "string", "Only events of this job"}};

constexpr std::array kSystemRoutes = {
    Route{.pattern = "/health",
          .summary = "Whether the server answers",
          .run = answer_health,
          .answer = "Health",
          .needs_token = false,
          .is_instant = true},
    Route{.pattern = "/metrics",
          .summary = "Counts for Prometheus",
          .run = answer_metrics,
          .content_type = "text/plain",
          .is_instant = true},
    Route{.pattern = "/api/v1/info",
          .summary = "What this server is, and which folders it may read",
          .run = answer_info,
          .answer = "Info"},
    Route{.pattern = "/api/v1/openapi.json",
          .summary = "This API as an OpenAPI document",
          .run = answer_openapi,
          .answer = "object"},
    Route{.pattern = "/api/v1/files",
          .summary = "Folders and tables that a dataset may be made of",
          .run = list_files,
          .query = kPath,
          .answer = "Files"},
};

constexpr std::array kDatasetRoutes = {
    Route{.pattern = "/api/v1/datasets",
          .summary = "All datasets, each with how far it is",
          .run = list_all_datasets,
          .answer = "[DatasetBrief]"},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/datasets",
          .summary = "Add a dataset",
          .run = add_dataset,
          .body = "NewDataset",
          .answer = "Dataset",
          .status = 201},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/datasets/propose",
          .summary = "What a table would look like as a dataset; nothing is saved",
          .run = propose,
          .body = "ProposeRequest",
          .answer = "Proposal"},
    Route{.pattern = "/api/v1/datasets/{name}",
          .summary = "dataset.json",
          .run = show_dataset,
          .answer = "Dataset"},
    Route{.method = Method::kPut,
          .pattern = "/api/v1/datasets/{name}",
          .summary = "Replace dataset.json, if it still has the revision that was read",
          .run = change_whole_dataset,
          .body = "Dataset",
          .answer = "Dataset"},
    Route{.method = Method::kDelete,
          .pattern = "/api/v1/datasets/{name}",
          .summary = "Delete a dataset with its vectors; the source stays",
          .run = delete_dataset,
          .status = 204,
          .content_type = ""},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/datasets/{name}/rename",
          .summary = "Give a dataset another name",
          .run = rename_whole_dataset,
          .body = "RenameRequest",
          .answer = "Dataset"},
    Route{.pattern = "/api/v1/datasets/{name}/status",
          .summary = "How far the vectors of each column are",
          .run = show_status,
          .query = kFresh,
          .answer = "DatasetStatus"},
    Route{.pattern = "/api/v1/datasets/{name}/runs",
          .summary = "Past refreshes, the newest first",
          .run = show_runs,
          .query = kLimit,
          .answer = "[Run]"},
    Route{.pattern = "/api/v1/datasets/{name}/preview",
          .summary = "The first rows of the source",
          .run = show_preview,
          .query = kRows,
          .answer = "Preview"},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/datasets/{name}/refresh",
          .summary = "Embed what is new or changed, and write the table with its vectors",
          .run = start_refresh,
          .body = "RefreshRequest",
          .body_is_optional = true,
          .answer = "JobStarted",
          .status = 202},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/datasets/{name}/deploy",
          .summary = "Put embeddings and models into a folder that works alone",
          .run = start_deploy,
          .body = "DeployRequest",
          .answer = "JobStarted",
          .status = 202},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/datasets/{name}/push",
          .summary = "Bring what is new here to the remote",
          .run = start_push,
          .answer = "JobStarted",
          .status = 202},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/datasets/{name}/pull",
          .summary = "Bring what is new at the remote here",
          .run = start_pull,
          .answer = "JobStarted",
          .status = 202},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/datasets/{name}/sync",
          .summary = "Pull, then push",
          .run = start_sync,
          .answer = "JobStarted",
          .status = 202},
};

constexpr std::array kColumnRoutes = {
    Route{.pattern = "/api/v1/datasets/{name}/columns/{column}",
          .summary = "All about a column: settings, status, store, tokens, last run",
          .run = show_column,
          .answer = "ColumnDetails"},
    Route{.method = Method::kPatch,
          .pattern = "/api/v1/datasets/{name}/columns/{column}",
          .summary = "Change flags or embedding step; what is left out stays",
          .run = change_one_column,
          .query = kDryRun,
          .body = "ColumnChange",
          .answer = "ChangedColumn"},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/datasets/{name}/columns/{column}/plan",
          .summary = "What a refresh with these settings would do; nothing is saved",
          .run = plan_column,
          .body = "ColumnChange",
          .answer = "[Plan]"},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/datasets/{name}/columns/{column}/search",
          .summary = "The rows that are nearest to a text",
          .run = search_column,
          .body = "SearchRequest",
          .answer = "SearchResult"},
    Route{.pattern = "/api/v1/datasets/{name}/columns/{column}/map",
          .summary = "A sample of the vectors on a plane",
          .run = show_map,
          .query = kMapQuery,
          .answer = "Map"},
    Route{.pattern = "/api/v1/datasets/{name}/columns/{column}/history",
          .summary = "All versions of the column's store, the newest first",
          .run = show_history,
          .answer = "[StoreVersion]"},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/datasets/{name}/columns/{column}/compact",
          .summary = "Put the store's small files together",
          .run = start_compact,
          .answer = "JobStarted",
          .status = 202},
};

constexpr std::array kJobRoutes = {
    Route{.pattern = "/api/v1/jobs",
          .summary = "All jobs, the newest first",
          .run = list_jobs,
          .answer = "[Job]",
          .is_instant = true},
    Route{.pattern = "/api/v1/jobs/{id}",
          .summary = "A job",
          .run = show_job,
          .answer = "Job",
          .is_instant = true},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/jobs/{id}/cancel",
          .summary = "Ask a job to stop; what it has committed stays",
          .run = cancel_job,
          .answer = "Job",
          .is_instant = true},
    Route{.pattern = "/api/v1/events",
          .summary = "Changes of jobs and datasets as they happen: event job, data Job; event "
                     "dataset, data DatasetEvent",
          .run = stream_events,
          .query = kJobQuery,
          .content_type = "text/event-stream"},
};

constexpr std::array kModelRoutes = {
    Route{.pattern = "/api/v1/models",
          .summary = "The models that are there for embedding steps",
          .run = list_local_models,
          .answer = "[LocalModel]"},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/models/bench",
          .summary = "Measure a model on this machine; the result of the job is a Bench",
          .run = start_bench,
          .body = "BenchRequest",
          .answer = "JobStarted",
          .status = 202},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/models/pull",
          .summary = "Fetch a model by its name from the hub that HF_ENDPOINT of the server names; "
                     "the result of the job is a PulledModel",
          .run = start_model_pull,
          .body = "ModelName",
          .answer = "JobStarted",
          .status = 202},
    Route{.method = Method::kPost,
          .pattern = "/api/v1/models/verify",
          .summary = "Read the files of a cached model and compare them with their checksums; the "
                     "result of the job is a VerifiedModel",
          .run = start_model_verify,
          .body = "ModelName",
          .answer = "JobStarted",
          .status = 202},
    Route{.method = Method::kDelete,
          .pattern = "/api/v1/models/{name}",
          .summary = "Remove a model from the cache, for all programs that share it",
          .run = delete_model,
          .status = 204,
          .content_type = ""},
};

constexpr std::array kOpenAiRoutes = {
    Route{.method = Method::kPost,
          .pattern = "/v1/embeddings",
          .summary = "Vectors of texts, as OpenAI's API has it; with Accept: "
                     "application/octet-stream the bytes of the numbers (float32, little-endian), "
                     "their shape in X-Colvec-Shape",
          .run = start_embeddings,
          .body = "EmbeddingRequest",
          .answer = "EmbeddingList",
          .body_bytes_max = kEmbeddingBytesMax},
    Route{.pattern = "/v1/models",
          .summary = "The models that embeddings may ask for",
          .run = list_served_models,
          .answer = "ModelList"},
};

template <std::size_t... kSizes>
std::vector<Route> all_of(const std::array<Route, kSizes>&... parts) {
  std::vector<Route> all;
  (all.insert(all.end(), parts.begin(), parts.end()), ...);
  return all;
}

}  // namespace

std::span<const Route> routes() {
  static const std::vector<Route> kRoutes =
      all_of(kSystemRoutes, kDatasetRoutes, kColumnRoutes, kJobRoutes, kModelRoutes, kOpenAiRoutes);
  return kRoutes;
}

}  // namespace colvec::server
