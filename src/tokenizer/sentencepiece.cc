#include "tokenizer/sentencepiece.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <tuple>

#include "base/utf8.h"
#include "tokenizer/bpe.h"
#include "tokenizer/protobuf_reader.h"
#include "tokenizer/unicode.h"
#include "tokenizer/unigram.h"
#include "tokenizer/utf8_reader.h"

namespace colvec {
namespace {

constexpr const char* kSpaceMark = "\xE2\x96\x81";  // U+2581
using Piece = SentencePieceModel::Piece;
using PieceKind = SentencePieceModel::PieceKind;
using Kind = ProtobufReader::Kind;

// A field of another kind than the format says is damage, not an unknown field.
tl::unexpected<Error> wrong_field(const char* name) {
  return fail(ErrorCode::kCorruption, std::string("not a SentencePiece model: ") + name);
}

Result<Piece> parse_piece(std::string_view bytes) {
  Piece piece;
  for (ProtobufReader reader(bytes); !reader.at_end();) {
    COLVEC_ASSIGN(const ProtobufReader::Field field, reader.next());
    if (field.number == 1) {
      if (field.kind != Kind::kBytes) return wrong_field("the text of a piece");
      piece.text = field.bytes;
    } else if (field.number == 2) {
      if (field.kind != Kind::kFixed32) return wrong_field("the score of a piece");
      piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
    } else if (field.number == 3) {
      if (field.kind != Kind::kNumber || field.value < 1 || field.value > 6)
        return wrong_field("the type of a piece");
      piece.kind = static_cast<PieceKind>(field.value);
    }
  }
  if (!is_valid_utf8(piece.text)) return wrong_field("a piece is not UTF-8");
  if (!std::isfinite(piece.score)) return wrong_field("a score is not a number");
  return piece;
}

Status parse_training(std::string_view bytes, SentencePieceModel* model) {
  for (ProtobufReader reader(bytes); !reader.at_end();) {
    COLVEC_ASSIGN(const ProtobufReader::Field field, reader.next());
    if (field.number == 3) {
      if (field.kind != Kind::kNumber) return wrong_field("model_type");
      if (field.value != 1 && field.value != 2)
        return fail(ErrorCode::kUnsupported,
                    "model_type: neither Unigram (1) nor BPE (2): " + std::to_string(field.value));
      model->algorithm = static_cast<SentencePieceModel::Algorithm>(field.value);
    } else if (field.number == 40) {
      if (field.kind != Kind::kNumber) return wrong_field("unk_id");
      model->unknown_piece = field.value;
    }
  }
  return {};
}

Status parse_normalization(std::string_view bytes, SentencePieceModel* model) {
  for (ProtobufReader reader(bytes); !reader.at_end();) {
    COLVEC_ASSIGN(const ProtobufReader::Field field, reader.next());
    if (field.number != 2) continue;
    if (field.kind != Kind::kBytes) return wrong_field("precompiled_charsmap");
    model->charsmap = field.bytes;
  }
  return {};
}

struct ScoredToken {
  std::string text;
  double score = 0;
};
using ScoredTokens = std::vector<ScoredToken>;

// The pieces from `first` on as tokens.
void append_pieces(const SentencePieceModel& model, std::size_t first, ScoredTokens* tokens) {
  for (std::size_t i = first; i < model.pieces.size(); ++i)
    tokens->push_back({model.pieces[i].text, model.pieces[i].score});
}

// What a class makes of a file.
struct Plan {
  ScoredTokens tokens;  // By id.
  TokenId unknown_id = 0;
  bool has_byte_fallback = false;
};

// XLM-RoBERTa numbers as fairseq does: its own special tokens first.
Plan plan_xlm_roberta(const SentencePieceModel& model) {
  Plan plan{.tokens = {{"<s>"}, {"<pad>"}, {"</s>"}, {"<unk>"}}, .unknown_id = 3};
  append_pieces(model, 3, &plan.tokens);
  plan.tokens.push_back({"<mask>"});
  return plan;
}

Plan plan_camembert(const SentencePieceModel& model) {
  Plan plan{
      .tokens = {{"<s>NOTUSED"}, {"<pad>"}, {"</s>NOTUSED"}, {"<unk>"}, {"<unk>NOTUSED", -100}},
      .unknown_id = 3};
  append_pieces(model, 1, &plan.tokens);
  plan.tokens.push_back({"<mask>"});
  return plan;
}

Plan plan_as_it_is(const SentencePieceModel& model) {
  Plan plan{.tokens = {}, .unknown_id = static_cast<TokenId>(model.unknown_piece)};
  append_pieces(model, 0, &plan.tokens);
  return plan;
}

Plan plan_gemma(const SentencePieceModel& model) {
  Plan plan{
      .tokens = {{"<pad>"}, {"<eos>"}, {"<bos>"}}, .unknown_id = 3, .has_byte_fallback = true};
  append_pieces(model, 3, &plan.tokens);
  const auto has_text = [&](std::string_view text) {
    return [text](const ScoredToken& token) { return token.text == text; };
  };
  // Older files have no tab; its byte stands for it.
  const auto tab = std::find_if(plan.tokens.begin(), plan.tokens.end(), has_text("\t"));
  const auto byte = std::find_if(plan.tokens.begin(), plan.tokens.end(), has_text("<0x09>"));
  if (tab == plan.tokens.end() && byte != plan.tokens.end()) *byte = {"\t", 0};
  return plan;
}

Result<Normalizer> charsmap_steps(const SentencePieceModel& model) {
  Normalizer steps;
  if (!model.charsmap.empty()) {
    COLVEC_ASSIGN(Charsmap map, Charsmap::parse(model.charsmap));
    NormalizerStep step = NormalizerKind::kPrecompiled;
    step.charsmap = std::make_shared<const Charsmap>(std::move(map));
    steps.push_back(std::move(step));
  }
  return steps;
}

// The steps of most classes.
Status set_up_steps(const SentencePieceModel& model, TokenizerSpec* spec) {
  COLVEC_ASSIGN(spec->normalizer, charsmap_steps(model));
  spec->normalizer.emplace_back(NormalizerKind::kStripRight);
  spec->normalizer.push_back(replace_blanks_step(2, decode_utf32(kSpaceMark)));
  spec->pre_tokenizer = {metaspace_step(PrependScheme::kAlways)};
  return {};
}

// Adds the token that `key` names and returns its id.
Result<TokenId> add_special(std::string_view key, AddedToken fallback,
                            const TokenizerConfig& config, TokenizerSpec* spec) {
  COLVEC_ASSIGN(AddedToken token, config.special_token(key, std::move(fallback)));
  if (!spec->vocabulary.id_of(token.content))
    return fail(ErrorCode::kInvalidArgument,
                std::string(key) + " is not in the vocabulary: " + token.content);
  return add_token(std::move(token), spec);
}

// <s> text </s>
Status set_up_roberta(const SentencePieceModel& model, const TokenizerConfig& config,
                      TokenizerSpec* spec) {
  COLVEC_TRY(set_up_steps(model, spec));
  COLVEC_ASSIGN(const TokenId start, add_special("bos_token", special_of("<s>"), config, spec));
  COLVEC_ASSIGN(const TokenId end, add_special("eos_token", special_of("</s>"), config, spec));
  COLVEC_TRY(add_special("unk_token", special_of("<unk>"), config, spec));
  COLVEC_TRY(add_special("pad_token", special_of("<pad>"), config, spec));
  AddedToken mask = special_of("<mask>");
  mask.lstrip = true;
  COLVEC_TRY(add_special("mask_token", std::move(mask), config, spec));
  spec->special_tokens = {.before = {start}, .after = {end}};
  return {};
}

// text </s>; the tokens <extra_id_N> come behind the pieces, the largest number first.
Status set_up_t5(const SentencePieceModel& model, const TokenizerConfig& config,
                 TokenizerSpec* spec) {
  constexpr std::uint64_t kExtraMax = 10000;
  COLVEC_TRY(set_up_steps(model, spec));
  COLVEC_ASSIGN(const bool is_legacy, config.boolean_or("legacy", true));
  if (!is_legacy) spec->pre_tokenizer = {metaspace_step(PrependScheme::kFirst)};
  COLVEC_ASSIGN(const std::uint64_t extra_count, config.unsigned_or("extra_ids", 100));
  if (extra_count > kExtraMax)
    return fail(ErrorCode::kInvalidArgument, "extra_ids: too many: " + std::to_string(extra_count));
  COLVEC_ASSIGN(const TokenId end, add_special("eos_token", special_of("</s>"), config, spec));
  COLVEC_TRY(add_special("unk_token", special_of("<unk>"), config, spec));
  COLVEC_TRY(add_special("pad_token", special_of("<pad>"), config, spec));
  for (std::uint64_t i = extra_count; i-- > 0;)
    add_token(special_of("<extra_id_" + std::to_string(i) + ">"), spec);
  spec->special_tokens = {.before = {}, .after = {end}};
  return {};
}

// <bos> text, and </s> or <eos> where the settings ask for it.
Status set_up_ends(const TokenizerConfig& config, const char* start_name, const char* end_name,
                   TokenizerSpec* spec) {
  COLVEC_ASSIGN(const TokenId start,
                add_special("bos_token", special_of(start_name), config, spec));
  COLVEC_ASSIGN(const TokenId end, add_special("eos_token", special_of(end_name), config, spec));
  COLVEC_TRY(add_special("unk_token", special_of("<unk>"), config, spec));
  COLVEC_ASSIGN(const bool adds_start, config.boolean_or("add_bos_token", true));
  COLVEC_ASSIGN(const bool adds_end, config.boolean_or("add_eos_token", false));
  if (adds_start) spec->special_tokens.before = {start};
  if (adds_end) spec->special_tokens.after = {end};
  return {};
}

Status set_up_gemma(const SentencePieceModel&, const TokenizerConfig& config, TokenizerSpec* spec) {
  spec->normalizer = {replace_step(U" ", decode_utf32(kSpaceMark))};
  PreTokenizerStep split = PreTokenizerKind::kSplit;
  split.text = U" ";
  split.behavior = SplitBehavior::kMergedWithPrevious;
  spec->pre_tokenizer = {std::move(split)};
  return set_up_ends(config, "<bos>", "<eos>", spec);
}

struct Class {
  std::string_view name;
  Plan (*plan)(const SentencePieceModel& model);
  Status (*set_up)(const SentencePieceModel& model, const TokenizerConfig& config,
                   TokenizerSpec* spec);
  std::size_t pieces_min;  // What the plan takes for granted.
};

// All classes that we have.
constexpr Class kClasses[] = {
    {"XLMRobertaTokenizer", plan_xlm_roberta, set_up_roberta, 3},
    {"CamembertTokenizer", plan_camembert, set_up_roberta, 1},
    {"T5Tokenizer", plan_as_it_is, set_up_t5, 1},
    {"GemmaTokenizer", plan_gemma, set_up_gemma, 4},
};

// Control and user-defined pieces are looked for in the text.
void add_piece_tokens(const SentencePieceModel& model, TokenizerSpec* spec) {
  for (const Piece& piece : model.pieces) {
    const bool is_control = piece.kind == PieceKind::kControl;
    if (!is_control && piece.kind != PieceKind::kUserDefined) continue;
    if (piece.text.empty() || !spec->vocabulary.id_of(piece.text)) continue;
    AddedToken token = special_of(piece.text);
    token.special = is_control;
    add_token(std::move(token), spec);
  }
}

// Every way to make a token of two others is a merge; the better its score, the earlier, then the
// longer its parts (in characters), the earlier; else in the order of the tokens and of their
// parts.
Status add_merges(const ScoredTokens& tokens, const Vocabulary& vocabulary, BpeOptions* options) {
  struct Candidate {
    const ScoredToken* token;
    std::size_t split;  // Where the right part begins.
    std::size_t left_chars;
    std::size_t right_chars;
  };
  std::vector<Candidate> candidates;
  for (const ScoredToken& token : tokens) {
    const std::size_t chars = decode_utf32(token.text).size();
    std::vector<std::tuple<TokenId, TokenId, Candidate>> own;
    std::size_t left_chars = 0;
    for (std::size_t i = 1; i < token.text.size(); ++i) {
      if (!is_char_border(token.text, i)) continue;
      ++left_chars;
      const auto left = vocabulary.id_of(std::string_view(token.text).substr(0, i));
      const auto right = vocabulary.id_of(std::string_view(token.text).substr(i));
      if (left && right)
        own.emplace_back(*left, *right, Candidate{&token, i, left_chars, chars - left_chars});
    }
    std::sort(own.begin(), own.end(), [](const auto& a, const auto& b) {
      return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
    });
    for (auto& candidate : own) candidates.push_back(std::get<2>(candidate));
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) {
                     return std::tuple(a.token->score, a.left_chars, a.right_chars) >
                            std::tuple(b.token->score, b.left_chars, b.right_chars);
                   });
  for (const Candidate& candidate : candidates) {
    const std::string_view text = candidate.token->text;
    COLVEC_TRY(add_merge(text.substr(0, candidate.split), text.substr(candidate.split), "merges",
                         vocabulary, options));
  }
  return {};
}

Result<std::unique_ptr<Tokenizer>> make(const SentencePieceModel& model, const Plan& plan,
                                        TokenizerSpec spec) {
  if (plan.unknown_id >= plan.tokens.size())
    return fail(ErrorCode::kInvalidArgument, "unk_id: not in the vocabulary");
  if (model.algorithm == SentencePieceModel::Algorithm::kUnigram) {
    UnigramOptions options{
        .scores = {}, .unknown_id = plan.unknown_id, .has_byte_fallback = plan.has_byte_fallback};
    for (const ScoredToken& token : plan.tokens) options.scores.push_back(token.score);
    return make_unigram(std::move(spec), std::move(options));
  }
  BpeOptions options;
  options.unknown_id = plan.unknown_id;
  options.fuses_unknown = true;
  options.has_byte_fallback = plan.has_byte_fallback;
  COLVEC_TRY(add_merges(plan.tokens, spec.vocabulary, &options));
  return make_bpe(std::move(spec), std::move(options));
}

Result<std::unique_ptr<Tokenizer>> make_of_class(const SentencePieceModel& model,
                                                 const TokenizerConfig& config,
                                                 const Tokenizer::Options& options) {
  COLVEC_ASSIGN(const std::string name, config.tokenizer_class());
  for (const Class& known : kClasses) {
    if (known.name != name) continue;
    if (model.pieces.size() < known.pieces_min)
      return fail(ErrorCode::kInvalidArgument,
                  "too few pieces: " + std::to_string(model.pieces.size()));
    const Plan plan = known.plan(model);
    TokenizerSpec spec;
    spec.vocabulary.reserve(plan.tokens.size());
    for (std::size_t i = 0; i < plan.tokens.size(); ++i)
      spec.vocabulary.set(plan.tokens[i].text, static_cast<TokenId>(i));
    add_piece_tokens(model, &spec);
    COLVEC_TRY(known.set_up(model, config, &spec));
    COLVEC_TRY(add_configured_tokens(config, &spec));
    if (!options.special_tokens) spec.special_tokens = {};
    return make(model, plan, std::move(spec));
  }
  return fail(ErrorCode::kUnsupported, "unknown tokenizer_class for such a file: " + name);
}

}  // namespace

Result<SentencePieceModel> parse_sentencepiece_model(std::string_view bytes) {
  SentencePieceModel model;
  for (ProtobufReader reader(bytes); !reader.at_end();) {
    COLVEC_ASSIGN(const ProtobufReader::Field field, reader.next());
    if (field.number > 3) continue;
    if (field.kind != Kind::kBytes) return wrong_field("a part that is no message");
    if (field.number == 1) {
      COLVEC_ASSIGN(Piece piece, parse_piece(field.bytes));
      model.pieces.push_back(std::move(piece));
    } else if (field.number == 2) {
      COLVEC_TRY(parse_training(field.bytes, &model));
    } else {
      COLVEC_TRY(parse_normalization(field.bytes, &model));
    }
  }
  if (model.pieces.empty()) return wrong_field("it has no pieces");
  if (model.unknown_piece >= model.pieces.size()) return wrong_field("unk_id is no piece");
  return model;
}

Result<std::unique_ptr<Tokenizer>> parse_sentencepiece(std::string_view bytes,
                                                       const std::string& where,
                                                       const TokenizerConfig& config,
                                                       const Tokenizer::Options& options) {
  const auto model = parse_sentencepiece_model(bytes);
  if (!model) return at(where, model.error());
  auto tokenizer = make_of_class(*model, config, options);
  if (!tokenizer) return at(where, tokenizer.error());
  return tokenizer;
}

}  // namespace colvec
