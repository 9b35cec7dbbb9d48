#include "document.hpp"

#include <asyncjobs/detail/json_scanner.hpp>
#include <asyncjobs/json_text.hpp>

#include <boost/json/serialize.hpp>

#include <cstdlib>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

std::string value_of_string(std::string_view string) {
    const auto parsed = boost::json::parse({string.data(), string.size()});
    return std::string(std::string_view(parsed.get_string()));
}

} // namespace

Document Document::parse(std::string text) {
    const auto whole = std::make_shared<const std::string>(JsonText::parse(std::move(text)).text());
    return {whole, detail::JsonScanner(*whole).value()};
}

Document Document::member(std::string_view name) const {
    const auto text = detail::member_text(text_, name);
    return text.empty() ? Document() : Document(whole_, text);
}

Document Document::operator[](std::string_view path) const {
    const auto dot = path.find('.');
    const Document first = member(path.substr(0, dot));
    return dot == path.npos ? first : first[path.substr(dot + 1)];
}

std::vector<Document> Document::items() const {
    std::vector<Document> items;
    detail::JsonScanner scanner(text_);
    if (scanner.peek() != '[') return items;
    scanner.skip();
    while (scanner.peek() != ']') {
        items.push_back({whole_, scanner.value()});
        if (scanner.peek() == ',') scanner.skip();
    }
    return items;
}

std::vector<std::pair<std::string, Document>> Document::members() const {
    std::vector<std::pair<std::string, Document>> members;
    detail::JsonScanner scanner(text_);
    if (scanner.peek() != '{') return members;
    scanner.skip();
    while (scanner.peek() == '"') {
        const auto name = scanner.string();
        scanner.peek();
        scanner.skip();
        members.emplace_back(value_of_string(name), Document(whole_, scanner.value()));
        if (scanner.peek() == ',') scanner.skip();
    }
    return members;
}

std::string Document::text() const {
    if (is_null()) return {};
    return text_.front() == '"' ? value_of_string(text_) : std::string(text_);
}

double Document::number() const noexcept {
    return std::strtod(std::string(text_).c_str(), nullptr);
}

std::optional<Timestamp> Document::time() const {
    return is_null() ? std::nullopt : parse_rfc3339(text());
}

std::string json_string(std::string_view text) {
    return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

ObjectText& ObjectText::text(std::string_view name, std::string_view value) {
    return raw(name, json_string(value));
}

ObjectText& ObjectText::text_if(std::string_view name, const std::optional<std::string>& value) {
    return value ? text(name, *value) : *this;
}

ObjectText& ObjectText::raw(std::string_view name, std::string_view json) {
    if (!members_.empty()) members_ += ',';
    members_.append(json_string(name)).append(":").append(json);
    return *this;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
