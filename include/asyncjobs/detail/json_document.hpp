#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/json_text.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// A JSON text from outside with its tree, both from one pass over the text. The text has been
/// checked: nothing checks it again.
///
/// Thread-safety  None.
/// Ownership      Borrows the text.
class ASYNCJOBS_DECL JsonDocument {
public:
    /// Throws Error (Errc::invalid_payload) that names the rule and the offset of the first fault.
    /// The rules are those of JsonText, a `max_depth` that may be lower, and that no object has a
    /// duplicate key.
    static JsonDocument parse(std::string_view text, std::size_t max_depth);

    const boost::json::value& tree() const& noexcept { return tree_; }
    boost::json::value tree() && noexcept { return std::move(tree_); }

    /// The text byte for byte.
    JsonText text() const { return JsonText::trusted(std::string(text_)); }

    /// The document that is a member of this one, an object that has it.
    JsonDocument member(std::string_view name) &&;

private:
    JsonDocument(std::string_view text, boost::json::value tree) noexcept
        : text_(text), tree_(std::move(tree)) {}

    std::string_view text_;
    boost::json::value tree_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/json_document.ipp>
#endif
