#include "postgresql/array.hpp"

#include <asyncjobs/error.hpp>

#include <fmt/format.h>

#include <iterator>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

void PostgresqlArray::add(std::int64_t number) {
    separate();
    fmt::format_to(std::back_inserter(text_), "{}", number);
}

void PostgresqlArray::add(std::string_view text) {
    using namespace std::literals;
    if (text.find('\0') != text.npos)
        throw Error(Errc::invalid_payload, "a text holds NUL, which PostgreSQL can't store");
    separate();
    text_ += '"';
    while (!text.empty()) {
        const auto plain = text.substr(0, text.find_first_of("\"\\"sv));
        text_ += plain;
        text.remove_prefix(plain.size());
        if (text.empty()) break;
        text_ += '\\';
        text_ += text.front();
        text.remove_prefix(1);
    }
    text_ += '"';
}

void PostgresqlArray::add(std::optional<std::string_view> text) {
    if (text)
        add(*text);
    else
        add_null();
}

void PostgresqlArray::add_null() {
    separate();
    text_ += "NULL";
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
