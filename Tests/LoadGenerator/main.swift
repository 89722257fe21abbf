import Glibc

// A client that keeps a server busy over HTTPS, for scripts/bench:
//
//     load-generator PROFILE PORT LOAD COUNT CONNECTIONS [WATCHERS]
//
// PROFILE is the folder of a cluster, whose administrator's certificate is used. LOAD is one of those in Load.swift. When all is ready it
// says so in a line; then it sends COUNT requests, CONNECTIONS at a time, and prints one line of JSON:
// {"perSecond": …, "p50": …, "p99": …}, the last two in milliseconds. With watchers it ends when each of them has seen COUNT events.

let words: [String] = CommandLine.arguments
guard words.count >= 6, let port = Int(words[2]), let load = Load.all[words[3]], let count = Int(words[4]), let connections = Int(words[5])
else {
    print("usage: load-generator PROFILE PORT \(Load.all.keys.sorted().joined(separator: "|")) COUNT CONNECTIONS [WATCHERS]")
    exit(2)
}
do {
    let generator = try Generator(profile: words[1], port: port)
    print(try await generator.run(load, count: count, connections: connections, watchers: words.count > 6 ? Int(words[6]) ?? 0 : 0))
} catch {
    print("\(error)")
    exit(1)
}
