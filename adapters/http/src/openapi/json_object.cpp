#include "openapi/json_object.hpp"

#include <asyncjobs/detail/argument_check.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

void refuse_any(const json::Mismatches& mismatches, std::string_view argument) {
    for (const auto& [pointer, detail] : mismatches)
        throw Error(Errc::invalid_argument,
                    fmt::format("{} does not fit at {}: {}", argument, pointer, detail));
}

boost::json::object object_of(const JsonText& text, std::string_view argument) {
    auto value = json::to_value(text);
    if (value.is_null()) return {};
    if (!value.is_object())
        asyncjobs::detail::refuse(argument, text.text(), "must be a JSON object");
    return std::move(value.get_object());
}

boost::json::object parse_object(std::string_view text) {
    return boost::json::parse({text.data(), text.size()}).as_object();
}

bool have_same_text(const boost::json::value& a, const boost::json::value& b) {
    return boost::json::serialize(a) == boost::json::serialize(b);
}

void add_missing(boost::json::object& to, const boost::json::object& from) {
    for (const auto& member : from) to.emplace(member.key(), member.value());
}

boost::json::object reference(std::string_view kind, std::string_view name) {
    return {{"$ref", fmt::format("#/components/{}/{}", kind, name)}};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
