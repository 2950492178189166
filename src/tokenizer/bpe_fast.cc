#include "tokenizer/bpe.h"
namespace colvec {
bool is_fast_bpe(const TokenizerSpec&, const BpeOptions&) { return false; }
std::unique_ptr<Tokenizer> make_fast_bpe(const TokenizerSpec&, const BpeOptions&) { return nullptr; }
}
