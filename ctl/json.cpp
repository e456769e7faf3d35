#include "ctl/json.h"

#include "lib/text/base64.h"
#include "lib/text/timestamp.h"

namespace ccd::ctl {

Json to_json(Millis value) {
    return static_cast<double>(value.count()) / 1000;
}

Json to_json(WallTime value) {
    return text::to_string(value);
}

Json to_json(const Blob& value) {
    return text::is_utf8(value.bytes) ? value.bytes : text::encode_base64(value.bytes);
}

Json to_json(const Error& error) {
    auto what = Json::object();
    what["code"] = info_of(error.code).name;
    what["message"] = error.message;
    what["retry_after_s"] = to_json(error.retry_after);
    if (!error.confirmed) what["confirmed"] = false;
    return Json{{"error", std::move(what)}};
}

std::string line_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ccd::ctl
