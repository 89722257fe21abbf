// swift-tools-version: 6.2
import PackageDescription

/// Settings of each Swift target: the direction of imports is visible in each file, and existentials are written out.
let strict: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + (Context.environment["SWKUBE_WARNINGS"] == "errors" ? [.treatAllWarnings(as: .error)] : [])

let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let posix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let niotls = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let hpack = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let http1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let webSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let http2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let tls = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let ciphers = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")

/// Targets from the bottom up; each may import only those above it in this list.
let sources: [Target] = [
    .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CSandbox"),
    .target(name: "Machinery", dependencies: ["CLibYAML"], swiftSettings: strict),
    .target(name: "CEL", dependencies: ["Machinery"], swiftSettings: strict),
    .target(name: "API", dependencies: ["CEL", "Machinery"], swiftSettings: strict),
    .target(name: "Client", dependencies: ["API", "Machinery", "HTTP", log], swiftSettings: strict),
    .target(
        name: "HTTP", dependencies: ["CZlib", nio, posix, niotls, http1, http2, hpack, webSocket, tls, x509, asn1, crypto, ciphers, log],
        swiftSettings: strict),
    .target(name: "Store", dependencies: ["CSQLite"], swiftSettings: strict),
    .target(name: "APIServer", dependencies: ["CZlib", "Store", "HTTP", "API", "CEL", "Machinery", crypto, log], swiftSettings: strict),
    .target(name: "Sandbox", dependencies: ["CSandbox"], swiftSettings: strict),
    .target(name: "Network", dependencies: ["Client", "HTTP", "API", "Machinery", "Sandbox", log], swiftSettings: strict),
    .target(name: "Images", dependencies: ["HTTP", "Sandbox", "Machinery", "CZlib", "CZstd", crypto], swiftSettings: strict),
    .target(
        name: "Kubelet", dependencies: ["CZlib", "Images", "HTTP", "Network", "Client", "API", "Machinery", "Sandbox", log],
        swiftSettings: strict),
    .target(name: "Scheduler", dependencies: ["Client", "API", "Machinery", log], swiftSettings: strict),
    .target(name: "Controllers", dependencies: ["Client", "API", "CEL", "Machinery", crypto, log], swiftSettings: strict),
    .target(
        name: "Cluster",
        dependencies: [
            "Controllers", "Scheduler", "Kubelet", "Images", "Network", "APIServer", "Store", "HTTP", "Client", "API", "Machinery",
            "Sandbox",
            x509, asn1, crypto, ciphers, log,
        ], swiftSettings: strict),
    .target(
        name: "Dashboard", dependencies: ["Client", "HTTP", "API", "Machinery", "Sandbox", log], resources: [.embedInCode("Web/Page")],
        swiftSettings: strict),
    .target(
        name: "CLI",
        dependencies: [
            "Dashboard", "Cluster", "Kubelet", "Scheduler", "Client", "HTTP", "API", "Machinery", "Sandbox", "Images", crypto, log,
        ],
        swiftSettings: strict),
    .executableTarget(name: "swkube", dependencies: ["CLI"], swiftSettings: strict),
    .target(
        name: "TestSupport",
        dependencies: [
            "Cluster", "Controllers", "Scheduler", "Kubelet", "APIServer", "HTTP", "Store", "Client", "API", "Machinery", "Sandbox", crypto,
            log,
        ],
        swiftSettings: strict),
]

/// A program that the store's tests kill.
let crasher: Target = .executableTarget(
    name: "store-crasher", dependencies: ["Store"], path: "Tests/StoreCrasher", swiftSettings: strict)

/// A client that keeps a server busy, for `make bench`.
let load: Target = .executableTarget(
    name: "load-generator", dependencies: ["HTTP", nio, posix, tls], path: "Tests/LoadGenerator", swiftSettings: strict)

/// One test target for each target that has something to prove, named for it.
let tests: [Target] = [
    ("Machinery", []), ("CEL", ["Machinery"]), ("API", ["Machinery"]), ("Store", ["store-crasher"]), ("HTTP", ["Cluster"]), ("Sandbox", []),
    ("Client", ["API", "Machinery"]), ("APIServer", ["API", "Machinery", "Client", "HTTP", "Store"]),
    ("Images", ["HTTP", "Machinery", "Sandbox"]), ("Network", ["API", "Machinery"]),
    ("Kubelet", ["API", "Machinery", "Client", "Sandbox", "Images"]),
    ("Scheduler", ["API", "Machinery", "Client"]),
    ("Controllers", ["API", "Machinery", "Client"]), ("Cluster", ["API", "Machinery", "Client", "HTTP", "Store", "Controllers"]),
    ("Dashboard", ["API", "APIServer", "Machinery", "Client", "HTTP"]),
    ("CLI", ["API", "Machinery", "Client", "Cluster"]),
].map { (name: String, more: [Target.Dependency]) in
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name), "TestSupport"] + more,
        exclude: name == "Cluster" ? ["Cases", "Parity"] : [],
        swiftSettings: strict)
}

/// `SWKUBE_TESTS=Store,HTTP swift test` builds these test targets only.
let chosen: [Target] =
    Context.environment["SWKUBE_TESTS"].map { list in
        let names: [Substring] = list.split(separator: ",")
        return tests.filter { test in names.contains { $0 + "Tests" == test.name } }
    } ?? tests

let package = Package(
    name: "swkube",
    products: [.executable(name: "swkube", targets: ["swkube"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: sources + [crasher, load] + chosen)
