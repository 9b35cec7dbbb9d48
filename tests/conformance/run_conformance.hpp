#pragma once

#include <asyncjobs/testing/conformance.hpp>

#include <doctest/doctest.h>

#include <exception>
#include <memory>
#include <utility>

namespace conformance {

/// Makes each case of the suite a subcase of the test that calls this.
inline void run(const asyncjobs::testing::StoreFactory& factory) {
    for (const auto& conformance_case : asyncjobs::testing::job_store_conformance(factory)) {
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

/// A store that two objects can share: `open` gives one `Front` after the other on the same
/// `Store`.
template <typename Store, typename Front, typename... Args>
asyncjobs::testing::StoreFactory shared_store(Args... args) {
    const auto shared = std::make_shared<std::unique_ptr<Store>>();
    return {.reset = [shared, args...] { *shared = std::make_unique<Store>(args...); },
            .open = [shared] { return std::make_unique<Front>(**shared); }};
}

} // namespace conformance
