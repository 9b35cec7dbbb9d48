#include "link_signer.hpp"

#include "unit/thrown.hpp"

#include <fmt/format.h>

using namespace asyncjobs;
using namespace asyncjobs::files;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds expiry{1300000000s};

Secret secret_from(unsigned char first) {
    Secret secret;
    for (auto& byte : secret.bytes) byte = first++;
    return secret;
}

struct Link {
    LinkSigner signer{{secret_from(0)}};
    std::string key = "job/report.pdf";
    std::string expires = "1300000000";
    std::string signature = signature_in(signer.query(key, expiry));

    static std::string signature_in(const std::string& query) {
        return query.substr(query.rfind('=') + 1);
    }

    LinkCheck check(const LinkSigner& by) const {
        return by.check(key, expires, signature, expiry - 1s);
    }
    LinkCheck check() const { return check(signer); }
};

} // namespace

TEST_SUITE("link signer") {
    TEST_CASE_FIXTURE(Link, "a link has its expiry and a standard HMAC") {
        CHECK(signer.query(key, expiry) ==
              "expires=1300000000&signature="
              "e08fe970a7e07d7f4dcd62fabfba39d0bbbc7e38bd4baf37a37e454a88a29cdb");
    }

    TEST_CASE_FIXTURE(Link, "a link is valid until just before it expires") {
        CHECK(check() == LinkCheck::valid);
        CHECK(signer.check(key, expires, signature, expiry - 1us) == LinkCheck::valid);
        CHECK(signer.check(key, expires, signature, expiry) == LinkCheck::expired);
        CHECK(signer.check(key, expires, signature, expiry + 1000h) == LinkCheck::expired);
    }

    TEST_CASE_FIXTURE(Link, "every change of key, expiry or signature is a forgery") {
        for (auto* part : {&key, &expires, &signature}) {
            const auto good = *part;
            for (const auto& changed :
                 {good + '1', good.substr(1), good.substr(0, good.size() - 1), std::string{}}) {
                *part = changed;
                CAPTURE(changed);
                CHECK(check() == LinkCheck::forged);
            }
            *part = good;
            part->back() = static_cast<char>(part->back() ^ 1);
            CHECK(check() == LinkCheck::forged);
            *part = good;
        }
        CHECK(check() == LinkCheck::valid);
    }

    TEST_CASE_FIXTURE(Link, "forgery comes before expiry") {
        expires = "1299999999";
        CHECK(signer.check(key, expires, signature, expiry + 1h) == LinkCheck::forged);
    }

    TEST_CASE_FIXTURE(Link, "text moved from the key to the expiry is a forgery") {
        const auto moved = Link::signature_in(signer.query("f1", expiry));
        CHECK(signer.check("f1", expires, moved, expiry - 1s) == LinkCheck::valid);
        CHECK(signer.check("f", '1' + expires, moved, expiry - 1s) == LinkCheck::forged);
    }

    TEST_CASE_FIXTURE(Link, "secrets rotate: the first one signs, all are accepted") {
        const LinkSigner rotated({secret_from(9), secret_from(0)});
        CHECK(check(rotated) == LinkCheck::valid);
        CHECK(rotated.query(key, expiry) != signer.query(key, expiry));
        CHECK(check(LinkSigner({secret_from(9)})) == LinkCheck::forged);
        CHECK(has(refusal(Errc::invalid_argument, [] { LinkSigner({}); }), "secrets"));
    }
}
