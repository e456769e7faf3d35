/* Puts a message into a queue and gets it back: that the library works as it is installed. */
#include <ccd/ccd.h>
#include <stdio.h>
#include <string.h>

static int failed(const char* what) {
    fprintf(stderr, "%s: %s\n", what, ccd_error());
    return 1;
}

int main(int argc, char** argv) {
    const int64_t second = 1000000000;
    ccd_queue_shape shape = {sizeof shape, 16, 100, CCD_BLOCK, CCD_DROP, 0600, 0};
    ccd_client* client = NULL;
    ccd_queue* queue = NULL;
    char text[100];
    size_t size = 0;
    int created = 0;
    if (ccd_connect(argc > 1 ? argv[1] : NULL, 10 * second, &client) != CCD_OK)
        return failed("connect");
    if (ccd_queue_create(client, "hello-c", &shape, &created) != CCD_OK) return failed("create");
    if (ccd_queue_open(client, "hello-c", CCD_BOTH, &queue) != CCD_OK) return failed("open");
    if (ccd_queue_put(queue, "hello", 5, second) != CCD_OK) return failed("put");
    if (ccd_queue_get(queue, text, sizeof text, &size, second) != CCD_OK) return failed("get");
    if (size != 5 || memcmp(text, "hello", 5) != 0) return 1;
    if (ccd_queue_destroy(client, "hello-c") != CCD_OK) return failed("destroy");
    if (ccd_queue_get(queue, text, sizeof text, &size, CCD_FOREVER) != CCD_CLOSED) return 1;
    ccd_queue_close(queue);
    ccd_close(client);
    return 0;
}
