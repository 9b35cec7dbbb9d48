#pragma once

#include "report_server_process.hpp"
#include "scratch_directory.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

inline constexpr std::string_view orders =
    "invoice_no,stock_code,description,quantity,invoiced_at,unit_price,customer_id,country\n"
    "1,A,Lamp,2,2011-01-01T00:00:00Z,1.005,7,France\n"
    "1,B,\"Cup, blue\",1,2011-01-01T10:00:00Z,3.00,7,France\n"
    "2,A,Lamp,10,2011-01-31T23:59:59Z,1.00,8,Spain\n"
    "C3,A,Lamp,-1,2011-01-31T12:00:00Z,1.00,8,Spain\n"
    "4,A,Lamp,1,2011-02-01T00:00:00Z,99.00,8,Spain\n";

/// A report server for one test, with these orders unless `--orders` names others.
class Server {
public:
    explicit Server(std::vector<std::string> more = {}) {
        std::vector<std::string> arguments = {
            "--store",  "sqlite:" + (folder_ / "jobs.db").string(),
            "--files",  (folder_ / "files").string(),
            "--tokens", with_content(folder_ / "tokens", token_file).string()};
        if (std::find(more.begin(), more.end(), "--orders") == more.end())
            more.insert(more.end(),
                        {"--orders", with_content(folder_ / "orders.csv", orders).string()});
        arguments.insert(arguments.end(), more.begin(), more.end());
        process_.emplace(std::move(arguments));
    }

    ReportClient client(std::string token = "secret") const {
        return ReportClient(process_->port(), std::move(token));
    }
    ReportServerProcess& process() { return *process_; }

    /// The file of `--tokens`.
    std::filesystem::path tokens() const { return folder_ / "tokens"; }

private:
    ScratchDirectory folder_;
    std::optional<ReportServerProcess> process_;
};

inline constexpr std::string_view january =
    R"({"from":"2011-01-01","to":"2011-01-31","format":"csv"})";
