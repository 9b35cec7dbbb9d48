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

constexpr Theme operator_themes[] = {
    {detail::operator_count_cases},      {detail::operator_queue_cases},
    {detail::operator_search_cases},     {detail::operator_page_cases},
    {detail::operator_why_cases},        {detail::operator_limit_cases, {.limits = true}},
    {detail::operator_batch_cases},      {detail::operator_argument_cases},
    {detail::operator_why_worker_cases}, {detail::operator_worker_cases},
    {detail::operator_order_cases},      {detail::operator_history_cases},
    {detail::operator_audit_cases}};

constexpr Theme operator_clock_themes[] = {{detail::operator_clock_cases},
                                           {detail::operator_worker_clock_cases}};

/// Collects the cases for a store.
struct Suite {
    Suite(const StoreFactory& of, const StoreCapabilities& has) : factory(of), declared(has) {}

    void add(const detail::Case& one) {
        cases.push_back(
            {std::string(one.name), [of = factory, act = one.run] { run_case(of, act); }});
    }

    /// Adds those that need no other capability.
    void add(std::span<const Theme> added) {
        for (const Theme& theme : added)
            if (declared.includes(theme.needs))
                for (const detail::Case& one : theme.cases())
                    if (declared.includes(one.needs)) add(one);
    }

    const StoreFactory& factory;
    const StoreCapabilities& declared;
    std::vector<ConformanceCase> cases;
};

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
    Suite suite(factory, declared);
    suite.add(themes);
    for (const detail::Case& one : detail::unsupported_cases())
        if (!declared.includes(one.needs)) suite.add(one);
    if (factory.move_clock) suite.add(clock_themes);
    return suite.cases;
}

std::vector<ConformanceCase> operator_store_conformance(const StoreFactory& factory) {
    return operator_store_conformance(factory, declared_by(factory));
}

std::vector<ConformanceCase> operator_store_conformance(const StoreFactory& factory,
                                                        const StoreCapabilities& declared) {
    Suite suite(factory, declared);
    suite.add(operator_themes);
    if (factory.move_clock) suite.add(operator_clock_themes);
    return suite.cases;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
