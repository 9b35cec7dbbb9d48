#include <asyncjobs/testing/differential.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <string>

namespace {

using asyncjobs::testing::requested_sequences;

/// Sets ASYNCJOBS_SEQUENCES, and restores it at the end.
class Environment {
public:
    explicit Environment(const char* sequences) {
        if (const char* before = std::getenv(name)) before_ = before;
        if (sequences)
            ::setenv(name, sequences, 1);
        else
            ::unsetenv(name);
    }
    ~Environment() {
        if (before_)
            ::setenv(name, before_->c_str(), 1);
        else
            ::unsetenv(name);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

private:
    static constexpr const char* name = "ASYNCJOBS_SEQUENCES";
    std::optional<std::string> before_;
};

TEST_CASE("the environment chooses the sequences of a differential test") {
    struct Choice {
        const char* text;
        std::uint64_t first_seed;
        std::size_t sequences;
    };
    for (const auto& [text, first_seed, sequences] :
         {Choice{nullptr, 1, 20}, Choice{"all", 1, 2000}, Choice{"7", 7, 1},
          Choice{"101-500", 101, 400}}) {
        const Environment environment(text);
        const auto options = requested_sequences(20, 2000);
        CHECK(options.first_seed == first_seed);
        CHECK(options.sequences == sequences);
    }
}

TEST_CASE("a choice of sequences that names no seeds is refused") {
    for (const char* text : {"", "many", "7-", "-7", "9-7", "7x"}) {
        const Environment environment(text);
        CHECK_THROWS_AS(requested_sequences(20, 2000), asyncjobs::Error);
    }
}

} // namespace
