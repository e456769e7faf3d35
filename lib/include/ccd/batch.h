// job.batch: many submits from a file. ccctl carries it out, with job.submit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ccd/command.h"
#include "ccd/field.h"
#include "ccd/time.h"

namespace ccd::job {

struct BatchRequest {
    std::string file;
    std::uint32_t batch_size = 100;
    Millis delay{10};
    std::uint32_t retries = 3;
    Millis retry_delay{1'000};
    bool operator==(const BatchRequest&) const = default;
};

struct LineError {
    std::uint64_t line = 0;
    std::string code;
    std::string message;
    bool operator==(const LineError&) const = default;

    static constexpr auto fields = field::List{
        field::required("line", &LineError::line, "Line of the file, from 1"),
        field::required("code", &LineError::code, "As of an error of the daemon"),
        field::required("message", &LineError::message, "A sentence for people"),
    };
};

struct BatchReply {
    std::uint64_t submitted = 0;
    std::uint64_t existing = 0;
    std::uint64_t failed = 0;
    std::vector<LineError> errors;
};

struct Batch {
    using Request = BatchRequest;
    using Reply = BatchReply;
    static constexpr CommandInfo info{
        .name = "job.batch",
        .summary = "Submit a job for each line of a file, a JSON object of submit's parameters",
        .effect = Effect::writes,
        .audience = Audience::anyone,
        .shape = Shape::local,
        .example = "batch jobs.jsonl --batch-size 200 --retries 5",
    };
    static constexpr auto request_fields = field::List{
        field::required("file", &Request::file, "File to read; - for standard input"),
        field::optional("batch_size", &Request::batch_size,
                        "Lines on the way to the daemon at once; default: 100"),
        field::optional("delay", &Request::delay, "Pause between two batches; default: 10ms"),
        field::optional("retries", &Request::retries,
                        "How often a line is tried again that may succeed later; default: 3"),
        field::optional("retry_delay", &Request::retry_delay,
                        "Pause before each of these; default: 1s"),
    };
    static constexpr auto reply_fields = field::List{
        field::required("submitted", &Reply::submitted, "Lines that are new jobs"),
        field::required("existing", &Reply::existing, "Lines that were jobs already, by their key"),
        field::required("failed", &Reply::failed, "Lines that are no jobs"),
        field::required("errors", &Reply::errors, "Why, line by line; of the first 1000"),
    };
};

}  // namespace ccd::job
