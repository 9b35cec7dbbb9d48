#include "order_shop.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

namespace report_server {
namespace {

struct Market {
    std::string_view country;
    int customers_per_mille;
};

constexpr std::array<Market, 13> markets{{{"United Kingdom", 856},
                                          {"Germany", 33},
                                          {"France", 29},
                                          {"Ireland", 24},
                                          {"Netherlands", 13},
                                          {"Belgium", 10},
                                          {"Spain", 9},
                                          {"Switzerland", 8},
                                          {"Portugal", 6},
                                          {"Sweden", 5},
                                          {"Australia", 4},
                                          {"Japan", 2},
                                          {"Norway", 1}}};

static_assert(std::accumulate(markets.begin(), markets.end(), 0, [](int sum, const Market& market) {
                  return sum + market.customers_per_mille;
              }) == 1000);

constexpr std::array<std::string_view, 14> styles{
    "BLUE",  "RED",     "IVORY", "STRIPED", "SPOTTED",   "WOODEN", "ENAMEL",
    "LINEN", "VINTAGE", "GLASS", "SMALL",   "TRAVELLER", "FELT",   "COPPER"};

constexpr std::array<std::string_view, 18> articles{
    "TEAPOT",        "LANTERN",          "CAKE STAND", "MUG",           "CUSHION",
    "PICTURE FRAME", "BREAD BIN",        "DOORSTOP",   "CANDLE HOLDER", "WALL CLOCK",
    "APRON",         "LUNCH BOX",        "GIFT WRAP",  "PLANT POT",     "KEY HOOK",
    "STORAGE TIN",   "HOT WATER BOTTLE", "BIRD FEEDER"};

/// Per cent of an average weekday, Sunday first.
constexpr std::array<int, 7> weekday_shape{58, 95, 108, 106, 124, 98, 0};

/// Per cent of an average month, January first.
constexpr std::array<int, 12> season_shape{78, 74, 90, 82, 96, 92, 88, 90, 116, 126, 158, 110};

} // namespace

InventedShop::InventedShop(std::uint64_t seed, int invoices_per_day)
    : engine_{seed}, invoices_per_day_{invoices_per_day} {
    stock_the_shelves();
}

void InventedShop::open(std::chrono::sys_days day, const OrderLineCallback& on_line) {
    const std::int64_t count = invoices_on(day);
    std::vector<std::chrono::sys_seconds> times;
    for (std::int64_t index = 0; index < count; ++index)
        times.push_back(day + std::chrono::hours{8} + std::chrono::minutes{draw(0, 10 * 60)});
    std::sort(times.begin(), times.end());

    for (const auto time : times) {
        if (!recent_.empty() && one_in(40)) {
            const auto chosen = draw(0, static_cast<std::int64_t>(recent_.size()) - 1);
            emit(cancellation_of(recent_[static_cast<std::size_t>(chosen)]), time, on_line);
            continue;
        }
        constexpr std::size_t remembered = 50;
        if (recent_.size() == remembered) recent_.erase(recent_.begin());
        recent_.push_back(new_invoice());
        emit(recent_.back(), time, on_line);
    }
}

/// A number from `first` to `last`, both included; the bias of the remainder is far too small to be
/// visible in a report.
std::int64_t InventedShop::draw(std::int64_t first, std::int64_t last) {
    const auto span = static_cast<std::uint64_t>(last - first + 1);
    return first + static_cast<std::int64_t>(engine_() % span);
}

void InventedShop::stock_the_shelves() {
    int code = 20001;
    for (const std::string_view article : articles) {
        const std::int64_t base_cents = draw(85, 995);
        for (const std::string_view style : styles) {
            std::string description = std::string{style} + " " + std::string{article};
            if (one_in(12)) description += ", \"HOME SWEET HOME\"";
            const std::int64_t cents = base_cents + draw(0, 8) * 10;
            products_.push_back({std::to_string(code++), std::move(description),
                                 Money::from_thousandths(cents * 10)});
        }
    }
    products_.push_back(
        {std::to_string(code), "PAPER TAG, PER PIECE", Money::from_thousandths(42)});
}

std::int64_t InventedShop::invoices_on(std::chrono::sys_days day) {
    const std::chrono::year_month_day date{day};
    const auto weekday = weekday_shape[std::chrono::weekday{day}.c_encoding()];
    const auto season = season_shape[static_cast<unsigned>(date.month()) - 1];
    const bool is_holiday =
        date.month() == std::chrono::December && date.day() > std::chrono::day{23};
    if (is_holiday) return 0;
    constexpr std::int64_t percents = 100 * 100 * 100;
    return (invoices_per_day_ * weekday * season * draw(70, 130) + percents / 2) / percents;
}

InventedShop::Invoice InventedShop::new_invoice() {
    Invoice invoice;
    invoice.number = std::to_string(next_number_++);

    std::int64_t ticket = draw(0, 999);
    const Market* market = markets.data();
    while (ticket >= market->customers_per_mille) ticket -= market++->customers_per_mille;
    invoice.country = market->country;
    if (!one_in(8)) invoice.customer_id = std::to_string(draw(12000, 15999));

    const std::int64_t item_count = one_in(6) ? draw(30, 90) : draw(1, 25);
    for (std::int64_t index = 0; index < item_count; ++index) {
        const auto product = draw(0, static_cast<std::int64_t>(products_.size()) - 1);
        invoice.items.push_back({static_cast<std::size_t>(product), new_quantity()});
    }
    return invoice;
}

InventedShop::Invoice InventedShop::cancellation_of(const Invoice& invoice) {
    Invoice cancellation = invoice;
    cancellation.number = "C" + std::to_string(next_number_++);
    const auto kept =
        draw(1, std::min<std::int64_t>(3, static_cast<std::int64_t>(cancellation.items.size())));
    cancellation.items.resize(static_cast<std::size_t>(kept));
    for (Item& item : cancellation.items) item.quantity = -item.quantity;
    return cancellation;
}

std::int64_t InventedShop::new_quantity() {
    constexpr std::array<std::int64_t, 6> packs{6, 12, 24, 36, 48, 96};
    if (one_in(3)) return packs[static_cast<std::size_t>(draw(0, one_in(10) ? 5 : 2))];
    return draw(1, 8);
}

void InventedShop::emit(const Invoice& invoice, std::chrono::sys_seconds time,
                        const OrderLineCallback& on_line) const {
    for (const Item& item : invoice.items) {
        const Product& product = products_[item.product];
        on_line({.invoice_no = invoice.number,
                 .stock_code = product.stock_code,
                 .description = product.description,
                 .quantity = item.quantity,
                 .invoiced_at = time,
                 .unit_price = product.unit_price,
                 .customer_id = invoice.customer_id,
                 .country = invoice.country});
    }
}

} // namespace report_server
