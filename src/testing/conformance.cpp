#include <asyncjobs/testing/conformance.hpp>

#include "conformance_check.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing {
namespace {

void run_case(const StoreFactory& factory, void (*act)(detail::Scene&)) {
    try {
        detail::Scene scene(factory);
        act(scene);
    } catch (const ConformanceFailure&) {
        throw;
    } catch (const std::exception& error) {
        detail::fail(fmt::format("expected no exception, found {}",
                                 detail::show(std::string_view(error.what()))));
    }
}

} // namespace

std::vector<ConformanceCase> job_store_conformance(const StoreFactory& factory) {
    std::vector<ConformanceCase> suite;
    for (const auto& theme :
         {detail::submit_cases,      detail::unique_key_cases, detail::idempotency_key_cases,
          detail::claim_cases,       detail::priority_cases,   detail::deadline_cases,
          detail::settle_cases,      detail::follow_up_cases,  detail::dependency_cases,
          detail::limit_cases,       detail::rate_cases,       detail::limit_pair_cases,
          detail::lease_cases,       detail::step_cases,       detail::rescue_cases,
          detail::transition_cases,  detail::argument_cases,   detail::cancel_cases,
          detail::manage_cases,      detail::read_cases,       detail::round_trip_cases,
          detail::concurrency_cases, detail::place_cases})
        for (const auto& [name, run] : theme())
            suite.push_back({std::string(name), [factory, act = run] { run_case(factory, act); }});
    if (!factory.move_clock) return suite;
    for (const auto& theme :
         {detail::clock_cases, detail::set_back_cases, detail::place_clock_cases})
        for (const auto& [name, run] : theme())
            suite.push_back({std::string(name), [factory, act = run] { run_case(factory, act); }});
    return suite;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
