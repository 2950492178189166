// Each step copies runs of bytes that it leaves alone in one go, and nothing at all where it leaves
// all alone. What is left of the work is done by the plain functions, on a few characters.
#include "tokenizer/normalizer_fast.h"

#include <algorithm>
#include <cstring>

#include "base/utf8.h"
#include "tokenizer/grapheme.h"
#include "tokenizer/unicode.h"
#include "tokenizer/utf8_reader.h"

namespace colvec {
namespace {

// Copies `text` to `*out` but for the parts that are replaced, in order.
class Rewriter {
 public:
  Rewriter(std::string_view text, std::string* out) : text_(text), out_(*out) {}

  // Puts `by` in the place of [begin, end).
  void replace(std::size_t begin, std::size_t end, std::string_view by) {
    if (!is_changed_) out_.clear();
    is_changed_ = true;
    out_.append(text_.substr(done_, begin - done_)).append(by);
    done_ = end;
  }
  // Whether there was anything to replace; else `*out` is as it was.
  bool finish() {
    if (is_changed_) out_.append(text_.substr(done_));
    return is_changed_;
  }

 private:
  std::string_view text_;
  std::string& out_;
  std::size_t done_ = 0;
  bool is_changed_ = false;
};

// How many of the bytes from `offset` on are ASCII, in steps of 8.
std::size_t skip_ascii(std::string_view text, std::size_t offset) {
  for (; offset + 8 <= text.size(); offset += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + offset, 8);
    if ((word & 0x8080808080808080) != 0) break;
  }
  return offset;
}

// NFC, NFD, NFKC, NFKD: only what is unstable is looked at, with the stable character before it.
class FormStep final : public FastNormalizer::Step {
 public:
  explicit FormStep(NormalizerKind kind) : normalizer_{kind}, unstable_(unstable_of(kind)) {}

  bool apply(std::string_view* text, std::string* out) const override {
    Rewriter rewriter(*text, out);
    const std::size_t ascii = skip_ascii(*text, 0);
    std::size_t stable = ascii == 0 ? 0 : ascii - 1;  // Where the last stable character begins.
    for (std::size_t i = ascii; i < text->size();) {
      const std::size_t first = find_unstable(*text, i, &stable);
      if (first == text->size()) break;
      std::size_t end = first;
      while (end < text->size() && is_unstable(*text, end))
        end += char_size(static_cast<unsigned char>((*text)[end]));
      const std::string_view part = text->substr(stable, end - stable);
      const std::string form = encode_utf32(normalize(normalizer_, decode_utf32(part)));
      if (form != part) rewriter.replace(stable, end, form);
      i = stable = end;
    }
    return rewriter.finish();
  }

 private:
  static std::uint32_t unstable_of(NormalizerKind kind) {
    switch (kind) {
      case NormalizerKind::kDecompose:
        return kUnstableDecomposed;
      case NormalizerKind::kDecomposeCompatibly:
        return kUnstableDecomposedCompatibly;
      case NormalizerKind::kCompose:
        return kUnstableComposed;
      default:
        return kUnstableComposedCompatibly;
    }
  }

  bool is_unstable(std::string_view text, std::size_t i) const {
    return static_cast<unsigned char>(text[i]) >= 0x80 &&
           (table_.of(char_at(text, i)) & unstable_) != 0;
  }

  // The first unstable character from `i` on; `*stable` becomes the place of the one before it.
  std::size_t find_unstable(std::string_view text, std::size_t i, std::size_t* stable) const {
    while (i < text.size()) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (byte < 0x80) {
        *stable = i++;
        continue;
      }
      if ((table_.of(char_at(text, i)) & unstable_) != 0) return i;
      *stable = i;
      i += char_size(byte);
    }
    return i;
  }

  Normalizer normalizer_;
  std::uint32_t unstable_;
  const PropertyTable& table_ = property_table();
};

// Steps that look at each character alone.
class CharStep final : public FastNormalizer::Step {
 public:
  explicit CharStep(NormalizerKind kind) : kind_(kind) {
    for (char32_t c = 0; c < 0x80; ++c) {
      std::u32string became;
      append_step(kind, c, &became);
      if (became != std::u32string_view(&c, 1)) ascii_[c] = encode_utf32(became);
    }
  }

  bool apply(std::string_view* text, std::string* out) const override {
    Rewriter rewriter(*text, out);
    std::u32string became;
    for (std::size_t i = 0; i < text->size();) {
      const auto byte = static_cast<unsigned char>((*text)[i]);
      const std::size_t size = char_size(byte);
      if (byte < 0x80) {
        if (ascii_[byte]) rewriter.replace(i, i + 1, *ascii_[byte]);
      } else {
        const char32_t c = char_at(*text, i);
        became.clear();
        append_step(kind_, c, &became);
        if (became != std::u32string_view(&c, 1))
          rewriter.replace(i, i + size, encode_utf32(became));
      }
      i += size;
    }
    return rewriter.finish();
  }

 private:
  NormalizerKind kind_;
  std::array<std::optional<std::string>, 128> ascii_;  // What becomes of those that change.
};

class PrecompiledStep final : public FastNormalizer::Step {
 public:
  explicit PrecompiledStep(std::shared_ptr<const Charsmap> charsmap)
      : charsmap_(std::move(charsmap)), is_mapped_(kCodePointCount) {
    std::string bytes;
    for (char32_t c = 1; c < kCodePointCount; ++c) {
      if (c == 0xD800) c = 0xE000;
      bytes.clear();
      append_utf8(c, &bytes);
      if (charsmap_->begins_key(static_cast<unsigned char>(bytes[0])))
        is_mapped_[c] = charsmap_->find(bytes).has_value();
    }
    for (unsigned char c = 0; c < 0x80; ++c) ascii_is_plain_[c] = !is_mapped_[c] && c != '\r';
  }

  bool apply(std::string_view* text, std::string* out) const override {
    Rewriter rewriter(*text, out);
    const std::size_t size = text->size();
    for (std::size_t i = 0; i < size;) {
      const auto byte = static_cast<unsigned char>((*text)[i]);
      const bool next_is_ascii = i + 1 == size || static_cast<unsigned char>((*text)[i + 1]) < 0x80;
      if (byte < 0x80 && ascii_is_plain_[byte] && next_is_ascii) {
        ++i;
        continue;
      }
      const char32_t c = char_at(*text, i);
      const std::size_t next = i + char_size(byte);
      if (next == size || is_border(c, char_at(*text, next))) {
        if (is_mapped_[c]) rewriter.replace(i, next, *charsmap_->find(text->substr(i, next - i)));
        i = next;
      } else {
        i = map_cluster(*text, i, &rewriter);
      }
    }
    return rewriter.finish();
  }

 private:
  // Whether a cluster that begins with `c` surely ends before `next`.
  bool is_border(char32_t c, char32_t next) const {
    if (c == '\r' || (table_.of(next) & kClusterExtends) != 0) return false;
    if (c < 0x80) return true;
    const auto is_hangul = [](char32_t h) {
      return (h >= 0x1100 && h < 0x1200) || (h >= 0xA960 && h < 0xD800);
    };
    const auto is_regional = [](char32_t r) { return r >= 0x1F1E6 && r <= 0x1F1FF; };
    return (table_.of(c) & kClusterPrepends) == 0 && !(is_hangul(c) && is_hangul(next)) &&
           !(is_regional(c) && is_regional(next));
  }

  // Returns where the cluster at `i` ends.
  std::size_t map_cluster(std::string_view text, std::size_t i, Rewriter* rewriter) const {
    const std::size_t end = i + first_cluster_size(text.substr(i));
    if (end - i <= kClusterBytesMax) {
      if (const auto found = charsmap_->find(text.substr(i, end - i))) {
        rewriter->replace(i, end, *found);
        return end;
      }
    }
    while (i < end) {
      const std::size_t size = char_size(static_cast<unsigned char>(text[i]));
      if (is_mapped_[char_at(text, i)])
        rewriter->replace(i, i + size, *charsmap_->find(text.substr(i, size)));
      i += size;
    }
    return end;
  }

  std::shared_ptr<const Charsmap> charsmap_;
  std::vector<bool> is_mapped_;
  std::array<bool, 128> ascii_is_plain_{};
  const PropertyTable& table_ = property_table();
};

class ReplaceStep final : public FastNormalizer::Step {
 public:
  explicit ReplaceStep(const NormalizerStep& step)
      : pattern_(encode_utf32(step.pattern)), content_(encode_utf32(step.content)) {}

  bool apply(std::string_view* text, std::string* out) const override {
    Rewriter rewriter(*text, out);
    for (std::size_t i = text->find(pattern_); i != std::string_view::npos;
         i = text->find(pattern_, i + pattern_.size()))
      rewriter.replace(i, i + pattern_.size(), content_);
    return rewriter.finish();
  }

 private:
  std::string pattern_;
  std::string content_;
};

// Several replacements of ASCII characters of which none sees what another one wrote.
class ReplaceCharsStep final : public FastNormalizer::Step {
 public:
  // Whether `step` could be added.
  bool add(const NormalizerStep& step) {
    if (step.kind != NormalizerKind::kReplace || step.pattern.size() != 1) return false;
    const char32_t pattern = step.pattern[0];
    if (pattern >= 0x80 || contents_[pattern] || written_.find(pattern) != std::u32string::npos)
      return false;
    contents_[pattern] = encode_utf32(step.content);
    written_ += step.content;
    return true;
  }

  bool apply(std::string_view* text, std::string* out) const override {
    Rewriter rewriter(*text, out);
    for (std::size_t i = 0; i < text->size(); ++i) {
      const auto byte = static_cast<unsigned char>((*text)[i]);
      if (byte < 0x80 && contents_[byte]) rewriter.replace(i, i + 1, *contents_[byte]);
    }
    return rewriter.finish();
  }

 private:
  std::array<std::optional<std::string>, 128> contents_;
  std::u32string written_;
};

class ReplaceSpacesStep final : public FastNormalizer::Step {
 public:
  explicit ReplaceSpacesStep(const NormalizerStep& step)
      : content_(encode_utf32(step.content)),
        run_min_(step.run_min),
        is_blank_only_(step.is_blank_only) {}

  bool apply(std::string_view* text, std::string* out) const override {
    Rewriter rewriter(*text, out);
    for (std::size_t i = 0; i < text->size();) {
      std::size_t end = i;
      std::size_t count = 0;
      for (; end < text->size() && is_in_run(*text, end); ++count)
        end += char_size(static_cast<unsigned char>((*text)[end]));
      if (count >= run_min_ && text->substr(i, end - i) != content_)
        rewriter.replace(i, end, content_);
      if (count == 0) end += char_size(static_cast<unsigned char>((*text)[end]));
      i = end;
    }
    return rewriter.finish();
  }

 private:
  bool is_in_run(std::string_view text, std::size_t i) const {
    if (text[i] == ' ' || is_blank_only_) return text[i] == ' ';
    return (table_.of(char_at(text, i)) & kWhitespace) != 0;
  }

  std::string content_;
  std::size_t run_min_;
  bool is_blank_only_;
  const PropertyTable& table_ = property_table();
};

class StripStep final : public FastNormalizer::Step {
 public:
  explicit StripStep(bool is_left) : is_left_(is_left) {}

  bool apply(std::string_view* text, std::string*) const override {
    const auto is_space = [&](std::size_t i) {
      return (properties_of(char_at(*text, i)) & kWhitespace) != 0;
    };
    while (is_left_ && !text->empty() && is_space(0))
      text->remove_prefix(char_size(static_cast<unsigned char>((*text)[0])));
    while (!is_left_ && !text->empty()) {
      std::size_t last = text->size() - 1;
      while (!is_char_border(*text, last)) --last;
      if (!is_space(last)) break;
      text->remove_suffix(text->size() - last);
    }
    return false;
  }

 private:
  bool is_left_;
};

class PrependStep final : public FastNormalizer::Step {
 public:
  explicit PrependStep(const NormalizerStep& step) : content_(encode_utf32(step.content)) {}

  bool apply(std::string_view* text, std::string* out) const override {
    if (text->empty()) return false;
    out->assign(content_).append(*text);
    return true;
  }

 private:
  std::string content_;
};

std::unique_ptr<const FastNormalizer::Step> make_step(const NormalizerStep& step) {
  switch (step.kind) {
    case NormalizerKind::kDecompose:
    case NormalizerKind::kDecomposeCompatibly:
    case NormalizerKind::kCompose:
    case NormalizerKind::kComposeCompatibly:
      return std::make_unique<FormStep>(step.kind);
    case NormalizerKind::kPrecompiled:
      return std::make_unique<PrecompiledStep>(step.charsmap);
    case NormalizerKind::kReplace:
      return std::make_unique<ReplaceStep>(step);
    case NormalizerKind::kReplaceSpaces:
      return std::make_unique<ReplaceSpacesStep>(step);
    case NormalizerKind::kStripLeft:
    case NormalizerKind::kStripRight:
      return std::make_unique<StripStep>(step.kind == NormalizerKind::kStripLeft);
    case NormalizerKind::kPrepend:
      return std::make_unique<PrependStep>(step);
    default:
      return std::make_unique<CharStep>(step.kind);
  }
}

}  // namespace

FastNormalizer::FastNormalizer(const Normalizer& normalizer) {
  constexpr std::size_t kBytesOfCharMax = 4;
  for (std::size_t i = 0; i < normalizer.size();) {
    unsettled_bytes_ +=
        kBytesOfCharMax * (normalizer[i].pattern.size() + normalizer[i].content.size());
    auto chars = std::make_unique<ReplaceCharsStep>();
    std::size_t end = i;
    while (end < normalizer.size() && chars->add(normalizer[end])) ++end;
    if (end > i + 1) {
      for (std::size_t k = i + 1; k < end; ++k)
        unsettled_bytes_ += kBytesOfCharMax * (1 + normalizer[k].content.size());
      steps_.push_back(std::move(chars));
      i = end;
    } else {
      steps_.push_back(make_step(normalizer[i++]));
    }
  }
}

std::string_view FastNormalizer::apply(std::string_view text, Buffers* buffers) const {
  for (const auto& step : steps_) {
    if (!step->apply(&text, &buffers->next)) continue;
    buffers->current.swap(buffers->next);
    text = buffers->current;
  }
  return text;
}

}  // namespace colvec
