#include "s3_signature.hpp"

#include <doctest/doctest.h>
#include <support/crypto.hpp>
#include <support/encodings.hpp>

using namespace asyncjobs::files;
namespace support = asyncjobs::support;

/// The requests and figures are those of the S3 API reference, "Signature Calculations for the
/// Authorization Header" and "Authenticating Requests: Using Query Parameters".
namespace {

S3Signer documented_signer() {
    using namespace std::chrono;
    return {.credentials = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""},
            .region = "us-east-1",
            .at = sys_days{year{2013} / 5 / 24}};
}

S3Request documented_request(std::string path, Fields query = {}, Fields headers = {}) {
    headers.emplace_back("host", "examplebucket.s3.amazonaws.com");
    return {.path = std::move(path),
            .query = std::move(query),
            .headers = std::move(headers),
            .payload_hash = support::to_hex(support::sha256(""))};
}

std::string authorization(const S3Request& request) {
    return signed_request(documented_signer(), request).headers.back().second;
}

std::string value_of(const Fields& headers, std::string_view name) {
    for (const auto& [key, value] : headers)
        if (key == name) return value;
    return {};
}

} // namespace

TEST_SUITE("S3 signature") {
    TEST_CASE("the canonical request, the string to sign and the signature are AWS's") {
        const auto signer = documented_signer();
        auto request = documented_request("/test.txt", {}, {{"range", "bytes=0-9"}});
        const auto all = signed_request(signer, request);
        CHECK(all.headers.back().second ==
              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
              "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
              "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

        request.headers.emplace_back("x-amz-content-sha256", request.payload_hash);
        request.headers.emplace_back("x-amz-date", "20130524T000000Z");
        const auto canonical = canonical_request(request);
        CHECK(canonical ==
              "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n"
              "x-amz-content-sha256:"
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
              "x-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n"
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        const auto text = string_to_sign(signer, canonical);
        CHECK(text == "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
                      "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
        CHECK(signature(signer, text) ==
              "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    }

    TEST_CASE("a PUT is signed with the hash of its payload") {
        auto request = documented_request("/test%24file.text", {},
                                          {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                                           {"x-amz-storage-class", "REDUCED_REDUNDANCY"}});
        request.method = "PUT";
        request.payload_hash = support::to_hex(support::sha256("Welcome to Amazon S3."));
        CHECK(authorization(request).ends_with(
            "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
            "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
    }

    TEST_CASE("a query is signed in its order, including parameters without a value") {
        CHECK(authorization(documented_request("/", {{"lifecycle", ""}}))
                  .ends_with("=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
        CHECK(authorization(documented_request("/", {{"prefix", "J"}, {"max-keys", "2"}}))
                  .ends_with("=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
    }

    TEST_CASE("a presigned URL is AWS's, with its parameters sorted") {
        auto request = documented_request("/test.txt");
        request.payload_hash = "UNSIGNED-PAYLOAD";
        CHECK(presigned_target(documented_signer(), request, std::chrono::hours{24}) ==
              "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE"
              "%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&"
              "X-Amz-Expires=86400&X-Amz-Signature="
              "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
              "&X-Amz-SignedHeaders=host");
    }

    TEST_CASE("a session token is signed and sent") {
        auto signer = documented_signer();
        signer.credentials.session_token = "to/ken==";
        const auto headers = signed_request(signer, documented_request("/test.txt")).headers;
        CHECK(value_of(headers, "x-amz-security-token") == "to/ken==");
        CHECK(value_of(headers, "authorization").find(";x-amz-security-token,") !=
              std::string::npos);
        const auto target =
            presigned_target(signer, documented_request("/test.txt"), std::chrono::seconds{1});
        CHECK(target.find("&X-Amz-Security-Token=to%2Fken%3D%3D&") != std::string::npos);
    }

    TEST_CASE("blanks in a header are collapsed and trimmed") {
        const auto canonical = canonical_request({.headers = {{"a", "  b   c "}}});
        CHECK(canonical.find("\na:b c\n") != std::string::npos);
    }
}
