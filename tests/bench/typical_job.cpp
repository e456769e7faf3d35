#include "tests/bench/typical_job.h"

namespace ccd::bench {
namespace {

constexpr std::size_t variables = 30;

}  // namespace

job::SubmitRequest typical_job() {
    job::SubmitRequest submit;
    submit.argv = {"/usr/bin/python3", "train.py", "--epochs", "3", "--data", "/srv/data/set-17"};
    submit.cwd = "/";
    submit.key = key_blank;
    submit.env = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/home/someone", "LANG=C.UTF-8"};
    while (submit.env.size() < variables)
        submit.env.push_back("VARIABLE_" + std::to_string(submit.env.size()) +
                             "=/opt/conda/envs/train/lib:/usr/lib/x86_64-linux-gnu");
    return submit;
}

}  // namespace ccd::bench
