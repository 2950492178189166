#include "tokenizer/unigram.h"
namespace colvec {
bool is_fast_unigram(const TokenizerSpec&) { return false; }
std::unique_ptr<Tokenizer> make_fast_unigram(const TokenizerSpec&, UnigramOptions) { return nullptr; }
}
