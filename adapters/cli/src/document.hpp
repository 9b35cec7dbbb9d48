#pragma once

#include <asyncjobs/time.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// A JSON value as its text, so that every digit is kept.
///
/// Ownership  Copies are cheap: they share the text.
class Document {
public:
    /// `null`.
    Document() = default;
    /// Throws Error (Errc::invalid_payload) for a text that is no JSON.
    static Document parse(std::string text);

    /// The JSON text, byte for byte.
    std::string_view raw() const noexcept { return text_; }

    /// A member of an object, or of its members: `error.code`. `null` if none exists.
    Document operator[](std::string_view path) const;
    std::vector<Document> items() const;                           ///< of an array; otherwise empty
    std::vector<std::pair<std::string, Document>> members() const; ///< of an object

    bool is_null() const noexcept { return text_ == "null"; }
    bool is_true() const noexcept { return text_ == "true"; }
    bool is_object() const noexcept { return text_.front() == '{'; }
    bool is_array() const noexcept { return text_.front() == '['; }

    /// The value of a string, the text of another scalar; empty for `null`.
    std::string text() const;
    double number() const noexcept; ///< 0 if it is none
    std::optional<Timestamp> time() const;

private:
    Document(std::shared_ptr<const std::string> whole, std::string_view text)
        : whole_(std::move(whole)), text_(text) {}
    Document member(std::string_view name) const;

    std::shared_ptr<const std::string> whole_ = {};
    std::string_view text_ = "null";
};

/// A JSON object, written member by member.
class ObjectText {
public:
    ObjectText& text(std::string_view name, std::string_view value);
    /// Adds nothing for an empty optional.
    ObjectText& text_if(std::string_view name, const std::optional<std::string>& value);
    ObjectText& raw(std::string_view name, std::string_view json);

    std::string done() const { return '{' + members_ + '}'; }

private:
    std::string members_;
};

/// The text as a JSON string, with quotes.
std::string json_string(std::string_view text);

/// `[...]` of JSON texts.
template <typename Texts>
std::string array_of(const Texts& texts) {
    std::string array = "[";
    for (const auto& text : texts) array.append(array.size() > 1 ? "," : "").append(text);
    return array + ']';
}

/// `{"member": [...]}` of JSON texts.
template <typename Texts>
Document document_with(std::string_view member, const Texts& texts) {
    return Document::parse(ObjectText().raw(member, array_of(texts)).done());
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
