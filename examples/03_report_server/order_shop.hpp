#pragma once

#include "orders.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace report_server {

/// An invented shop, and its customers' orders.
///
/// Uses only whole numbers, drawn from an engine that the C++ standard defines bit for bit, so
/// that the same seed gives the same orders on every platform.
///
/// Thread-safety: none; one shop belongs to one thread.
class InventedShop {
public:
    InventedShop(std::uint64_t seed, int invoices_per_day);

    /// Takes the orders of one day, in the order of time; call it for one day after the other.
    void open(std::chrono::sys_days day, const OrderLineCallback& on_line);

private:
    struct Product {
        std::string stock_code;
        std::string description;
        Money unit_price;
    };
    struct Item {
        std::size_t product = 0;
        std::int64_t quantity = 0;
    };
    struct Invoice {
        std::string number;
        std::string customer_id;
        std::string_view country;
        std::vector<Item> items;
    };

    std::int64_t draw(std::int64_t first, std::int64_t last);
    bool one_in(std::int64_t chances) { return draw(1, chances) == 1; }
    void stock_the_shelves();
    std::int64_t invoices_on(std::chrono::sys_days day);
    Invoice new_invoice();
    Invoice cancellation_of(const Invoice& invoice);
    std::int64_t new_quantity();
    void emit(const Invoice& invoice, std::chrono::sys_seconds time,
              const OrderLineCallback& on_line) const;

    std::mt19937_64 engine_;
    int invoices_per_day_;
    std::int64_t next_number_ = 100001;
    std::vector<Product> products_;
    std::vector<Invoice> recent_;
};

} // namespace report_server
