#include "mysql_server.hpp"

#include <atomic>
#include <sstream>
#include <string>
#include <vector>

namespace {

/// Tables on the nodes of the cluster, dropped after the tests.
class ClusterTables {
public:
    explicit ClusterTables(const std::string& urls)
        : prefix_("t" + std::to_string(::getpid()) + "_") {
        std::istringstream in(urls);
        for (std::string url; in >> url;) urls_.push_back(std::move(url));
    }
    ~ClusterTables() {
        try {
            at_first_node(soci_test::drop_tables);
        } catch (const std::exception&) { // the cluster has stopped
        }
    }
    ClusterTables(const ClusterTables&) = delete;
    ClusterTables& operator=(const ClusterTables&) = delete;

    void empty() const { at_first_node(conformance::empty_tables); }

    /// On one node after the other.
    std::unique_ptr<asyncjobs::JobStore> open() {
        const auto& url = urls_[next_++ % urls_.size()];
        return asyncjobs::open_store(url + "?table_prefix=" + prefix_);
    }

private:
    void at_first_node(void (*work)(soci_test::Mysql&)) const {
        soci_test::Mysql node(urls_.front(), prefix_);
        node.run("SET SESSION wsrep_sync_wait = 15"); // sees what the other nodes have committed
        work(node);
    }

    const std::string prefix_;
    std::vector<std::string> urls_;
    std::atomic<std::size_t> next_ = 0; // cases open stores in their own threads
};

} // namespace

TEST_CASE("the store conforms with its objects on different nodes of a cluster" * needs_galera) {
    static ClusterTables tables(needs_galera.value());
    static bool are_made = false;
    conformance::run({.reset =
                          [] {
                              if (std::exchange(are_made, true)) tables.empty();
                          },
                      .open = [] { return tables.open(); }});
}
