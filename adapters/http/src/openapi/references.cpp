#include "openapi/references.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <set>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {
namespace {

constexpr std::string_view prefix = "#/components/";

/// The components that the visited values refer to, as `#/components/kind/name`.
class Used {
public:
    explicit Used(const boost::json::object& components) : components_(components) {}

    bool contains(const std::string& pointer) const { return found_.contains(pointer); }

    void look_at(const boost::json::value& value) {
        if (const auto* array = value.if_array())
            for (const auto& element : *array) look_at(element);
        const auto* object = value.if_object();
        if (!object) return;
        for (const auto& [key, member] : *object) {
            const bool refers = key == "$ref" && member.is_string();
            if (refers)
                follow(std::string(member.get_string()));
            else
                look_at(member);
        }
    }

private:
    void follow(const std::string& pointer) {
        if (!pointer.starts_with(prefix)) return;
        const auto kind_end = pointer.find('/', prefix.size());
        const auto name_end = pointer.find('/', kind_end + 1);
        if (kind_end == pointer.npos || !found_.insert(pointer.substr(0, name_end)).second) return;
        const auto kind = pointer.substr(prefix.size(), kind_end - prefix.size());
        const auto* all = components_.if_contains(kind);
        const auto name = pointer.substr(kind_end + 1, name_end - kind_end - 1);
        if (const auto* component = all ? all->as_object().if_contains(name) : nullptr)
            look_at(*component);
    }

    const boost::json::object& components_;
    std::set<std::string> found_;
};

} // namespace

void drop_unused_components(boost::json::object& document) {
    auto& components = document.at("components").as_object();
    Used used(components);
    for (const auto& member : document)
        if (member.key() != "components") used.look_at(member.value());
    for (auto& [kind, all] : components) {
        if (kind == "securitySchemes") continue;
        std::vector<std::string> unused;
        for (const auto& component : all.as_object()) {
            const auto pointer =
                std::string(prefix) + std::string(kind) + '/' + std::string(component.key());
            if (!used.contains(pointer)) unused.emplace_back(component.key());
        }
        for (const auto& name : unused) all.as_object().erase(name);
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
