#include <asyncjobs/testing/conformance.hpp>

#include "conformance_check.hpp"

#include <span>

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

/// Cases that need some capabilities together.
struct Theme {
    detail::Cases (*cases)();
    StoreCapabilities needs = {};
};

constexpr Theme themes[] = {{detail::submit_cases},
                            {detail::unique_key_cases},
                            {detail::idempotency_key_cases},
                            {detail::claim_cases},
                            {detail::priority_cases},
                            {detail::deadline_cases},
                            {detail::settle_cases},
                            {detail::follow_up_cases},
                            {detail::dependency_cases, {.dependencies = true}},
                            {detail::parent_submit_cases, {.dependencies = true}},
                            {detail::parent_failure_cases, {.dependencies = true}},
                            {detail::limit_cases, {.limits = true}},
                            {detail::rate_cases, {.limits = true}},
                            {detail::limit_pair_cases, {.limits = true}},
                            {detail::lease_cases},
                            {detail::step_cases},
                            {detail::rescue_cases},
                            {detail::transition_cases},
                            {detail::argument_cases},
                            {detail::cancel_cases},
                            {detail::manage_cases},
                            {detail::read_cases},
                            {detail::round_trip_cases},
                            {detail::concurrency_cases},
                            {detail::place_cases}};

constexpr Theme clock_themes[] = {
    {detail::clock_cases, {.limits = true}}, {detail::set_back_cases}, {detail::place_clock_cases}};

} // namespace

StoreCapabilities declared_by(const StoreFactory& factory) {
    if (!factory.open) return StoreCapabilities::all();
    if (factory.reset) factory.reset();
    const auto store = factory.open();
    return store ? store->capabilities() : StoreCapabilities::all();
}

std::vector<ConformanceCase> job_store_conformance(const StoreFactory& factory) {
    return job_store_conformance(factory, declared_by(factory));
}

std::vector<ConformanceCase> job_store_conformance(const StoreFactory& factory,
                                                   const StoreCapabilities& declared) {
    std::vector<ConformanceCase> suite;
    const auto add = [&](const detail::Case& one) {
        suite.push_back(
            {std::string(one.name), [factory, act = one.run] { run_case(factory, act); }});
    };
    const auto add_supported = [&](std::span<const Theme> added) {
        for (const Theme& theme : added)
            if (declared.includes(theme.needs))
                for (const detail::Case& one : theme.cases())
                    if (declared.includes(one.needs)) add(one);
    };
    add_supported(themes);
    for (const detail::Case& one : detail::unsupported_cases())
        if (!declared.includes(one.needs)) add(one);
    if (factory.move_clock) add_supported(clock_themes);
    return suite;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
