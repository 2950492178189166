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
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace colvec::cli
