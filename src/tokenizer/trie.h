// Finds the longest key that a text begins with.
//
// A double array: the child of node n by byte b is node `base(n) ^ b`, if that node's parent is n.
// A step is one load, and the children of a node lie within one block of 256 nodes.
//
// Thread-safety: immutable once built. Memory: 12 bytes a node; nodes are at most the bytes of all
// keys.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace colvec {

class Trie {
 public:
  using Node = std::uint32_t;
  static constexpr std::uint32_t kNoValue = 0xFFFFFFFF;
  static constexpr Node kRoot = 0;
  static constexpr Node kNoNode = 0xFFFFFFFF;

  // Where a key comes twice, the first counts. An empty key is left out. Values are not kNoValue.
  explicit Trie(std::vector<std::pair<std::string_view, std::uint32_t>> keys);

  // The node behind `node` by `byte`, or kNoNode.
  Node step(Node node, unsigned char byte) const {
    const Node next = cells_[node].base ^ byte;
    return cells_[next].parent == node ? next : kNoNode;
  }
  // The node behind `node` by all of `bytes`, or kNoNode.
  Node walk(Node node, std::string_view bytes) const {
    for (std::size_t i = 0; i < bytes.size() && node != kNoNode; ++i)
      node = step(node, static_cast<unsigned char>(bytes[i]));
    return node;
  }
  // The value of the key that ends at `node`, or kNoValue.
  std::uint32_t value(Node node) const { return cells_[node].value; }

 private:
  // No node has an index this large: marks the root and unused cells.
  static constexpr Node kNobody = 0xFFFFFFFE;

  struct Cell {
    Node base = 0;
    Node parent = kNobody;
    std::uint32_t value = kNoValue;
  };
  class Builder;

  std::vector<Cell> cells_;
};

}  // namespace colvec
