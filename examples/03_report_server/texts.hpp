#pragma once

#include <string_view>

namespace report_server {

enum class Language { english, arabic };

/// The messages to clients.
enum class Message {
    report_failed,
    insufficient_data,
    orders_unreadable,
    report_not_stored,
    processing_data,
    writing_report,
    report_ready,
};

/// The message in UTF-8, for people to read. Thread-safety: a pure function.
std::string_view text(Message message, Language language);

/// The language's tag for `Content-Language`, such as `ar`.
std::string_view tag(Language language);

/// The language that an `Accept-Language` header (RFC 9110, section 12.5.4) prefers; English when
/// it prefers none of ours. `ar-EG` also requests Arabic; among equal weights the first named wins;
/// parts that aren't well-formed are ignored. Thread-safety: a pure function.
Language preferred_language(std::string_view accept_language);

} // namespace report_server
