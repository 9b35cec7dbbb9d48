#include "texts.hpp"

#include "accept_language.hpp"

namespace report_server {
namespace {

struct Translations {
    std::string_view english;
    std::string_view arabic;
};

Translations translations(Message message) {
    switch (message) {
    case Message::report_failed:
        return {"Report generation failed", "فشل توليد التقرير"};
    case Message::insufficient_data:
        return {"Insufficient data for the specified period", "بيانات غير كافية للفترة المحددة"};
    case Message::orders_unreadable:
        return {"The order data could not be read", "تعذّرت قراءة بيانات الطلبات"};
    case Message::report_not_stored:
        return {"The report could not be saved", "تعذّر حفظ التقرير"};
    case Message::processing_data:
        return {"Processing data...", "معالجة البيانات..."};
    case Message::writing_report:
        return {"Writing the report...", "كتابة التقرير..."};
    case Message::report_ready:
        return {"The report is ready", "التقرير جاهز"};
    }
    return {};
}

} // namespace

std::string_view text(Message message, Language language) {
    const auto [english, arabic] = translations(message);
    return language == Language::arabic ? arabic : english;
}

std::string_view tag(Language language) { return language == Language::arabic ? "ar" : "en"; }

Language preferred_language(std::string_view accept_language) {
    const auto ranges = parse_accept_language(accept_language);
    const auto english = preference_for("en", ranges);
    const auto arabic = preference_for("ar", ranges);
    return arabic > english ? Language::arabic : Language::english;
}

} // namespace report_server
