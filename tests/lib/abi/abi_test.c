/* That ccd.h is C, and that what makes no sense is refused by it. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ccd/ccd.h"

static int failures = 0;

static void check(int is_so, const char* what, int line) {
    if (is_so) return;
    ++failures;
    fprintf(stderr, "abi_test.c:%d: it is not so that %s\n", line, what);
}
#define CHECK(what) check((what) != 0, #what, __LINE__)

static int is_same(const char* a, const char* b) {
    while (*a != '\0' && *a == *b) {
        ++a;
        ++b;
    }
    return *a == *b;
}

static void every_code_has_a_name(void) {
    int code;
    CHECK(is_same(ccd_strerror(CCD_OK), "ok"));
    CHECK(is_same(ccd_strerror(CCD_NOT_FOUND), "not-found"));
    CHECK(is_same(ccd_strerror(CCD_STORAGE_UNAVAILABLE), "storage-unavailable"));
    CHECK(is_same(ccd_strerror(CCD_CLOSED), "closed"));
    for (code = CCD_CLOSED; code <= CCD_OK; ++code) CHECK(!is_same(ccd_strerror(code), "unknown"));
    CHECK(is_same(ccd_strerror(1), "unknown"));
    CHECK(is_same(ccd_strerror(-11), "unknown"));
}

static void without_a_daemon_nothing_is_connected(void) {
    ccd_client* client = NULL;
    CHECK(ccd_connect("/nonexistent/ccd.sock", 0, &client) == CCD_UNREACHABLE);
    CHECK(client == NULL);
    CHECK(ccd_error()[0] != '\0');
    CHECK(ccd_connect("", CCD_FOREVER, &client) == CCD_BAD_REQUEST);
    CHECK(ccd_connect("/nonexistent/ccd.sock", 0, NULL) == CCD_BAD_REQUEST);
}

static void no_client_is_refused(void) {
    ccd_queue_shape shape = {0};
    ccd_queue* queue = NULL;
    shape.size = sizeof shape;
    CHECK(ccd_queue_create(NULL, "frames", &shape, NULL) == CCD_BAD_REQUEST);
    CHECK(is_same(ccd_error(), "'client' is not what it must be"));
    CHECK(ccd_queue_destroy(NULL, "frames") == CCD_BAD_REQUEST);
    CHECK(ccd_queue_open(NULL, "frames", CCD_BOTH, &queue) == CCD_BAD_REQUEST);
    CHECK(queue == NULL);
    ccd_close(NULL);
}

static void no_queue_is_refused(void) {
    ccd_message message = {0};
    ccd_bytes bytes = {0};
    ccd_buffer buffer = {0};
    uint64_t depth = 0;
    size_t size = 0;
    CHECK(ccd_queue_depth(NULL, &depth) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_put(NULL, "x", 1, 0) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_get(NULL, &message, sizeof message, &size, 0) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_reserve(NULL, 1, &message, 0) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_commit(NULL, &message) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_abandon(NULL, &message) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_peek(NULL, &message, 0) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_ack(NULL, &message) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_nack(NULL, &message) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_put_many(NULL, &bytes, 1, &size, 0) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_get_many(NULL, &buffer, 1, &size, 0) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_fd(NULL, CCD_MESSAGE) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_arm(NULL, CCD_ROOM) == CCD_BAD_REQUEST);
    CHECK(ccd_queue_capacity(NULL) == 0);
    CHECK(ccd_queue_message_size(NULL) == 0);
    ccd_queue_close(NULL);
}

int main(void) {
    every_code_has_a_name();
    without_a_daemon_nothing_is_connected();
    no_client_is_refused();
    no_queue_is_refused();
    return failures == 0 ? 0 : 1;
}
