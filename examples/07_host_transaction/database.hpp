#pragma once

#include <soci/soci.h>

#include <memory>
#include <string>

/// The shop's database, which is also the store's.
class Database {
public:
    explicit Database(std::string store_url);

    const std::string& store_url() const noexcept { return store_url_; }
    std::unique_ptr<soci::session> open() const;

    /// Recreates the shop's tables: orders, and a counter of confirmations at 0.
    void make_tables() const;
    long long number(const std::string& query) const;

private:
    std::string store_url_, backend_, connect_string_;
};
