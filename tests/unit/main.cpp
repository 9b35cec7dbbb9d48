// The main function of all test binaries: doctest's, and 77 if every selected test case was
// skipped, 1 if none was selected.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace {

constexpr int all_skipped = 77; ///< SKIP_RETURN_CODE in AsyncjobsTests.cmake

/// The test cases that the filters select, without those that have started.
std::vector<const doctest::TestCaseData*> not_started;

/// Keeps `not_started` up to date: a query adds the test cases that it finds.
class Bookkeeper final : public doctest::IReporter {
public:
    explicit Bookkeeper(const doctest::ContextOptions&) {}

    void report_query(const doctest::QueryData& query) override {
        not_started.assign(query.data, query.data + query.num_data);
    }
    void test_case_start(const doctest::TestCaseData& test) override {
        std::erase(not_started, &test);
    }

    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_end(const doctest::CurrentTestCaseStats&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_LISTENER("bookkeeper", 1, Bookkeeper);

/// Finds the test cases that the filters in the arguments select, including those to be skipped.
void select_test_cases(std::vector<const char*> arguments) {
    arguments.insert(arguments.end(), {"--list-test-cases", "--no-skip"});
    std::ostream discarded(nullptr);
    doctest::Context query(static_cast<int>(arguments.size()), arguments.data());
    query.setCout(&discarded);
    query.run();
}

void print_skipped(std::size_t selected) {
    std::map<std::string, int> reasons;
    for (const auto* test : not_started)
        ++reasons[test->m_description ? test->m_description : "no reason given"];
    for (const auto& [reason, count] : reasons)
        std::printf("skipped %d of %zu test cases: %s\n", count, selected, reason.c_str());
}

} // namespace

int main(int argc, char** argv) {
    select_test_cases({argv, argv + argc});
    const auto selected = not_started.size();
    doctest::Context context(argc, argv);
    const int result = context.run();
    if (context.shouldExit()) return result; // it was a query
    if (selected == 0) {
        std::fputs("no test case matches the filters\n", stderr);
        return 1;
    }
    print_skipped(selected);
    if (result != 0) return result;
    return not_started.size() == selected ? all_skipped : 0;
}
