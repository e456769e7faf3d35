// Bytes as base64 text: the alphabet of RFC 4648 section 4, padded, without line breaks.
#pragma once

#include <string>
#include <string_view>

namespace ccd::text {

std::string encode_base64(std::string_view bytes);

}  // namespace ccd::text
