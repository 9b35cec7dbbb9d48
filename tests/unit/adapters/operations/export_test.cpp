#include "operator_api.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <set>

using namespace operator_test;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        REQUIRE(end != text.npos);
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

/// The records of a document after RFC 4180.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
    std::vector<std::vector<std::string>> records(1);
    std::string cell;
    bool is_quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (is_quoted && c == '"' && text.compare(i, 2, "\"\"") == 0)
            cell += text[i++];
        else if (c == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && (c == ',' || c == '\n'))
            records.back().push_back(std::exchange(cell, {}));
        else if (is_quoted || c != '\r')
            cell += c;
        if (!is_quoted && c == '\n') records.emplace_back();
    }
    REQUIRE(records.back().empty());
    records.pop_back();
    return records;
}

std::string exported(OperatorApi& api, const std::string& query = "") {
    return StreamReader(api.get("/jobs/export" + query)).rest();
}

} // namespace

TEST_CASE("an export has a line for each job that matches, and a last one that counts them") {
    OperatorApi api;
    for (int i = 0; i < 3; ++i)
        api.submit({.input = JsonText::parse(R"({"card": 1})"), .owner = "bob"});
    api.submit({.type = "mail"});
    const auto response = api.get("/jobs/export?type=report");
    CHECK(response.headers.joined("Content-Type") == "application/x-ndjson");
    CHECK(response.headers.joined("Content-Disposition") ==
          R"(attachment; filename="jobs.ndjson")");
    CHECK(response.headers.joined("Cache-Control") == "no-store");
    const auto text = StreamReader(response).rest();
    CHECK(text.find("card") == text.npos);
    const auto lines = lines_of(text);
    const auto jobs = document(api.get("/jobs?type=report")).at("jobs").as_array();
    REQUIRE(lines.size() == jobs.size() + 1);
    for (std::size_t i = 0; i < jobs.size(); ++i) CHECK(boost::json::parse(lines[i]) == jobs[i]);
    CHECK(lines.back() == R"({"exported":3})");
    CHECK(exported(api, "?type=none") == "{\"exported\":0}\n");
}

TEST_CASE("a capped export states where to continue, and finds each job once") {
    OperatorApi api({.export_limit = 3});
    std::set<std::string> submitted, found;
    for (int i = 0; i < 7; ++i) submitted.insert(text(api.submit()));
    std::vector<std::size_t> counts;
    std::string query = "?limit=100";
    for (bool more = true; more;) {
        auto lines = lines_of(exported(api, query));
        const auto end = boost::json::parse(lines.back()).as_object();
        lines.pop_back();
        counts.push_back(lines.size());
        for (const auto& line : lines)
            CHECK(found.insert(std::string(boost::json::parse(line).at("job_id").as_string()))
                      .second);
        more = end.contains("next_cursor");
        if (more) query = "?cursor=" + std::string(end.at("next_cursor").as_string());
    }
    CHECK(counts == std::vector<std::size_t>{3, 3, 1});
    CHECK(found == submitted);
}

TEST_CASE("an export as CSV has a column for each member of a job") {
    OperatorApi api;
    const auto id = text(api.submit({.owner = "O\"Hara, Ann"}));
    api.fail_next("E1");
    const auto response = api.get("/jobs/export?format=csv");
    CHECK(response.headers.joined("Content-Type") == "text/csv; charset=utf-8; header=present");
    CHECK(response.headers.joined("Content-Disposition") == R"(attachment; filename="jobs.csv")");
    const auto records = parse_csv(StreamReader(response).rest());
    REQUIRE(records.size() == 2);
    REQUIRE(records[0].size() == records[1].size());
    const auto cell = [&](const std::string& column) {
        const auto at = std::ranges::find(records[0], column) - records[0].begin();
        REQUIRE(at < std::ssize(records[0]));
        return records[1][static_cast<std::size_t>(at)];
    };
    CHECK(cell("job_id") == id);
    CHECK(cell("owner") == "O\"Hara, Ann");
    CHECK(cell("status") == "failed");
    CHECK(cell("attempt") == "1");
    CHECK(cell("error_code") == "E1");
    CHECK(cell("error_message") == "no");
    CHECK(cell("worker") == "worker");
    CHECK(cell("deadline").empty());
    CHECK(cell("created_at") == document(api.get("/jobs/" + id)).at("created_at").as_string());
}

TEST_CASE("no text in an exported CSV is a formula") {
    for (const std::string start : {"=", "+", "-", "@"}) {
        CAPTURE(start);
        OperatorApi api;
        api.submit({.owner = start + "cmd|'/C calc'!A0"});
        const auto csv = exported(api, "?format=csv");
        CHECK(parse_csv(csv)[1][3] == "'" + start + "cmd|'/C calc'!A0");
        CHECK(csv.find(",\"'" + start + "cmd") != csv.npos);
    }
    OperatorApi api;
    const auto id = text(api.submit());
    for (const std::string reason : {"\t=1+1", "\r=1+1", "a\r\nb"}) {
        CAPTURE(reason);
        OperatorApi other;
        other.client.cancel(other.submit(), {.reason = reason});
        const auto records = parse_csv(exported(other, "?format=csv"));
        const auto at = std::ranges::find(records[0], "cancel_reason") - records[0].begin();
        CHECK(records[1][static_cast<std::size_t>(at)] ==
              (reason[0] == 'a' ? reason : "'" + reason));
    }
}

TEST_CASE("a capped CSV has a last line with the cursor") {
    OperatorApi api;
    for (int i = 0; i < 2; ++i) api.submit();
    const auto whole = parse_csv(exported(api, "?format=csv"));
    CHECK(whole.size() == 3);
    const auto capped = parse_csv(exported(api, "?format=csv&limit=1"));
    REQUIRE(capped.size() == 3);
    CHECK(capped[2].size() == capped[0].size());
    CHECK(capped[2][0] == "next_cursor");
    const auto rest = parse_csv(exported(api, "?format=csv&cursor=" + capped[2][1]));
    REQUIRE(rest.size() == 2);
    CHECK(rest[1] == whole[2]);
}

TEST_CASE("a client that does not read an export makes no more searches") {
    MemoryJobStore memory;
    auto store = std::make_unique<CountingStore>(memory, "search");
    auto& searches = store->calls;
    OperatorApi api({}, std::move(store));
    std::vector<NewJob> jobs(2'000, NewJob{.type = "report"});
    for (NewJob& job : jobs) api.submit(job);
    StreamReader reader(api.get("/jobs/export"));
    CHECK(searches == 1);
    CHECK(lines_of(reader.next().value()).size() == 500);
    CHECK(searches == 2);
    CHECK(lines_of(reader.rest()).size() == 1'501);
}

TEST_CASE("an export that the store breaks off does not end as if it were whole") {
    MemoryJobStore memory;
    auto store = std::make_unique<CountingStore>(memory, "search");
    auto& fails = store->fails;
    OperatorApi api({}, std::move(store));
    for (int i = 0; i < 1'500; ++i) api.submit();
    StreamReader reader(api.get("/jobs/export"));
    CHECK(reader.next());
    fails = true;
    CHECK(reader.next());
    CHECK_THROWS_AS(reader.next(), std::runtime_error);
    CHECK(api.get("/jobs/export").status == 503);
}

TEST_CASE("an export has the jobs of an operator's view, and ends if it finds none for long") {
    OperatorApi api({.visible = [](const http::Principal&, std::string_view queue,
                                   std::string_view) { return queue != "secret"; }});
    const auto seen = text(api.submit());
    for (int i = 0; i < 600; ++i) api.submit({.queue = "secret"});
    const auto lines = lines_of(exported(api));
    REQUIRE(lines.size() == 2);
    CHECK(boost::json::parse(lines[0]).at("job_id").as_string() == seen);
    CHECK(lines[1] == R"({"exported":1})");

    const auto end = boost::json::parse(exported(api, "?limit=1")).as_object();
    CHECK(end.at("exported") == 0);
    const auto rest =
        lines_of(exported(api, "?cursor=" + std::string(end.at("next_cursor").as_string())));
    CHECK(rest.size() == 2);
}

TEST_CASE("an export refuses other formats, and a bad filter as a search does") {
    OperatorApi api;
    CHECK(document(api.get("/jobs/export?format=xlsx")).at("detail") ==
          "format must be ndjson or csv");
    CHECK(api.get("/jobs/export?status=late").status == 400);
    CHECK(api.get("/jobs/export?type=a%20b").status == 400);
    CHECK(api.get("/jobs/export?limit=0").status == 400);
}
