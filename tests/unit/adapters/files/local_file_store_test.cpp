#include <asyncjobs/files/local_file_store.hpp>

#include "scratch_directory.hpp"
#include "unit/examples/report_server/file_size_limit.hpp"
#include "unit/thrown.hpp"

#include <boost/url/url_view.hpp>

#include <atomic>
#include <thread>

using namespace asyncjobs;
using namespace asyncjobs::files;
using namespace report_server::testing;
using namespace std::chrono_literals;
using Outcome = LinkedFile::Outcome;

namespace {

constexpr Timestamp start{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8}};

struct Store {
    ScratchDirectory directory, work;
    Timestamp time = start;
    LocalFileStore files{options()};

    LocalFileStoreOptions options() {
        return {.directory = directory.path(),
                .base_url = "/v1/files/",
                .secrets = {{}},
                .stale_after = 1h,
                .now = [this] { return time; }};
    }

    void upload(const std::string& key, std::string_view content, const FileInfo& info = {}) {
        files.upload(key, with_content(work / "file", content), info);
    }

    /// Splits the URL like a server.
    LinkedFile open(const std::string& text) {
        const boost::urls::url_view url(text);
        const auto& query = url.params();
        return files.open(*std::next(url.segments().begin(), 2), (*query.find("expires")).value,
                          (*query.find("signature")).value);
    }
};

void age(const std::filesystem::path& file, std::chrono::seconds by) {
    std::filesystem::last_write_time(file, std::filesystem::last_write_time(file) - by);
}

} // namespace

TEST_SUITE("local file store") {
    TEST_CASE_FIXTURE(Store, "a link opens the file, with its type and name") {
        for (const std::string key :
             {"job-1/sales report.pdf", "تقرير", ".hidden", "a%2Fb+c?d#e"}) {
            CAPTURE(key);
            upload(key, "hello", {.content_type = "text/csv", .download_name = "Umsätze.csv"});
            const auto url = files.url(key, start + 1h);
            CHECK(url.starts_with("/v1/files/"));
            CHECK(url.find('%') == url.npos); // proxies decode
            CHECK(url.find('/', 10) == url.npos);
            const auto file = open(url);
            REQUIRE(file.outcome == Outcome::found);
            CHECK(content_of(file.path) == "hello");
            CHECK(file.size_bytes == 5);
            CHECK(file.info.content_type == "text/csv");
            CHECK(file.info.download_name == "Umsätze.csv");
            CHECK(files.size(key) == 5);
        }
    }

    TEST_CASE_FIXTURE(Store, "an invalid link has the outcome that names its fault") {
        upload("report", "hello");
        const auto url = files.url("report", start + 1h);
        CHECK(open(url + "0").outcome == Outcome::forged);
        CHECK(open(files.url("other", start + 1h)).outcome == Outcome::gone);
        time = start + 1h;
        CHECK(open(url).outcome == Outcome::expired);
        CHECK(files.open("../report", "1", "2").outcome == Outcome::forged);
    }

    TEST_CASE_FIXTURE(Store, "a later upload replaces its predecessor") {
        upload("report", "first", {.content_type = "text/plain"});
        upload("report", "second", {.content_type = "text/csv"});
        const auto file = open(files.url("report", start + 1h));
        CHECK(content_of(file.path) == "second");
        CHECK(file.info.content_type == "text/csv");
        CHECK(directory.file_count() == 2);
        CHECK(content_of(work / "file") == "second");
    }

    TEST_CASE_FIXTURE(Store, "on a full disk an upload is retryable, and the earlier file stays") {
        upload("report", "first");
        with_content(work / "large", std::string(10'000, 'x'));
        {
            const FileSizeLimit limit{4096};
            const auto error = thrown_by([&] { files.upload("report", work / "large", {}); });
            CHECK(error.code() == Errc::store_full);
            CHECK(error.code() == Condition::retryable);
        }
        CHECK(content_of(open(files.url("report", start + 1h)).path) == "first");
        CHECK(directory.file_count() == 2);
    }

    TEST_CASE_FIXTURE(Store, "a missing file can't be uploaded") {
        refusal(Errc::store_failure, [&] { files.upload("report", work / "none", {}); });
        CHECK(directory.file_count() == 0);
    }

    TEST_CASE_FIXTURE(Store, "removing a file twice does nothing the second time") {
        upload("report", "hello");
        files.remove("report");
        CHECK_FALSE(files.size("report"));
        CHECK(open(files.url("report", start + 1h)).outcome == Outcome::gone);
        CHECK(directory.file_count() == 0);
        files.remove("report");
    }

    TEST_CASE_FIXTURE(Store, "opening a link during the removal finds the file or none") {
        upload("report", "hello");
        const auto url = files.url("report", start + 1h);
        std::atomic<bool> over = false;
        std::thread coming_and_going([&] {
            for (int round = 0; round < 10'000; ++round)
                for (const auto* name : {"report", ".info-report"}) {
                    std::filesystem::rename(directory / name, work / name);
                    std::filesystem::rename(work / name, directory / name);
                }
            files.remove("report");
            over = true;
        });
        CHECK_NOTHROW([&] {
            while (!over) open(url);
        }());
        coming_and_going.join();
        CHECK(open(url).outcome == Outcome::gone);
    }

    TEST_CASE_FIXTURE(Store, "an invalid key is refused") {
        for (const std::string key : {"", "..", "../passwords", "a//b"}) {
            CAPTURE(key);
            refusal(Errc::invalid_argument, [&] { upload(key, "x"); });
            refusal(Errc::invalid_argument, [&] { files.url(key, start); });
            refusal(Errc::invalid_argument, [&] { (void)files.size(key); });
            refusal(Errc::invalid_argument, [&] { files.remove(key); });
        }
    }

    TEST_CASE_FIXTURE(Store, "follows no symbolic link out of its directory") {
        upload("report", "hello");
        std::filesystem::remove(directory / "report");
        std::filesystem::create_symlink(with_content(work / "passwords", "x"),
                                        directory / "report");
        CHECK_FALSE(files.size("report"));
        CHECK(open(files.url("report", start + 1h)).outcome == Outcome::gone);
    }

    TEST_CASE_FIXTURE(Store, "a new store removes temporary files of crashed processes") {
        upload("report", "done");
        age(with_content(directory / ".partial-1", "half"), 2h);
        age(with_content(directory / ".other", "x"), 2h);
        with_content(directory / ".partial-2", "half");
        age(directory / "report", 2h);
        const LocalFileStore restarted{options()};
        CHECK_FALSE(std::filesystem::exists(directory / ".partial-1"));
        CHECK(std::filesystem::exists(directory / ".partial-2"));
        CHECK(std::filesystem::exists(directory / ".other"));
        CHECK(restarted.size("report") == 4);
    }

    TEST_CASE_FIXTURE(Store, "creates its directory for its owner only") {
        auto deep = options();
        deep.directory = directory / "deep/files";
        const LocalFileStore store{deep};
        CHECK(std::filesystem::status(deep.directory).permissions() ==
              std::filesystem::perms::owner_all);
    }

    TEST_CASE_FIXTURE(Store, "bad options are refused by name") {
        const auto refused = [&](auto change) {
            auto bad = options();
            change(bad);
            return refusal(Errc::invalid_argument, [&] { const LocalFileStore store{bad}; });
        };
        CHECK(has(refused([](auto& bad) { bad.directory.clear(); }), "directory"));
        CHECK(has(refused([](auto& bad) { bad.secrets.clear(); }), "secrets"));
        CHECK(has(refused([](auto& bad) { bad.stale_after = 1s; }), "stale_after"));
    }
}
