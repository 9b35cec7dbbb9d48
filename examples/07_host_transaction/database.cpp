#include "database.hpp"

#include <regex>
#include <stdexcept>

Database::Database(std::string store_url) : store_url_(std::move(store_url)) {
    std::smatch parts;
    const std::regex mysql("mysql://([^:@/]*)(?::([^@/]*))?@([^:/]*):([0-9]+)/([^?]*)");
    if (store_url_.find('?') != store_url_.npos)
        throw std::runtime_error("this example takes a URL without parameters");
    if (store_url_.starts_with("sqlite:")) {
        backend_ = "sqlite3";
        connect_string_ = "dbname=\"" + store_url_.substr(7) + '"';
    } else if (store_url_.starts_with("postgresql://")) {
        backend_ = "postgresql";
        connect_string_ = store_url_ + "?application_name=shop"; // SOCI needs an equals sign
    } else if (std::regex_match(store_url_, parts, mysql)) {
        backend_ = "mysql";
        connect_string_ = "host=" + parts.str(3) + " port=" + parts.str(4) +
                          " user=" + parts.str(1) + " dbname=" + parts.str(5) + " charset=utf8mb4";
        if (!parts.str(2).empty()) connect_string_ += " password='" + parts.str(2) + "'";
    } else {
        throw std::runtime_error("the store URL must be sqlite:PATH, postgresql://... or "
                                 "mysql://USER@HOST:PORT/DATABASE");
    }
}

std::unique_ptr<soci::session> Database::open() const {
    auto session = std::make_unique<soci::session>(backend_, connect_string_);
    if (backend_ == "sqlite3") *session << "PRAGMA busy_timeout = 10000";
    return session;
}

void Database::make_tables() const {
    const auto session = open();
    for (const char* table : {"shop_orders", "shop_counters"})
        *session << "DROP TABLE IF EXISTS " << table;
    *session << "CREATE TABLE shop_orders (id BIGINT PRIMARY KEY, customer VARCHAR(100))";
    *session << "CREATE TABLE shop_counters (confirmations BIGINT)";
    *session << "INSERT INTO shop_counters VALUES (0)";
}

long long Database::number(const std::string& query) const {
    long long result = 0;
    *open() << query, soci::into(result);
    return result;
}
