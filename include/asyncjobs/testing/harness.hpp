#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing {

/// A store, an executor and a client for tests of a host's own jobs, with any test framework or
/// none. Handlers run on the calling thread, within drain(), advance() and run(); time passes only
/// in advance().
///
/// Thread-safety  None.
/// Errors         An exception of a handler is in its job's `error`, as in production. Bad options
///                throw Error (Errc::invalid_argument).
class ASYNCJOBS_TESTING_DECL Harness {
public:
    /// Registers the handlers of the host's jobs.
    using RegisterHandlers = std::function<void(Executor&)>;

    /// The executor starts with the first drain(), advance() or run(): register handlers before it.
    /// Polls, rescues and purges are hourly, whatever `options` holds: jobs start when they are due
    /// without them.
    explicit Harness(const RegisterHandlers& register_handlers = {}, ExecutorOptions options = {});
    ~Harness();
    Harness(const Harness&) = delete;
    Harness& operator=(const Harness&) = delete;

    /// For the host's code. All members use this one store and this one clock.
    JobStore& store() noexcept;
    Client& client() noexcept;                                ///< of store()
    Executor& executor() noexcept;                            ///< on store()
    const std::shared_ptr<Runtime>& runtime() const noexcept; ///< with the harness's clock

    Timestamp now() const; ///< the time of that clock

    /// Runs all due jobs, and those that become due by that, until none is left. Returns how many
    /// attempts ran. Throws Error (Errc::overloaded) if they never end.
    std::size_t drain();

    /// Advances the clock: scheduled jobs, retries, timeouts and the end of retention happen at
    /// their time, in order. Then like drain(). A handler may call it to take time.
    std::size_t advance(Duration duration);

    /// Submits the job, drains, and returns its final state.
    Job run(NewJob job);
    /// The same for `input`, a struct described by Boost.Describe.
    template <typename Input>
    Job run(const Input& input, NewJob job = {}) {
        return run(new_job(input, std::move(job)));
    }

    /// Throws Error (Errc::not_found) if no such job exists.
    Job find(const JobId& id);

    /// In order of submission: all jobs, or those of a type.
    std::vector<Job> jobs(std::string_view type = {});

    /// The inputs of jobs(Input::type).
    template <typename Input>
    std::vector<Input> submitted() {
        std::vector<Input> inputs;
        if constexpr (asyncjobs::detail::require_described_job<Input>())
            for (const auto& job : jobs(Input::type))
                inputs.push_back(json::parse<Input>(job.input));
        return inputs;
    }

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
