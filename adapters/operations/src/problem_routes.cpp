#include "operation.hpp"
#include "service.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

struct ProblemDocument {
    std::string kind = {};
    std::string severity = {}; ///< critical or warning
    std::string subject = {};
    std::optional<Timestamp> since = {};
    std::string sentence = {};
};
BOOST_DESCRIBE_STRUCT(ProblemDocument, (), (kind, severity, subject, since, sentence))

struct ProblemListDocument {
    std::vector<ProblemDocument> problems = {};
    Timestamp now = {};
};
BOOST_DESCRIBE_STRUCT(ProblemListDocument, (), (problems, now))

namespace {

http::Response problems(Service& service, const http::Call& call) {
    const auto findings = service.findings.get();
    ProblemListDocument document{.now = findings->now};
    for (const Finding& finding : findings->list) {
        const bool is_shown = std::ranges::any_of(finding.queues, [&](const std::string& queue) {
            return service.shows(call, queue, finding.type);
        });
        if (is_shown)
            document.problems.push_back({.kind = std::string(finding.kind),
                                         .severity = finding.is_critical ? "critical" : "warning",
                                         .subject = finding.subject,
                                         .since = finding.since,
                                         .sentence = finding.sentence});
    }
    return document_response(document);
}

} // namespace

std::vector<OperatorRoute> problem_routes() {
    return {{"GET", "/operator/problems", Right::see, problems,
             operation({.id = "listProblems",
                        .summary = "What an operator should look at, the worst first",
                        .response = schema<ProblemListDocument>()})}};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
