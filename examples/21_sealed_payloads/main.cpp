// Payloads that are encrypted in the database, and a key that is replaced while jobs are kept.

#include "aes_256_gcm.hpp"

#include <asyncjobs/asyncjobs.hpp>

#include <fmt/format.h>
#include <openssl/rand.h>

using namespace std::chrono_literals;

namespace {

struct Letter {
    static constexpr std::string_view type = "letter";
    std::string to, text;
};
BOOST_DESCRIBE_STRUCT(Letter, (), (to, text))

// A real service reads its keys from its secrets.
asyncjobs::SealingKey make_key(std::string id) {
    Aes256Gcm::Key bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("the random generator failed");
    return {.id = std::move(id), .cipher = std::make_shared<Aes256Gcm>(bytes)};
}

std::string send(asyncjobs::JobStore& store, const asyncjobs::JobId& id) {
    asyncjobs::Client client(store);
    asyncjobs::Executor executor(store);
    executor.handle<Letter>([](const Letter& letter) { return "sent to " + letter.to; });
    executor.start();
    return client.wait(id, 10s)->result->text();
}

} // namespace

int main() {
    asyncjobs::MemoryJobStore database;
    const auto old_key = make_key("2025"), new_key = make_key("2026");

    asyncjobs::SealingJobStore store(database, {.keys = {old_key}});
    const Letter letter{.to = "Ada", .text = "Come at once."};
    const auto id = asyncjobs::Client(store).submit(letter).id;
    const auto kept = asyncjobs::Client(database).find(id)->input.text();
    fmt::print("the database has {}...\n", kept.substr(0, kept.find(',')));

    asyncjobs::SealingJobStore rotated(database, {.keys = {new_key, old_key}});
    fmt::print("{}\n", send(rotated, id));

    asyncjobs::SealingJobStore stranger(database, {.keys = {new_key}});
    fmt::print("without the old key: {}\n", asyncjobs::Client(stranger).find(id)->input.text());
}
