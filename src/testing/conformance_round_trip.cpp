#include "conformance_check.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string long_text() {
    std::string text = "\"";
    while (text.size() < 1024 * 1024)
        text += R"(0123456789 \"quoted\" \\ caf)"
                "\xC3\xA9 \xF0\x9F\x8E\x89 ";
    return text + '"';
}

/// JSON texts that a store would change by parsing, trimming, re-encoding or cutting.
std::vector<JsonText> payloads() {
    std::vector<JsonText> payloads;
    for (const auto& text : {
             std::string("null"),
             std::string("true"),
             std::string("0"),
             std::string("\"\""),
             std::string("{}"),
             std::string("[]"),
             // Spellings of numbers.
             std::string(
                 "[1.0,1e2,-0,-0.0,1E+2,0.10,1e-7,12345678901234567890,0.1234567890123456789]"),
             // The order of members, and whitespace.
             std::string(R"({"b":1,"a":2,"B":3,"aa":4,"":5})"),
             std::string(" {\t\"a\" :\r\n [ 1 , 2 ] }\n"),
             // Escapes, including needless ones.
             std::string(R"({"a":"\"\\\/\b\f\n\r\t\u0001\u001f\u007f\u00e9\u20AC\uD83C\uDF89"})"),
             std::string(R"(["\u0041","A","\/","/"])"),
             // Scripts: composed and decomposed, right to left, beyond 16 bits, joined, the ends.
             std::string("[\"\xC3\xA9\",\"e\xCC\x81\"]"),
             std::string("\"\xD9\x81\xD8\xB4\xD9\x84 \xD8\xAA\xD9\x88\xD9\x84\xD9\x8A\xD8\xAF\""),
             std::string("\"\xF0\x9F\x8E\x89\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB\""),
             std::string("\"\xEF\xBF\xBF\xEF\xBF\xBE\xEF\xBB\xBF\xF4\x8F\xBF\xBF\x7F\xC2\x80\""),
             // Characters special to SQL, to printf, to a shell.
             std::string(R"({"q":"'; DROP TABLE jobs; -- \" `x` ${y} %s %n :name ?1 $1 {0}"})"),
             nested(JsonText::max_depth),
             long_text(),
         })
        payloads.push_back(JsonText::parse(text));
    return payloads;
}

const std::string chinese = "\xE4\xB8\xAD\xE6\x96\x87";

/// Short texts of the same kinds.
std::vector<std::string> labels() {
    return {"",
            "plain",
            " spaces around ",
            "O'Brien \"the\" `tick`",
            "'; DROP TABLE jobs; --",
            "100 %s %n %%",
            "back\\slash \\n \\' \\0",
            ":name ?1 $1 {0} [x]",
            "caf\xC3\xA9 cafe\xCC\x81",
            "\xD9\x85\xD8\xB9\xD8\xA7\xD9\x84\xD8\xAC\xD8\xA9...",
            "\xF0\x9F\x8E\x89\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB",
            chinese,
            "null",
            "0",
            std::string(255, 'x')};
}

void keeps_inputs(Scene& scene) {
    const auto second = scene.open();
    for (const auto& input : payloads()) {
        const auto id = scene.submit({.input = input});
        expect_equal(scene.job(id).input, input, "input, as found");
        expect_equal(second->find({&id, 1}).at(0).value().input, input,
                     "input, as found by another");
        const auto claimed = scene.claim_one();
        expect_equal(claimed.input, input, "input, as claimed");
        const auto held = scene.store().leases_of("worker");
        expect_equal(held.size(), 1, "jobs held");
        expect_equal(held[0].input, input, "input, as held");
        scene.accept(Settlement::completed(claimed.lease, {}));
        expect_equal(scene.job(id).input, input, "input of the completed job");
    }
}

std::vector<JsonText> metadata() {
    std::vector<JsonText> metadata = {JsonText()};
    for (const auto& payload : payloads())
        if (payload.text().size() < 1000 && payload.text() != nested(JsonText::max_depth))
            metadata.push_back(JsonText::parse(" { \"m\" : " + payload.text() + "}\n"));
    const std::string longest(NewJob::max_metadata - std::string_view(R"({"m":""})").size(), 'x');
    metadata.push_back(JsonText::parse(R"({"m":")" + longest + R"("})"));
    return metadata;
}

void keeps_metadata(Scene& scene) {
    for (const auto& given : metadata()) {
        const auto id = scene.submit({.metadata = given});
        expect_equal(scene.job(id).metadata, given, "metadata, as found");
        expect_equal(scene.claim_one("default", no_lease).metadata, given, "metadata, as claimed");
        scene.rescue_one();
        const auto claimed = scene.claim_one();
        expect_equal(claimed.metadata, given, "metadata, as claimed again");
        const auto held = scene.store().leases_of("worker");
        expect_equal(held.size(), 1, "jobs held");
        expect_equal(held[0].metadata, given, "metadata, as held");
        scene.accept(Settlement::completed(claimed.lease, {}));
        expect_equal(scene.job(id).metadata, given, "metadata of the completed job");
    }
}

void keeps_metadata_within_a_batch(Scene& scene) {
    std::vector<NewJob> jobs;
    for (int i = 0; i < 10; ++i)
        for (const auto& given : metadata()) jobs.push_back(scene.filled({.metadata = given}));
    scene.store().submit(jobs);
    for (const auto& job : jobs) expect_equal(scene.job(job.id).metadata, job.metadata, "metadata");
}

void keeps_inputs_within_a_batch(Scene& scene) {
    std::vector<NewJob> jobs;
    for (const auto& input : payloads()) jobs.push_back(scene.filled({.input = input}));
    scene.store().submit(jobs);
    for (const auto& job : jobs) expect_equal(scene.job(job.id).input, job.input, "input");
}

void keeps_results(Scene& scene) {
    for (const auto& result : payloads()) {
        const auto lease = scene.running().lease;
        scene.accept(Settlement::completed(lease, result));
        expect_equal(scene.job(lease.id).result, result, "result");
    }
}

void keeps_results_within_a_batch(Scene& scene) {
    const auto results = payloads();
    scene.submit(results.size());
    const auto claimed = scene.claim(results.size());
    expect_equal(claimed.size(), results.size(), "jobs claimed");
    std::vector<Settlement> settlements;
    for (std::size_t i = 0; i < results.size(); ++i)
        settlements.push_back(Settlement::completed(claimed[i].lease, results[i]));
    scene.store().settle(settlements);
    for (std::size_t i = 0; i < results.size(); ++i)
        expect_equal(scene.job(claimed[i].lease.id).result, results[i], "result");
}

void keeps_error_details(Scene& scene) {
    for (const auto& details : payloads()) {
        const JobError error{.code = "E1", .message = "no", .details = details};
        const auto lease = scene.running().lease;
        scene.accept(Settlement::failed(lease, error));
        expect_equal(scene.job(lease.id).error, error, "error");
    }
}

void keeps_error_texts(Scene& scene) {
    for (const auto& text : labels()) {
        const JobError error{.code = text, .message = text + "\nsecond line\t" + text};
        const auto first = scene.running().lease;
        scene.accept(Settlement::retried(first, error, {}));
        expect_equal(scene.job(first.id).error, error, "error of a retried job");
        const auto second = scene.claim_one().lease;
        scene.accept(Settlement::failed(second, error));
        expect_equal(scene.job(first.id).error, error, "error of a failed job");
    }
}

void keeps_progress_messages(Scene& scene) {
    const auto lease = scene.running().lease;
    for (const auto& text : labels()) {
        scene.renew(lease, Progress{10, text});
        expect_equal(scene.job(lease.id).progress, Progress{10, text}, "progress");
    }
}

void keeps_owners(Scene& scene) {
    for (const auto& owner : labels()) {
        const auto id = scene.submit({.owner = owner});
        expect_equal(scene.job(id).owner, owner, "owner");
        expect_equal(scene.claim_one().owner, owner, "owner, as claimed");
        expect_equal(ids_of(scene.store().list({.owner = owner}).jobs), {id},
                     fmt::format("jobs of owner {}", show(owner)));
    }
}

void keeps_keys(Scene& scene) {
    for (const auto& key : labels()) {
        if (key.empty()) continue;
        const auto id = scene.submit({.unique_key = key, .idempotency_key = key});
        expect_equal(scene.job(id).unique_key, key, "unique_key");
        expect_equal(scene.job(id).idempotency_key, key, "idempotency_key");
    }
}

void keeps_worker_names(Scene& scene) {
    for (const auto& worker : labels()) {
        const auto id = scene.submit();
        scene.claim_one("default", long_lease, worker);
        expect_equal(scene.job(id).worker, worker, "worker");
        expect_equal(ids_of(scene.store().leases_of(worker)), {id}, "jobs held");
    }
}

void keeps_steps(Scene& scene) {
    const auto lease = scene.running({}, no_lease).lease;
    std::vector<Step> expected;
    for (const auto& result : payloads())
        expected.push_back({fmt::format("step-{}", expected.size()), result});
    for (const Step& step : expected) {
        const Heartbeat heartbeat{.lease = lease, .step = step};
        scene.store().renew({&heartbeat, 1}, no_lease);
    }
    expect_equal(scene.job(lease.id).steps, expected, "steps");
    scene.rescue_one();
    expect_equal(scene.claim_one().steps, expected, "steps, as claimed");
}

void keeps_errors_of_attempts(Scene& scene) {
    std::vector<AttemptError> expected;
    const auto id = scene.submit({.max_attempts = 1000});
    for (const auto& text : labels()) {
        const auto lease = scene.claim_one("default", long_lease, text).lease;
        scene.accept(Settlement::retried(lease, {.code = text, .message = text}, {}));
        const auto number = static_cast<int>(expected.size()) + 1;
        const auto code = text.substr(0, AttemptError::max_code);
        expected.push_back({number, scene.job(id).updated_at, text, code, text});
    }
    expect_equal(scene.job(id).attempt_errors, expected, "attempt_errors");
}

void keeps_cancel_reasons(Scene& scene) {
    for (const auto& reason : labels()) {
        const auto pending = scene.submit();
        scene.store().cancel(pending, {.reason = reason});
        expect_equal(scene.job(pending).cancel_reason, reason, "reason of a pending job's");
        const auto running = scene.running().lease;
        scene.store().cancel(running.id, {.reason = reason, .force = true});
        expect_equal(scene.job(running.id).cancel_reason, reason, "reason of a running job's");
    }
}

void keeps_owners_of_purged_jobs(Scene& scene) {
    for (const auto& owner : labels()) {
        if (owner.empty()) continue;
        const auto id = scene.completed({.owner = owner, .retention = Duration::zero()});
        scene.store().purge(10);
        expect(!scene.find(id), "the job to be purged");
        expect_equal(scene.store().tombstone_owner(id).value_or("none"), owner, "owner");
    }
}

void keeps_what_replaces(Scene& scene) {
    for (const auto& input : payloads()) {
        auto job = scene.filled();
        const auto id = scene.submit(job);
        job.id = id;
        job.input = input;
        job.on_conflict = OnConflict::replace;
        scene.store().submit({&job, 1});
        expect_equal(scene.job(id).input, input, "input");
    }
}

void keeps_follow_ups(Scene& scene) {
    for (const auto& text : labels()) {
        if (text.empty()) continue;
        const auto follow_up = scene.filled({.input = JsonText::parse("\"" + chinese + "\""),
                                             .queue = "next",
                                             .owner = text,
                                             .unique_key = text,
                                             .idempotency_key = text,
                                             .limit_key = text});
        const auto lease = scene.running().lease;
        scene.accept(Settlement::completed(lease, {}).with_follow_ups({follow_up}));
        const auto job = scene.job(follow_up.id);
        expect_equal(job.input, follow_up.input, "input");
        expect_equal(job.owner, text, "owner");
        expect_equal(job.unique_key, text, "unique_key");
        expect_equal(job.idempotency_key, text, "idempotency_key");
        expect_equal(job.limit_key, text, "limit_key");
    }
}

/// Texts that a database with a smaller character set would turn into the same question marks.
void distinguishes_scripts(Scene& scene) {
    const std::vector<std::string> texts = {chinese,
                                            "\xE6\x97\xA5\xE6\x9C\xAC",
                                            "\xD0\x94\xD0\xBE",
                                            "\xD8\xB4\xD8\xA8",
                                            "\xF0\x9F\x8E\x89",
                                            "\xF0\x9F\x8E\x88",
                                            "??"};
    if (scene.capabilities().limits)
        scene.store().set_limit({.name = "one-each", .scope = LimitScope::key, .concurrency = 1});
    std::vector<JobId> ids;
    for (const auto& text : texts)
        ids.push_back(scene.submit(
            {.owner = text, .unique_key = text, .idempotency_key = text, .limit_key = text}));
    for (std::size_t i = 0; i < texts.size(); ++i)
        expect_equal(ids_of(scene.store().list({.owner = texts[i]}).jobs), {ids[i]},
                     fmt::format("jobs of owner {}", show(texts[i])));
    expect_equal(ids_of(scene.claim(100)), ids,
                 "jobs claimed, each under a limit of its own, if there are any");
}

void keeps_names(Scene& scene) {
    const std::string all = "azAZ09._:/-";
    for (const auto& name : {all, std::string(100, 'n'), std::string("x")}) {
        const auto id = scene.submit({.type = name, .queue = name});
        expect_equal(scene.job(id).type, name, "type");
        expect_equal(scene.job(id).queue, name, "queue");
        const auto claimed = scene.claim_one(name);
        expect_equal(claimed.type, name, "type, as claimed");
        expect_equal(claimed.queue, name, "queue, as claimed");
    }
}

void keeps_numbers_and_times(Scene& scene) {
    const Duration hundred_years = std::chrono::days{365 * 100};
    const auto id = scene.submit({.max_attempts = 1000,
                                  .run_at = long_ago + Duration{123'457},
                                  .timeout = hundred_years - Duration{1},
                                  .retention = hundred_years});
    expect_equal(scene.job(id).run_at, long_ago + Duration{123'457}, "run_at, to the microsecond");
    const auto claimed = scene.claim_one();
    expect_equal(claimed.timeout, hundred_years - Duration{1}, "timeout");
    scene.accept(Settlement::failed(claimed.lease, {}));
    const auto job = scene.job(id);
    expect_equal(job.max_attempts, 1000, "max_attempts");
    expect_equal(job.retention, hundred_years, "retention");
    expect_equal(job.expires_at, *job.finished_at + hundred_years, "expires_at");
}

} // namespace

Cases round_trip_cases() {
    return {
        {"inputs are kept byte for byte", keeps_inputs},
        {"inputs are kept byte for byte within a batch", keeps_inputs_within_a_batch},
        {"metadata are kept byte for byte, and handlers see them", keeps_metadata},
        {"metadata are kept byte for byte within a batch", keeps_metadata_within_a_batch},
        {"results are kept byte for byte", keeps_results},
        {"results are kept byte for byte within a batch", keeps_results_within_a_batch},
        {"error details are kept byte for byte", keeps_error_details},
        {"error codes and messages are kept byte for byte", keeps_error_texts},
        {"progress messages are kept byte for byte", keeps_progress_messages},
        {"owners are kept and compared byte for byte", keeps_owners},
        {"results of steps are kept byte for byte", keeps_steps},
        {"the texts of attempts' errors are kept byte for byte", keeps_errors_of_attempts},
        {"cancel reasons are kept byte for byte", keeps_cancel_reasons},
        {"owners of purged jobs are kept byte for byte",
         keeps_owners_of_purged_jobs,
         {.tombstones = true}},
        {"replaced inputs are kept byte for byte", keeps_what_replaces},
        {"the texts of follow-ups are kept byte for byte", keeps_follow_ups},
        {"texts in different scripts are different owners, keys and limits", distinguishes_scripts},
        {"unique keys and idempotency keys are kept byte for byte", keeps_keys},
        {"worker names are kept byte for byte", keeps_worker_names},
        {"types and queues are kept as they are", keeps_names},
        {"numbers and times are kept exactly", keeps_numbers_and_times},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
