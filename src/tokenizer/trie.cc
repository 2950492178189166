// Built depth first over the sorted keys: a node is a range of keys with a common prefix, its
// children the sub-ranges by the next byte. Children go to the first free cells of one of the few
// blocks that were opened last; a block that has been tried often enough is given up, so that
// building stays linear.
#include "tokenizer/trie.h"

#include <algorithm>
#include <array>
#include <bit>

namespace colvec {
namespace {

constexpr std::size_t kBlockSize = 256;
constexpr std::size_t kOpenBlocksMax = 8;

// Sorts by key, equal keys as they come. Most keys differ in their first 8 bytes, which are
// compared as one number.
void sort_keys(std::vector<std::pair<std::string_view, std::uint32_t>>* keys) {
  struct Place {
    std::uint64_t head;
    std::uint32_t index;
  };
  std::vector<Place> places;
  places.reserve(keys->size());
  for (std::uint32_t i = 0; i < keys->size(); ++i) {
    const std::string_view key = (*keys)[i].first;
    std::uint64_t head = 0;
    for (std::size_t k = 0; k < 8; ++k)
      head = (head << 8) | (k < key.size() ? static_cast<unsigned char>(key[k]) : 0u);
    places.push_back({head, i});
  }
  std::sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
    if (a.head != b.head) return a.head < b.head;
    const int order = (*keys)[a.index].first.compare((*keys)[b.index].first);
    return order != 0 ? order < 0 : a.index < b.index;
  });
  std::vector<std::pair<std::string_view, std::uint32_t>> sorted;
  sorted.reserve(keys->size());
  for (const Place& place : places) sorted.push_back((*keys)[place.index]);
  *keys = std::move(sorted);
}

}  // namespace

class Trie::Builder {
 public:
  using Keys = std::vector<std::pair<std::string_view, std::uint32_t>>;

  Builder(const Keys& keys, std::vector<Cell>* cells) : keys_(keys), cells_(*cells) {
    add_block();
    take(kRoot);
  }

  void run() {
    std::vector<Range> todo = {{kRoot, 0, keys_.size(), 0}};
    while (!todo.empty()) {
      const Range range = todo.back();
      todo.pop_back();
      place_children(range);
      todo.insert(todo.end(), children_.rbegin(), children_.rend());
    }
  }

 private:
  // The keys [first, last) share `depth` bytes, which lead to `node`.
  struct Range {
    Node node;
    std::size_t first;
    std::size_t last;
    std::size_t depth;
  };
  struct Block {
    std::size_t start;
    std::size_t free_count;
    // A bit for each cell that is free.
    std::array<std::uint64_t, kBlockSize / 64> free_cells;
  };

  unsigned char byte_at(std::size_t key, std::size_t depth) const {
    return static_cast<unsigned char>(keys_[key].first[depth]);
  }

  // Fills children_.
  void place_children(Range range) {
    // Sorted, the key that ends here is the first.
    if (range.first < range.last && keys_[range.first].first.size() == range.depth)
      cells_[range.node].value = keys_[range.first++].second;
    children_.clear();
    labels_.clear();
    for (std::size_t i = range.first; i < range.last;) {
      const std::size_t first = i;
      const unsigned char label = byte_at(first, range.depth);
      while (i < range.last && byte_at(i, range.depth) == label) ++i;
      children_.push_back({kNoNode, first, i, range.depth + 1});
      labels_.push_back(label);
    }
    if (labels_.empty()) return;
    const Node base = find_base(labels_);
    cells_[range.node].base = base;
    for (std::size_t k = 0; k < labels_.size(); ++k) {
      children_[k].node = base ^ labels_[k];
      take(children_[k].node);
      cells_[children_[k].node].parent = range.node;
    }
  }

  // A base for which the cells of all labels are free.
  Node find_base(const std::vector<unsigned char>& labels) {
    for (std::size_t k = open_.size(); k-- > 0;) {
      const Block& block = open_[k];
      if (block.free_count < labels.size()) continue;
      for (std::size_t word = 0; word < block.free_cells.size(); ++word) {
        for (std::uint64_t rest = block.free_cells[word]; rest != 0; rest &= rest - 1) {
          const std::size_t cell = word * 64 + static_cast<std::size_t>(std::countr_zero(rest));
          const std::size_t base = cell ^ labels[0];
          if (std::all_of(labels.begin() + 1, labels.end(),
                          [&](unsigned char label) { return is_free(block, base ^ label); }))
            return static_cast<Node>(block.start + base);
        }
      }
    }
    add_block();
    return static_cast<Node>(open_.back().start);
  }

  static bool is_free(const Block& block, std::size_t cell) {
    return ((block.free_cells[cell / 64] >> (cell % 64)) & 1) != 0;
  }

  void take(Node node) {
    const std::size_t cell = node % kBlockSize;
    const std::size_t start = node - cell;
    const auto block =
        std::find_if(open_.begin(), open_.end(), [&](const Block& b) { return b.start == start; });
    block->free_cells[cell / 64] &= ~(std::uint64_t{1} << (cell % 64));
    if (--block->free_count == 0) open_.erase(block);
  }

  void add_block() {
    if (open_.size() == kOpenBlocksMax) open_.erase(open_.begin());
    Block block{cells_.size(), kBlockSize, {}};
    block.free_cells.fill(~std::uint64_t{0});
    open_.push_back(block);
    cells_.resize(cells_.size() + kBlockSize);
  }

  const Keys& keys_;
  std::vector<Cell>& cells_;
  std::vector<Block> open_;
  std::vector<Range>
      children_;  // Of the range that was placed last, and the bytes that lead there.
  std::vector<unsigned char> labels_;
};

Trie::Trie(std::vector<std::pair<std::string_view, std::uint32_t>> keys) {
  std::erase_if(keys, [](const auto& key) { return key.first.empty(); });
  sort_keys(&keys);
  keys.erase(std::unique(keys.begin(), keys.end(),
                         [](const auto& a, const auto& b) { return a.first == b.first; }),
             keys.end());
  Builder(keys, &cells_).run();
}

}  // namespace colvec
