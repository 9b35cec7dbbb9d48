#pragma once

#include <asyncjobs/json.hpp>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <string_view>

/// The job that the test's workers run.
struct Step {
    static constexpr std::string_view type = "step";
    int wait_ms = 0;
    bool fails_first = false; ///< at its first attempt
    bool kills = false;       ///< kills its process at once
};
BOOST_DESCRIBE_STRUCT(Step, (), (wait_ms, fails_first, kills))

/// A worker's result names the fence under which it ran, so that the database can check whether it
/// was the current one.
struct StepTaken {
    std::int64_t fence = 0;
};
BOOST_DESCRIBE_STRUCT(StepTaken, (), (fence))
