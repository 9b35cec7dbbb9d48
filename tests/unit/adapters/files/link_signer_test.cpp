#include "signed_url.hpp"

#include <boost/url/url_view.hpp>
#include <doctest/doctest.h>

#include <functional>

using namespace report_server;
using namespace std::chrono_literals;

namespace {

constexpr const char* path = "/v1/files/0123456789abcdefghjkmnpqrs.pdf";
constexpr std::chrono::sys_seconds expiry{1300000000s};

Secret counting_secret() {
    Secret secret;
    for (unsigned char next = 0; unsigned char& byte : secret.bytes) byte = next++;
    return secret;
}

std::vector<QueryParameter> parameters_of(const std::string& link) {
    std::vector<QueryParameter> parameters;
    for (const auto parameter : boost::urls::url_view(link).params())
        parameters.emplace_back(parameter.key, parameter.value);
    return parameters;
}

struct Link {
    UrlSigner signer{counting_secret()};
    std::string url = signer.sign(path, "42", expiry);
    std::vector<QueryParameter> parameters = parameters_of(url);

    SignatureCheck at(std::chrono::sys_seconds now) const {
        return signer.verify("GET", path, parameters, now);
    }

    SignatureCheck with(const std::function<void(std::vector<QueryParameter>&)>& change) const {
        auto changed = parameters;
        change(changed);
        return signer.verify("GET", path, changed, expiry - 1s);
    }
};

} // namespace

TEST_SUITE("signed URL") {
    TEST_CASE_FIXTURE(Link, "carries expiry, owner and the HMAC that any other program computes") {
        CHECK(url == std::string{path} +
                         "?expires=1300000000&owner=42&signature="
                         "7b9f504cf61be9505d124971be62cfc32791bace7f23f4ae65bce588b1fe79eb");
    }

    TEST_CASE_FIXTURE(Link, "is valid until just before it expires") {
        CHECK(at(expiry - 1s) == SignatureCheck::valid);
        CHECK(at(expiry) == SignatureCheck::expired);
        CHECK(at(expiry + 1000h) == SignatureCheck::expired);
    }

    TEST_CASE_FIXTURE(Link, "serves HEAD like GET and no other method") {
        CHECK(signer.verify("HEAD", path, parameters, expiry - 1s) == SignatureCheck::valid);
        for (const char* method : {"POST", "DELETE", "get", ""}) {
            CAPTURE(method);
            CHECK(signer.verify(method, path, parameters, expiry - 1s) == SignatureCheck::tampered);
        }
    }

    TEST_CASE_FIXTURE(Link, "every change of path, owner, expiry or signature is tampering") {
        CHECK(signer.verify("GET", std::string{path} + "x", parameters, expiry - 1s) ==
              SignatureCheck::tampered);
        for (std::size_t index = 0; index < parameters.size(); ++index) {
            CAPTURE(parameters[index].first);
            const auto tampered = SignatureCheck::tampered;
            CHECK(with([&](auto& changed) { changed[index].second += "1"; }) == tampered);
            CHECK(with([&](auto& changed) { changed[index].second.pop_back(); }) == tampered);
            CHECK(with([&](auto& changed) { changed[index].second.clear(); }) == tampered);
            CHECK(with([&](auto& changed) { changed[index].second[0] ^= 1; }) == tampered);
        }
    }

    TEST_CASE_FIXTURE(Link, "a missing, doubled or additional parameter is tampering") {
        for (std::size_t index = 0; index < parameters.size(); ++index) {
            CHECK(with([&](auto& changed) {
                      changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(index));
                  }) == SignatureCheck::tampered);
            CHECK(with([&](auto& changed) { changed.push_back(changed[index]); }) ==
                  SignatureCheck::tampered);
        }
        CHECK(with([](auto& changed) { changed.emplace_back("admin", "1"); }) ==
              SignatureCheck::tampered);
        CHECK(with([](auto& changed) { changed.clear(); }) == SignatureCheck::tampered);
    }

    TEST_CASE_FIXTURE(Link, "the order of the parameters does not matter") {
        CHECK(with([](auto& changed) { std::swap(changed.front(), changed.back()); }) ==
              SignatureCheck::valid);
    }

    TEST_CASE_FIXTURE(Link, "tampering comes before expiry") {
        parameters[0].second = "1299999999";
        CHECK(at(expiry + 1h) == SignatureCheck::tampered);
    }

    TEST_CASE_FIXTURE(Link, "another secret signs otherwise") {
        CHECK(UrlSigner{Secret{}}.verify("GET", path, parameters, expiry - 1s) ==
              SignatureCheck::tampered);
    }

    TEST_CASE_FIXTURE(Link, "an owner of any characters survives the way through a URL") {
        const std::string owner = "a b&owner=c+d%41/\xD9\x85?#\n";
        const std::string link = signer.sign("/f", owner, expiry);
        const auto query = parameters_of(link);
        REQUIRE(query.size() == 3);
        CHECK(query[1].second == owner);
        CHECK(signer.verify("GET", "/f", query, expiry - 1s) == SignatureCheck::valid);
    }

    TEST_CASE_FIXTURE(Link, "text moved from one field into the next is tampering") {
        const std::string link = signer.sign("/f1", "2", expiry);
        const auto query = parameters_of(link);
        auto moved = query;
        moved[1].second = "12";
        CHECK(signer.verify("GET", "/f", moved, expiry - 1s) == SignatureCheck::tampered);
        CHECK(signer.verify("GET", "/f1", query, expiry - 1s) == SignatureCheck::valid);
    }

    TEST_CASE_FIXTURE(Link, "signs no path that a query or a blank would change") {
        for (const char* unfit : {"", "file", "/f?x=1", "/f#x", "/a b", "/f\n"}) {
            CAPTURE(unfit);
            CHECK_THROWS_AS(signer.sign(unfit, "42", expiry), std::invalid_argument);
        }
    }
}
