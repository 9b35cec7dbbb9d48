#pragma once

#include <asyncjobs/testing/conformance.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <exception>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace conformance {

/// Makes each case a subcase of the calling test.
inline void run(const std::vector<asyncjobs::testing::ConformanceCase>& cases) {
    for (const auto& conformance_case : cases) {
        SUBCASE(conformance_case.name.c_str()) {
            std::string failure;
            try {
                conformance_case.run();
            } catch (const std::exception& error) {
                failure = error.what();
            }
            CHECK_MESSAGE(failure.empty(), conformance_case.name << "\n" << failure);
        }
    }
}

/// What the stores of the calling test declare. Opens one the first time only: doctest enters a
/// test once for each of its subcases.
inline asyncjobs::StoreCapabilities
declared_in_test(const asyncjobs::testing::StoreFactory& factory) {
    static std::map<std::string, asyncjobs::StoreCapabilities> of_tests;
    const std::string test = doctest::getContextOptions()->currentTest->m_name;
    auto known = of_tests.find(test);
    if (known == of_tests.end())
        known = of_tests.emplace(test, asyncjobs::testing::declared_by(factory)).first;
    return known->second;
}

/// Whether the stores have JobStore::operators().
enum class Operators { none, some };

/// The cases of the contracts.
inline std::vector<asyncjobs::testing::ConformanceCase>
cases_of(const asyncjobs::testing::StoreFactory& factory, Operators operators) {
    const auto declared = declared_in_test(factory);
    auto cases = asyncjobs::testing::job_store_conformance(factory, declared);
    if (operators == Operators::none) return cases;
    for (auto& one : asyncjobs::testing::operator_store_conformance(factory, declared))
        cases.push_back(std::move(one));
    return cases;
}

inline void run(const asyncjobs::testing::StoreFactory& factory,
                Operators operators = Operators::some) {
    run(cases_of(factory, operators));
}

/// A clock that stands still until it is moved.
struct MovedClock {
    std::shared_ptr<std::atomic<asyncjobs::Duration>> since_epoch =
        std::make_shared<std::atomic<asyncjobs::Duration>>(std::chrono::days{20'000});

    asyncjobs::Timestamp operator()() const { return asyncjobs::Timestamp(since_epoch->load()); }
};

/// Only the cases that move the store's clock.
inline void run_with(const MovedClock& clock, asyncjobs::testing::StoreFactory factory,
                     Operators operators = Operators::some) {
    std::set<std::string> others;
    for (const auto& one : cases_of(factory, operators)) others.insert(one.name);
    factory.move_clock = [clock](asyncjobs::Duration by) {
        *clock.since_epoch = clock.since_epoch->load() + by;
    };
    auto cases = cases_of(factory, operators);
    std::erase_if(cases, [&](const auto& one) { return others.contains(one.name); });
    run(cases);
}

/// A store that two objects share: each `open` returns another `Front` on the same `Store`.
template <typename Store, typename Front, typename... Args>
asyncjobs::testing::StoreFactory shared_store(Args... args) {
    const auto shared = std::make_shared<std::unique_ptr<Store>>();
    return {.reset = [shared, args...] { *shared = std::make_unique<Store>(args...); },
            .open = [shared] { return std::make_unique<Front>(**shared); }};
}

} // namespace conformance
