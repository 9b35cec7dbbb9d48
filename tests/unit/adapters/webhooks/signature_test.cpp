#include "../../thrown.hpp"

#include <asyncjobs/webhooks/signature.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::webhooks;

using Texts = std::vector<std::string>;

constexpr std::chrono::sys_seconds at{std::chrono::seconds{1614265330}};
const std::string known_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

} // namespace

TEST_CASE("a signature equals that of the standard's example") {
    CHECK(sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, R"({"test": 2432232314})",
               Texts{known_secret}) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("each secret gives a signature, in their order") {
    const auto another = make_secret();
    const auto one = sign("msg_1", at, "{}", Texts{known_secret});
    const auto other = sign("msg_1", at, "{}", Texts{another});
    CHECK(one != other);
    CHECK(sign("msg_1", at, "{}", Texts{another, known_secret}) == other + ' ' + one);
}

TEST_CASE("a signature changes with the id, the time and the body") {
    const auto base = sign("msg_1", at, "{}", Texts{known_secret});
    CHECK(sign("msg_2", at, "{}", Texts{known_secret}) != base);
    CHECK(sign("msg_1", at + std::chrono::seconds{1}, "{}", Texts{known_secret}) != base);
    CHECK(sign("msg_1", at, "[]", Texts{known_secret}) != base);
}

TEST_CASE("a new secret is valid and unique") {
    const auto secret = make_secret();
    check_secret(secret);
    CHECK(secret.size() == std::string("whsec_").size() + 44);
    CHECK(secret != make_secret());
}

TEST_CASE("a secret has its prefix and 24 to 64 bytes in canonical base64") {
    const std::string four = "AAAA", of_24 = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const auto repeated = [&](int times) {
        std::string text = "whsec_";
        while (times-- > 0) text += four;
        return text;
    };
    check_secret(repeated(8));
    check_secret(repeated(21) + "AA==");
    for (const auto& bad :
         Texts{std::string(), std::string("whsec_"), of_24, "WHSEC_" + of_24, repeated(7),
               repeated(7) + "AAA=", repeated(21) + "AAA=", repeated(22), "whsec_ " + of_24,
               "whsec_" + of_24 + "\n", "whsec_" + of_24 + "A",
               "whsec_" + of_24 + "AB==", "whsec_" + of_24 + "A===", "whsec_" + of_24 + "====",
               "whsec_-_KQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}) {
        CAPTURE(bad);
        const auto message = refusal(Errc::invalid_argument, [&] { check_secret(bad); });
        CHECK(has(message, "24 to 64 bytes"));
        if (bad.size() > 10) CHECK_FALSE(message.find(bad) != std::string::npos);
    }
}
