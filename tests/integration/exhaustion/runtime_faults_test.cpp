#include "handle_request.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <system_error>

using namespace asyncjobs;

namespace {

/// The real runtime, which refuses one timer, thread or task.
class FaultyRuntime final : public Runtime {
public:
    explicit FaultyRuntime(long nth) : left_(nth) {}

    bool has_failed() const noexcept { return left_ <= 0; }

    SteadyTime now() const override { return real_->now(); }
    Timestamp wall_clock() const override { return real_->wall_clock(); }
    std::uint64_t random() override { return real_->random(); }
    std::unique_ptr<Event> make_event() override { return real_->make_event(); }

    std::unique_ptr<Timer> make_timer(Task task) override {
        fail_if_due();
        return std::make_unique<FaultyTimer>(*this, real_->make_timer(std::move(task)));
    }
    std::unique_ptr<Lane> make_lane(unsigned threads) override {
        fail_if_due();
        return std::make_unique<FaultyLane>(*this, real_->make_lane(threads));
    }

private:
    void fail_if_due() {
        if (left_.fetch_sub(1) == 1)
            throw std::system_error(
                std::make_error_code(std::errc::resource_unavailable_try_again));
    }

    struct FaultyTimer final : Timer {
        FaultyTimer(FaultyRuntime& runtime, std::unique_ptr<Timer> timer)
            : of(runtime), real(std::move(timer)) {}
        void arm(Duration delay) override {
            of.fail_if_due();
            real->arm(delay);
        }
        void disarm() override { real->disarm(); }

        FaultyRuntime& of;
        std::unique_ptr<Timer> real;
    };

    struct FaultyLane final : Lane {
        FaultyLane(FaultyRuntime& runtime, std::unique_ptr<Lane> lane)
            : of(runtime), real(std::move(lane)) {}
        void post(Task task) override {
            of.fail_if_due();
            real->post(std::move(task));
        }
        void set_threads(unsigned threads) override { real->set_threads(threads); }

        FaultyRuntime& of;
        std::unique_ptr<Lane> real;
    };

    const std::shared_ptr<Runtime> real_ = make_runtime();
    std::atomic<long> left_;
};

} // namespace

TEST_CASE("a request gets a response and is no longer counted, whichever timer, thread or task is "
          "refused") {
    faulty_heap::spare_this_thread();
    for (const auto& kind : request_kinds()) {
        CAPTURE(kind.name);
        bool has_failed = true;
        for (long nth = 1; has_failed; ++nth) {
            CAPTURE(nth);
            const auto runtime = std::make_shared<FaultyRuntime>(nth);
            MemoryJobStore store;
            try {
                Client client(store, runtime);
                auto options = batching_options().api;
                options.authenticator = bearer_is_name;
                http::JobApi api(client, runtime, options);
                api.submit_route("/reports/sales", sales_route());
                api.submit_route("/notes", http::SubmitRoute<>{.job = {.type = "note"}});
                api.allow_generic(http::SubmitRoute<>{.job = {.type = "note"}});
                add_manual(api);
                {
                    const auto response = handle(api, neutral(kind, kind.line(client)), true);
                    if (const auto* stream =
                            std::get_if<std::shared_ptr<http::BodyStream>>(&response.body))
                        read_stream(*stream);
                }
                await_idle(api);
            } catch (const std::system_error&) { // thrown by a constructor
            }
            has_failed = runtime->has_failed();
            REQUIRE(nth < 1000);
        }
    }
}
