#include <asyncjobs/files/job_files.hpp>

#include "minimal_store.hpp"
#include "removal.hpp"
#include "scratch_directory.hpp"
#include "unit/thrown.hpp"

#include <asyncjobs/testing/harness.hpp>

#include <boost/json/serialize.hpp>

#include <map>

using namespace asyncjobs;
using namespace asyncjobs::files;
using namespace std::chrono_literals;

namespace {

/// Files in memory. The next upload or removal can be made to fail.
class MemoryFileStore final : public FileStore {
public:
    void upload(const std::string& key, const std::filesystem::path& file,
                const FileInfo&) override {
        if (before_upload) before_upload();
        files[key] = content_of(file);
    }
    std::string url(const std::string& key, Timestamp until) const override {
        return key + " until " + to_rfc3339(until);
    }
    std::optional<std::uint64_t> size(const std::string& key) const override {
        const auto found = files.find(key);
        return found == files.end() ? std::nullopt : std::optional(found->second.size());
    }
    void remove(const std::string& key) override {
        if (std::exchange(fails_to_remove, false))
            throw Error(Errc::store_unavailable, "the file store can't be reached");
        if (before_removal) std::exchange(before_removal, nullptr)();
        files.erase(key);
    }

    std::map<std::string, std::string> files;
    std::function<void()> before_upload, before_removal;
    bool fails_to_remove = false;
};

struct Report {
    static constexpr std::string_view type = "report";
    bool fails = false;
};
BOOST_DESCRIBE_STRUCT(Report, (), (fails))

struct Fixture {
    ScratchDirectory scratch;
    MemoryFileStore store;
    testing::Harness jobs{{}, {.retry = RetryPolicy::fixed(1min, 0.0)}};
    JobFiles files{
        jobs.client(), store, {.scratch = scratch.path(), .now = [this] { return jobs.now(); }}};
    std::string content = "hello";

    Fixture() {
        files.remove_on(jobs.executor());
        jobs.executor().handle<Report>([this](const Report& report, JobContext& context) {
            const auto kept = files.keep(context, {.download_name = "report.csv"},
                                         [this](const auto& path) { with_content(path, content); });
            if (report.fails) throw JobFailure("E1").permanent();
            return kept;
        });
    }

    NewJob day() const { return {.retention = 24h}; }
    std::vector<Job> removals() { return jobs.jobs(RemoveFile::type); }
};

} // namespace

TEST_SUITE("job files") {
    TEST_CASE_FIXTURE(Fixture, "a kept file is described by the job's result") {
        const auto job = jobs.run(Report{}, day());
        const auto key = std::string(job.id.text()) + "/report.csv";
        REQUIRE(store.files.size() == 1);
        CHECK(store.files.at(key) == "hello");
        const auto kept = json::parse<KeptFile>(job.result.value());
        CHECK(kept.size_bytes == 5);
        CHECK(kept.file_key == key);
        CHECK(kept.expires_at == job.expires_at.value());
        CHECK(kept.file_url == key + " until " + to_rfc3339(kept.expires_at));
        CHECK(scratch.file_count() == 0);
    }

    TEST_CASE_FIXTURE(Fixture, "a file is removed when its job expires") {
        jobs.run(Report{}, day());
        jobs.advance(24h - 1min);
        CHECK(store.files.size() == 1);
        jobs.advance(2min);
        CHECK(store.files.empty());
        jobs.advance(2h);
        for (const auto& removal : removals()) CHECK(removal.status == JobStatus::completed);
    }

    TEST_CASE_FIXTURE(Fixture, "the file of a failed job is removed at once") {
        CHECK(jobs.run(Report{.fails = true}, day()).status == JobStatus::failed);
        CHECK(store.files.empty());
    }

    TEST_CASE_FIXTURE(Fixture,
                      "the file of a job that is removed early is removed within check_every") {
        const auto job = jobs.run(Report{}, day());
        CHECK(jobs.client().remove(job.id) == RemoveOutcome::removed);
        jobs.advance(61min);
        CHECK(store.files.empty());
    }

    TEST_CASE_FIXTURE(Fixture,
                      "the removal is submitted before the upload, and waits for the job") {
        std::vector<Job> seen;
        store.before_upload = [&] { seen = removals(); };
        const auto job = jobs.run(Report{}, day());
        REQUIRE(seen.size() == 1);
        CHECK(seen.front().status == JobStatus::pending);
        CHECK(seen.front().blocked_by == 1);
        CHECK(json::parse<RemoveFile>(seen.front().input).key ==
              json::parse<KeptFile>(job.result.value()).file_key);
    }

    TEST_CASE_FIXTURE(Fixture, "a later attempt replaces the file, with one removal for both") {
        bool first = true;
        store.before_upload = [&] {
            if (std::exchange(first, false))
                throw Error(Errc::store_unavailable, "the file store can't be reached");
            content = "again";
        };
        const auto submitted = jobs.client().submit(Report{}, day()).id;
        jobs.advance(5min);
        CHECK(jobs.find(submitted).status == JobStatus::completed);
        CHECK(store.files.size() == 1);
        CHECK(removals().size() == 1);
    }

    TEST_CASE_FIXTURE(Fixture, "a failed removal is retried") {
        jobs.run(Report{}, day());
        jobs.advance(23h + 59min);
        store.fails_to_remove = true;
        jobs.advance(30min);
        CHECK_FALSE(store.fails_to_remove);
        CHECK(store.files.empty());
    }

    TEST_CASE_FIXTURE(Fixture,
                      "an upload that ends after its job was cancelled by force leaves nothing") {
        store.before_upload = [&] {
            const auto running = jobs.jobs(Report::type).front().id;
            CHECK(jobs.client().cancel(running, {.force = true}) == CancelOutcome::cancelled);
            jobs.advance(1min); // its file is removed before it exists
            CHECK(removals().front().steps.size() == 1);
        };
        CHECK(jobs.run(Report{}, day()).status == JobStatus::cancelled);
        jobs.advance(61min);
        CHECK(store.files.empty());
    }

    TEST_CASE_FIXTURE(Fixture, "a retried job keeps its new file") {
        bool fails = true;
        store.before_upload = [&] {
            if (fails) throw JobFailure("E2").permanent();
        };
        const auto job = jobs.run(Report{}, day());
        CHECK(job.status == JobStatus::failed);
        fails = false;
        CHECK(jobs.client().retry(job.id) == RetryOutcome::retried);
        jobs.drain();
        jobs.advance(3h);
        CHECK(jobs.find(job.id).status == JobStatus::completed);
        CHECK(store.files.size() == 1);
        jobs.advance(24h);
        CHECK(store.files.empty());
    }

    TEST_CASE_FIXTURE(Fixture,
                      "a job that is retried during the removal of its file waits for it") {
        bool fails = true;
        store.before_upload = [&] {
            if (std::exchange(fails, false)) throw JobFailure("E2").permanent();
        };
        store.before_removal = [&] {
            const auto job = jobs.jobs(Report::type).front();
            CHECK(jobs.client().retry(job.id) == RetryOutcome::retried);
            jobs.advance(100ms);
            CHECK(jobs.find(job.id).status == JobStatus::pending);
            CHECK(store.files.empty());
        };
        const auto job = jobs.run(Report{}, day());
        jobs.advance(1min);
        CHECK(jobs.find(job.id).status == JobStatus::completed);
        CHECK(store.files.size() == 1);
        CHECK(store.before_removal == nullptr);
    }

    TEST_CASE_FIXTURE(Fixture, "a writer's exception reaches the handler, and nothing is stored") {
        jobs.executor().handle("broken", [this](const JsonText&, JobContext& context) {
            files.keep(context, {.download_name = "a"}, [](const auto& path) {
                with_content(path, "half");
                throw JobFailure("E3").permanent();
            });
            return JsonText();
        });
        CHECK(jobs.run({.type = "broken"}).error.value().code == "E3");
        CHECK(store.files.empty());
        CHECK(scratch.file_count() == 0);
        CHECK(removals().empty());
    }

    TEST_CASE_FIXTURE(Fixture, "a presented result has a new URL and no key") {
        const auto job = jobs.run(Report{}, {.retention = 30 * 24h});
        jobs.advance(24h);
        auto shown = json::to_value(job.result.value());
        files.present(job, shown);
        CHECK_FALSE(shown.as_object().contains("file_key"));
        const auto until = std::chrono::floor<std::chrono::minutes>(jobs.now()) + 7 * 24h;
        CHECK(shown.at("file_url").as_string() ==
              std::string(job.id.text()) + "/report.csv until " + to_rfc3339(until));
    }

    TEST_CASE_FIXTURE(Fixture, "a result that names another job's file is unchanged") {
        const auto job = jobs.run(Report{}, day());
        const auto other = jobs.run(Report{}, day());
        auto shown = json::to_value(job.result.value());
        const auto before = boost::json::serialize(shown);
        files.present(other, shown);
        CHECK(boost::json::serialize(shown) == before);
        for (const char* text : {"null", "[1]", R"({"file_key":1})", R"({"file_key":"x"})"}) {
            auto value = json::to_value(JsonText::parse(text));
            files.present(job, value);
            CHECK(boost::json::serialize(value) == text);
        }
    }

    TEST_CASE_FIXTURE(Fixture, "bad options are refused by name") {
        const auto refused = [&](JobFilesOptions options) {
            return refusal(Errc::invalid_argument,
                           [&] { const JobFiles bad(jobs.client(), store, std::move(options)); });
        };
        CHECK(has(refused({.queue = ""}), "queue"));
        CHECK(has(refused({.link_for = 1s}), "link_for"));
        CHECK(has(refused({.check_every = 0s}), "check_every"));
        CHECK(has(refused({.linger = 0s}), "linger"));
    }

    TEST_CASE_FIXTURE(Fixture, "a job store without dependencies is refused") {
        MinimalStore bare;
        Client client(bare);
        CHECK(has(refusal(Errc::unsupported, [&] { const JobFiles files_of(client, store, {}); }),
                  "the job store lacks the capability dependencies"));
    }

    TEST_CASE_FIXTURE(Fixture, "a scratch directory that can't be made throws Error") {
        const auto file = scratch.path() / "file";
        with_content(file, "");
        const JobFilesOptions options{.scratch = file / "scratch"};
        CHECK(has(refusal(Errc::store_failure,
                          [&] { const JobFiles bad(jobs.client(), store, options); }),
                  "scratch"));
    }
}
