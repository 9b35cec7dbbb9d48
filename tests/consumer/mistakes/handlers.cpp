#include "job.hpp"

#include <asyncjobs/coroutine.hpp>

#include <boost/asio/io_context.hpp>

using asyncjobs::Executor;
using asyncjobs::JobContext;
using asyncjobs::JsonText;
using asyncjobs::ProgressReporter;
using boost::asio::awaitable;

namespace mistake_1 {
// remedy: a handler is called as handler(input) or handler(input, context)
void handle(Executor& executor) {
    executor.handle<Report>([](ProgressReporter&, const Report&) { return 1; });
}
} // namespace mistake_1

namespace mistake_2 {
// remedy: from several threads, so not mutable
void handle(Executor& executor) {
    executor.handle<Report>([count = 0](const Report&) mutable { return ++count; });
}
} // namespace mistake_2

namespace mistake_3 {
struct Undescribed {};
// remedy: asyncjobs has no JSON conversion for this type: describe a struct with
void handle(Executor& executor) {
    executor.handle<Report>([](const Report&) { return Undescribed{}; });
}
} // namespace mistake_3

namespace mistake_4 {
// remedy: a handler that is a coroutine is registered as asyncjobs::coroutine(executor, handler)
void handle(Executor& executor) {
    executor.handle<Report>([](Report) -> awaitable<int> { co_return 1; });
}
} // namespace mistake_4

namespace mistake_5 {
// remedy: a handler that is a coroutine is registered as asyncjobs::coroutine(executor, handler)
void handle(Executor& executor) {
    executor.handle("report", [](const JsonText&, ProgressReporter&) -> awaitable<JsonText> {
        co_return JsonText();
    });
}
} // namespace mistake_5

namespace mistake_6 {
// remedy: and returns an asyncjobs::JsonText; for structs write handle<Input>(handler)
void handle(Executor& executor) {
    executor.handle("report", [](const JsonText&, ProgressReporter&) { return Report{}; });
}
} // namespace mistake_6

namespace mistake_7 {
// remedy: for structs write handle<Input>(handler)
void handle(Executor& executor) {
    executor.handle("report", [](const Report&) { return 1; });
}
} // namespace mistake_7

namespace mistake_8 {
// remedy: as asyncjobs::coroutine() makes one, is registered by handle_async(type, handler)
void handle(Executor& executor, boost::asio::io_context& context) {
    executor.handle("report", asyncjobs::coroutine(
                                  context.get_executor(),
                                  [](const JsonText&, ProgressReporter&) -> awaitable<JsonText> {
                                      co_return JsonText();
                                  }));
}
} // namespace mistake_8

namespace mistake_9 {
struct Undescribed {
    static constexpr std::string_view type = "undescribed";
};
// remedy: describe the struct that is the job's input: BOOST_DESCRIBE_STRUCT(
void handle(Executor& executor, boost::asio::io_context& context) {
    executor.handle<Undescribed>(asyncjobs::coroutine(
        context.get_executor(), [](const Undescribed&) -> awaitable<void> { co_return; }));
}
} // namespace mistake_9

namespace mistake_10 {
struct Undescribed {};
// remedy: asyncjobs has no JSON conversion for this type: describe a struct with
void handle(Executor& executor, boost::asio::io_context& context) {
    executor.handle<Report>(
        asyncjobs::coroutine(context.get_executor(), [](const Report&) -> awaitable<Undescribed> {
            co_return Undescribed{};
        }));
}
} // namespace mistake_10

namespace mistake_11 {
// remedy: coroutine() makes a handler of a function that returns boost::asio::awaitable<Result>
void handle(Executor& executor, boost::asio::io_context& context) {
    executor.handle<Report>(
        asyncjobs::coroutine(context.get_executor(), [](const Report&) { return 1; }));
}
} // namespace mistake_11

namespace mistake_12 {
// remedy: a handler is called as handler(input) or handler(input, context)
void handle(Executor& executor, boost::asio::io_context& context) {
    executor.handle_async(
        "report",
        asyncjobs::coroutine(context.get_executor(), [](int) -> awaitable<void> { co_return; }));
}
} // namespace mistake_12

namespace mistake_13 {
struct Undescribed {};
// remedy: asyncjobs has no JSON conversion for this type: describe a struct with
void step(JobContext& context) {
    context.step("once", [] { return Undescribed{}; });
}
} // namespace mistake_13

namespace mistake_14 {
// remedy: a step's function is called without arguments, and returns its result
void step(JobContext& context) {
    context.step("once", [](ProgressReporter&) { return 1; });
}
} // namespace mistake_14

namespace mistake_15 {
// remedy: it is no coroutine
void step(JobContext& context) {
    context.step("once", []() -> awaitable<int> { co_return 1; });
}
} // namespace mistake_15
