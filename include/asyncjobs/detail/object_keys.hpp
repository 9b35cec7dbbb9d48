#pragma once

#include <asyncjobs/config.hpp>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Finds duplicate keys of the objects in a document, in the parser's order. Neither a large object
/// nor keys that collide in a hash table make it slow.
class ObjectKeys {
public:
    void begin_object() { objects_.push_back({.first = ends_.size(), .sorted = {}}); }

    void end_object() {
        ends_.resize(objects_.back().first);
        text_.resize(ends_.empty() ? 0 : ends_.back());
        objects_.pop_back();
    }

    void add_part(std::string_view text) { text_ += text; }

    /// Ends the key whose parts were added. Returns false for one that its object already has.
    bool end_key() {
        auto& object = objects_.back();
        ends_.push_back(text_.size());
        const auto key = ends_.size() - 1;
        if (ends_.size() - object.first > few) return insert(object, key);
        for (auto other = object.first; other < key; ++other)
            if (text_of(other) == text_of(key)) return false;
        return true;
    }

private:
    static constexpr std::size_t few = 16; ///< keys that are compared one by one

    struct Object {
        std::size_t first = 0;                          ///< its first key
        std::set<std::string, std::less<>> sorted = {}; ///< its keys if they are many
    };

    bool insert(Object& object, std::size_t key) {
        if (object.sorted.empty())
            for (auto other = object.first; other < key; ++other)
                object.sorted.emplace(text_of(other));
        return object.sorted.emplace(text_of(key)).second;
    }

    std::string_view text_of(std::size_t key) const noexcept {
        const auto begin = key == 0 ? 0 : ends_[key - 1];
        return std::string_view(text_).substr(begin, ends_[key] - begin);
    }

    std::string text_;              ///< of all keys, one after the other
    std::vector<std::size_t> ends_; ///< of each key in it
    std::vector<Object> objects_;   ///< that have begun
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
