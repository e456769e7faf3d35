#include "lib/text/scdoc.h"

namespace ccd::text {

std::string escaped(std::string_view text) {
    std::string safe;
    for (char c : text) {
        if (c == '_' || c == '*' || c == '\\' || c == '[' || c == '#') safe.push_back('\\');
        safe.push_back(c);
    }
    return safe;
}

}  // namespace ccd::text
