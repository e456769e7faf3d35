/* Calls each function of the library with a queue: that all of it works as it is installed. */
#include <ccd/ccd.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static int failures = 0;

static void check(int is_so, const char* what, int line) {
    if (is_so) return;
    ++failures;
    fprintf(stderr, "walk.c:%d: it is not so that %s; last failure: %s\n", line, what, ccd_error());
}
#define CHECK(what) check((what) != 0, #what, __LINE__)

static int is_text(const void* data, size_t size, const char* text) {
    return size == strlen(text) && memcmp(data, text, size) == 0;
}

static int is_readable(int descriptor) {
    struct pollfd entry = {descriptor, POLLIN, 0};
    return poll(&entry, 1, 0) == 1;
}

static int comes(ccd_queue* queue, const char* text) {
    char room[100];
    size_t size = 0;
    return ccd_queue_get(queue, room, sizeof room, &size, SECOND) == CCD_OK &&
           is_text(room, size, text);
}

static void create(ccd_client* client, const char* name, int when_full) {
    ccd_queue_shape shape = {sizeof shape, 16, 100, CCD_BLOCK, CCD_DROP, 0, 0};
    int created = 0;
    shape.when_full = when_full;
    CHECK(ccd_queue_create(client, name, &shape, &created) == CCD_OK && created == 1);
    CHECK(ccd_queue_create(client, name, &shape, &created) == CCD_OK && created == 0);
    shape.reserved = 1;
    CHECK(ccd_queue_create(client, name, &shape, NULL) == CCD_BAD_REQUEST);
    shape.reserved = 0;
    shape.capacity = 17;
    CHECK(ccd_queue_create(client, name, &shape, NULL) == CCD_CONFLICT);
    CHECK(strcmp(ccd_strerror(CCD_CONFLICT), "conflict") == 0);
}

static void one_by_one(ccd_queue* queue) {
    char small[99];
    uint64_t depth = 0;
    size_t size = 7;
    CHECK(ccd_queue_capacity(queue) == 16 && ccd_queue_message_size(queue) == 100);
    CHECK(ccd_queue_put(queue, "one", 3, 0) == CCD_OK);
    CHECK(ccd_queue_put(queue, NULL, 0, SECOND) == CCD_OK);
    CHECK(ccd_queue_put(queue, "three", 5, CCD_FOREVER) == CCD_OK);
    CHECK(ccd_queue_put(queue, small, 101, 0) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_depth(queue, &depth) == CCD_OK && depth == 3);
    CHECK(ccd_queue_get(queue, small, sizeof small, &size, 0) == CCD_BAD_REQUEST && size == 7);
    CHECK(comes(queue, "one") && comes(queue, "") && comes(queue, "three"));
    CHECK(ccd_queue_get(queue, NULL, 0, &size, 0) == CCD_BAD_REQUEST);
}

static void in_place(ccd_queue* queue) {
    ccd_message message = {0};
    ccd_message again = {0};
    CHECK(ccd_queue_reserve(queue, 50, &message, SECOND) == CCD_OK && message.size == 50);
    memcpy(message.data, "written", 7);
    message.size = 7;
    CHECK(ccd_queue_commit(queue, &message) == CCD_OK);
    CHECK(ccd_queue_commit(queue, &message) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_reserve(queue, 50, &message, 0) == CCD_OK);
    CHECK(ccd_queue_abandon(queue, &message) == CCD_OK);
    CHECK(ccd_queue_abandon(queue, &message) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_put(queue, "later", 5, 0) == CCD_OK);

    CHECK(ccd_queue_peek(queue, &message, SECOND) == CCD_OK && message.deliveries == 0);
    CHECK(is_text(message.data, message.size, "written"));
    CHECK(ccd_queue_nack(queue, &message) == CCD_OK);
    CHECK(ccd_queue_nack(queue, &message) == CCD_BAD_REQUEST);
    CHECK(comes(queue, "later"));
    CHECK(ccd_queue_peek(queue, &again, 0) == CCD_OK && again.deliveries == 1);
    CHECK(is_text(again.data, again.size, "written"));
    CHECK(ccd_queue_ack(queue, &message) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_ack(queue, &again) == CCD_OK);
    CHECK(ccd_queue_ack(queue, &again) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_peek(queue, &again, 0) == CCD_TIMEOUT);
}

static void many_at_once(ccd_queue* queue) {
    static char rooms[150][100];
    ccd_bytes messages[17] = {{"first", 5}, {NULL, 0}, {"third", 5}};
    ccd_buffer buffers[150] = {{NULL, 0, 0}};
    size_t count = 7;
    int i;
    for (i = 0; i < 150; ++i) {
        buffers[i].data = rooms[i];
        buffers[i].room = sizeof rooms[i];
    }
    CHECK(ccd_queue_put_many(queue, messages, 17, &count, 0) == CCD_OK && count == 16);
    CHECK(ccd_queue_put_many(queue, messages, 1, &count, SECOND / 1000) == CCD_TIMEOUT);
    CHECK(ccd_queue_get_many(queue, buffers, 3, &count, CCD_FOREVER) == CCD_OK && count == 3);
    CHECK(is_text(rooms[0], buffers[0].size, "first") && buffers[1].size == 0);
    CHECK(is_text(rooms[2], buffers[2].size, "third"));
    CHECK(ccd_queue_get_many(queue, buffers, 150, &count, SECOND) == CCD_OK && count == 13);
    CHECK(ccd_queue_get_many(queue, buffers, 150, &count, 0) == CCD_TIMEOUT);
    CHECK(ccd_queue_put_many(queue, messages, 0, &count, 0) == CCD_OK && count == 0);
    CHECK(ccd_queue_get_many(queue, buffers, 0, &count, 0) == CCD_OK && count == 0);
    /* No array is so long. */
    CHECK(ccd_queue_put_many(queue, messages, SIZE_MAX, &count, 0) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_get_many(queue, buffers, SIZE_MAX, &count, 0) == CCD_BAD_REQUEST);
    messages[16].size = 1;
    CHECK(ccd_queue_put_many(queue, messages, 17, &count, 0) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_peek(queue, &(ccd_message){0}, 0) == CCD_TIMEOUT);
}

/* More than there is room for on the stack of who gets them. */
static void a_long_batch(ccd_client* client) {
    static char rooms[200][8];
    ccd_queue_shape shape = {sizeof shape, 256, 8, CCD_FAIL, CCD_DROP, 0600, 0};
    ccd_queue* queue = NULL;
    ccd_bytes messages[200];
    ccd_buffer buffers[200];
    size_t count = 0;
    int i;
    for (i = 0; i < 200; ++i) {
        messages[i] = (ccd_bytes){&"abcdefghij"[i % 10], 1};
        buffers[i] = (ccd_buffer){rooms[i], sizeof rooms[i], 0};
    }
    CHECK(ccd_queue_create(client, "walk-long", &shape, NULL) == CCD_OK);
    CHECK(ccd_queue_open(client, "walk-long", CCD_BOTH, &queue) == CCD_OK);
    CHECK(ccd_queue_put_many(queue, messages, 200, &count, 0) == CCD_OK && count == 200);
    CHECK(ccd_queue_get_many(queue, buffers, 200, &count, 0) == CCD_OK && count == 200);
    for (i = 0; i < 200; ++i) CHECK(buffers[i].size == 1 && rooms[i][0] == "abcdefghij"[i % 10]);
    ccd_queue_close(queue);
    CHECK(ccd_queue_destroy(client, "walk-long") == CCD_OK);
}

static void poll_loops(ccd_queue* queue) {
    const int message = ccd_queue_fd(queue, CCD_MESSAGE);
    const int room = ccd_queue_fd(queue, CCD_ROOM);
    CHECK(message >= 0 && room >= 0 && message != room);
    CHECK(ccd_queue_fd(queue, 2) == CCD_BAD_REQUEST && ccd_queue_arm(queue, 2) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_arm(queue, CCD_MESSAGE) == CCD_OK && !is_readable(message));
    CHECK(ccd_queue_put(queue, "polled", 6, 0) == CCD_OK && is_readable(message));
    CHECK(comes(queue, "polled"));
    CHECK(ccd_queue_arm(queue, CCD_MESSAGE) == CCD_OK && !is_readable(message));
    CHECK(ccd_queue_arm(queue, CCD_ROOM) == CCD_OK && is_readable(room));
    while (ccd_queue_put(queue, "full", 4, 0) == CCD_OK) continue;
    CHECK(ccd_queue_arm(queue, CCD_MESSAGE) == CCD_OK && is_readable(message));
    CHECK(ccd_queue_arm(queue, CCD_ROOM) == CCD_OK && !is_readable(room));
    CHECK(comes(queue, "full") && is_readable(room));
}

/* Who is told to end does so between calls, never within one. */
static void* work_although_cancelled(void* queue) {
    CHECK(pthread_cancel(pthread_self()) == 0);
    CHECK(ccd_queue_put(queue, "on", 2, 0) == CCD_OK);
    CHECK(comes(queue, "on"));
    CHECK(ccd_queue_arm(queue, CCD_MESSAGE) == CCD_OK);
    CHECK(ccd_queue_put(queue, "and on", 6, 0) == CCD_OK);
    pthread_testcancel();
    return NULL;
}

static void cancellation(ccd_queue* queue) {
    pthread_t thread;
    void* end = NULL;
    CHECK(ccd_queue_arm(queue, CCD_MESSAGE) == CCD_OK); /* so that the put has somebody to wake */
    if (pthread_create(&thread, NULL, work_although_cancelled, queue) != 0) {
        CHECK(!"there can be a thread");
        return;
    }
    CHECK(pthread_join(thread, &end) == 0 && end == PTHREAD_CANCELED);
    CHECK(comes(queue, "and on"));
}

static void never_waiting(ccd_client* client) {
    ccd_queue* queue = NULL;
    create(client, "walk-fail", CCD_FAIL);
    CHECK(ccd_queue_open(client, "walk-fail", CCD_PUT, &queue) == CCD_OK);
    while (ccd_queue_put(queue, "x", 1, CCD_FOREVER) == CCD_OK) continue;
    CHECK(ccd_queue_put(queue, "x", 1, CCD_FOREVER) == CCD_OVER_LIMIT);
    CHECK(ccd_queue_peek(queue, &(ccd_message){0}, 0) == CCD_DENIED);
    ccd_queue_close(queue);
    CHECK(ccd_queue_destroy(client, "walk-fail") == CCD_OK);
}

int main(int argc, char** argv) {
    ccd_client* client = NULL;
    ccd_queue* queue = NULL;
    if (ccd_connect(argc > 1 ? argv[1] : NULL, 10 * SECOND, &client) != CCD_OK) {
        fprintf(stderr, "connect: %s\n", ccd_error());
        return 1;
    }
    create(client, "walk", CCD_BLOCK);
    if (ccd_queue_open(client, "walk", CCD_BOTH, &queue) != CCD_OK) {
        fprintf(stderr, "open: %s\n", ccd_error());
        return 1;
    }
    one_by_one(queue);
    in_place(queue);
    many_at_once(queue);
    cancellation(queue);
    poll_loops(queue);
    a_long_batch(client);
    never_waiting(client);
    CHECK(ccd_queue_destroy(client, "walk") == CCD_OK);
    CHECK(ccd_queue_destroy(client, "walk") == CCD_NOT_FOUND);
    while (comes(queue, "full")) continue;
    CHECK(ccd_queue_put(queue, "x", 1, CCD_FOREVER) == CCD_CLOSED);
    CHECK(ccd_queue_arm(queue, CCD_MESSAGE) == CCD_OK);
    CHECK(is_readable(ccd_queue_fd(queue, CCD_MESSAGE)));
    ccd_close(client);
    ccd_queue_close(queue);
    return failures == 0 ? 0 : 1;
}
