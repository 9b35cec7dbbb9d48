#pragma once

#include <asyncjobs/asyncjobs.hpp>

#include <string_view>
#include <vector>

struct Report {
    static constexpr std::string_view type = "report";
    int year = 2025;
};
BOOST_DESCRIBE_STRUCT(Report, (), (year))
