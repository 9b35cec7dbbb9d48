#pragma once

#include <asyncjobs/detail/json_checker.hpp>
#include <asyncjobs/json_text.hpp>

#include <boost/json/basic_parser_impl.hpp>

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE JsonText JsonText::parse(std::string text) {
    boost::json::basic_parser<detail::JsonChecker> parser(detail::json_depth(max_depth));
    detail::run_json_parser(parser, text, max_depth);
    return JsonText(std::move(text));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
