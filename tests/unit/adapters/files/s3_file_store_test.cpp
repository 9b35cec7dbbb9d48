#include <asyncjobs/files/s3_file_store.hpp>

#include "scratch_directory.hpp"
#include "unit/thrown.hpp"

using namespace asyncjobs;
using namespace asyncjobs::files;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp noon{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8} + 12h};

S3Options options() {
    return {.endpoint = "https://s3.example.org",
            .bucket = "reports",
            .credentials =
                [] {
                    return S3Credentials{"key", "secret", ""};
                },
            .timeout = 5s,
            .now = [] { return noon + 59s; }};
}

std::string url(const S3Options& with, Timestamp until = noon + 1h) {
    return S3FileStore(with).url("a b/c.pdf", until);
}

} // namespace

TEST_SUITE("S3 file store") {
    TEST_CASE("the bucket is part of the host, or of the path") {
        auto with = options();
        CHECK(url(with).starts_with("https://reports.s3.example.org/a%20b/c.pdf?"));
        with.path_style = true;
        CHECK(url(with).starts_with("https://s3.example.org/reports/a%20b/c.pdf?"));
        with.endpoint = "http://127.0.0.1:8080/";
        CHECK(url(with).starts_with("http://127.0.0.1:8080/reports/a%20b/c.pdf?"));
        with.endpoint = "https://s3.example.org:443";
        CHECK(url(with).starts_with("https://s3.example.org/reports/"));
    }

    TEST_CASE("a URL starts at a full minute and expires as requested, after at most a week") {
        CHECK(has(url(options()), "X-Amz-Date=20250108T120000Z&X-Amz-Expires=3600&"));
        CHECK(has(url(options(), noon + 365 * 24h), "&X-Amz-Expires=604800&"));
        CHECK(has(url(options(), noon - 1h), "&X-Amz-Expires=1&"));
        auto later = options();
        later.now = [] { return noon + 1s; };
        CHECK(url(later) == url(options()));
    }

    TEST_CASE("a URL can override the headers of the file") {
        const S3FileStore store(options());
        CHECK(has(store.url("f", noon + 1h,
                            {.response_content_type = "text/csv",
                             .response_content_disposition = "inline"}),
                  "&response-content-disposition=inline&response-content-type=text%2Fcsv"));
    }

    TEST_CASE("credentials are read for each signature") {
        auto with = options();
        auto count = std::make_shared<int>(0);
        with.credentials = [count] {
            return S3Credentials{"key" + std::to_string(++*count), "secret", ""};
        };
        const S3FileStore store(with);
        CHECK(has(store.url("f", noon + 1h), "Credential=key1%2F"));
        CHECK(has(store.url("f", noon + 1h), "Credential=key2%2F"));
    }

    TEST_CASE("bad options are refused by name") {
        const auto refused = [](auto change) {
            auto bad = options();
            change(bad);
            return refusal(Errc::invalid_argument, [&] { const S3FileStore store(bad); });
        };
        for (const char* endpoint :
             {"", "s3.example.org", "ftp://s3.example.org", "https://",
              "https://user@s3.example.org", "https://s3.example.org/path"}) {
            CAPTURE(endpoint);
            CHECK(has(refused([&](auto& bad) { bad.endpoint = endpoint; }), "endpoint"));
        }
        for (const char* bucket : {"", "ab", "Reports", "a/b", ".ab", "ab-", "a..b"}) {
            CAPTURE(bucket);
            CHECK(has(refused([&](auto& bad) { bad.bucket = bucket; }), "bucket"));
        }
        CHECK(has(refused([](auto& bad) { bad.region.clear(); }), "region"));
        CHECK(has(refused([](auto& bad) { bad.credentials = {}; }), "credentials"));
        CHECK(has(refused([](auto& bad) { bad.timeout = 0s; }), "timeout"));
        CHECK(has(refused([](auto& bad) { bad.ca_file = "none.pem"; }), "ca_file"));
    }

    TEST_CASE("a file that is too large for one PUT is refused before it is read") {
        const ScratchDirectory directory;
        const auto file = with_content(directory / "large", "");
        std::filesystem::resize_file(file, 5ULL * 1024 * 1024 * 1024 + 1);
        S3FileStore store(options());
        CHECK(has(refusal(Errc::invalid_argument, [&] { store.upload("f", file, {}); }), "size"));
    }
}
