#include "mysql/options.hpp"

#include <asyncjobs/error.hpp>

#include <fmt/format.h>

#include <charconv>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

[[noreturn]] void refuse(const std::string& message) {
    throw Error(Errc::invalid_argument, "the store URL mysql: " + message);
}

unsigned number_of(std::string_view text, std::string_view name, unsigned longest) {
    unsigned value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size() || value < 1 || value > longest)
        refuse(fmt::format("has the {} \"{}\", but it must be from 1 to {}", name, text, longest));
    return value;
}

std::string decoded(std::string_view text, std::string_view name) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned char byte = 0;
        const char* digits = text.data() + i + 1;
        if (i + 2 >= text.size() || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2)
            refuse(fmt::format("has a % in its {}, but two hexadecimal digits must follow", name));
        if (byte == 0) refuse(fmt::format("has a NUL in its {}", name));
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

/// Splits `text` at `separator`; without one, all of it is the first part.
std::pair<std::string_view, std::string_view> split(std::string_view text, std::size_t separator) {
    if (separator == text.npos) return {text, {}};
    return {text.substr(0, separator), text.substr(separator + 1)};
}

void take_host(MysqlOptions& options, std::string_view text) {
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos) refuse("has an unclosed bracket in its host");
        options.host = text.substr(1, end - 1);
        port = text.substr(end + 1);
        if (!port.empty() && port.front() != ':')
            refuse("has text after its host that is not a port");
        if (!port.empty()) port.remove_prefix(1);
    } else {
        const auto [host, rest] = split(text, text.find(':'));
        options.host = host;
        port = rest;
    }
    if (!port.empty()) options.port = number_of(port, "port", 65535);
}

/// Returns `name='value'`; empty without a value.
std::string setting(std::string_view name, std::string_view value) {
    if (value.empty()) return {};
    std::string out(name);
    out += "='";
    for (const char c : value) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out += "' ";
}

} // namespace

MysqlOptions mysql_options(const StoreUrl& url) {
    allow_parameters(url, {"socket", "table_prefix", "connect_timeout", "timeout", "ssl_ca",
                           "ssl_cert", "ssl_key"});
    std::string_view rest = url.target;
    if (!rest.starts_with("//"))
        refuse("is not of the form mysql://USER:PASSWORD@HOST:PORT/DATABASE");
    rest.remove_prefix(2);
    const auto [authority, database] = split(rest, rest.find('/'));
    const auto at = authority.rfind('@');
    const auto [user, password] =
        at == authority.npos ? std::pair<std::string_view, std::string_view>{}
                             : split(authority.substr(0, at), authority.substr(0, at).find(':'));

    MysqlOptions options;
    take_host(options, at == authority.npos ? authority : authority.substr(at + 1));
    options.user = decoded(user, "user");
    options.password = decoded(password, "password");
    options.database = decoded(database, "database");
    if (options.database.empty())
        refuse("names no database: mysql://USER:PASSWORD@HOST:PORT/DATABASE");
    options.socket = parameter_of(url, "socket");
    if (options.host.empty() && options.socket.empty()) refuse("names neither a host nor a socket");
    options.ssl_ca = parameter_of(url, "ssl_ca");
    options.ssl_cert = parameter_of(url, "ssl_cert");
    options.ssl_key = parameter_of(url, "ssl_key");
    constexpr unsigned an_hour = 3600;
    if (const auto given = parameter_of(url, "connect_timeout"); !given.empty())
        options.connect_timeout =
            std::chrono::seconds{number_of(given, "connect_timeout", an_hour)};
    if (const auto given = parameter_of(url, "timeout"); !given.empty())
        options.timeout = std::chrono::seconds{number_of(given, "timeout", an_hour)};
    return options;
}

std::string connect_string(const MysqlOptions& options) {
    // The server times out first, so that a statement's outcome is known.
    const auto timeout = options.timeout + std::chrono::ceil<std::chrono::seconds>(
                                               options.busy_timeout + options.statement_timeout);
    // The host "localhost" makes the client library use the socket.
    return setting("host", options.socket.empty() ? options.host : "localhost") +
           setting("unix_socket", options.socket) +
           (options.port == 0 ? std::string() : setting("port", std::to_string(options.port))) +
           setting("user", options.user) + setting("password", options.password) +
           setting("db", options.database) + setting("charset", "utf8mb4") +
           setting("sslca", options.ssl_ca) + setting("sslcert", options.ssl_cert) +
           setting("sslkey", options.ssl_key) +
           setting("connect_timeout", std::to_string(options.connect_timeout.count())) +
           setting("read_timeout", std::to_string(timeout.count())) +
           setting("write_timeout", std::to_string(timeout.count()));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
