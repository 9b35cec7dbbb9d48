// Reads lines of an expression, a zone and a time in seconds since 1970, separated by tabs, and
// prints the next slot for each, in the same seconds, or `none`.

#include <asyncjobs/schedules/cron.hpp>

#include <chrono>
#include <iostream>
#include <string>

int main() {
    std::ios::sync_with_stdio(false);
    std::string expression, zone, time;
    while (std::getline(std::cin, expression, '\t') && std::getline(std::cin, zone, '\t') &&
           std::getline(std::cin, time)) {
        const asyncjobs::Timestamp after{std::chrono::seconds(std::stoll(time))};
        if (const auto next = asyncjobs::Cron(expression, zone).next_after(after))
            std::cout << std::chrono::floor<std::chrono::seconds>(*next).time_since_epoch().count();
        else
            std::cout << "none";
        std::cout << '\n';
    }
}
