#include "connection.hpp"

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789-._~";
    std::string encoded;
    for (const char c : text)
        encoded += unreserved.find(c) != unreserved.npos
                       ? std::string(1, c)
                       : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return encoded;
}

Exit exit_for(unsigned status) noexcept {
    if (status == 404) return Exit::not_found;
    if (status == 401 || status == 403 || status == 409) return Exit::refused;
    // 429: a limit of the server's, which may let the same request pass later.
    return status / 100 == 4 && status != 429 ? Exit::usage : Exit::unavailable;
}

/// A problem's detail, and each of its errors.
std::string message_of(const Document& problem) {
    std::string message = problem["detail"].text();
    for (const Document& error : problem["errors"].items())
        message += fmt::format("\n  {}{}{}", error["pointer"].text(),
                               error["pointer"].text().empty() ? "" : ": ", error["detail"].text());
    return message;
}

Document checked(Reply reply) {
    if (reply.status / 100 != 2) throw failure_of(reply);
    return Document::parse(std::move(reply.body));
}

} // namespace

Target& Target::segment(std::string_view name) {
    text_.append("/").append(percent_encoded(name));
    return *this;
}

Target& Target::parameter(std::string_view name, std::string_view value) {
    text_.append(std::exchange(has_parameters_, true) ? "&" : "?").append(name).append("=");
    text_ += percent_encoded(value);
    return *this;
}

Target& Target::parameter_if(std::string_view name, const std::optional<std::string>& value) {
    return value ? parameter(name, *value) : *this;
}

Failure failure_of(const Reply& reply) {
    std::string message;
    try {
        message = message_of(Document::parse(reply.body));
    } catch (const std::exception&) {
        // No problem of the API, but for example a proxy's page.
    }
    if (message.empty()) message = fmt::format("the server returns the status {}", reply.status);
    if (!reply.logged.empty()) message += "; " + reply.logged;
    if (reply.status == 401) message += "; set ASYNCJOBS_TOKEN, or --token-file";
    return {exit_for(reply.status), message};
}

Document Connection::get(const Target& target) { return checked(send("GET", target, {})); }

Document Connection::post(const Target& target, const ObjectText& body) {
    return checked(send("POST", target, body.done()));
}

Document Connection::put(const Target& target, const ObjectText& body) {
    return checked(send("PUT", target, body.done()));
}

Document Connection::remove(const Target& target, const ObjectText& body) {
    return checked(send("DELETE", target, body.done()));
}

bool is_server(std::string_view store) noexcept {
    return store.starts_with("https:") || store.starts_with("http:");
}

std::unique_ptr<Connection> connect(const ConnectionOptions& options) {
    if (options.store.empty())
        throw Failure(Exit::usage, "no store: set ASYNCJOBS_STORE, or --store, to a store's URL or "
                                   "to a server's https://.../operator");
    return is_server(options.store) ? connect_to_server(options) : connect_to_store(options);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
