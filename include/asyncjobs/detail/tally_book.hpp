#pragma once

#include <asyncjobs/store/tallies.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// An attempt that has ended.
struct EndedAttempt {
    Timestamp at = {};
    std::string_view queue = {};
    std::string_view type = {};
    TallyOutcome outcome = TallyOutcome::completed;
    std::string_view error_code = {}; ///< of failed and retried
    std::optional<Duration> waited = {};
    std::optional<Duration> ran = {};
};

/// Adds up an executor's ended attempts until a heartbeat takes them.
///
/// Keeps the queues, types and error codes that it meets first, up to the bounds of Tally, and
/// counts the others as Tally::other. While no heartbeat takes them, for example because the store
/// is away, attempts of the oldest minutes are counted in one of them: no attempt is forgotten, and
/// the memory stays bounded.
///
/// Thread-safety  None.
class TallyBook {
public:
    static constexpr std::size_t max_tallies = 10'000; ///< unless one minute alone has more

    bool empty() const noexcept { return tallies_.empty(); }

    /// Allocates nothing if its minute has an attempt with the same names and outcome.
    void add(const EndedAttempt& ended) {
        View key{start_of(TallyPeriod::minute, ended.at), ended.queue, ended.type, ended.outcome,
                 ended.error_code};
        auto found = tallies_.find(key);
        if (found == tallies_.end()) {
            bound(key);
            found = place_of(key);
        }
        Tally& tally = found->second;
        ++tally.count;
        if (ended.waited) tally.waited.add(*ended.waited);
        if (ended.ran) tally.ran.add(*ended.ran);
    }

    /// Takes the first ones, by key.
    std::vector<Tally> take(std::size_t limit) {
        std::vector<Tally> taken;
        while (!tallies_.empty() && taken.size() < limit) {
            auto node = tallies_.extract(tallies_.begin());
            node.mapped().key = std::move(node.key());
            taken.push_back(std::move(node.mapped()));
        }
        return taken;
    }

private:
    /// A TallyKey without copies of its texts.
    struct View {
        Timestamp start;
        std::string_view queue, type;
        TallyOutcome outcome;
        std::string_view error_code;
    };
    struct Before {
        using is_transparent = void;
        static auto parts(const auto& key) {
            return std::tuple<Timestamp, std::string_view, std::string_view, TallyOutcome,
                              std::string_view>(key.start, key.queue, key.type, key.outcome,
                                                key.error_code);
        }
        bool operator()(const auto& one, const auto& two) const {
            return (parts(one) <=> parts(two)) < 0;
        }
    };
    using Tallies = std::map<TallyKey, Tally, Before>; ///< their own keys are empty
    using Names = std::set<std::string, std::less<>>;
    struct Known {
        Names queues = {};
        Names error_codes = {};
    };

    /// Replaces the names that exceed the bounds.
    void bound(View& key) {
        auto known = known_.find(key.type);
        if (known == known_.end() || !known->second.queues.contains(key.queue)) {
            if (types_ == Tally::max_types)
                key.queue = key.type = Tally::other;
            else
                ++types_;
            known = known_.try_emplace(std::string(key.type)).first;
            known->second.queues.emplace(key.queue);
        }
        auto& codes = known->second.error_codes;
        if (key.error_code.empty() || codes.contains(key.error_code)) return;
        if (codes.size() < Tally::max_error_codes)
            codes.emplace(key.error_code);
        else
            key.error_code = Tally::other;
    }

    Tallies::iterator place_of(const View& key) {
        if (const auto found = tallies_.find(key); found != tallies_.end()) return found;
        while (tallies_.size() >= max_tallies && has_two_minutes()) join_oldest_minutes();
        return tallies_
            .try_emplace({key.start, std::string(key.queue), std::string(key.type), key.outcome,
                          std::string(key.error_code)})
            .first;
    }

    bool has_two_minutes() const {
        return tallies_.begin()->first.start != tallies_.rbegin()->first.start;
    }

    void join_oldest_minutes() {
        const auto oldest = tallies_.begin()->first.start;
        auto next = tallies_.lower_bound(
            View{oldest + length_of(TallyPeriod::minute), {}, {}, TallyOutcome{}, {}});
        const auto joined = next->first.start;
        while (next != tallies_.end() && next->first.start == joined) {
            auto node = tallies_.extract(next++);
            node.key().start = oldest;
            const auto place = tallies_.insert(std::move(node));
            if (!place.inserted) place.position->second.add(place.node.mapped());
        }
    }

    Tallies tallies_;
    std::map<std::string, Known, std::less<>> known_; ///< by type
    std::size_t types_ = 0;                           ///< pairs of a queue and a type in it
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
