#pragma once

#include <asyncjobs/config.hpp>

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// What an operator may do.
enum class Right {
    see,          ///< counts, queues, workers, and jobs without their payloads
    see_payloads, ///< inputs, results, metadata and the details of errors
    cancel,
    retry,
    remove,
    submit,    ///< jobs of the types that the host allows
    pause,     ///< and resume queues
    workers,   ///< order workers to claim nothing, or to run fewer or more jobs
    limits,    ///< set and remove limits
    schedules, ///< pause, resume and trigger schedules
    webhooks,  ///< enable and disable endpoints of webhooks
    bulk,      ///< act on all jobs that a filter matches, with the right for the action, too
    audit,     ///< see what operators did
};

/// Returns the enumerator's name: `see_payloads`.
ASYNCJOBS_OPERATIONS_DECL std::string_view to_string(Right) noexcept;
/// All rights, in the order of the enumeration.
ASYNCJOBS_OPERATIONS_DECL const std::vector<Right>& all_rights();

/// A set of rights; empty by default.
class ASYNCJOBS_OPERATIONS_DECL Rights {
public:
    constexpr Rights() noexcept = default;
    /// These rights.
    constexpr Rights(std::initializer_list<Right> rights) noexcept {
        for (const Right right : rights) bits_ |= bit(right);
    }

    /// Whether `right` is one of them.
    constexpr bool has(Right right) const noexcept { return (bits_ & bit(right)) != 0; }
    /// These rights and another one.
    constexpr Rights with(Right right) const noexcept {
        Rights more = *this;
        more.bits_ |= bit(right);
        return more;
    }
    /// These rights without one.
    constexpr Rights without(Right right) const noexcept {
        Rights fewer = *this;
        fewer.bits_ &= ~bit(right);
        return fewer;
    }

    friend constexpr bool operator==(const Rights&, const Rights&) = default;

private:
    static constexpr std::uint32_t bit(Right right) noexcept {
        return std::uint32_t{1} << static_cast<unsigned>(right);
    }

    std::uint32_t bits_ = 0;
};

/// Sees, and changes nothing.
inline constexpr Rights viewer = {Right::see};
/// Sees payloads, and acts on jobs, queues, workers and schedules.
inline constexpr Rights job_operator = {Right::see,      Right::see_payloads, Right::cancel,
                                        Right::retry,    Right::pause,        Right::workers,
                                        Right::schedules};
/// All rights.
inline constexpr Rights admin = {
    Right::see,      Right::see_payloads, Right::cancel,  Right::retry,  Right::remove,
    Right::submit,   Right::pause,        Right::workers, Right::limits, Right::schedules,
    Right::webhooks, Right::bulk,         Right::audit};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
