import Glibc

// A client that keeps a server busy over HTTPS, for scripts/bench, and the floor to measure it against:
//
//     load-generator PROFILE PORT LOAD COUNT CONNECTIONS [WATCHERS]
//     load-generator PROFILE floor SIZE FILE
//
// PROFILE is the folder of a cluster, whose certificates are used. LOAD is one of those in Load.swift. When all is ready it
// says so in a line; then it sends COUNT requests, CONNECTIONS at a time, and prints one line of JSON:
// {"perSecond": …, "p50": …, "p99": …}, the last two in milliseconds. With watchers it ends when each of them has seen COUNT events.
//
// The floor is a server that answers every request with SIZE bytes and appends bodies to FILE. It prints its port, and ends with its input.

let words: [String] = CommandLine.arguments

func usage() -> Never {
    print("usage: load-generator PROFILE PORT \(Load.all.keys.sorted().joined(separator: "|")) COUNT CONNECTIONS [WATCHERS]")
    print("       load-generator PROFILE floor SIZE FILE")
    print("       load-generator PROFILE PORT watch-pods COUNT REVISION")
    exit(2)
}

do {
    if words.count == 5, words[2] == "floor", let size = Int(words[3]) {
        let floor = try await Floor(profile: words[1], size: size, file: words[4])
        print(floor.port)
        fflush(nil)
        while readLine() != nil {}
        exit(0)
    }
    if words.count == 6, words[3] == "watch-pods", let port = Int(words[2]), let count = Int(words[4]) {
        print(try await Generator(profile: words[1], port: port).watchPods(count: count, after: words[5]))
        exit(0)
    }
    guard words.count >= 6, let port = Int(words[2]), let load = Load.all[words[3]], let count = Int(words[4]),
        let connections = Int(words[5])
    else { usage() }
    let generator = try Generator(profile: words[1], port: port)
    print(try await generator.run(load, count: count, connections: connections, watchers: words.count > 6 ? Int(words[6]) ?? 0 : 0))
} catch {
    print("\(error)")
    exit(1)
}
