import Glibc

/// Debian's `docker-registry` on a port and in a folder of its own, and `skopeo` to fill it. Ends with its last reference.
package final class TestRegistry: Sendable {
    package struct User: Sendable {
        package let name: String
        package let password: String

        package init(_ name: String, _ password: String) {
            self.name = name
            self.password = password
        }
    }

    package let port: Int
    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let user: User?

    /// Whether this machine has the programs: `apt-get install docker-registry skopeo apache2-utils`.
    package static var isAvailable: Bool {
        ["docker-registry", "skopeo", "htpasswd"].allSatisfy { Command.path(of: $0) != nil }
    }

    /// Returns when it answers. With a user it answers nobody else.
    package init(user: User? = nil) async throws {
        self.user = user
        folder = try TemporaryFolder("registry")
        port = try Self.freePort()
        var config = """
            version: 0.1
            log: {level: error, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: \(folder.file("data"))}}
            http: {addr: "127.0.0.1:\(port)"}

            """
        if let user {
            let line: String = try await Command.run("htpasswd", ["-Bbn", user.name, user.password]).checked("htpasswd")
            config += "auth: {htpasswd: {realm: test, path: \(try folder.write(line, to: "users"))}}\n"
        }
        let process = try ChildProcess("docker-registry", ["serve", try folder.write(config, to: "config.yml")], environment: nil)
        self.process = process
        BackgroundThread.run { _ = try? process.finish(input: [], within: .seconds(600)) }
        let port: Int = port
        try await eventually("the registry listens") { Self.connects(port) }
    }

    deinit { process.kill() }

    /// `127.0.0.1:5000/team/web`
    package func name(_ repository: String) -> String { "127.0.0.1:\(port)/\(repository)" }

    /// Copies an archive of `docker save`'s form into a repository.
    package func push(_ archive: String, as image: String, _ more: [String] = []) async throws {
        var arguments: [String] = ["--insecure-policy", "copy", "-q", "--dest-tls-verify=false"] + more
        if let user { arguments += ["--dest-creds", "\(user.name):\(user.password)"] }
        try await Command.run("skopeo", arguments + ["docker-archive:" + archive, "docker://" + image]).checked("skopeo copy")
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }

    private static func freePort() throws -> Int {
        let fd: Int32 = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(fd) }
        var address: sockaddr_in = address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound: Bool = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(fd, $0, length) == 0 && getsockname(fd, $0, &length) == 0 }
        }
        guard isBound else { throw TestFailure("no port is free on 127.0.0.1") }
        return Int(in_port_t(bigEndian: address.sin_port))
    }

    private static func connects(_ port: Int) -> Bool {
        let fd: Int32 = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(fd) }
        var address: sockaddr_in = address(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
    }
}
