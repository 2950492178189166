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
    Command{"model verify", "Compare a model's vectors with given ones.", prepare_verify},
    Command{"model synth", "Fill a folder without weights with random ones, for speed tests.",
            prepare_synth},
    Command{"bench batch", "Measure batch sizes on this machine, and recommend one.",
            prepare_bench_batch},
    Command{"bench encode", "Measure how fast a model encodes a column of texts.",
            prepare_bench_encode},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace colvec::cli
