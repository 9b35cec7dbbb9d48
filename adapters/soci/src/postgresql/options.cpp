#include "postgresql/dialect.hpp"

#include <asyncjobs/error.hpp>

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

bool is_own(std::string_view name) {
    return name == "listen" || name == "pooling" || name == "schema" ||
           name == "synchronous_commit" || name == "table_prefix";
}

std::string url_for_libpq(const StoreUrl& url) {
    if (!url.target.starts_with("//")) {
        allow_parameters(url,
                         {"listen", "pooling", "schema", "synchronous_commit", "table_prefix"});
        return url.target;
    }
    std::string text = "postgresql:" + url.target;
    char joint = '?';
    for (const auto& [name, value] : url.parameters) {
        if (is_own(name)) continue;
        text += fmt::format("{}{}={}", joint, name, value);
        joint = '&';
    }
    return text;
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '_' || c == '.';
        if (is_plain)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

/// Returns libpq's parameters of the URL, with defaults for those without which a call could hang.
std::map<std::string, std::string> connect_parameters(const StoreUrl& url) {
    char* complaint = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
        PQconninfoParse(url_for_libpq(url).c_str(), &complaint), &PQconninfoFree);
    const std::string reason = complaint ? complaint : "";
    PQfreemem(complaint);
    if (!parsed) {
        // Other messages may quote a password.
        const bool is_harmless = reason.find("URI query parameter") != reason.npos;
        throw Error(Errc::invalid_argument,
                    fmt::format("libpq rejects the store URL{}{}", is_harmless ? ": " : "",
                                is_harmless ? reason : ""));
    }
    std::map<std::string, std::string> parameters = {
        {"application_name", "asyncjobs"}, {"connect_timeout", "10"}, {"keepalives_idle", "20"},
        {"keepalives_interval", "5"},      {"keepalives_count", "3"}, {"tcp_user_timeout", "30000"},
    };
    for (const auto* option = parsed.get(); option->keyword; ++option)
        if (option->val) parameters[option->keyword] = option->val;
    parameters["client_encoding"] = "UTF8";
    return parameters;
}

} // namespace

PostgresqlOptions postgresql_options(const StoreUrl& url, const StoreOptions& options) {
    PostgresqlOptions postgresql{.schema = parameter_of(url, "schema"),
                                 .table_prefix = parameter_of(url, "table_prefix"),
                                 .synchronous_commit = parameter_of(url, "synchronous_commit"),
                                 .lock_timeout = options.busy_timeout,
                                 .statement_timeout = options.statement_timeout,
                                 .writers = options.writers,
                                 .clock = options.clock};
    if (url.parameters.contains("table_prefix")) check_table_prefix(postgresql.table_prefix);
    constexpr std::array<std::string_view, 6> levels = {"",   "off",          "local",
                                                        "on", "remote_write", "remote_apply"};
    if (std::ranges::find(levels, postgresql.synchronous_commit) == levels.end())
        throw Error(Errc::invalid_argument,
                    fmt::format("synchronous_commit is \"{}\", but must be off, local, on, "
                                "remote_write or remote_apply",
                                postgresql.synchronous_commit));
    const auto listen = parameter_of(url, "listen");
    if (!listen.empty() && listen != "on" && listen != "off")
        throw Error(Errc::invalid_argument,
                    fmt::format("listen is \"{}\", but must be on or off", listen));
    const auto pooling = parameter_of(url, "pooling");
    if (!pooling.empty() && pooling != "session" && pooling != "transaction")
        throw Error(Errc::invalid_argument,
                    fmt::format("pooling is \"{}\", but must be session or transaction", pooling));
    postgresql.pools_transactions = pooling == "transaction";
    if (postgresql.pools_transactions && listen == "on")
        throw Error(Errc::invalid_argument,
                    "listen is \"on\", but must be off if pooling is transaction: listening needs "
                    "a session");
    postgresql.listens = listen != "off" && !postgresql.pools_transactions;
    postgresql.connect_string = "postgresql://";
    char joint = '?';
    for (const auto& [name, value] : connect_parameters(url)) {
        postgresql.connect_string += fmt::format("{}{}={}", joint, name, percent_encoded(value));
        joint = '&';
    }
    return postgresql;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
