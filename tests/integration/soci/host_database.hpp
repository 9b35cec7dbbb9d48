#pragma once

#include "integration/soci/host_client.hpp"

#include <asyncjobs/soci/host_transaction.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <soci/soci.h>

#include <memory>
#include <string>

namespace soci_test {

/// A database with a store's tables, and a host with a table `orders (id, amount)` and its own
/// connections, with default settings.
class HostDatabase {
public:
    virtual ~HostDatabase() = default;

    virtual std::string store_url() const = 0;
    virtual std::string backend() const = 0;
    virtual std::string connect_string() const = 0;
    virtual asyncjobs::HostTables tables() const { return {}; }
    virtual std::string orders() const { return "orders"; }

    std::unique_ptr<soci::session> open() const {
        return std::make_unique<soci::session>(backend(), connect_string());
    }
    virtual std::unique_ptr<HostClient> connect() const {
        return std::make_unique<SociClient>(backend(), connect_string());
    }
    void make_orders() const {
        *open() << "CREATE TABLE " << orders() << " (id BIGINT PRIMARY KEY, amount BIGINT)";
    }
    void add_order(HostClient& client, int id) const {
        client.run("INSERT INTO " + orders() + " VALUES (" + std::to_string(id) + ", 0)");
    }
    long long count_orders() const {
        long long count = 0;
        *open() << "SELECT count(*) FROM " << orders(), soci::into(count);
        return count;
    }
};

/// A new database with all its tables.
template <typename Host, typename... Args>
std::unique_ptr<HostDatabase> make_host(const Args&... args) {
    auto host = std::make_unique<Host>(args...);
    asyncjobs::open_store(host->store_url());
    host->make_orders();
    return host;
}

} // namespace soci_test
