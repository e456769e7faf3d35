/* libccd: queues of ccd, the concurrency control daemon, for C and for whatever speaks C.
 *
 *     ccd_client *client;
 *     ccd_queue *queue;
 *     if (ccd_connect(NULL, 5000000000, &client) != CCD_OK ||
 *         ccd_queue_open(client, "frames", CCD_PUT, &queue) != CCD_OK ||
 *         ccd_queue_put(queue, "hello", 5, CCD_FOREVER) != CCD_OK)
 *         fprintf(stderr, "%s\n", ccd_error());
 *
 * The daemon is needed to create, open and destroy, and is told of a close. Messages go through
 * shared memory: they need no system call while there is room, and something to get.
 *
 * Errors: a function that gives an int gives CCD_OK or a negative ccd_code, unless it says
 * otherwise. Its outputs are untouched on failure. NULL, where it is not allowed, is
 * CCD_BAD_REQUEST.
 *
 * Time: nanoseconds. 0 does not wait; CCD_FOREVER, or any negative number, waits without an end.
 *
 * Threads: a ccd_client may be used by several at once, which take turns: each waits until the
 * daemon has answered the one before. A ccd_queue is for one thread at a time, also to be armed or
 * closed, though any may poll its descriptors; threads that want to use a queue at once open it
 * once each. What is to be closed must not be in use. No function is a cancellation point: a
 * thread that is cancelled in one, by deferred cancellation, ends when it is over. None may be
 * called with asynchronous cancellation.
 *
 * Processes: after fork(), also while other threads are in a call, a child can use its parent's
 * ccd_client, which connects anew, but not its ccd_queue, whose memory is not there: all that would
 * touch that gives CCD_BAD_REQUEST, and the child opens the queue itself. Both may be closed in the
 * child too; for the parent that changes nothing.
 * It holds for fork() alone: after vfork() or clone() nothing here may be called.
 */
#ifndef CCD_CCD_H
#define CCD_CCD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CCD_NOEXCEPT noexcept
extern "C" {
#else
#define CCD_NOEXCEPT
#endif
#pragma GCC visibility push(default)

typedef struct ccd_client ccd_client;
typedef struct ccd_queue ccd_queue;

enum ccd_code {
    CCD_OK = 0,
    CCD_BAD_REQUEST = -1,         /* it makes no sense, or does not fit */
    CCD_NOT_FOUND = -2,           /* there is no such queue that you may use */
    CCD_CONFLICT = -3,            /* it is there in another shape, or of another version of ccd */
    CCD_DENIED = -4,              /* you may not, or did not open it for that */
    CCD_OVER_LIMIT = -5,          /* a limit of the daemon's; no room in a queue that never waits */
    CCD_STORAGE_UNAVAILABLE = -6, /* the daemon cannot write to its disk */
    CCD_TIMEOUT = -7,             /* no room, no message or no answer within the time */
    CCD_UNREACHABLE = -8,         /* no daemon */
    CCD_INTERNAL = -9,            /* a fault of ccd's, or somebody has spoilt the queue's memory */
    CCD_CLOSED = -10              /* the queue was destroyed; to a get: and nothing is left in it */
};

#define CCD_FOREVER ((int64_t)-1)

/* What the last function that failed in this thread has to say: a sentence in English. Never NULL;
 * good until the next failure in this thread. */
const char* ccd_error(void) CCD_NOEXCEPT;

/* The name of a code, as "not-found"; "unknown" for any other number. Never NULL. */
const char* ccd_strerror(int code) CCD_NOEXCEPT;

/* ---- The daemon ------------------------------------------------------------------------------ */

/* `socket_path` NULL: $CCD_SOCKET, else the user's own daemon if there is one, else the system's.
 * `timeout_ns` bounds the connecting, and each answer of the daemon later. A connection that the
 * daemon closes, as when it is restarted, is made anew when it is next needed. To be closed with
 * ccd_close. CCD_DENIED: no right to connect, or whoever listens is neither root nor this user. */
int ccd_connect(const char* socket_path, int64_t timeout_ns, ccd_client** client) CCD_NOEXCEPT;

/* NULL is fine. Queues that were opened with it stay open. */
void ccd_close(ccd_client* client) CCD_NOEXCEPT;

/* What a put does when there is no room. */
enum ccd_when_full { CCD_BLOCK = 0, CCD_FAIL = 1, CCD_DROP_OLDEST = 2 };

/* What becomes of a message whose consumer dies, or closes the queue, between ccd_queue_peek and
 * ccd_queue_ack. What ccd_queue_get and ccd_queue_get_many got is acknowledged already. */
enum ccd_on_consumer_death { CCD_DROP = 0, CCD_REDELIVER = 1 };

/* All but the first three may be 0. */
typedef struct ccd_queue_shape {
    size_t size;           /* sizeof(ccd_queue_shape), so that it may grow */
    uint32_t capacity;     /* messages that may be in line */
    uint32_t message_size; /* bytes of the largest message */
    int when_full;
    int on_consumer_death;
    unsigned mode;     /* who may use it, as of a file: r to get, w to put; 0: the default, 0660 */
    uint32_t reserved; /* 0 */
} ccd_queue_shape;

/* Finds it, too, if it is there in the same shape, whatever its mode, which stays as it is; in
 * another shape: CCD_CONFLICT. `created`, unless NULL: 1, or 0 if it was there. CCD_DENIED: it is
 * there, and not for you. */
int ccd_queue_create(ccd_client* client, const char* name, const ccd_queue_shape* shape,
                     int* created) CCD_NOEXCEPT;

/* For good. Who has it open can get what is in line, and has CCD_CLOSED then; a put has that at
 * once. CCD_DENIED: it is for its maker, for root and for the user that runs the daemon. */
int ccd_queue_destroy(ccd_client* client, const char* name) CCD_NOEXCEPT;

/* ---- A queue --------------------------------------------------------------------------------- */

enum ccd_use { CCD_PUT = 0, CCD_GET = 1, CCD_BOTH = 2 };

/* To be closed with ccd_queue_close. Who opens for CCD_GET needs no right to put. CCD_CONFLICT: its
 * memory is laid out by another version of ccd. CCD_OVER_LIMIT: it is used too often, or there is
 * not the memory for it, which is made for the first who opens it. */
int ccd_queue_open(ccd_client* client, const char* name, int use, ccd_queue** queue) CCD_NOEXCEPT;

/* NULL is fine. Nothing that points into its memory may be used any more. What was peeked and not
 * acknowledged counts as with a consumer that died. The daemon is told, which waits for a turn with
 * the client and, where the connection is gone, for a new one, but not for an answer. */
void ccd_queue_close(ccd_queue* queue) CCD_NOEXCEPT;

uint32_t ccd_queue_capacity(const ccd_queue* queue) CCD_NOEXCEPT;     /* 0 for NULL */
uint32_t ccd_queue_message_size(const ccd_queue* queue) CCD_NOEXCEPT; /* bytes; 0 for NULL */

/* Messages in line, about: others put and get meanwhile. */
int ccd_queue_depth(ccd_queue* queue, uint64_t* depth) CCD_NOEXCEPT;

/* Puts a copy. CCD_TIMEOUT: there was no room. CCD_OVER_LIMIT, of a queue made with CCD_FAIL or
 * CCD_DROP_OLDEST, which never wait: there is no room; with CCD_DROP_OLDEST that is where nothing
 * in line can be dropped, for all is written or read in place. `data` may be NULL if `size` is 0.
 */
int ccd_queue_put(ccd_queue* queue, const void* data, size_t size, int64_t timeout_ns) CCD_NOEXCEPT;

/* Gets a copy, and acknowledges it: whoever dies after that takes it along. `room` is that of
 * `buffer` in bytes, and at least ccd_queue_message_size(): whatever comes must fit. `size` is what
 * was filled. CCD_TIMEOUT: there was nothing. */
int ccd_queue_get(ccd_queue* queue, void* buffer, size_t room, size_t* size,
                  int64_t timeout_ns) CCD_NOEXCEPT;

/* ---- In place -------------------------------------------------------------------------------- */

/* In the queue's memory: a place to write a message into, or a message to read. Theirs who asked
 * for it until it is committed or abandoned, or acknowledged or given back. */
typedef struct ccd_message {
    void* data;
    size_t size;         /* bytes */
    uint32_t deliveries; /* before this one, to consumers that died or gave it back */
    uint64_t token;      /* not to be changed */
} ccd_message;

/* Room for `size` bytes. Nobody sees it before it is committed, or ever if this process dies. */
int ccd_queue_reserve(ccd_queue* queue, size_t size, ccd_message* message,
                      int64_t timeout_ns) CCD_NOEXCEPT;

/* Puts it. `message->size` may have been made smaller. CCD_BAD_REQUEST: it is over, or
 * was reserved with another ccd_queue. */
int ccd_queue_commit(ccd_queue* queue, const ccd_message* message) CCD_NOEXCEPT;

/* Gives it back, unwritten. CCD_BAD_REQUEST: as of ccd_queue_commit. */
int ccd_queue_abandon(ccd_queue* queue, const ccd_message* message) CCD_NOEXCEPT;

/* The next message, for this process alone. `data` is for reading only. Who can put could change it
 * meanwhile if he means harm: what must hold is to be checked on a copy. */
int ccd_queue_peek(ccd_queue* queue, ccd_message* message, int64_t timeout_ns) CCD_NOEXCEPT;

/* Is done with it. CCD_BAD_REQUEST: it was acknowledged or given back already. */
int ccd_queue_ack(ccd_queue* queue, const ccd_message* message) CCD_NOEXCEPT;

/* Gives it back: it goes to the end of the line, whatever `on_consumer_death` says, and has one
 * more delivery. CCD_BAD_REQUEST: as of ccd_queue_ack. */
int ccd_queue_nack(ccd_queue* queue, const ccd_message* message) CCD_NOEXCEPT;

/* ---- Many at once ---------------------------------------------------------------------------- */

typedef struct ccd_bytes {
    const void* data;
    size_t size;
} ccd_bytes;

/* In order. `put` is how many were: all, or as many as could be in that time. An error: none; one
 * that makes no sense, or does not fit, is enough for that. */
int ccd_queue_put_many(ccd_queue* queue, const ccd_bytes* messages, size_t count, size_t* put,
                       int64_t timeout_ns) CCD_NOEXCEPT;

typedef struct ccd_buffer {
    void* data;
    size_t room; /* as of ccd_queue_get */
    size_t size; /* what was filled */
} ccd_buffer;

/* In order. Waits for the first only, and takes as many as are there, acknowledged as by
 * ccd_queue_get. An error: none. */
int ccd_queue_get_many(ccd_queue* queue, ccd_buffer* buffers, size_t count, size_t* got,
                       int64_t timeout_ns) CCD_NOEXCEPT;

/* ---- Poll loops ------------------------------------------------------------------------------ */

enum ccd_event {
    CCD_MESSAGE = 0, /* there may be a message to get */
    CCD_ROOM = 1     /* there may be room to put */
};

/* A descriptor to poll for reading, and for nothing else, until the queue is closed: it is neither
 * read nor written, nor are its flags changed. All who use the queue share it: it says that one of
 * them may go on.
 *
 *     ccd_queue_arm(queue, CCD_MESSAGE);
 *     poll(...);
 *     while (ccd_queue_get(queue, ..., 0) == CCD_OK) ...
 *
 * A negative number: a ccd_code. */
int ccd_queue_fd(const ccd_queue* queue, int event) CCD_NOEXCEPT;

/* Before each poll. If there is something already the descriptor is readable at once. */
int ccd_queue_arm(ccd_queue* queue, int event) CCD_NOEXCEPT;

#pragma GCC visibility pop
#undef CCD_NOEXCEPT
#ifdef __cplusplus
}
#endif

#endif
