#include "host_checks.hpp"

#include "databases/store_calls.hpp"

#include <doctest/doctest.h>
#include <soci/connection-pool.h>

#include <tuple>
#include <vector>

namespace soci_test {
namespace {

using namespace asyncjobs;
using Outcome = Submitted::Outcome;

struct HostCase {
    const char* name;
    void (*run)(HostDatabase& database);
};

const HostCase host_cases[] = {
    {"a job submitted in a host's transaction exists after its commit",
     [](HostDatabase& database) {
         const auto store = open_store(database.store_url());
         const auto host = database.connect();
         host->begin();
         database.add_order(*host, 1);
         const auto submitted = submit(*host, {.type = "confirm"}, database.tables());
         CHECK(submitted.outcome == Outcome::created);
         CHECK_FALSE(find(*store, submitted.id));
         host->commit();
         const auto job = find(*store, submitted.id);
         REQUIRE(job);
         CHECK(job->type == "confirm");
         CHECK(job->created_at == submitted.created_at);
         CHECK(database.count_orders() == 1);
         CHECK(claim(*store, 10).size() == 1);
     }},
    {"a job submitted in a host's transaction does not exist after its rollback",
     [](HostDatabase& database) {
         const auto store = open_store(database.store_url());
         const auto host = database.connect();
         host->begin();
         database.add_order(*host, 1);
         const auto submitted = submit(*host, {.type = "confirm"}, database.tables());
         host->rollback();
         CHECK_FALSE(find(*store, submitted.id));
         CHECK(database.count_orders() == 0);
         CHECK(claim(*store, 10).empty());
     }},
    {"a conflict in a host's transaction is an outcome, and the transaction stays usable",
     [](HostDatabase& database) {
         const auto store = open_store(database.store_url());
         const auto held = with_key(new_job(1), "key");
         submit(*store, held);
         const auto host = database.connect();
         host->begin();
         database.add_order(*host, 1);
         const auto outcomes = submit(*host, {with_key(new_job(2), "key"), new_job(1), new_job(3)},
                                      database.tables());
         REQUIRE(outcomes.size() == 3);
         CHECK(outcomes[0].outcome == Outcome::key_taken);
         CHECK(outcomes[0].id == held.id);
         CHECK(outcomes[1].outcome == Outcome::id_exists);
         CHECK(outcomes[2].outcome == Outcome::created);
         database.add_order(*host, 2);
         host->commit();
         CHECK(database.count_orders() == 2);
         CHECK(find(*store, new_job(3).id));
         CHECK_FALSE(find(*store, new_job(2).id));
     }},
    {"a unique key that a transaction took and rolled back is free",
     [](HostDatabase& database) {
         const auto host = database.connect();
         for (const bool commits : {false, true}) {
             host->begin();
             const auto job = with_key(new_job(commits ? 2 : 1), "key");
             CHECK(submit(*host, job, database.tables()).outcome == Outcome::created);
             commits ? host->commit() : host->rollback();
         }
         host->begin();
         CHECK(submit(*host, with_key(new_job(3), "key"), database.tables()).id == new_job(2).id);
         host->rollback();
     }},
    {"a job with a missing parent is refused, and others of its batch get its key",
     [](HostDatabase& database) {
         const auto store = open_store(database.store_url());
         const auto host = database.connect();
         host->begin();
         auto orphan = with_key(new_job(1), "key"), child = new_job(3);
         orphan.after = {new_job(4).id};
         child.after = {new_job(2).id};
         const auto outcomes = submit(
             *host, {orphan, with_key(new_job(2), "key"), child, new_job(4)}, database.tables());
         host->commit();
         CHECK(outcomes[0].outcome == Outcome::parent_missing);
         CHECK(outcomes[0].id == new_job(4).id);
         CHECK(outcomes[1].outcome == Outcome::created);
         CHECK(outcomes[2].outcome == Outcome::created);
         CHECK(outcomes[3].outcome == Outcome::created);
         CHECK_FALSE(find(*store, orphan.id));
         CHECK(find(*store, child.id)->blocked_by == 1);
     }},
    {"two batches in one transaction are atomic",
     [](HostDatabase& database) {
         const auto store = open_store(database.store_url());
         const auto host = database.connect();
         for (const bool commits : {false, true}) {
             host->begin();
             for (const std::uint64_t first : {1u, 1001u}) {
                 std::vector<NewJob> jobs;
                 for (std::uint64_t i = 0; i < 1000; ++i) jobs.push_back(new_job(first + i));
                 for (const auto& job : submit(*host, jobs, database.tables()))
                     REQUIRE(job.outcome == Outcome::created);
             }
             commits ? host->commit() : host->rollback();
             CHECK(claim(*store, 3000).size() == (commits ? 2000 : 0));
         }
     }},
    {"payloads pass through a host's session byte for byte",
     [](HostDatabase& database) {
         static const std::string texts[] = {
             R"({"a":"\u0001 \ud83d\ude00 😀 ' \" \\ :name %s ?","b":[1E5,-0.0,0.10]})",
             '"' + std::string(300'000, 'x') + R"(é\\:x''")",
         };
         const auto store = open_store(database.store_url());
         const auto host = database.connect();
         for (const auto& text : texts) {
             host->begin();
             NewJob job{.type = "echo", .input = JsonText::parse(text)};
             const auto id = submit(*host, job, database.tables()).id;
             host->commit();
             CHECK(find(*store, id)->input.text() == job.input.text());
             const auto claimed = claim(*store, 1).at(0);
             host->begin();
             CHECK(complete(*host, claimed.lease, job.input, database.tables()));
             host->commit();
             CHECK(find(*store, id)->result->text() == job.input.text());
         }
     }},
    {"a job is completed if and only if the host commits",
     [](HostDatabase& database) {
         const auto store = open_store(database.store_url());
         submit(*store, new_job(1));
         const auto lease = claim(*store, 1).at(0).lease;
         const auto host = database.connect();
         for (const bool commits : {false, true}) {
             host->begin();
             database.add_order(*host, 1);
             CHECK(complete(*host, lease, JsonText::parse("[1]"), database.tables()));
             commits ? host->commit() : host->rollback();
             const auto job = *find(*store, lease.id);
             CHECK(job.status == (commits ? JobStatus::completed : JobStatus::processing));
             CHECK(job.result.has_value() == commits);
         }
         CHECK(find(*store, lease.id)->progress.percent == 100);
     }},
    {"complete() with a lost lease writes nothing",
     [](HostDatabase& database) {
         const auto store = open_store(database.store_url());
         submit(*store, new_job(1));
         const auto old = claim(*store, 1).at(0).lease;
         const auto released = Settlement::released(old);
         REQUIRE(store->settle({&released, 1}).at(0).accepted);
         const auto present = claim(*store, 1).at(0).lease;
         const auto before = *find(*store, old.id);
         const auto host = database.connect();
         host->begin();
         CHECK_FALSE(complete(*host, old, JsonText::parse("[1]"), database.tables()));
         database.add_order(*host, 1);
         host->commit();
         const auto after = *find(*store, old.id);
         CHECK(after.status == JobStatus::processing);
         CHECK(after.fence == present.fence);
         CHECK(after.revision == before.revision);
         CHECK_FALSE(after.result);
     }},
    {"calls without an open transaction are refused",
     [](HostDatabase& database) {
         const auto store = open_store(database.store_url());
         const auto host = database.connect();
         const NewJob job = new_job(1);
         CHECK(code_of([&] { submit(*host, job, database.tables()); }) == Errc::conflict);
         CHECK(code_of([&] {
                   std::ignore = complete(*host, LeaseRef{job.id, 1}, {}, database.tables());
               }) == Errc::conflict);
         CHECK_FALSE(find(*store, job.id));
     }},
    {"jobs and options that break a rule are refused, and the transaction stays usable",
     [](HostDatabase& database) {
         const auto host = database.connect();
         host->begin();
         const auto refused = [&](const NewJob& job, const HostTables& tables) {
             return code_of([&] { submit(*host, job, tables); }) == Errc::invalid_argument;
         };
         CHECK(refused({.type = "not a name"}, database.tables()));
         CHECK(refused({.type = "x"}, {.table_prefix = "x; DROP TABLE orders; "}));
         CHECK(refused({.type = "x"}, {.schema = "x\".y"}));
         database.add_order(*host, 1);
         host->commit();
         CHECK(database.count_orders() == 1);
     }},
};

} // namespace

void check_host_transactions(const MakeHost& make_host) {
    for (const auto& [name, run] : host_cases) {
        SUBCASE(name) {
            const auto database = make_host();
            run(*database);
        }
    }
}

void check_setting_is_refused(HostDatabase& database, const std::string& set) {
    const auto host = database.connect();
    host->run(set);
    host->begin();
    CHECK(code_of([&] { submit(*host, new_job(1), database.tables()); }) == Errc::invalid_argument);
    host->rollback();
}

void check_pooled_session(HostDatabase& database) {
    const auto store = open_store(database.store_url());
    soci::connection_pool pool(1);
    pool.at(0).open(database.backend(), database.connect_string());
    soci::session session(pool);
    session.begin();
    const auto id = submit(session, {.type = "x"}, database.tables()).id;
    session.commit();
    CHECK(find(*store, id));
}

} // namespace soci_test
