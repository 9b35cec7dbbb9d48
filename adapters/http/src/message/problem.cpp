#include <asyncjobs/http/problem.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <span>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

void Violations::add(std::string pointer, std::string detail) {
    if (found_.size() > json::most_mismatches) return;
    const auto read_end = found_.begin() + static_cast<std::ptrdiff_t>(read_);
    const bool closed = std::any_of(found_.begin(), read_end, [&](const json::Mismatch& faulty) {
        return pointer == faulty.pointer || pointer.starts_with(faulty.pointer + '/');
    });
    if (!closed) json::detail::add_mismatch(found_, pointer, std::move(detail));
}

void Violations::found_by_reading(json::Mismatches mismatches) {
    for (auto& [pointer, detail] : mismatches)
        json::detail::add_mismatch(found_, pointer, std::move(detail));
    read_ = found_.size();
}

Problem::Problem(unsigned status, std::string code, std::string detail)
    : status_(status), code_(std::move(code)), detail_(std::move(detail)) {}

Problem&& Problem::with_header(std::string name, std::string value) && {
    headers_.set(std::move(name), std::move(value));
    return std::move(*this);
}

Problem&& Problem::with_errors(const json::Mismatches& errors) && {
    boost::json::array list;
    for (const auto& [pointer, detail] :
         std::span(errors).first(std::min(errors.size(), json::most_mismatches)))
        list.push_back({{"pointer", pointer}, {"detail", detail}});
    if (errors.size() > json::most_mismatches) std::move(*this).with_member("more_errors", true);
    return std::move(*this).with_member("errors", std::move(list));
}

Problem&& Problem::with_member(std::string_view name, boost::json::value value) && {
    members_[{name.data(), name.size()}] = std::move(value);
    return std::move(*this);
}

Response Problem::response(std::string_view instance) const {
    const auto text = [](std::string_view value) {
        return boost::json::string(value.data(), value.size());
    };
    boost::json::object document;
    document["type"] = text("urn:asyncjobs:problem:" + code_);
    document["title"] = text(reason_phrase(status_));
    document["status"] = status_;
    document["detail"] = text(detail_);
    document["instance"] = text(instance);
    document["code"] = text(code_);
    for (const auto& member : members_) document[member.key()] = member.value();
    if (status_ == 422 && !document.contains("errors"))
        document["errors"] = {{{"pointer", ""}, {"detail", text(detail_)}}};

    Response response{.status = status_, .headers = headers_, .body = {}};
    response.headers.set("Content-Type", "application/problem+json");
    response.headers.set("Cache-Control", "no-store");
    response.body = boost::json::serialize(document);
    return response;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
