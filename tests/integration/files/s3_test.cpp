#include "integration/private_server.hpp"
#include "needs.hpp"
#include "scratch_directory.hpp"
#include "unit/thrown.hpp"

#include <asyncjobs/files/s3_file_store.hpp>

using namespace asyncjobs;
using namespace asyncjobs::files;
using namespace std::chrono_literals;

namespace {

Timestamp now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

/// A server that checks every signature.
S3Options options() {
    return {.endpoint = needs_s3.value(),
            .bucket = "asyncjobs",
            .path_style = true,
            .credentials =
                [] {
                    return S3Credentials{"test:tester", "testing", ""};
                },
            .timeout = 2min};
}

struct Fetched {
    std::string status;
    std::string content;
    std::string headers;
};

Fetched fetch(const ScratchDirectory& directory, const std::string& url,
              std::vector<std::string> more = {}) {
    const auto body = (directory / "body").string(), head = (directory / "head").string();
    std::vector<std::string> command{"curl",         "--silent", "--path-as-is", "--output",
                                     body,           "-D",       head,           "--write-out",
                                     "%{http_code}", url,        "--max-time",   "120"};
    command.insert(command.end(), more.begin(), more.end());
    auto status = output_of(command);
    return {.status = std::move(status), .content = content_of(body), .headers = content_of(head)};
}

} // namespace

TEST_CASE("an uploaded file can be fetched by its URL and removed, whatever its key" * needs_s3) {
    const ScratchDirectory directory;
    S3FileStore store(options());
    for (const std::string key :
         {"plain.txt", "job-1/sales report.pdf", "تقرير المبيعات.pdf", "a+b&c=d;e,f:g@h$i",
          "percent%41%2F.txt", "quote'(\"<>[]{}|\\^`)!*~#?.txt", "日本/語 .csv", "...", "a/...b"}) {
        CAPTURE(key);
        const std::string content = "content of " + key;
        store.upload(key, with_content(directory / "file", content),
                     {.content_type = "text/csv; charset=utf-8", .download_name = "Umsätze.csv"});
        CHECK(store.size(key) == content.size());
        const auto url = store.url(key, now() + 1h);
        const auto fetched = fetch(directory, url);
        CHECK(fetched.status == "200");
        CHECK(fetched.content == content);
        CHECK(has(fetched.headers, "Content-Type: text/csv; charset=utf-8"));
        CHECK(has(fetched.headers, "filename*=UTF-8''Ums%C3%A4tze.csv"));
        store.remove(key);
        CHECK_FALSE(store.size(key));
        CHECK(fetch(directory, url).status == "404");
        store.remove(key);
    }
}

TEST_CASE("a URL can override the headers of the file" * needs_s3) {
    const ScratchDirectory directory;
    S3FileStore store(options());
    store.upload("otherwise", with_content(directory / "file", "x"), {});
    const auto fetched = fetch(
        directory, store.url("otherwise", now() + 1h,
                             {.response_content_type = "text/plain",
                              .response_content_disposition = "attachment; filename=\"a b.txt\""}));
    CHECK(fetched.status == "200");
    CHECK(has(fetched.headers, "Content-Type: text/plain"));
    CHECK(has(fetched.headers, "Content-Disposition: attachment; filename=\"a b.txt\""));
    store.remove("otherwise");
}

TEST_CASE("a URL with a wrong signature or for another key, or an expired one, is refused" *
          needs_s3) {
    const ScratchDirectory directory;
    auto with = options();
    S3FileStore store(with);
    store.upload("guarded", with_content(directory / "file", "x"), {});
    const auto url = store.url("guarded", now() + 1h);
    const auto changed = [&](const std::string& from, const std::string& to) {
        auto text = url;
        return text.replace(text.find(from), from.size(), to);
    };
    CHECK(fetch(directory, url).status == "200");
    CHECK(fetch(directory, changed("/guarded?", "/other?")).status == "403");
    CHECK(fetch(directory, changed("X-Amz-Expires=3", "X-Amz-Expires=4")).status == "403");
    CHECK(fetch(directory, changed("X-Amz-Signature=", "X-Amz-Signature=0")).status == "403");
    CHECK(fetch(directory, url, {"--request", "DELETE"}).status == "403");
    with.now = [] { return now() - 2h; };
    CHECK(fetch(directory, S3FileStore(with).url("guarded", now() - 1h)).status == "403");
    CHECK(store.size("guarded") == 1);
    store.remove("guarded");
}

TEST_CASE("a large file arrives unchanged and replaces the earlier one" * needs_s3) {
    const ScratchDirectory directory;
    S3FileStore store(options());
    std::string content(20'000'000, 'x');
    for (std::size_t i = 0; i < content.size(); i += 997) content[i] = static_cast<char>(i);
    store.upload("large", with_content(directory / "file", "small"), {});
    store.upload("large", with_content(directory / "file", content), {});
    CHECK(store.size("large") == content.size());
    CHECK(fetch(directory, store.url("large", now() + 1h)).content == content);
    store.remove("large");
}

TEST_CASE("a refusal of S3 or an unreachable S3 is an Error with the right condition" * needs_s3) {
    const ScratchDirectory directory;
    const auto file = with_content(directory / "file", "x");
    const auto fault = [&](auto change) {
        auto with = options();
        change(with);
        return thrown_by([&] { S3FileStore(with).upload("f", file, {}); });
    };
    const auto wrong = fault([](auto& with) {
        with.credentials = [] { return S3Credentials{"test:tester", "wrong", ""}; };
    });
    CHECK(wrong.code() == Errc::store_failure);
    CHECK(has(wrong.what(), "403 SignatureDoesNotMatch"));
    CHECK_FALSE(has(wrong.what(), "wrong"));
    const auto bucket = fault([](auto& with) { with.bucket = "no-such-bucket"; });
    CHECK(bucket.code() == Errc::store_failure);
    CHECK(has(bucket.what(), "404 NoSuchBucket"));
    const auto away = fault([](auto& with) { with.endpoint = "http://127.0.0.1:1"; });
    CHECK(away.code() == Condition::retryable);
    const auto late = fault([](auto& with) { with.now = [] { return now() - 24h; }; });
    CHECK(has(late.what(), "403 RequestTimeTooSkewed"));
}
