#include "simulated_world.hpp"
#include "thrown.hpp"

#include <asyncjobs/sealing_job_store.hpp>

#include <algorithm>

namespace {

/// Reverses the text, and keeps the purpose and a name with it: text sealed under another name, for
/// another purpose or with another length is not opened.
class Reversing final : public Cipher {
public:
    explicit Reversing(std::string name) : name_(std::move(name)) {}

    std::string seal(std::string_view text, std::string_view purpose) const override {
        return head(text.size(), purpose) + std::string(text.rbegin(), text.rend());
    }
    std::optional<std::string> open(std::string_view sealed,
                                    std::string_view purpose) const override {
        const auto start = sealed.find('\xFF');
        if (start == sealed.npos) return std::nullopt;
        const auto text = sealed.substr(start + 1);
        if (sealed.substr(0, start + 1) != head(text.size(), purpose)) return std::nullopt;
        return std::string(text.rbegin(), text.rend());
    }

private:
    std::string head(std::size_t size, std::string_view purpose) const {
        return name_ + ' ' + std::string(purpose) + ' ' + std::to_string(size) + '\xFF';
    }

    std::string name_;
};

SealingKey key(std::string id) { return {.id = id, .cipher = std::make_shared<Reversing>(id)}; }

const std::string secret = R"({"word":"swordfish"})";

struct SealedWorld : World {
    SealingJobStore sealing{memory, {.keys = {key("a")}}};
    Client sealed_client{sealing, process, {}};

    JobId submit_secret() {
        return sealed_client.submit({.type = "work", .input = JsonText::parse(secret)}).id;
    }
    static bool is_sealed(const JsonText& payload) {
        return has(payload.text(), "asyncjobs.sealed:a,") && !has(payload.text(), "swordfish");
    }
};

TEST_CASE_FIXTURE(SealedWorld, "inputs, results, steps, details and follow-ups are stored sealed") {
    const auto id = submit_secret();
    const std::vector<std::string> queues = {"default"};
    const auto job = sealing.claim({.worker = "w", .queues = queues, .limit = 1}).claimed.at(0);
    CHECK(job.input.text() == secret);
    const Heartbeat step{.lease = job.lease,
                         .step = Step{.name = "one", .result = JsonText::parse(secret)}};
    sealing.renew({&step, 1}, 1min);
    CHECK(sealing.leases_of("w").at(0).steps.at(0).result.text() == secret);
    const NewJob next{
        .id = JobId::make({}, 1, 1), .type = "next", .input = JsonText::parse(secret)};
    const auto ending =
        Settlement::failed(job.lease,
                           {.code = "E1", .message = "no luck", .details = JsonText::parse(secret)})
            .with_follow_ups({next});
    CHECK(sealing.settle({&ending, 1}).at(0).accepted);

    const Job stored = find(id);
    CHECK(is_sealed(stored.input));
    CHECK(is_sealed(stored.steps.at(0).result));
    CHECK(is_sealed(stored.error->details));
    CHECK(stored.error->message == "no luck");
    CHECK(is_sealed(find(next.id).input));

    const Job read = *sealed_client.find(id);
    CHECK(read.input.text() == secret);
    CHECK(read.steps.at(0).result.text() == secret);
    CHECK(read.error->details.text() == secret);
    CHECK(sealed_client.find(next.id)->input.text() == secret);
}

TEST_CASE_FIXTURE(SealedWorld,
                  "a handler reads the results of its parents, which are stored sealed") {
    const auto parent = submit_secret();
    const auto child = sealed_client.submit({.type = "child", .after = {parent}}).id;
    Executor executor(sealing, process, options());
    executor.handle("work", [](const JsonText& input, ProgressReporter&) { return input; });
    executor.handle("child", [](const JsonText&, JobContext& context) {
        return *context.parents().at(0).result;
    });
    executor.start();
    REQUIRE(finishes(child));
    CHECK(is_sealed(*find(child).result));
    CHECK(sealed_client.find(child)->result->text() == secret);
}

TEST_CASE_FIXTURE(SealedWorld,
                  "payloads of an older key are opened as long as the key is present") {
    const auto id = submit_secret();
    SealingJobStore rotated(memory, {.keys = {key("b"), key("a")}});
    CHECK(rotated.find({&id, 1}).at(0)->input.text() == secret);
    const NewJob job{.id = JobId::make({}, 1, 1), .type = "work", .input = JsonText::parse(secret)};
    rotated.submit({&job, 1});
    CHECK(has(find(job.id).input.text(), "sealed:b,"));
}

TEST_CASE_FIXTURE(SealedWorld,
                  "a payload that can't be opened states the reason and hides no other job") {
    const auto id = submit_secret();
    const auto plain = client.submit({.type = "work", .input = JsonText::parse("[1]")}).id;
    SealingJobStore strict(memory, {.keys = {key("b")}, .accept_plain = false});
    const auto unknown = strict.find({&id, 1}).at(0)->input;
    CHECK(SealingJobStore::is_unreadable(unknown));
    CHECK(has(unknown.text(), R"(the key \"a\", which is unknown here)"));
    CHECK(has(strict.find({&plain, 1}).at(0)->input.text(), "it is not sealed"));
    CHECK(strict.list({}).jobs.size() == 2);
    CHECK(sealing.find({&plain, 1}).at(0)->input.text() == "[1]");

    SealingJobStore impostor(memory, {.keys = {{.id = "a", .cipher = key("b").cipher}}});
    CHECK(has(impostor.find({&id, 1}).at(0)->input.text(), "does not open it"));
}

TEST_CASE_FIXTURE(SealedWorld, "a job that can't be opened waits for a process with its key") {
    const auto id = submit_secret();
    std::vector<std::string> reasons;
    SealingJobStore without(memory,
                            {.keys = {key("b")},
                             .retry_unreadable_after = 1min,
                             .on_unreadable = [&](const JobId& job, std::string_view reason) {
                                 CHECK(job == id);
                                 reasons.emplace_back(reason);
                             }});
    {
        Executor executor(without, process, options());
        executor.handle("work", [](const JsonText& input, ProgressReporter&) { return input; });
        executor.start();
        CHECK_FALSE(finishes(id, 30s));
    }
    REQUIRE(reasons.size() == 1);
    CHECK(has(reasons[0], "unknown here"));
    CHECK(find(id).status == JobStatus::pending);
    CHECK(find(id).attempt == 0);
    Executor executor(sealing, process, options());
    executor.handle("work", [](const JsonText& input, ProgressReporter&) { return input; });
    executor.start();
    REQUIRE(finishes(id, 2min));
    CHECK(sealed_client.find(id)->result->text() == secret);
}

TEST_CASE_FIXTURE(SealedWorld, "jobs that can't be opened do not delay later jobs") {
    for (int i = 0; i < 6; ++i) submit_secret();
    simulation.run_for(1s); // later submits come after them
    SealingJobStore other(memory, {.keys = {key("b")}});
    const auto id = Client(other, process).submit({.type = "work"}).id;
    const auto sealed =
        Client(other, process).submit({.type = "work", .input = JsonText::parse(secret)}).id;
    Executor executor(other, process, options());
    executor.handle("work", [](const JsonText& input, ProgressReporter&) { return input; });
    executor.start();
    CHECK(finishes(id, 1s));
    CHECK(finishes(sealed, 1s));
}

TEST_CASE("a payload that is too long when sealed is refused") {
    struct Inflating final : Cipher {
        std::string seal(std::string_view, std::string_view) const override {
            return std::string(JsonText::max_size, 'x');
        }
        std::optional<std::string> open(std::string_view, std::string_view) const override {
            return std::nullopt;
        }
    };
    MemoryJobStore store;
    SealingJobStore sealing(store,
                            {.keys = {{.id = "a", .cipher = std::make_shared<Inflating>()}}});
    const NewJob job{.id = JobId::make({}, 1, 1), .type = "work", .input = JsonText::parse("1")};
    CHECK(has(refusal(Errc::invalid_payload,
                      [&] {
                          sealing.submit({&job, 1});
                      }),
              "bytes long, but must be at most 10485760"));
    CHECK_FALSE(store.find({&job.id, 1}).at(0));
}

TEST_CASE("bad options of a sealing store are refused by name") {
    MemoryJobStore store;
    const auto refusal_of = [&](SealingOptions options) {
        return refusal(Errc::invalid_argument, [&] { SealingJobStore(store, options); });
    };
    CHECK(has(refusal_of({}), "keys"));
    CHECK(has(refusal_of({.keys = {{.id = "a b", .cipher = key("a").cipher}}}), "keys.id"));
    CHECK(has(refusal_of({.keys = {{.id = "a"}}}), "keys.cipher"));
    CHECK(has(refusal_of({.keys = {key("a"), key("a")}}), "keys.id"));
    CHECK(has(refusal_of({.keys = {key("a")}, .retry_unreadable_after = 1ms}),
              "retry_unreadable_after"));
}

} // namespace
