// Where requests are brought and answered at once: dispatch over real rules and a real store.
//
// A request is handled, its turn ended, its batch committed and its questions answered before
// `ask` returns; what an executor would do is told by hand.
#pragma once

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/handlers/answers.h"
#include "daemon/handlers/dispatch.h"
#include "lib/client/command_codec.h"
#include "lib/wire/frame.h"
#include "lib/wire/message.h"
#include "tests/daemon/store/caller.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::handlers {

inline const service::Caller owner{.uid = 1000, .gid = 1000, .pid = 10, .is_admin = false};
inline const service::Caller other{.uid = 1001, .gid = 1001, .pid = 11, .is_admin = false};
// Whose account the host has not found yet.
inline const service::Caller not_looked_up{.uid = 1002, .gid = 1002, .pid = 13, .is_admin = false};
inline const service::Caller administrator{.uid = 0, .gid = 0, .pid = 12, .is_admin = true};

// Encodes the params by hand, for what no client of ours would send.
struct RawRequest {
    std::string method;
    std::string params;  // MessagePack
};

class Desk {
public:
    Desk();

    // The body of the reply, as a client has it; none: the request waits for something to happen.
    struct Said {
        Outcome outcome;
        std::string frame;  // of the reply; empty: none yet

        std::optional<wire::ReplyHead> head() const;  // lent by the frame
    };
    Said say(const service::Caller& caller, const RawRequest& request);

    template <class Command>
    Said say(const service::Caller& caller, const typename Command::Request& request) {
        std::string params;
        wire::Packer packer{params};
        client::CommandCodec<Command>::encode(packer, request);
        return say(caller, RawRequest{std::string{Command::info.name}, std::move(params)});
    }

    template <class Command>
    Result<typename Command::Reply> ask(const service::Caller& caller,
                                        const typename Command::Request& request) {
        auto said = say<Command>(caller, request);
        auto head = said.head();
        BOOST_TEST_REQUIRE(head.has_value());
        if (head->error) return tl::unexpected{*head->error};
        return client::CommandCodec<Command>::decode(head->result, wire::Unknown::refused);
    }

    job::SubmitRequest request() const { return {.argv = {"true"}, .cwd = "/"}; }
    job::Id submit(const service::Caller& caller, const job::SubmitRequest& request);

    // What an executor reports of the job's attempt.
    void starts(job::Id job);
    void ends(job::Id job, std::int32_t exit_code = 0);

    // The replies that came since `say` for requests that had to wait.
    std::vector<std::string> take_late() { return std::exchange(late_, {}); }

    service::Service& service() { return service_; }
    std::size_t most_rows = 0;  // of jobs in one answer of the store
    Now now{.time = Time{std::chrono::hours{1}},
            .wall = WallTime{std::chrono::hours{24 * 365 * 50}}};

private:
    Context context(const service::Ticket& ticket, const service::Caller& caller);
    // Ends turns until nothing is decided any more.
    void settle();
    void carry_out(service::Effect& effect);

    harness::TemporaryDirectory folder_;
    store::Caller store_;
    service::Service service_;
    Host host_;
    std::uint64_t last_msgid_ = 0;
    std::vector<std::string> late_;
};

// Frames as a client sees them.
wire::ReplyHead head_of(const std::string& frame);

}  // namespace ccd::handlers
