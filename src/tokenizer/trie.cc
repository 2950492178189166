// Built breadth first over the sorted keys: a node is a range of keys with a common prefix, its
// children the sub-ranges by the next byte. Children go to the first free cells of one of the few
// blocks that were opened last; a block that has been tried often enough is given up, so that
// building stays linear.
#include "tokenizer/trie.h"

#include <algorithm>
#include <array>
#include <deque>

namespace colvec {
namespace {

constexpr std::size_t kBlockSize = 256;
constexpr std::size_t kOpenBlocksMax = 8;

}  // namespace

class Trie::Builder {
 public:
  using Keys = std::vector<std::pair<std::string_view, std::uint32_t>>;

  Builder(const Keys& keys, std::vector<Cell>* cells) : keys_(keys), cells_(*cells) {
    add_block();
    take(kRoot);
  }

  void run() {
    std::deque<Range> todo = {{kRoot, 0, keys_.size(), 0}};
    while (!todo.empty()) {
      const Range range = todo.front();
      todo.pop_front();
      for (const Range& child : place_children(range)) todo.push_back(child);
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
  };

  unsigned char byte_at(std::size_t key, std::size_t depth) const {
    return static_cast<unsigned char>(keys_[key].first[depth]);
  }

  std::vector<Range> place_children(Range range) {
    // Sorted, the key that ends here is the first.
    if (range.first < range.last && keys_[range.first].first.size() == range.depth)
      cells_[range.node].value = keys_[range.first++].second;
    std::vector<Range> children;
    std::vector<unsigned char> labels;
    for (std::size_t i = range.first; i < range.last;) {
      const std::size_t first = i;
      const unsigned char label = byte_at(first, range.depth);
      while (i < range.last && byte_at(i, range.depth) == label) ++i;
      children.push_back({kNoNode, first, i, range.depth + 1});
      labels.push_back(label);
    }
    if (labels.empty()) return children;
    const Node base = find_base(labels);
    cells_[range.node].base = base;
    for (std::size_t k = 0; k < labels.size(); ++k) {
      children[k].node = base ^ labels[k];
      take(children[k].node);
      cells_[children[k].node].parent = range.node;
    }
    return children;
  }

  // A base for which the cells of all labels are free.
  Node find_base(const std::vector<unsigned char>& labels) {
    for (std::size_t k = open_.size(); k-- > 0;) {
      const Block& block = open_[k];
      if (block.free_count < labels.size()) continue;
      for (std::size_t i = 0; i < kBlockSize; ++i) {
        const Node base = static_cast<Node>(block.start + i);
        if (std::all_of(labels.begin(), labels.end(),
                        [&](unsigned char label) { return is_free(base ^ label); }))
          return base;
      }
    }
    add_block();
    return static_cast<Node>(open_.back().start);
  }

  bool is_free(Node node) const { return !taken_[node]; }

  void take(Node node) {
    taken_[node] = true;
    const std::size_t start = node / kBlockSize * kBlockSize;
    const auto block =
        std::find_if(open_.begin(), open_.end(), [&](const Block& b) { return b.start == start; });
    if (--block->free_count == 0) open_.erase(block);
  }

  void add_block() {
    if (open_.size() == kOpenBlocksMax) open_.erase(open_.begin());
    open_.push_back({cells_.size(), kBlockSize});
    cells_.resize(cells_.size() + kBlockSize);
    taken_.resize(cells_.size(), false);
  }

  const Keys& keys_;
  std::vector<Cell>& cells_;
  std::vector<bool> taken_;
  std::vector<Block> open_;
};

Trie::Trie(std::vector<std::pair<std::string_view, std::uint32_t>> keys) {
  std::erase_if(keys, [](const auto& key) { return key.first.empty(); });
  std::stable_sort(keys.begin(), keys.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  keys.erase(std::unique(keys.begin(), keys.end(),
                         [](const auto& a, const auto& b) { return a.first == b.first; }),
             keys.end());
  Builder(keys, &cells_).run();
}

}  // namespace colvec
