#include "lost_response.hpp"

#include "databases/store_calls.hpp"
#include "tcp_proxy.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <atomic>

namespace soci_test {

using namespace asyncjobs;
using Cut = TcpProxy::Cut;

void check_submits_with_lost_responses(const std::string& url, std::string_view commit) {
    const auto direct = open_store(url);
    std::uint64_t number = 0;
    for (const auto how : {Cut::before_request, Cut::before_response}) {
        CAPTURE(static_cast<int>(how));
        TcpProxy proxy(port_in(url));
        const auto store = open_store(through(proxy, url));
        const auto job = new_job(++number);
        submit(*store, new_job(++number)); // so that a session is open
        proxy.cut_at(commit, how);
        CHECK(code_of([&] { submit(*store, job); }) == Errc::unknown_outcome);
        CHECK(proxy.has_cut());
        CHECK(find(*direct, job.id).has_value() == (how == Cut::before_response));

        Client client(*store);
        auto again = new_job(++number);
        proxy.cut_at(commit, how);
        CHECK(client.submit(again).outcome == Submitted::Outcome::created);
        CHECK(proxy.has_cut());
        CHECK(find(*direct, again.id));
    }
}

void check_executor_with_lost_responses(const std::string& url, std::string_view commit) {
    const auto direct = open_store(url);
    TcpProxy proxy(port_in(url));
    const auto store = open_store(through(proxy, url));
    Executor executor(*store, {.poll_every = std::chrono::milliseconds{20}});
    std::atomic<int> runs = 0;
    executor.handle("noop", [&](const JsonText&, ProgressReporter&) {
        ++runs;
        proxy.cut_at(commit, Cut::before_response);
        return JsonText();
    });
    proxy.cut_at(commit, Cut::before_response);
    Client client(*direct);
    const auto id = client.submit(new_job(1)).id;
    executor.start();
    const auto job = client.wait(id, std::chrono::minutes{1});
    executor.stop(std::chrono::seconds{10});
    CHECK(job->status == JobStatus::completed);
    CHECK(job->attempt == 1);
    CHECK(job->crashes == 0);
    CHECK(runs == 1);
}

} // namespace soci_test
