// Two schedulers on one store, as in two processes: each slot fires once, whichever of them handles
// it. Prints the reports of two seconds and one that is triggered, and when the next is due.

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/schedules/scheduler.hpp>

#include <fmt/format.h>

#include <semaphore>

struct SalesReport {
    static constexpr std::string_view type = "sales_report";
    std::string format = "pdf";
    asyncjobs::Timestamp slot = {};
};
BOOST_DESCRIBE_STRUCT(SalesReport, (), (format, slot))

int main() {
    asyncjobs::MemoryJobStore store;
    std::counting_semaphore<> reports(0);
    asyncjobs::Executor executor(store);
    executor.handle<SalesReport>([&](const SalesReport& in) {
        fmt::print("a {} for {}\n", in.format, asyncjobs::to_rfc3339(in.slot));
        reports.release();
    });
    executor.start();

    asyncjobs::Scheduler scheduler(store), another(store);
    for (auto* each : {&scheduler, &another}) {
        each->set("nightly", SalesReport{.format = "pdf"},
                  {.cron = asyncjobs::Cron("0 3 * * *", "Europe/Berlin"), .slot_member = "slot"});
        each->set("ticker", SalesReport{.format = "csv"},
                  {.cron = asyncjobs::Cron("* * * * * *"), .slot_member = "slot"});
        each->start();
    }
    for (int i = 0; i < 2; ++i) reports.acquire();
    scheduler.remove("ticker");
    asyncjobs::Client client(store);
    client.wait(scheduler.trigger("nightly"), std::chrono::seconds{10});

    for (const auto& each : scheduler.list())
        fmt::print("{}: next at {}\n", each.name, asyncjobs::to_rfc3339(each.next_slot.value()));
}
