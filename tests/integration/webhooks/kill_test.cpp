#include "../child_process.hpp"
#include "receiver.hpp"

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/webhooks/webhooks.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <latch>

using namespace asyncjobs;
using namespace std::chrono_literals;

TEST_CASE("a delivery of a killed process is sent by another one with the same bytes") {
    const std::filesystem::path folder = WORKER_FOLDER;
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    const auto url = "sqlite:" + (folder / "jobs.db").string();
    std::latch killed(1);
    Receiver receiver("localhost", [&](const Receiver::Request&) {
        killed.wait();
        return response(200);
    });
    const auto store = open_store(url);
    Webhooks webhooks(*store, {.ports = {receiver.port()}, .allow_private_addresses = true});
    webhooks.set_endpoint("ann", {.name = "crm", .url = receiver.url()});
    const std::vector<std::string> command = {WORKER_PROGRAM, url, CERTIFICATES "/ca.pem",
                                              std::to_string(receiver.port())};
    ChildProcess first(command, STDERR_FILENO);
    NewJob job{.type = "report", .owner = "ann"};
    Client client(*store);
    job.id = client.make_id();
    const auto delivery = webhooks.deliveries_of(job).front().id;
    webhooks.submit(job);
    const auto before = receiver.next();
    CHECK(client.find(job.id)->status == JobStatus::completed);
    CHECK(first.end(SIGKILL) == -SIGKILL);
    killed.count_down();

    ChildProcess second(command, STDERR_FILENO);
    const auto after = receiver.next();
    CHECK(after["webhook-id"] == before["webhook-id"]);
    CHECK(after.body() == before.body());
    CHECK(client.wait(delivery, 30s)->status == JobStatus::completed);
    second.end(SIGKILL);
}
