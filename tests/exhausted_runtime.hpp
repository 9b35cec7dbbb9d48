#pragma once

#include <asyncjobs/error.hpp>
#include <asyncjobs/runtime.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

/// Makes `left` timers, lanes and events, then calls `refuse` instead.
class ExhaustedRuntime final : public asyncjobs::Runtime {
public:
    ExhaustedRuntime(int left, std::function<void()> refuse)
        : left_(left), refuse_(std::move(refuse)) {}

    asyncjobs::SteadyTime now() const override { return real_->now(); }
    asyncjobs::Timestamp wall_clock() const override { return real_->wall_clock(); }
    std::uint64_t random() override { return real_->random(); }
    std::unique_ptr<asyncjobs::Timer> make_timer(asyncjobs::Task task) override {
        take();
        return real_->make_timer(std::move(task));
    }
    std::unique_ptr<asyncjobs::Lane> make_lane(unsigned threads) override {
        take();
        return real_->make_lane(threads);
    }
    std::unique_ptr<asyncjobs::Event> make_event() override {
        take();
        return real_->make_event();
    }

private:
    void take() {
        if (left_-- <= 0) refuse_();
    }

    std::shared_ptr<asyncjobs::Runtime> real_ = asyncjobs::make_runtime();
    int left_;
    const std::function<void()> refuse_;
};

/// Checks that `make(runtime)` throws Errc::overloaded as long as the runtime makes too few of the
/// timers, lanes and events that it needs.
template <typename Make>
void check_each_refusal(Make make) {
    const std::function<void()> refusals[] = {
        [] { throw std::bad_alloc(); },
        [] { throw std::system_error(EAGAIN, std::generic_category(), "thread"); },
        [] { throw std::runtime_error("boost::system::system_error is one"); }};
    for (const auto& refuse : refusals) {
        int failed = 0;
        for (bool has_all = false; !has_all; ++failed) {
            REQUIRE(failed < 100);
            try {
                make(std::make_shared<ExhaustedRuntime>(failed, refuse));
                has_all = true;
            } catch (const asyncjobs::Error& error) {
                CHECK(error.code() == asyncjobs::Errc::overloaded);
            }
        }
        CHECK(failed > 1);
    }
}
