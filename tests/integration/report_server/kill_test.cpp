#include "report_server_process.hpp"
#include "scratch_directory.hpp"

#include <order_generator.hpp>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

/// Records each finish of a job, within the database itself.
void record_finishes(const std::string& database) {
    sqlite3* connection = nullptr;
    REQUIRE(sqlite3_open(database.c_str(), &connection) == SQLITE_OK);
    sqlite3_busy_timeout(connection, 10'000);
    REQUIRE(sqlite3_exec(connection,
                         "CREATE TABLE finishes (id TEXT);"
                         "CREATE TRIGGER record_finish AFTER UPDATE OF status ON jobs "
                         "WHEN new.status IN ('completed', 'failed', 'cancelled') "
                         "BEGIN INSERT INTO finishes VALUES (new.id); END;",
                         nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(connection);
}

int finishes(const std::string& database, const std::string& id) {
    sqlite3* connection = nullptr;
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_open(database.c_str(), &connection) == SQLITE_OK);
    sqlite3_busy_timeout(connection, 10'000);
    REQUIRE(sqlite3_prepare_v2(connection, "SELECT count(*) FROM finishes WHERE id = ?", -1,
                               &statement, nullptr) == SQLITE_OK);
    sqlite3_bind_text(statement, 1, id.c_str(), -1, SQLITE_TRANSIENT);
    REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
    const int count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(connection);
    return count;
}

bool opens(const std::string& format, const std::string& file) {
    if (format == "pdf") return file.starts_with("%PDF-") && file.find("%%EOF") != file.npos;
    if (format == "excel") return file.starts_with("PK\x03\x04");
    return file.starts_with("country,invoices,lines,units,revenue\n") &&
           file.find("\nTOTAL,") != file.npos && file.ends_with('\n');
}

struct Accepted {
    std::string id;
    std::string format;
};

/// One server after the other on the same store, each killed in the middle of its work.
class Victim {
public:
    explicit Victim(unsigned seed) : random_(seed) {
        with_content(folder_ / "tokens", token_file);
        report_server::generate_orders(folder_ / "orders.csv", {.invoices_per_day = 1});
        const ReportServerProcess first(arguments());
        record_finishes(database());
    }

    /// Submits, then polls the jobs until the process is killed at a random request.
    std::vector<Accepted> submit_and_kill() {
        constexpr std::array formats = {"pdf", "excel", "csv"};
        std::vector<Accepted> accepted;
        ReportServerProcess server(arguments());
        ReportClient client(server.port(), "secret");
        const auto last = random_() % 40;
        for (unsigned request = 0;; ++request) {
            const std::string format = formats[request % formats.size()];
            const auto input =
                fmt::format(R"({{"from":"2011-03-01","to":"2011-0{}-30","format":"{}"}})",
                            4 + request % 3, format);
            const bool submits = request < 4;
            if (request == last) {
                // Whether this one counts is unknown, as no response arrives.
                client.send(submits ? client.submission(input)
                                    : client.get("/v1/jobs/" + accepted.front().id));
                server.end(SIGKILL);
                return accepted;
            }
            if (submits)
                accepted.push_back({client.submit(input), format});
            else
                client.status(accepted[request % accepted.size()].id);
        }
    }

    /// The faults of the jobs' outcomes; empty if none.
    std::string check_after_restart(const std::vector<Accepted>& accepted) {
        ReportServerProcess server(arguments());
        ReportClient client(server.port(), "secret");
        for (const auto& [id, format] : accepted) {
            const auto job = client.wait(id);
            if (job.at("status").as_string() != "completed") return boost::json::serialize(job);
            if (!opens(format, client.download(job).body)) return id + ": its file does not open";
            if (const int count = finishes(database(), id); count != 1)
                return fmt::format("{} finished {} times", id, count);
        }
        return server.end(SIGTERM) == 0 ? "" : "the server did not exit 0";
    }

private:
    std::string database() const { return (folder_ / "jobs.db").string(); }

    std::vector<std::string> arguments() const {
        return {"--store",  "sqlite:" + database(),
                "--files",  (folder_ / "files").string(),
                "--tokens", (folder_ / "tokens").string(),
                "--orders", (folder_ / "orders.csv").string(),
                "--lease",  "1"};
    }

    ScratchDirectory folder_;
    std::mt19937 random_;
};

} // namespace

TEST_CASE("every report accepted before a kill -9 is completed exactly once after it") {
    constexpr unsigned threads = 2;
    constexpr unsigned kills = 25;
    std::array<std::vector<std::string>, threads> faults;
    std::array<std::size_t, threads> accepted_in_all{};
    {
        std::vector<std::jthread> workers;
        for (unsigned thread = 0; thread < threads; ++thread)
            workers.emplace_back([&, thread] {
                Victim victim(std::random_device{}());
                for (unsigned kill = 0; kill < kills; ++kill) {
                    const auto accepted = victim.submit_and_kill();
                    accepted_in_all[thread] += accepted.size();
                    if (auto fault = victim.check_after_restart(accepted); !fault.empty())
                        faults[thread].push_back(std::move(fault));
                }
            });
    }
    for (unsigned thread = 0; thread < threads; ++thread) {
        for (const auto& fault : faults[thread]) FAIL_CHECK(fault);
        CHECK(accepted_in_all[thread] > kills);
    }
}
