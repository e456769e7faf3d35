#include <string_view>
#include <vector>

#include "ctl/run.h"

int main(int argc, char** argv) {
    std::vector<std::string_view> words{argv + (argc > 0 ? 1 : 0), argv + argc};
    return ccd::ctl::run(words);
}
