#include "tests/stress/queue/contradiction.h"

#include <fmt/format.h>

namespace ccd::stress {
namespace {

using queue::OnConsumerDeath;

// What nobody noted of all that came into line: it was lost with who had it, or the one who had
// acknowledged it died before he noted it.
std::optional<std::string> check_missing(const queue::View& view, const Inventory& noted,
                                         const Casualties& casualties) {
    if (noted.got > view.put) return fmt::format("{} letters came, of {} put", noted.got, view.put);
    const auto missing = view.put - noted.got;
    if (missing > view.lost + casualties.letters_copied)
        return fmt::format("{} letters are missing; {} are lost, and the killed copied up to {}",
                           missing, view.lost, casualties.letters_copied);
    // What is lost and was noted, was noted by one who was killed before he acknowledged it.
    if (view.lost > missing + casualties.holding)
        return fmt::format("{} letters are lost, and only {} are missing and {} were held",
                           view.lost, missing, casualties.holding);
    if (noted.missing > missing)
        return fmt::format("{} letters are missing that were put, and only {} in all",
                           noted.missing, missing);
    return std::nullopt;
}

std::optional<std::string> check_deaths(const queue::View& view, const Inventory& noted,
                                        const Casualties& casualties) {
    const auto at_hand = casualties.peeking + casualties.holding + casualties.letters_copied;
    if (view.lost + view.redelivered > at_hand)
        return fmt::format("{} letters are lost and {} redelivered; the killed had up to {}",
                           view.lost, view.redelivered, at_hand);
    if (view.on_consumer_death == OnConsumerDeath::drop) {
        if (noted.again > 0) return fmt::format("{} letters came again", noted.again);
        return std::nullopt;
    }
    if (view.lost > 0) return fmt::format("{} letters are lost", view.lost);
    if (noted.again > casualties.holding)
        return fmt::format("{} letters came again; the killed held up to {}", noted.again,
                           casualties.holding);
    return std::nullopt;
}

}  // namespace

std::optional<std::string> find_contradiction(const queue::View& view, const Inventory& noted,
                                              const Casualties& casualties) {
    if (view.depth != 0) return fmt::format("{} letters are in line", view.depth);
    if (view.put != view.got + view.lost)
        return fmt::format("the daemon counts {} put, {} got and {} lost", view.put, view.got,
                           view.lost);
    if (view.put < noted.put || view.put > noted.put + noted.open)
        return fmt::format("the daemon counts {} put; {} are known to be, and of {} nobody knows",
                           view.put, noted.put, noted.open);
    if (auto wrong = check_missing(view, noted, casualties)) return wrong;
    return check_deaths(view, noted, casualties);
}

}  // namespace ccd::stress
