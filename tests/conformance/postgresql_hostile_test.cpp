#include "postgresql_server.hpp"

namespace {

/// A role whose sessions begin with hostile settings.
class HostileRole {
public:
    HostileRole() : name_("hostile_" + std::to_string(::getpid())) {
        soci_test::Postgresql server(needs_postgresql.value());
        server.run("DROP ROLE IF EXISTS " + name_);
        server.run("CREATE ROLE " + name_ + " SUPERUSER LOGIN");
        for (const char* setting : {"array_nulls = off",
                                    "standard_conforming_strings = off",
                                    "backslash_quote = off",
                                    "transform_null_equals = on",
                                    "search_path = no_such_schema, pg_temp, pg_catalog",
                                    "default_transaction_read_only = on",
                                    "default_transaction_isolation = 'serializable'",
                                    "default_transaction_deferrable = on",
                                    "DateStyle = 'SQL, DMY'",
                                    "IntervalStyle = 'sql_standard'",
                                    "TimeZone = 'Pacific/Chatham'",
                                    "bytea_output = 'escape'",
                                    "extra_float_digits = -15",
                                    "client_encoding = 'LATIN1'",
                                    "quote_all_identifiers = on",
                                    "client_min_messages = debug1",
                                    "statement_timeout = '200ms'",
                                    "lock_timeout = '1ms'",
                                    "idle_in_transaction_session_timeout = '1ms'",
                                    "synchronous_commit = off",
                                    "enable_indexscan = off",
                                    "enable_indexonlyscan = off",
                                    "enable_nestloop = off",
                                    "enable_seqscan = on",
                                    "enable_sort = on",
                                    "plan_cache_mode = force_custom_plan",
                                    "work_mem = '64kB'"})
            server.run("ALTER ROLE " + name_ + " SET " + setting);
    }
    ~HostileRole() {
        try {
            soci_test::Postgresql server(needs_postgresql.value());
            server.run("DROP OWNED BY " + name_ + " CASCADE; DROP ROLE " + name_);
        } catch (const std::exception&) { // the server has stopped
        }
    }
    HostileRole(const HostileRole&) = delete;
    HostileRole& operator=(const HostileRole&) = delete;

    std::string url() const {
        const std::string server = needs_postgresql.value();
        const auto user = server.find("://") + 3;
        return server.substr(0, user) + name_ + server.substr(server.find('@', user));
    }

private:
    const std::string name_;
};

TEST_CASE("the PostgreSQL store conforms under hostile settings of its role" * needs_postgresql) {
    static const HostileRole role;
    conformance::run_on_postgresql(role.url(), "");
}

} // namespace
