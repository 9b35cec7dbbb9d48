#include "order_generator.hpp"

#include "order_shop.hpp"
#include "order_writer.hpp"

#include <chrono>
#include <stdexcept>

namespace report_server {

std::int64_t generate_orders(const std::filesystem::path& file,
                             const OrderGeneratorOptions& options) {
    if (options.year < 1 || options.year > 9999)
        throw std::invalid_argument{"orders are invented for the years 1 to 9999"};
    if (options.invoices_per_day < 0)
        throw std::invalid_argument{"the number of invoices a day is negative"};

    OrderWriter writer{file};
    InventedShop shop{options.seed, options.invoices_per_day};
    const std::chrono::year year{options.year};
    const std::chrono::sys_days end{(year + std::chrono::years{1}) / 1 / 1};
    for (std::chrono::sys_days day{year / 1 / 1}; day != end; day += std::chrono::days{1})
        shop.open(day, [&writer](const OrderLine& line) { writer.write(line); });
    return writer.publish();
}

} // namespace report_server
