#pragma once

#include "message/concurrency_limiter.hpp"

#include <asyncjobs/http/route_options.hpp>

#include <boost/json/object.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A response that waits for a change of a job.
struct LongPoll {
    JobId id = {};
    std::function<bool(const Job&)> is_over = {}; ///< not called for a removed job, which ends it
    Duration at_most = {};
    ConcurrencyLimiter::Permit permit = {}; ///< kept until the wait is over
    std::function<Response(const Request&)> then = {};
};

struct Deferred;
using HandlerResult = std::variant<Response, LongPoll, Deferred>;

/// A response that is made after another operation; occupies no thread until then.
struct Deferred {
    /// Throws a Problem as the response.
    using Then = std::function<HandlerResult(const Request&)>;
    using Resume = std::function<void(Then)>;

    /// Starts the operation, which must call its argument once, from a thread that may block.
    std::function<void(Resume resume)> begin = {};
};

using ResultHandler = std::function<HandlerResult(const Call&)>;

enum class Access { anonymous, authenticated };

struct Route {
    std::string method = {};
    std::string path = {}; ///< with the prefix; segments literal or `{name}`
    Access access = Access::authenticated;
    Permit permit = {};
    ResultHandler handler = {};
    bool blocks = true;                 ///< whether the handler may block
    boost::json::object operation = {}; ///< see RouteOptions::operation
    bool described = true;
    std::shared_ptr<const detail::SubmitRule> submission = {}; ///< of a submit route
};

/// Finds the route for a method and a path. Prefers a literal segment to a named one.
class Router {
public:
    struct Match {
        const Route* route = nullptr; ///< nullptr: no route for this method
        Parameters parameters = {};
        std::vector<std::string> methods = {}; ///< of the path; empty: no such path
    };

    /// Throws Error (Errc::invalid_argument) for a malformed or repeated route.
    void add(Route route);

    Match find(std::string_view method, const std::vector<std::string>& segments) const;

    /// In the order of declaration; valid until the next add().
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

/// The value of Allow: `methods`, HEAD if GET is among them, and OPTIONS.
std::string allow_list(const std::vector<std::string>& methods);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
