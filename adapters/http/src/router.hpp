#pragma once

#include "seats.hpp"

#include <asyncjobs/http/job_api.hpp>

#include <boost/json/object.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// An answer that shall wait for what becomes of a job.
struct Wait {
    JobId id = {};
    std::function<bool(const Job&)> is_over = {}; ///< a job that is gone is over
    Duration at_most = {};
    Seats::Seat seat = {}; ///< kept until it is over
    std::function<Response(const Request&)> then = {};
};

struct Later;
using Answer = std::variant<Response, Wait, Later>;

/// An answer that is made when something else has ended; holds no thread until then.
struct Later {
    /// Throws what the answer is instead.
    using Then = std::function<Answer(const Request&)>;
    using GoOn = std::function<void(Then)>;

    /// Begins it. `go_on` is to be called once, from a thread that may block.
    std::function<void(GoOn go_on)> begin = {};
};

using AnswerHandler = std::function<Answer(const Call&)>;

enum class Access { anybody, authenticated };

struct Route {
    std::string method = {};
    std::string path = {}; ///< with the prefix; segments literal or `{name}`
    Access access = Access::authenticated;
    Permit permit = {};
    AnswerHandler handler = {};
    bool blocks = true; ///< the handler; one that does not answers, or begins what does
    boost::json::object operation = {}; ///< what is said of it; see RouteOptions::operation
    bool described = true;
    std::shared_ptr<const detail::SubmitRule> submission = {}; ///< of a route that submits by one
};

/// Finds the route for a method and a path. A literal segment is preferred to a named one.
class Router {
public:
    struct Match {
        const Route* route = nullptr; ///< empty: there is the path, but not with this method
        Parameters parameters = {};
        std::vector<std::string> methods = {}; ///< of the path; empty: there is no such path
    };

    /// Throws Error (Errc::invalid_argument) for a malformed or repeated route.
    void add(Route route);

    Match find(std::string_view method, const std::vector<std::string>& segments) const;

    /// In the order of their declaration; valid until the next one.
    std::vector<const Route*> routes() const;

    /// All methods of all routes.
    std::vector<std::string> methods() const;

private:
    struct Entry {
        Route route;
        std::vector<std::string> segments;
    };

    std::vector<Entry> entries_;
};

/// Of an Allow header; HEAD comes with GET, and OPTIONS always.
std::string allow_list(const std::vector<std::string>& methods);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
