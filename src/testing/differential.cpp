#include <asyncjobs/testing/differential.hpp>

#include "differential_comparison.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing {
namespace detail {
namespace {

using Fault = FaultyJobStore::Fault;

struct Weight {
    Member member;
    std::size_t weight;
};
constexpr Weight weights[] = {
    {Member::submit, 18},      {Member::exchange, 26},      {Member::renew, 8},
    {Member::check_leases, 2}, {Member::leases_of, 2},      {Member::rescue, 6},
    {Member::promote, 7},      {Member::purge, 3},          {Member::tombstone_owner, 1},
    {Member::find, 2},         {Member::find_summaries, 2}, {Member::list, 4},
    {Member::cancel, 5},       {Member::retry, 4},          {Member::remove, 2},
    {Member::workload, 2},     {Member::set_paused, 2},     {Member::set_limit, 2},
    {Member::limits, 1},       {Member::move_clock, 14},    {Member::counts, 1},
    {Member::queues, 2},       {Member::search, 3},         {Member::why, 2},
    {Member::cancel_batch, 1}, {Member::retry_batch, 2},    {Member::remove_batch, 1},
    {Member::run_now_batch, 2}};

Member draw_member(Random& random) {
    std::size_t sum = 0;
    for (const auto& [member, weight] : weights) sum += weight;
    auto left = random.below(sum);
    for (const auto& [member, weight] : weights) {
        if (left < weight) return member;
        left -= weight;
    }
    return Member::move_clock;
}

/// What a store can do.
struct Declared : StoreCapabilities {
    bool has_operators = false;
};

bool is_declared(Member member, const Declared& declared) {
    if (is_of_operators(member)) return declared.has_operators;
    switch (member) {
    case Member::tombstone_owner:
        return declared.tombstones;
    case Member::workload:
        return declared.workload;
    case Member::set_paused:
        return declared.queue_control;
    case Member::set_limit:
    case Member::limits:
        return declared.limits;
    default:
        return true;
    }
}

/// What no call of a store without some capabilities may have.
unsigned left_out(const StoreCapabilities& declared) {
    return (declared.dependencies ? 0U : static_cast<unsigned>(Plainer::no_parents)) |
           (declared.limits ? 0U : static_cast<unsigned>(Plainer::no_own_limits));
}

bool may_fail(Member member) {
    switch (member) {
    case Member::submit:
    case Member::exchange:
    case Member::renew:
    case Member::cancel:
    case Member::retry:
    case Member::remove:
        return true;
    default:
        return false;
    }
}

std::vector<DrawnCall> draw_calls(std::uint64_t seed, const DifferentialOptions& options,
                                  const Declared& declared) {
    Random random(seed * 0x2545f4914f6cdd1d);
    std::vector<DrawnCall> calls(options.calls);
    for (DrawnCall& call : calls) {
        do call.member = draw_member(random);
        while (!is_declared(call.member, declared));
        call.plainer = left_out(declared);
        call.object = random.below(options.objects);
        call.seed = random.next();
        const auto chance = random.below(20);
        if (!may_fail(call.member) || chance > 2) continue;
        const Fault faults[] = {Fault::reply_lost, Fault::lost_before, Fault::unavailable};
        call.fault = faults[chance];
    }
    return calls;
}

struct Run {
    std::optional<std::string> difference = {};
    std::vector<std::string> texts = {}; ///< of the calls that were made
};

Run run(const DifferentialSubject& subject, const std::vector<DrawnCall>& calls,
        std::size_t objects, std::size_t calls_a_look) {
    Run made;
    std::unique_ptr<Comparison> comparison;
    try {
        comparison = std::make_unique<Comparison>(subject, objects);
        for (const DrawnCall& call : calls) {
            made.texts.emplace_back();
            comparison->make(call);
            made.texts.back() = comparison->described();
            if (made.texts.size() % calls_a_look == 0) comparison->compare_all();
        }
        comparison->compare_all();
        made.texts.emplace_back("completes what is left");
        comparison->finish();
        comparison->compare_all();
        made.texts.pop_back();
    } catch (const std::exception& error) {
        if (comparison && !made.texts.empty() && made.texts.back().empty())
            made.texts.back() = comparison->described();
        made.difference = error.what();
    }
    return made;
}

/// Makes a sequence that fails shorter and its calls plainer, as long as it fails.
class Shrinking {
public:
    Shrinking(const DifferentialSubject& subject, const DifferentialOptions& options,
              std::vector<DrawnCall> calls)
        : subject_(subject), objects_(options.objects), runs_(options.shrink_runs),
          calls_(std::move(calls)), run_(detail::run(subject_, calls_, objects_, 1)) {}

    Run shrink() {
        if (!run_.difference) return {}; // it did not fail again
        drop_calls();
        for (std::size_t i = 0; i < calls_.size(); ++i) make_plainer(i);
        drop_calls();
        return run_;
    }

private:
    bool still_fails(const std::vector<DrawnCall>& calls) {
        if (runs_ == 0 || std::chrono::steady_clock::now() > ends_at_) return false;
        --runs_;
        Run made = detail::run(subject_, calls, objects_, 1);
        if (!made.difference) return false;
        run_ = std::move(made);
        calls_ = calls;
        return true;
    }

    void drop_calls() {
        const auto made = std::min(calls_.size(), run_.texts.size());
        calls_.resize(made); // what comes after the difference is of no use
        for (std::size_t size = std::max<std::size_t>(calls_.size() / 2, 1);; size /= 2) {
            for (std::size_t at = 0; at < calls_.size();) {
                auto fewer = calls_;
                const auto first = fewer.begin() + static_cast<std::ptrdiff_t>(at);
                const auto count = std::min(size, fewer.size() - at);
                fewer.erase(first, first + static_cast<std::ptrdiff_t>(count));
                if (!still_fails(fewer)) at += size;
            }
            if (size <= 1) return;
        }
    }

    void make_plainer(std::size_t number) {
        auto faultless = calls_;
        faultless[number].fault = Fault::none;
        faultless[number].object = 0;
        if (calls_[number].fault != Fault::none || calls_[number].object != 0)
            still_fails(faultless);
        for (unsigned bit = 0; bit < all_plainer && number < calls_.size(); ++bit) {
            auto plainer = calls_;
            plainer[number].plainer |= 1U << bit;
            still_fails(plainer);
        }
    }

    const DifferentialSubject& subject_;
    const std::size_t objects_;
    std::size_t runs_;
    const std::chrono::steady_clock::time_point ends_at_ =
        std::chrono::steady_clock::now() + std::chrono::minutes{2};
    std::vector<DrawnCall> calls_;
    Run run_;
};

std::optional<std::uint64_t> seed_in(std::string_view text) {
    std::uint64_t seed = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seed);
    const bool is_all = fault == std::errc() && end == text.data() + text.size();
    return is_all ? std::optional(seed) : std::nullopt;
}

} // namespace
} // namespace detail

std::string Difference::text() const {
    std::string text = fmt::format("seed {}: {}\n", seed, what);
    for (std::size_t i = 0; i < calls.size(); ++i)
        text += fmt::format("  {:2}. {}\n", i + 1, calls[i]);
    return text;
}

DifferentialOptions requested_sequences(std::size_t plain, std::size_t all) {
    DifferentialOptions options{.sequences = plain};
    const char* variable = std::getenv("ASYNCJOBS_SEQUENCES");
    if (!variable) return options;
    const std::string_view text = variable;
    options.sequences = all;
    if (text == "all") return options;
    const auto dash = std::min(text.find('-'), text.size());
    const auto first = detail::seed_in(text.substr(0, dash));
    const auto last = dash < text.size() ? detail::seed_in(text.substr(dash + 1)) : first;
    if (!first || !last || *last < *first)
        throw Error(Errc::invalid_argument,
                    "ASYNCJOBS_SEQUENCES must be all, a seed, or a range of seeds such as 1-500");
    options.first_seed = *first;
    options.sequences = *last - *first + 1;
    return options;
}

std::optional<Difference> find_difference(const DifferentialSubject& subject,
                                          const DifferentialOptions& options) {
    constexpr std::size_t calls_a_look = 20;
    if (subject.reset) subject.reset();
    const auto opened = subject.open();
    const detail::Declared declared{opened ? opened->capabilities() : StoreCapabilities::all(),
                                    opened && opened->operators()};
    for (std::uint64_t seed = options.first_seed; seed < options.first_seed + options.sequences;
         ++seed) {
        const auto calls = detail::draw_calls(seed, options, declared);
        auto made = detail::run(subject, calls, options.objects, calls_a_look);
        if (!made.difference) continue;
        auto shrunk = detail::Shrinking(subject, options, calls).shrink();
        if (shrunk.difference) made = std::move(shrunk);
        return Difference{seed, *made.difference, made.texts};
    }
    return std::nullopt;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
