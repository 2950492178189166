#include <array>

#include "command.h"

namespace colvec::cli {
namespace {

constexpr std::array kCommands = {
    Command{"embed", "Embed the pending rows of a table.", prepare_embed},
    Command{"plan", "Say what embed would do and how long it would take; writes nothing.",
            prepare_plan},
    Command{"peek", "Show the first rows of an output and the nearest neighbours of one.",
            prepare_peek},
    Command{"example", "Make a folder with a sample database and its config.json.",
            prepare_example},
    Command{"encode", "Write the vectors of JSON lines as a NumPy file.", prepare_encode},
    Command{"tokenize", "Write the token ids of JSON lines.", prepare_tokenize},
    Command{"model show", "Say what a model is: family, dimension, prompts, licence, size.",
            prepare_model_show},
    Command{"model families", "List the kinds of transformers that can be run.",
            prepare_model_families},
    Command{"model verify", "Compare a model's vectors with given ones.", prepare_verify},
    Command{"model synth", "Fill a folder without weights with random ones, for speed tests.",
            prepare_synth},
    Command{"bench batch", "Measure batch sizes on this machine, and recommend one.",
            prepare_bench_batch},
    Command{"bench encode", "Measure how fast a model encodes a column of texts.",
            prepare_bench_encode},
    Command{"store show", "Show what a store of embeddings holds.", prepare_store_show},
    Command{"store query", "Show or write rows of a store: by key, text, hash or expression.",
            prepare_store_query},
    Command{"store files", "List the live Parquet files.", prepare_store_files},
    Command{"store history", "List the versions.", prepare_store_history},
    Command{"store export", "Write all rows, or those asked for, to a file.", prepare_store_export},
    Command{"store import", "Take in vectors that were made elsewhere.", prepare_store_import},
    Command{"store migrate", "Fill in the vectors of a new model, then switch over to it.",
            prepare_store_migrate},
    Command{"store view", "Print the SQL of a view over the live files, for any DuckDB.",
            prepare_store_view},
    Command{"store compact", "Put small files together; no row changes.", prepare_store_compact},
    Command{"store vacuum", "Delete files that no version of the last days names.",
            prepare_store_vacuum},
    Command{"store restore", "Make the keys those of an earlier version, as a new one.",
            prepare_store_restore},
    Command{"store forget", "Erase keys, and texts and vectors that no other key has.",
            prepare_store_forget},
    Command{"store verify", "Look for damage: files, checksums, doubles, missing vectors.",
            prepare_store_verify},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace colvec::cli
