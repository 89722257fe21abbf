// The protocol between the main process and the holder of the cluster's network, declared once for both languages.
//
// The socket keeps messages apart (SOCK_SEQPACKET): one request, one answer, each of fixed size. A holder outlives an upgrade of the
// main process: numbers here are never reused, and a request that is not known is answered with ENOSYS.

#pragma once

#include <stdint.h>

#define NETWORK_PROTOCOL 1

enum network_request_kind {
    NETWORK_HELLO = 1,  // answer: the facts, with descriptors of the network and, where there is one, the user namespace
    NETWORK_SOCKET = 2, // socket(numbers[0], numbers[1], numbers[2]) in the namespace -> the socket as a descriptor
    NETWORK_REMOVE = 3, // removes the folder `path` with the files of all identities in it
    NETWORK_STOP = 4,   // the holder answers and ends
    NETWORK_OWN = 5,    // gives `path` to group numbers[0], to user numbers[2] - 1 unless that is 0, and then mode numbers[1]
    NETWORK_SOCKETS = 6, // socket(numbers[0], numbers[1], 0) in the namespace, numbers[2] times -> the sockets as descriptors
};

/// Most descriptors of one message.
#define NETWORK_DESCRIPTORS 64

struct network_request {
    uint32_t kind;
    int32_t numbers[3];
    char path[4096];
};

struct network_answer {
    int32_t error; // errno, 0: done
    uint32_t version;
    int32_t process;     // of the holder, as the main process counts
    uint32_t identities; // user numbers that exist inside, from 0; 1: the user's own alone
    uint64_t network;    // inode of the network namespace: tells it from those before
    char what[64];       // what failed
};
