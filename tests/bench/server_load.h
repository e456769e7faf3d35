// A server of our own and the lean client on it: what most contestants are.
#pragma once

#include <utility>

#include "tests/bench/contest.h"
#include "tests/harness/lean_client.h"

namespace ccd::bench {

template <class Server>
class ServerLoad : public Contestant {
public:
    ServerLoad(Server server, harness::LeanClient client, harness::Nanos run)
        : server_(std::move(server)), client_(std::move(client)), run_(run) {}

    Result<Measurement> run() override { return measurement_of(client_.run({.elapsed = run_})); }

private:
    Server server_;
    harness::LeanClient client_;
    harness::Nanos run_;
};

template <class Server>
Result<std::unique_ptr<Contestant>> make_server_load(Server server, harness::Load load,
                                                     harness::Nanos run) {
    load.socket = server.socket();
    auto client = CCD_TRY(harness::LeanClient::open(std::move(load)));
    return std::make_unique<ServerLoad<Server>>(std::move(server), std::move(client), run);
}

}  // namespace ccd::bench
