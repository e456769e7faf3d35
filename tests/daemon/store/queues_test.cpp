#include "daemon/store/queues.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/daemon/store/rows.h"

namespace {

using namespace ccd;
using namespace ccd::store;

QueueRow frames(QueueId id) {
    return {.id = id,
            .name = "frames-" + std::to_string(id),
            .uid = 1000,
            .gid = 100,
            .mode = 0640,
            .capacity = 1'024,
            .message_size = Bytes{65'536},
            .when_full = queue::WhenFull::drop_oldest,
            .on_consumer_death = queue::OnConsumerDeath::redeliver};
}

struct Fixture {
    void restart() {
        database.reset();
        database = open_database(path);
    }

    TemporaryDirectory directory;
    const std::string path = directory / "ccd.db";
    std::unique_ptr<Database> database = open_database(path);
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(queues, Fixture)

BOOST_AUTO_TEST_CASE(they_come_back_as_they_were_made) {
    commit(*database, batch_of({frames(1), frames(2)}));
    restart();
    const auto snapshot = snapshot_of(*database);
    BOOST_TEST_REQUIRE(snapshot.queues.size() == 2U);
    BOOST_TEST((snapshot.queues[0] == frames(1)));
    BOOST_TEST((snapshot.queues[1] == frames(2)));
}

BOOST_AUTO_TEST_CASE(the_number_of_one_that_is_gone_stays_taken) {
    commit(*database, batch_of({frames(1), frames(2)}));
    commit(*database, batch_of({QueueErase{2}}));
    restart();
    const auto snapshot = snapshot_of(*database);
    BOOST_TEST(snapshot.queues.size() == 1U);
    BOOST_TEST(snapshot.last_queue == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
