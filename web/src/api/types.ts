// The JSON of the API. Names of fields are those of dataset.json, of the command line's --json and of
// the OpenAPI file; a field that this page does not read is left out.

export interface Info {
  version: string
  home: string
  roots: string[]
  needs_token: boolean
  threads: number
  uptime_seconds: number
  isa?: string
  precisions?: string[]
}

export type ColumnState = 'not configured' | 'empty' | 'partial' | 'ready' | 'stale' | 'failed'
export type Policy = 'skip' | 'keep' | 'error'
export type CompressionMethod = 'auto' | 'truncate' | 'pca'

export interface Compression {
  method?: CompressionMethod
  variance?: number
}

export interface EmbeddingStep {
  model: string
  dimension?: number
  primary_key_column?: string | string[]
  text_column?: string
  prompt?: string
  normalize?: boolean
  precision?: 'auto' | 'f32' | 'bf16' | 'f16' | 'int8'
  compression?: Compression
  explode?: boolean
  store_text?: boolean
  on_null?: Policy
  on_empty?: Policy
  on_truncate?: Policy
  on_bad_vector?: Policy
}

export interface DatasetColumn {
  name: string
  type?: string
  is_primary_key?: boolean
  is_target?: boolean
  is_date_column?: boolean
  preprocessing_steps?: { params?: { embedding?: EmbeddingStep } }
}

export interface Dataset {
  name: string
  revision: number
  source: { path: string; table?: string }
  columns: DatasetColumn[]
  remote?: string
  sync?: 'manual' | 'auto'
}

export interface RunBrief {
  id: string
  started_ms: number
  seconds: number
  outcome: RunOutcome
  error?: string
}

export type RunOutcome = 'done' | 'unchanged' | 'cancelled' | 'failed'

export interface DatasetSummary {
  name: string
  source: { path: string; table?: string }
  columns: number
  embedded_columns: number
  remote: string
  /** null while the source has not been read yet, as are `bytes` and `status`. */
  rows: number | null
  bytes: number | null
  status: ColumnState | null
  detail: string
  last_run: RunBrief | null
  is_current: boolean
  running_job: Job | null
}

export interface DatasetProposal {
  dataset: Dataset
  rows: number
  notes: string[]
  text_like: string[]
  preview: (string | null)[][]
}

export interface ColumnStatus {
  column: string
  status: ColumnState
  detail: string
  model: string
  fingerprint: string
  base: string
  precision: string
  dimension: number
  rows: number
  rows_with_text: number
  embedded: number
  missing: number
  changed: number
  distinct_texts: number
  vectors_stored: number
  bytes: number
  files: number
}

export interface DatasetStatus {
  /** false: something has changed, and an event tells if that comes to another status. */
  is_current: boolean
  dataset: string
  revision: number
  rows: number
  processed: string
  last_run: RunBrief | null
  columns: ColumnStatus[]
  /** Missing where the server knows of no remotes. */
  sync?: SyncStatus
}

/** How a dataset stands to its remote, as far as this home knows. */
export interface SyncStatus {
  status: 'no remote' | 'never synced' | 'in step' | 'ahead' | 'failed'
  remote: string
  /** 0: never. */
  pushed_ms: number
  pulled_ms: number
  error: string
  error_ms: number
}

export interface RowExample {
  kind: string
  key: string
  detail: string
}

export interface ColumnRun {
  column: string
  model: string
  fingerprint?: string
  base?: string
  precision?: string
  dimension?: number
  base_dimension?: number
  rows: number
  rows_with_text: number
  distinct_texts: number
  rows_new: number
  rows_changed: number
  keys_removed: number
  texts_missing: number
  texts_copied: number
  texts_embedded: number
  tokens: number
  vectors_added: number
  keys_added: number
  policy_errors: number
  explained_variance?: number
  overlap_at_10?: number
  issues: Record<string, number>
  examples: RowExample[]
  did: string[]
}

export interface DatasetRun extends RunBrief {
  engine_version: string
  /** Of another home: a pull brought the record. */
  pulled?: boolean
  rows: number
  columns: ColumnRun[]
  notes: string[]
  stage_seconds: Record<string, number>
}

export interface HistogramBar {
  tokens: string
  texts: number
}

export interface ColumnPlan {
  run: ColumnRun
  sampled_texts: number
  token_histogram: HistogramBar[]
  tokens_mean: number
  truncated_share: number
  texts_per_second: number
  seconds_predicted: number
  bytes_predicted: number
}

export interface TableRows {
  columns: { name: string; type: string }[]
  rows: (string | null)[][]
}

export interface StoreVersion {
  table: string
  version: number
  time_ms: number
  operation: string
  files_added: number
  files_removed: number
  rows_added: number
  commit_id?: string
}

export interface StoredModel {
  model: string
  name: string
  precision: string
  dimension: number
  vectors: number
  bytes: number
  files: number
  is_active: boolean
}

export interface StoreFigures {
  key_columns: string[]
  keys: number
  bytes: number
  files: number
  keys_version: number | null
  vectors_version: number
  models: StoredModel[]
}

export interface StoreTokens {
  texts: number
  truncated: number
  truncated_share: number
  tokens_mean: number
  tokens_max: number
  histogram: HistogramBar[]
}

export interface ColumnVectors {
  fingerprint: string
  base: string
  precision: string
  dimension: number
  base_dimension: number
}

export interface ColumnBrief {
  name: string
  type: string
  is_primary_key: boolean
  is_target: boolean
  is_date_column: boolean
  embedding: EmbeddingStep | null
  /** What readers get; null before the first refresh. */
  active: ColumnVectors | null
  /** What a refresh that has not come to its end is filling in. */
  target: ColumnVectors | null
}

export interface ColumnDetails {
  revision: number
  column: ColumnBrief
  is_current: boolean
  status: ColumnStatus | null
  /** The newest run of this home with this column, and of its columns only this. */
  last_run: DatasetRun | null
  store: StoreFigures | null
  tokens: StoreTokens | null
  history: StoreVersion[]
  store_error: string | null
}

/** The answer to a change of a column; `saved` is false after a dry run. */
export interface ColumnChanged {
  revision: number
  saved: boolean
  column: ColumnBrief
}

export interface MapPoint {
  x: number
  y: number
  text: string
  color: string | null
  key: string
}

export interface ColumnMap {
  points: MapPoint[]
  rows: number
  variance_explained: number
}

export interface SearchHit {
  score: number
  values: (string | null)[]
}

export interface SearchResult {
  columns: string[]
  hits: SearchHit[]
  rows: number
}

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'

export interface JobProgress {
  phase: string
  done: number
  total: number
  per_second: number
  tokens_done: number
  tokens_per_second: number
  eta_seconds: number
}

export interface Job {
  id: string
  kind: string
  title: string
  /** "" where it is of no dataset. */
  dataset: string
  state: JobState
  created_ms: number
  started_ms: number | null
  finished_ms: number | null
  progress: JobProgress
  error: { code: string; message: string } | null
  result: unknown
}

export interface LocalModel {
  /** As an embedding step names it: the folder, ORG/NAME, or builtin:lexical. */
  name: string
  /** For people. */
  label: string
  /** Whether it came from a hub by its name. */
  is_cached?: boolean
  bytes: number
  /** Why nothing more is said of it. */
  problem?: string | null
  kind?: 'transformer' | 'static' | 'lexical' | null
  family?: string | null
  dimension?: number | null
  shorter_dimensions?: number[] | null
  /** 0: no limit. */
  tokens_max?: number | null
  fingerprint?: string | null
  licence?: string | null
  parameters?: number | null
  prompts?: Record<string, string> | null
  precisions?: string[] | null
  note?: string | null
}

/** The result of a bench. */
export interface Bench {
  model: string
  /** A batch size; 0: the default. */
  recommended: number
  tokens_mean: number
  rates: { batch_size: number; texts_per_second: number; tokens_per_second: number }[]
}

/** A model of POST /v1/embeddings, as OpenAI's list and ours have it. */
export interface ServedModel {
  id: string
  dimensions: number[]
  tokens_max: number
  precision: string
  kind: string
  fingerprint: string
}

export interface FileEntry {
  name: string
  path: string
  kind: 'table' | 'database'
  bytes: number
  modified_ms: number
}

export interface FileList {
  /** null: the list of the roots. */
  path: string | null
  parent: string | null
  folders: { name: string; path: string }[]
  files: FileEntry[]
  /** Of a DuckDB file. */
  tables: string[]
  is_cut: boolean
}
