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
/// none. Handlers run on the calling thread, within drain(), advance() and run(); time stands still
/// but for advance().
///
/// Thread-safety  None.
/// Errors         What a handler throws is in its job's `error`, as in production. Bad options
/// throw
///                Error (Errc::invalid_argument).
class ASYNCJOBS_TESTING_DECL Harness {
public:
    using RegisterHandlers = std::function<void(Executor&)>;

    /// The executor starts with the first drain(), advance() or run(): handlers may be registered
    /// until then. Polls, rescues and purges are hourly, whatever `options` say: jobs start when
    /// they are due without them.
    explicit Harness(const RegisterHandlers& register_handlers = {}, ExecutorOptions options = {});
    ~Harness();
    Harness(const Harness&) = delete;
    Harness& operator=(const Harness&) = delete;

    /// What the host's code is given. All of it uses the one store and the one clock.
    JobStore& store() noexcept;
    Client& client() noexcept;
    Executor& executor() noexcept;
    const std::shared_ptr<Runtime>& runtime() const noexcept;

    Timestamp now() const;

    /// Runs all that is due now, and what becomes due by that, until nothing is. Answers how many
    /// attempts ran. Throws Error (Errc::overloaded) where there is no end to them.
    std::size_t drain();

    /// Lets time pass: what becomes due in it (scheduled jobs, retries, timeouts, the end of
    /// retention) happens at its time, in order. Then as drain(). A handler may call it to take
    /// time.
    std::size_t advance(Duration duration);

    /// Submits, drains, and answers what became of the job.
    Job run(NewJob job);
    template <typename Input>
    Job run(const Input& input, NewJob job = {}) {
        return run(new_job(input, std::move(job)));
    }

    /// Throws Error (Errc::not_found) if there is no such job.
    Job find(const JobId& id);

    /// In the order of their submission: all, or those of a type.
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
