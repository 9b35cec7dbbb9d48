#pragma once

#include <asyncjobs/store/capabilities.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing {

/// Opens a store. The first call within a case must return an empty one; a later call, another
/// object on the same data, as another process would have. `reset` empties the data before a case.
struct StoreFactory {
    std::function<void()> reset;
    std::function<std::unique_ptr<JobStore>()> open;
    /// Moves the clock of all objects forward or, below zero, back. Empty: the clock can't be
    /// moved, and the suite omits the cases that need it.
    std::function<void(Duration)> move_clock = {};
};

/// Thrown by a case that fails; `what()` states the expected and the actual result.
class ASYNCJOBS_VISIBLE ConformanceFailure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One rule of the contract.
struct ConformanceCase {
    std::string name; ///< a sentence of the specification
    std::function<void()> run;
};

/// Returns the capabilities that the stores of `factory` declare: calls `reset`, and opens a store.
/// Without `open`, returns all capabilities.
ASYNCJOBS_TESTING_DECL StoreCapabilities declared_by(const StoreFactory& factory);

/// The executable contract of JobStore: a backend conforms when every case passes. Opens a store
/// for declared_by(): the cases are those of the required members and of each declared capability;
/// for each other one, they require Errc::unsupported.
///
/// Needs no test framework: loop over the cases, or register each with yours. Cases are
/// independent, never sleep, and may run in any order but not at the same time.
ASYNCJOBS_TESTING_DECL std::vector<ConformanceCase>
job_store_conformance(const StoreFactory& factory);
/// The same for stores that are known to declare `declared`; opens none.
ASYNCJOBS_TESTING_DECL std::vector<ConformanceCase>
job_store_conformance(const StoreFactory& factory, const StoreCapabilities& declared);

/// The executable contract of OperatorStore, for stores that have JobStore::operators(): like
/// job_store_conformance(), which such a store passes, too. No case has its name twice in both.
ASYNCJOBS_TESTING_DECL std::vector<ConformanceCase>
operator_store_conformance(const StoreFactory& factory);
/// The same for stores that are known to declare `declared`; opens none.
ASYNCJOBS_TESTING_DECL std::vector<ConformanceCase>
operator_store_conformance(const StoreFactory& factory, const StoreCapabilities& declared);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
