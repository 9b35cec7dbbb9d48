#include "session.hpp"

#include "times.hpp"

#include <fmt/format.h>

#include <charconv>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

std::uint64_t Arguments::number(std::string_view name, std::uint64_t usual, std::uint64_t least,
                                std::uint64_t most) const {
    const auto text = one(name);
    if (!text) return usual;
    std::uint64_t number = 0;
    const auto end = text->data() + text->size();
    const auto [rest, error] = std::from_chars(text->data(), end, number);
    if (error != std::errc() || rest != end || number < least || number > most)
        throw Failure(Exit::usage, fmt::format("{} \"{}\" must be a number from {} to {}", name,
                                               *text, least, most));
    return number;
}

Duration Arguments::span(std::string_view name, Duration usual) const {
    const auto text = one(name);
    return text ? parse_span(name, *text) : usual;
}

Connection& Session::connection() {
    if (!connection_) connection_ = connect(options_);
    return *connection_;
}

Connection& Session::connection_to_submit(std::string type) {
    options_.submit_type = std::move(type);
    return connection();
}

Connection& Session::connection_to_webhooks() {
    options_.with_webhooks = true;
    return connection();
}

LocalStore& Session::local() {
    if (auto* const local = connection().local()) return *local;
    throw Failure(Exit::usage, "this command needs a store's URL, not a server's address");
}

Timestamp Session::now() { return connection().get(Target("/me"))["now"].time().value(); }

std::optional<std::string> Session::past(std::string_view option) {
    const auto text = arguments.one(option);
    if (!text) return std::nullopt;
    return to_rfc3339(parse_past(option, *text, now()));
}

std::optional<Timestamp> Session::now_for_table() {
    return output.format() == Format::table ? std::optional(now()) : std::nullopt;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
