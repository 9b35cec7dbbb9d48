#include "host_checks.hpp"
#include "mysql_cases.hpp"
#include "mysql_host.hpp"

#include "databases/store_calls.hpp"

namespace {

using namespace asyncjobs;
using namespace soci_test;
using Outcome = Submitted::Outcome;

/// Sets whether a transaction is aborted when it locks a row changed after its snapshot. False if
/// the server lacks the setting: MySQL, and MariaDB before 10.6.18.
bool set_snapshot_isolation(soci::session& session, const std::string& value) {
    std::string name, current;
    session << "SHOW VARIABLES LIKE 'innodb_snapshot_isolation'", soci::into(name),
        soci::into(current);
    if (!session.got_data()) return false;
    session << "SET SESSION innodb_snapshot_isolation = " + value;
    return true;
}

/// Begins a transaction whose snapshot is taken before `job` is submitted.
void begin_before_submitting(const HostDatabase& database, soci::session& session, JobStore& store,
                             const NewJob& job) {
    session << "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    session.begin();
    int jobs = -1;
    session << "SELECT count(*) FROM " + database.tables().table_prefix + "jobs", soci::into(jobs);
    REQUIRE(jobs == 0);
    submit(store, job);
}

/// Hosts with and without SOCI.
std::vector<MakeHost> makers_of_both(const Need& server) {
    return {[&server] { return make_host<MysqlHost>(server); },
            [&server] { return make_host<MysqlHandleHost>(server); }};
}

MYSQL_CASE("host", "a host's transaction submits and completes jobs if and only if it commits") {
    check_host_transactions([&] { return make_host<MysqlHost>(needed); });
}

MYSQL_CASE("host", "a pool's session submits jobs") {
    check_pooled_session(*make_host<MysqlHost>(needed));
}

MYSQL_CASE("host", "a side effect that commits with its job's completion happens exactly once") {
    check_exactly_once(*make_host<MysqlHost>(needed));
}

MYSQL_CASE("host", "one of 64 concurrent submitters of a unique key creates the job") {
    check_race_for_unique_key(*make_host<MysqlHost>(needed));
}

MYSQL_CASE("host", "one of 64 concurrent submitters of an idempotency key creates the job") {
    check_race_for_idempotency_key(*make_host<MysqlHost>(needed));
}

MYSQL_CASE("host", "a submit that waits for a host's transaction delays no other submit") {
    check_waiting_submit_delays_no_other(*make_host<MysqlHost>(needed));
}

MYSQL_CASE("host", "a MySQL transaction with an old snapshot gets the id of the key's holder") {
    const auto database = make_host<MysqlHost>(needed);
    const auto store = open_store(database->store_url());
    const auto session = database->open();
    set_snapshot_isolation(*session, "OFF");
    begin_before_submitting(*database, *session, *store, with_key(new_job(1), "key"));
    const auto submitted = submit(*session, with_key(new_job(2), "key"), database->tables());
    CHECK(submitted.outcome == Outcome::key_taken);
    CHECK(submitted.id == new_job(1).id);
    CHECK(submit(*session, new_job(1), database->tables()).outcome == Outcome::id_exists);
    session->rollback();
}

MYSQL_CASE("host", "a MySQL transaction aborted by snapshot isolation is reported as store_busy") {
    const auto database = make_host<MysqlHost>(needed);
    const auto store = open_store(database->store_url());
    const auto session = database->open();
    const bool ends = set_snapshot_isolation(*session, "ON");
    begin_before_submitting(*database, *session, *store, with_key(new_job(1), "key"));
    const auto code =
        code_of([&] { submit(*session, with_key(new_job(2), "key"), database->tables()); });
    CHECK(code == (ends ? make_error_code(Errc::store_busy) : std::error_code()));
    session->rollback();
    CHECK_FALSE(find(*store, new_job(2).id));
}

MYSQL_CASE("host", "a MySQL connection in another encoding is refused") {
    for (const MakeHost& make : makers_of_both(needed)) {
        const auto database = make();
        check_setting_is_refused(*database, "SET NAMES latin1");
        check_setting_is_refused(*database, "SET character_set_connection = latin1");
        check_setting_is_refused(*database, "SET character_set_results = latin1");
    }
}

MYSQL_CASE("host", "a connection with settings that change what statements do is refused") {
    for (const MakeHost& make : makers_of_both(needed)) {
        const auto database = make();
        check_setting_is_refused(*database, "SET sql_safe_updates = 1");
        check_setting_is_refused(*database, "SET sql_select_limit = 10");
    }
}

} // namespace
