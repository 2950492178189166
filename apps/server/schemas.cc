// What the JSON of the API looks like (schema.h says how types are written).
#include <array>

#include "schema.h"

namespace colvec::server {
namespace {

constexpr Field kHealth[] = {{"status", "'ok'"}};

constexpr Field kErrorDetail[] = {
    {"code", "string", "\"not found\", \"invalid argument\", ..."},
    {"message", "string", "What failed, a colon, with which value"},
};
constexpr Field kError[] = {{"error", "ErrorDetail"}};

constexpr Field kOpenAiErrorDetail[] = {
    {"message", "string"}, {"type", "string"}, {"param", "string?"}, {"code", "string?"}};
constexpr Field kOpenAiError[] = {{"error", "OpenAiErrorDetail"}};

constexpr Field kInfo[] = {
    {"version", "string"},
    {"home", "string", "The folder of all datasets"},
    {"roots", "[string]", "Folders that paths in requests may lie in, the home among them"},
    {"needs_token", "boolean"},
    {"isa", "string", "The instruction set in use"},
    {"precisions", "[string]", "That this machine can compute in"},
    {"threads", "integer"},
    {"uptime_seconds", "number"},
};

constexpr Field kFolderEntry[] = {{"name", "string"}, {"path", "string"}};
constexpr Field kFileEntry[] = {{"name", "string"},
                                {"path", "string"},
                                {"kind", "'table'|'database'", "A database has tables to choose"},
                                {"bytes", "integer"},
                                {"modified_ms", "integer"}};
constexpr Field kFiles[] = {
    {"path", "string?"},
    {"parent", "string?", "null where it may not be read"},
    {"folders", "[FolderEntry]"},
    {"files", "[FileEntry]"},
    {"tables", "[string]", "Of a DuckDB file"},
    {"is_cut", "boolean", "Whether there are more than are listed"},
};

constexpr Field kSource[] = {
    {"path", "string", "A DuckDB file, Parquet, CSV or JSON lines; globs too"},
    {"table", "string?", "Of a DuckDB file"},
};
constexpr Field kDataset[] = {
    {"format_version", "integer?"},
    {"name", "string"},
    {"revision", "integer?", "Counts the changes"},
    {"source", "Source"},
    {"columns", "[object]", "name, type, flags, preprocessing_steps.params.embedding"},
    {"remote", "string?"},
    {"sync", "string?"},
};
constexpr Field kNewDataset[] = {{"dataset", "Dataset"}};
constexpr Field kProposeRequest[] = {{"name", "string?", "The name of the file, if left out"},
                                     {"source", "Source"}};
constexpr Field kProposal[] = {
    {"dataset", "Dataset", "With flags proposed"},
    {"rows", "integer"},
    {"notes", "[string]", "Why"},
    {"text_like", "[string]", "Columns that look worth embedding"},
    {"preview", "[[any]]", "The first rows as text"},
};
constexpr Field kRenameRequest[] = {{"to", "string"}};
constexpr Field kRunBrief[] = {{"id", "string"},
                               {"started_ms", "integer"},
                               {"seconds", "number"},
                               {"outcome", "'done'|'unchanged'|'cancelled'|'failed'"},
                               {"error", "string"}};
constexpr Field kDatasetBrief[] = {
    {"name", "string"},
    {"source", "Source"},
    {"columns", "integer"},
    {"embedded_columns", "integer"},
    {"remote", "string"},
    {"rows", "integer?", "null until the source has been looked at: an event tells"},
    {"bytes", "integer?", "Of the stores"},
    {"status", "string?", "That of the column that is farthest from ready"},
    {"detail", "string", "Why it failed"},
    {"last_run", "RunBrief?"},
    {"is_current", "boolean", "Whether it is not being looked at again"},
    {"running_job", "Job?"},
};
constexpr Field kColumnStatus[] = {
    {"column", "string"},
    {"status", "'not configured'|'empty'|'partial'|'ready'|'stale'|'failed'"},
    {"detail", "string"},
    {"model", "string"},
    {"fingerprint", "string"},
    {"base", "string"},
    {"precision", "string"},
    {"dimension", "integer"},
    {"rows", "integer"},
    {"rows_with_text", "integer"},
    {"embedded", "integer"},
    {"missing", "integer"},
    {"changed", "integer"},
    {"distinct_texts", "integer"},
    {"vectors_stored", "integer"},
    {"bytes", "integer"},
    {"files", "integer"},
};
constexpr Field kDatasetStatus[] = {
    {"is_current", "boolean", "Whether it is not being looked at again"},
    {"dataset", "string"},
    {"revision", "integer"},
    {"rows", "integer"},
    {"processed", "string"},
    {"last_run", "RunBrief?"},
    {"sync", "SyncStatus"},
    {"columns", "[ColumnStatus]"},
};
constexpr Field kSyncStatus[] = {
    {"status", "'no remote'|'never synced'|'in step'|'ahead'|'failed'", "As far as is known here"},
    {"mode", "'manual'|'auto'"},
    {"remote", "string"},
    {"pushed_ms", "integer", "0: never"},
    {"pulled_ms", "integer", "0: never"},
    {"error", "string", "Of the last sync; \"\" for none"},
    {"error_ms", "integer"},
};
constexpr Field kPreviewColumn[] = {{"name", "string"}, {"type", "string"}};
constexpr Field kPreview[] = {{"columns", "[PreviewColumn]"}, {"rows", "[[any]]"}};
constexpr Field kRun[] = {
    {"id", "string"},
    {"started_ms", "integer"},
    {"seconds", "number"},
    {"outcome", "string"},
    {"error", "string?"},
    {"engine_version", "string"},
    {"rows", "integer"},
    {"columns", "[object]", "What was done for each column, its issues and examples"},
    {"notes", "[string]"},
    {"stage_seconds", "{number}"},
    {"state", "string?"},
    {"pulled", "boolean?", "Of another home: a pull brought the record"},
};

constexpr Field kVectors[] = {{"fingerprint", "string"},
                              {"base", "string"},
                              {"precision", "string"},
                              {"dimension", "integer"},
                              {"base_dimension", "integer"}};
constexpr Field kColumn[] = {
    {"name", "string"},
    {"type", "string"},
    {"is_primary_key", "boolean"},
    {"is_target", "boolean"},
    {"is_date_column", "boolean"},
    {"embedding", "object?", "The embedding step"},
    {"active", "Vectors?", "What readers get"},
    {"target", "Vectors?", "What a refresh is filling in"},
};
constexpr Field kColumnChange[] = {
    {"is_primary_key", "boolean?"},
    {"is_target", "boolean?"},
    {"is_date_column", "boolean?"},
    {"embedding", "object?", "Fields with new values, null for their default; null: no step"},
    {"refit", "boolean?", "Fit the PCA anew with the next refresh"},
    {"dry_run", "boolean?", "Check, save nothing"},
};
constexpr Field kChangedColumn[] = {
    {"revision", "integer"}, {"saved", "boolean"}, {"column", "Column"}};
constexpr Field kHistogramStep[] = {{"tokens", "string", "\"9-16\""}, {"texts", "integer"}};
constexpr Field kPlan[] = {
    {"run", "object", "The counts that are known without embedding"},
    {"sampled_texts", "integer"},
    {"token_histogram", "[HistogramStep]"},
    {"tokens_mean", "number"},
    {"truncated_share", "number"},
    {"texts_per_second", "number"},
    {"seconds_predicted", "number"},
    {"bytes_predicted", "integer"},
};
constexpr Field kStoreVersion[] = {
    {"table", "'vectors'|'keys'"}, {"version", "integer"},     {"time_ms", "integer"},
    {"operation", "string"},       {"files_added", "integer"}, {"files_removed", "integer"},
    {"rows_added", "integer"},     {"commit_id", "string"},
};
constexpr Field kStoreModel[] = {
    {"model", "string"},    {"name", "string"},   {"precision", "string"}, {"dimension", "integer"},
    {"vectors", "integer"}, {"bytes", "integer"}, {"files", "integer"},    {"is_active", "boolean"},
};
constexpr Field kStore[] = {
    {"keys", "integer"},          {"bytes", "integer"},           {"files", "integer"},
    {"keys_version", "integer?"}, {"vectors_version", "integer"}, {"key_columns", "[string]"},
    {"models", "[StoreModel]"},
};
constexpr Field kTokens[] = {
    {"texts", "integer"},      {"truncated", "integer"},  {"truncated_share", "number"},
    {"tokens_mean", "number"}, {"tokens_max", "integer"}, {"histogram", "[HistogramStep]"},
};
constexpr Field kColumnDetails[] = {
    {"revision", "integer"},
    {"column", "Column"},
    {"is_current", "boolean", "Whether the status is not being looked at again"},
    {"status", "ColumnStatus?", "null: still being looked at"},
    {"last_run", "Run?", "The newest of this home with this column, and only it"},
    {"store", "Store?", "null: nothing was embedded yet"},
    {"tokens", "Tokens?"},
    {"history", "[StoreVersion]", "The newest 50"},
    {"store_error", "string?"},
};

constexpr Field kSearchRequest[] = {
    {"text", "string"},
    {"k", "integer?", "Rows to find, to 1,000; 10"},
    {"where", "string?", "One SQL expression over the row's columns"},
};
constexpr Field kHit[] = {{"score", "number"}, {"values", "[any]", "In the order of the columns"}};
constexpr Field kSearchResult[] = {
    {"rows", "integer", "Rows that where allows"}, {"columns", "[string]"}, {"hits", "[Hit]"}};
constexpr Field kPoint[] = {
    {"x", "number"}, {"y", "number"}, {"text", "string"}, {"key", "string"}, {"color", "string?"}};
constexpr Field kMap[] = {
    {"rows", "integer", "That have a vector"},
    {"variance_explained", "number", "What share of the differences the plane shows"},
    {"points", "[Point]"},
};

constexpr Field kRefreshRequest[] = {
    {"columns", "[string]?", "Only these"},
    {"accept_changed_models", "boolean?", "Go on where a model folder holds another model now"},
};
constexpr Field kDeployRequest[] = {{"to", "string", "A folder below the allowed ones"}};
constexpr Field kJobProgress[] = {
    {"phase", "string"},
    {"done", "integer"},
    {"total", "integer"},
    {"per_second", "number"},
    {"tokens_done", "integer"},
    {"tokens_per_second", "number"},
    {"eta_seconds", "number", "0 while unknown"},
};
constexpr Field kJob[] = {
    {"id", "string"},
    {"kind",
     "'refresh'|'compact'|'deploy'|'push'|'pull'|'sync'|'bench'|'pull_model'|'verify_model'"},
    {"title", "string"},
    {"dataset", "string", "\"\" for none"},
    {"state", "'queued'|'running'|'done'|'failed'|'cancelled'"},
    {"created_ms", "integer"},
    {"started_ms", "integer?"},
    {"finished_ms", "integer?"},
    {"progress", "JobProgress"},
    {"error", "ErrorDetail?"},
    {"result", "object?", "Of a refresh: a Run"},
};
constexpr Field kJobStarted[] = {{"job", "Job"}};
constexpr Field kDatasetEvent[] = {
    {"name", "string"},
    {"change", "'saved'|'removed'|'renamed'|'refreshed'|'compacted'|'status'"},
};

constexpr Field kLocalModel[] = {
    {"name", "string", "For embedding steps: the folder, ORG/NAME, or builtin:lexical"},
    {"label", "string", "For people"},
    {"is_cached", "boolean", "Whether it came from a hub by its name"},
    {"bytes", "integer", "Of its weights"},
    {"problem", "string?", "Why nothing more is said of it"},
    {"kind", "string?", "\"transformer\", \"static\", \"lexical\""},
    {"family", "string?"},
    {"dimension", "integer?"},
    {"shorter_dimensions", "[integer]?", "That it was trained for"},
    {"tokens_max", "integer?", "0: no limit"},
    {"fingerprint", "string?"},
    {"licence", "string?"},
    {"parameters", "integer?"},
    {"prompts", "{string}?"},
    {"precisions", "[string]?", "That it runs in here"},
    {"automatic", "string?", "What auto is for it here"},
    {"note", "string?"},
};
constexpr Field kModelName[] = {{"name", "string", "ORG/NAME or ORG/NAME@REVISION"}};
constexpr Field kPulledModel[] = {
    {"name", "string"},
    {"commit", "string", "What the revision is now"},
    {"files", "integer", "That the model needs"},
    {"bytes", "integer"},
    {"bytes_fetched", "integer", "Of these: the others were there"},
};
constexpr Field kVerifiedModel[] = {{"name", "string"}, {"files", "integer"}, {"bytes", "integer"}};
constexpr Field kBenchRequest[] = {{"model", "string"}};
constexpr Field kBatchRate[] = {{"batch_size", "integer", "0: the default"},
                                {"texts_per_second", "number"},
                                {"tokens_per_second", "number"}};
constexpr Field kBench[] = {
    {"model", "string"},
    {"recommended", "integer", "A batch size; 0: the default"},
    {"tokens_mean", "number"},
    {"rates", "[BatchRate]"},
};

constexpr Field kEmbeddingRequest[] = {
    {"input", "any", "A text, texts, token ids, or lists of token ids"},
    {"model", "string?", "May be left out where one is served"},
    {"encoding_format", "'float'|'base64'?"},
    {"dimensions", "integer?", "One that the model was trained for"},
    {"truncate", "boolean?", "false: a text that is too long is an error; true"},
    {"user", "string?", "Not looked at"},
};
constexpr Field kEmbedding[] = {
    {"object", "'embedding'"}, {"index", "integer"}, {"embedding", "any", "Numbers or base64"}};
constexpr Field kUsage[] = {{"prompt_tokens", "integer"}, {"total_tokens", "integer"}};
constexpr Field kEmbeddingList[] = {
    {"object", "'list'"}, {"data", "[Embedding]"}, {"model", "string"}, {"usage", "Usage"}};
constexpr Field kServedModel[] = {
    {"id", "string"},        {"object", "'model'"},       {"created", "integer"},
    {"owned_by", "string"},  {"dimensions", "[integer]"}, {"tokens_max", "integer", "0: no limit"},
    {"precision", "string"}, {"kind", "string"},          {"fingerprint", "string"},
};
constexpr Field kModelList[] = {{"object", "'list'"}, {"data", "[ServedModel]"}};

constexpr std::array kSchemas = {
    Schema{"Health", "The server answers", kHealth},
    Schema{"ErrorDetail", "What was wrong", kErrorDetail},
    Schema{"Error", "The answer to a request that failed", kError},
    Schema{"OpenAiErrorDetail", "What was wrong, as OpenAI says it", kOpenAiErrorDetail},
    Schema{"OpenAiError", "The answer to a request below /v1 that failed", kOpenAiError},
    Schema{"Info", "What this server is", kInfo},
    Schema{"FolderEntry", "A folder", kFolderEntry},
    Schema{"FileEntry", "A file that a dataset may be made of", kFileEntry},
    Schema{"Files", "What is in a folder or a database", kFiles},
    Schema{"Source", "Where rows come from", kSource},
    Schema{"Dataset", "dataset.json", kDataset, true},
    Schema{"NewDataset", "A dataset to be added", kNewDataset},
    Schema{"ProposeRequest", "A table to be looked at", kProposeRequest},
    Schema{"Proposal", "A dataset that could be added", kProposal},
    Schema{"RenameRequest", "A new name", kRenameRequest},
    Schema{"RunBrief", "A run, in short", kRunBrief},
    Schema{"DatasetBrief", "A dataset, in short", kDatasetBrief},
    Schema{"ColumnStatus", "How far a column is", kColumnStatus},
    Schema{"DatasetStatus", "How far a dataset is", kDatasetStatus},
    Schema{"SyncStatus", "How a dataset stands to its remote", kSyncStatus},
    Schema{"PreviewColumn", "A column of a table", kPreviewColumn},
    Schema{"Preview", "The first rows of a table", kPreview},
    Schema{"Run", "What a refresh did", kRun},
    Schema{"Vectors", "The vectors that a step comes to", kVectors},
    Schema{"Column", "A column of a dataset", kColumn},
    Schema{"ColumnChange", "What to change of a column", kColumnChange},
    Schema{"ChangedColumn", "A column after a change", kChangedColumn},
    Schema{"HistogramStep", "Texts with so many tokens", kHistogramStep},
    Schema{"Plan", "What a refresh would do for a column", kPlan},
    Schema{"StoreVersion", "One commit of a store", kStoreVersion},
    Schema{"StoreModel", "The vectors of one model in a store", kStoreModel},
    Schema{"Store", "What a store holds", kStore},
    Schema{"Tokens", "How long the texts are", kTokens},
    Schema{"ColumnDetails", "All about a column", kColumnDetails},
    Schema{"SearchRequest", "What to look for", kSearchRequest},
    Schema{"Hit", "A row that was found", kHit},
    Schema{"SearchResult", "Rows, the nearest first", kSearchResult},
    Schema{"Point", "A row on the plane", kPoint},
    Schema{"Map", "Rows on a plane", kMap},
    Schema{"RefreshRequest", "What to refresh", kRefreshRequest},
    Schema{"DeployRequest", "Where to deploy to", kDeployRequest},
    Schema{"JobProgress", "How far a job is", kJobProgress},
    Schema{"Job", "Something that runs for long", kJob},
    Schema{"JobStarted", "A job that was accepted", kJobStarted},
    Schema{"DatasetEvent", "A dataset that has changed", kDatasetEvent},
    Schema{"LocalModel", "A model that is there", kLocalModel},
    Schema{"ModelName", "A model of a hub", kModelName},
    Schema{"PulledModel", "A model that came from a hub", kPulledModel},
    Schema{"VerifiedModel", "A model whose files have their checksums", kVerifiedModel},
    Schema{"BenchRequest", "A model to be measured", kBenchRequest},
    Schema{"BatchRate", "How fast one batch size is", kBatchRate},
    Schema{"Bench", "How fast a model is", kBench},
    Schema{"EmbeddingRequest", "Texts to embed", kEmbeddingRequest, true},
    Schema{"Embedding", "The vector of a text", kEmbedding},
    Schema{"Usage", "Tokens that went in", kUsage},
    Schema{"EmbeddingList", "Vectors, in the order of the texts", kEmbeddingList},
    Schema{"ServedModel", "A model that embeddings may ask for", kServedModel},
    Schema{"ModelList", "All of them", kModelList},
};

}  // namespace

std::span<const Schema> schemas() { return kSchemas; }

}  // namespace colvec::server
