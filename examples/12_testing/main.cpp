// A shop's tests of its own jobs, without a test framework: submitted jobs, a job's effects, its
// retry, and a job three days later, without waiting.

#include <asyncjobs/testing/harness.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;

namespace shop {

struct Mail {
    static constexpr std::string_view type = "mail";
    std::string to, subject;
};
struct Delivery {
    int server = 0;
};
BOOST_DESCRIBE_STRUCT(Mail, (), (to, subject))
BOOST_DESCRIBE_STRUCT(Delivery, (), (server))

struct MailServer {
    bool up = true;
    std::vector<std::string> sent = {};
};

void register_jobs(asyncjobs::Executor& executor, MailServer& server) {
    executor.handle<Mail>(
        [&server](const Mail& mail) {
            if (!server.up) throw asyncjobs::JobFailure("E4210", "The mail server is down.");
            server.sent.push_back(mail.subject);
            return Delivery{7};
        },
        {.retry = asyncjobs::RetryPolicy::fixed(1min, 0.0)});
}

void place_order(asyncjobs::Client& client, const std::string& customer) {
    client.submit(Mail{customer, "Your order"});
    client.submit(Mail{customer, "How do you like it?"}, {.delay = 72h});
}

} // namespace shop

namespace {

using asyncjobs::JobStatus;
using asyncjobs::testing::Harness;
using shop::Mail;

struct Checks {
    int made = 0, failed = 0;

    void operator()(bool holds, std::string_view what) {
        ++made;
        if (holds) return;
        ++failed;
        fmt::print("failed: {}\n", what);
    }
};

struct ShopTest {
    shop::MailServer server = {};
    Harness jobs{[this](asyncjobs::Executor& executor) { shop::register_jobs(executor, server); }};
};

void an_order_submits_two_mails(Checks& check) {
    ShopTest test;
    shop::place_order(test.jobs.client(), "ann@example.org");
    const auto mails = test.jobs.submitted<Mail>();
    check(mails.size() == 2, "two mails are submitted");
    check(mails.at(0).to == "ann@example.org", "the first one goes to the customer");
    check(test.server.sent.empty(), "none is sent within the request");
}

void a_mail_returns_its_server(Checks& check) {
    ShopTest test;
    const auto job = test.jobs.run(Mail{"ann@example.org", "Hello"});
    check(job.status == JobStatus::completed, "the mail is sent");
    check(job.result && job.result->text() == R"({"server":7})", "the server is the result");
}

void a_mail_is_retried_after_a_minute(Checks& check) {
    ShopTest test;
    test.server.up = false;
    const auto job = test.jobs.run(Mail{"ann@example.org", "Hello"});
    check(job.status == JobStatus::pending, "the mail waits for its retry");
    check(job.error && job.error->code == "E4210", "the job has the error");
    test.server.up = true;
    check(test.jobs.drain() == 0, "it is not due yet");
    check(test.jobs.advance(1min) == 1, "it is retried once");
    check(test.jobs.find(job.id).status == JobStatus::completed, "then it is sent");
}

void three_days_later_the_customer_is_asked(Checks& check) {
    ShopTest test;
    shop::place_order(test.jobs.client(), "ann@example.org");
    test.jobs.advance(71h);
    check(test.server.sent == std::vector<std::string>{"Your order"},
          "only the order is confirmed");
    test.jobs.advance(1h);
    check(test.server.sent.back() == "How do you like it?", "then the customer is asked");
}

} // namespace

int main() {
    Checks check;
    an_order_submits_two_mails(check);
    a_mail_returns_its_server(check);
    a_mail_is_retried_after_a_minute(check);
    three_days_later_the_customer_is_asked(check);
    fmt::print("{} checks, {} failed\n", check.made, check.failed);
    return check.failed == 0 ? 0 : 1;
}
