#include <asyncjobs/files/s3_file_store.hpp>

#include "file_descriptor.hpp"
#include "file_key.hpp"
#include "http_exchange.hpp"
#include "now.hpp"

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/attachment.hpp>
#include <asyncjobs/detail/resource_error.hpp>

#include <boost/url/parse.hpp>
#include <fcntl.h>
#include <support/crypto.hpp>
#include <support/encodings.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t largest_put = 5ULL * 1024 * 1024 * 1024;
constexpr std::chrono::seconds longest_link = std::chrono::days{7};

void check_bucket(const S3Options& options) {
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    const auto& name = options.bucket;
    const bool fits = name.size() >= 3 && name.size() <= 63 &&
                      name.find_first_not_of(alphabet) == std::string::npos &&
                      name.front() != '.' && name.front() != '-' && name.back() != '.' &&
                      name.back() != '-' && name.find("..") == std::string::npos;
    if (!fits) detail::refuse("bucket", name, "must be 3-63 characters of a-z 0-9 . -");
}

Endpoint endpoint_of(const S3Options& options) {
    const auto refuse = [&] {
        detail::refuse("endpoint", options.endpoint, "must be https://HOST[:PORT] or http://...");
    };
    const auto url = boost::urls::parse_uri(options.endpoint);
    if (!url || url->has_userinfo() || url->host().empty() || url->has_query() ||
        url->has_fragment() || (!url->encoded_path().empty() && url->encoded_path() != "/"))
        refuse();
    const bool encrypted = url->scheme() == "https";
    if (!encrypted && url->scheme() != "http") refuse();
    const std::uint16_t usual = encrypted ? 443 : 80;
    const std::uint16_t port = url->port().empty() ? usual : url->port_number();
    if (port == 0) refuse();
    const std::string prefix = options.path_style ? "" : options.bucket + '.';
    return {.is_encrypted = encrypted,
            .host = prefix + url->host_address(),
            .port = port,
            .authority = prefix + std::string(url->encoded_host()) +
                         (port == usual ? "" : ':' + std::to_string(port))};
}

/// The SHA-256 of a file. Throws std::system_error if it can't be read.
support::Digest digest_of(const std::filesystem::path& file) {
    constexpr std::size_t part = 64 * 1024;
    FileDescriptor descriptor{file, O_RDONLY};
    support::Sha256 hash;
    for (std::string bytes; !(bytes = descriptor.read_up_to(part)).empty();) hash.add(bytes);
    return hash.finish();
}

/// `<Code>AccessDenied</Code>` in the body of an error.
std::string code_in(std::string_view body) {
    constexpr std::string_view open = "<Code>", close = "</Code>";
    const auto begin = body.find(open);
    if (begin == std::string_view::npos) return {};
    body.remove_prefix(begin + open.size());
    return detail::printable(body.substr(0, std::min<std::size_t>(body.find(close), 100)));
}

void require_success(const support::HttpResponse& response, std::string_view method) {
    const auto status = response.status;
    if (status / 100 == 2) return;
    const auto code = status == 429 || status == 503       ? Errc::store_busy
                      : status / 100 == 5 || status == 408 ? Errc::store_unavailable
                                                           : Errc::store_failure;
    const auto reason = code_in(response.body);
    throw Error(code, fmt::format("S3 returned {}{}{} for {}", status, reason.empty() ? "" : " ",
                                  reason, method));
}

} // namespace

struct S3FileStore::Impl {
    explicit Impl(S3Options from)
        : options(std::move(from)), endpoint(endpoint_of(options)),
          client(make_http_client(options.ca_file, options.timeout)) {
        check_bucket(options);
        if (options.region.empty()) detail::refuse("region", "", "must not be empty");
        if (!options.credentials) detail::refuse("credentials", "", "must be a function");
        detail::check_range("timeout", options.timeout, Duration{10ms}, Duration{1h});
    }

    S3Request request(std::string method, const std::string& key) const {
        check_key(key);
        return {.method = std::move(method),
                .path = (options.path_style ? '/' + options.bucket : "") + '/' + encoded_path(key),
                .headers = {{"host", endpoint.authority}}};
    }

    S3Signer signer(std::chrono::sys_seconds at) const {
        return {.credentials = options.credentials(), .region = options.region, .at = at};
    }

    support::HttpResponse send(S3Request request,
                               const std::optional<std::filesystem::path>& file = {}) const {
        request.payload_hash = support::to_hex(file ? digest_of(*file) : support::sha256(""));
        const auto at = std::chrono::floor<std::chrono::seconds>(now(options.now));
        return exchange(client, endpoint, signed_request(signer(at), std::move(request)), file);
    }

    const S3Options options;
    const Endpoint endpoint;
    const support::HttpClient client;
};

S3FileStore::S3FileStore(S3Options options) try
    : impl_(std::make_unique<Impl>(std::move(options))) {
} catch (...) {
    detail::rethrow_as_error("an S3 file store");
}

S3FileStore::~S3FileStore() = default;

void S3FileStore::upload(const std::string& key, const std::filesystem::path& file,
                         const FileInfo& info) {
    validate(info);
    auto request = impl_->request("PUT", key);
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    if (error)
        throw Error(Errc::store_failure,
                    fmt::format("can't read {}: {}", file.string(), error.message()));
    detail::check_range<std::uint64_t>("the file's size", size, 0, largest_put);
    request.headers.emplace_back("content-type", info.content_type);
    if (!info.download_name.empty())
        request.headers.emplace_back("content-disposition",
                                     detail::attachment_disposition(info.download_name));
    require_success(impl_->send(std::move(request), file), "PUT");
}

std::string S3FileStore::url(const std::string& key, Timestamp until) const {
    return url(key, until, {});
}

std::string S3FileStore::url(const std::string& key, Timestamp until,
                             const S3UrlOptions& options) const {
    auto request = impl_->request("GET", key);
    // AWS's SDKs send it; other servers imply it.
    request.query.emplace_back("X-Amz-Content-Sha256", request.payload_hash);
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) request.query.emplace_back(name, value);
    };
    add("response-content-type", options.response_content_type);
    add("response-content-disposition", options.response_content_disposition);
    // Starts at a full minute, so that calls within it return the same URL.
    const auto from = std::chrono::floor<std::chrono::minutes>(now(impl_->options.now));
    const auto expires_in =
        std::clamp(std::chrono::floor<std::chrono::seconds>(until) - from, 1s, longest_link);
    return fmt::format("{}://{}{}", impl_->endpoint.is_encrypted ? "https" : "http",
                       impl_->endpoint.authority,
                       presigned_target(impl_->signer(from), std::move(request), expires_in));
}

std::optional<std::uint64_t> S3FileStore::size(const std::string& key) const {
    const auto response = impl_->send(impl_->request("HEAD", key));
    if (response.status == 404) return std::nullopt;
    require_success(response, "HEAD");
    return response.content_length.value_or(0);
}

void S3FileStore::remove(const std::string& key) {
    const auto response = impl_->send(impl_->request("DELETE", key));
    const bool absent = response.status == 404 && code_in(response.body) == "NoSuchKey";
    if (!absent) require_success(response, "DELETE");
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
