#pragma once

#include <soci/soci.h>

#include <memory>
#include <string>

/// The shop's database: the one that the store's URL names.
class Database {
public:
    explicit Database(std::string store_url);

    const std::string& store_url() const noexcept { return store_url_; }
    std::unique_ptr<soci::session> open() const;

    /// Makes the shop's tables anew: orders, and a counter of confirmations that stands at 0.
    void make_tables() const;
    long long number(const std::string& query) const;

private:
    std::string store_url_, backend_, connect_string_;
};
