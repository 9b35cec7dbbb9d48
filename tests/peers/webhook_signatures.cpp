// Prints signed messages, one JSON object a line, for receivers to verify.
// Usage: webhook_signatures CASES

#include <asyncjobs/json.hpp>
#include <asyncjobs/webhooks/signature.hpp>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

namespace {

struct Case {
    std::vector<std::string> secrets = {};
    std::string id = {};
    std::string timestamp = {};
    std::string signature = {};
    std::string body = {};
};
BOOST_DESCRIBE_STRUCT(Case, (), (secrets, id, timestamp, signature, body))

} // namespace

int main(int, char** argv) {
    std::mt19937_64 random(1);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    for (int left = std::atoi(argv[1]); left > 0; --left) {
        Case one{.id = "msg_" + std::to_string(random()),
                 .timestamp = std::to_string(now.time_since_epoch().count())};
        for (auto count = 1 + random() % 3; count > 0; --count)
            one.secrets.push_back(asyncjobs::webhooks::make_secret());
        const std::string text(random() % 300, 'a');
        one.body = R"({"text":")" + text + R"( ä 漢","number":)" + std::to_string(random()) + '}';
        one.signature = asyncjobs::webhooks::sign(one.id, now, one.body, one.secrets);
        std::cout << asyncjobs::json::serialize(one).text() << '\n';
    }
}
