import API
import Glibc
import Machinery
import Testing

@testable import Client

@Suite struct KubeconfigTests {
    private func file(_ text: String) throws -> String {
        var template: [CChar] = Array("/tmp/swkube-kubeconfig-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try LocalFile.replace(folder + "/config", with: Array(text.utf8))
        return folder + "/config"
    }

    private func remove(_ path: String) {
        unlink(path)
        rmdir(LocalFile.parent(of: path))
    }

    @Test func `the first file that names an entry wins`() throws {
        let one: String = try file("contexts: [{name: a, context: {cluster: x}}]\ncurrent-context: a\n")
        let two: String = try file("contexts: [{name: a, context: {cluster: y}}, {name: b, context: {cluster: z}}]\ncurrent-context: b\n")
        defer {
            remove(one)
            remove(two)
        }
        let files = KubeconfigFiles(flag: nil) { $0 == "KUBECONFIG" ? "\(one):/nope:\(two)" : nil }
        let config: Kubeconfig = try files.load()
        #expect(config.currentContext == "a" && config.names(.contexts) == ["a", "b"])
        #expect(config[.contexts, "a"]?["cluster"] == "x")
        #expect(try files.file(of: .contexts, "b") == two && files.fileForNewEntries == one)
    }

    @Test func `a merge of one cluster leaves the rest of the file as it is`() throws {
        let path: String = try file("users: [{name: u, user: {exec: {command: x}}}]\nextensions: [{name: e}]\n")
        defer { remove(path) }
        let files = KubeconfigFiles(flag: path) { _ in nil }
        try files.edit(path) { config in
            config[.clusters, "swkube"] = ["server": "https://127.0.0.1:1"]
            config.currentContext = "swkube"
        }
        let after = try Kubeconfig(parsing: try LocalFile.read(path), file: path)
        #expect(after[.users, "u"]?["exec"]?["command"] == "x" && after.json["extensions"] != nil)
        #expect(after[.clusters, "swkube"]?["server"] == "https://127.0.0.1:1")
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(!LocalFile.exists(path + ".lock"))
    }

    @Test(arguments: [
        ("https://127.0.0.1:6443", "https://127.0.0.1:6443"), ("https://[::1]:6443/a/", "https://[::1]:6443/a"),
        ("https://x", "https://x:443"), ("http://x/", "http://x:80"), ("x:1", "http://x:1"),
    ])
    func `addresses are taken apart`(_ text: String, _ address: String) throws {
        #expect(try ServerAddress(text, prefersTLS: false).description == address)
    }

    @Test(arguments: ["https://", "https://x:0", "https://x:99999", "ftp://x", "https://[::1"])
    func `what is no address is refused`(_ text: String) {
        #expect(throws: KubeconfigError.self) { try ServerAddress(text, prefersTLS: false) }
    }

    /// Access whose user gets its credentials from a line of shell.
    private static func access(
        _ script: String, command: String = "/bin/sh", _ change: (inout AccessOverrides) -> Void = { _ in }
    ) throws
        -> ClusterAccess
    {
        var config = Kubeconfig()
        config[.contexts, "c"] = ["cluster": "x", "user": "u"]
        config[.clusters, "x"] = ["server": "https://x"]
        config[.users, "u"] = [
            "exec": [
                "apiVersion": "client.authentication.k8s.io/v1", "command": .string(command), "args": ["-c", .string(script)],
                "env": [["name": "WORD", "value": "from-env"]], "installHint": "get it", "interactiveMode": "Never",
            ]
        ]
        config.currentContext = "c"
        var overrides = AccessOverrides()
        change(&overrides)
        return try ClusterAccess(config, overrides)
    }

    private static let answer = #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"'$WORD'"}}"#

    @Test func `a program hands out the credentials when they are needed`() throws {
        let access: ClusterAccess = try Self.access("echo '\(Self.answer)'")
        #expect(access.authorization == nil)
        #expect(try access.withCredentials().authorization == "Bearer from-env")
        #expect(try Self.access("exit 1") { $0.token = "t" }.withCredentials().authorization == "Bearer t")
    }

    @Test(arguments: [
        ("exit 3", "/bin/sh", "exec: executable /bin/sh failed with exit code 3"),
        ("echo nonsense", "/bin/sh", "decoding stdout: "),
        ("", "/nowhere/plugin", "exec: executable /nowhere/plugin not found"),
        (
            #"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}'"#, "/bin/sh",
            "exec plugin didn't return a status field"
        ),
        (
            #"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}'"#, "/bin/sh",
            "exec plugin didn't return a token or cert/key pair"
        ),
    ])
    func `a program that gives no credentials is told in kubectl's words`(_ script: String, _ command: String, _ text: String) throws {
        let access: ClusterAccess = try Self.access(script, command: command)
        do {
            _ = try access.withCredentials()
            Issue.record("there were credentials")
        } catch {
            #expect("\(error)".hasPrefix("getting credentials: " + text))
        }
    }

    /// What a kubeconfig with these members is refused with; empty where it is taken.
    private static func refusal(user: JSON, cluster: JSON = [:], _ change: (inout AccessOverrides) -> Void = { _ in }) -> String {
        var config = Kubeconfig()
        config[.contexts, "c"] = ["cluster": "x", "user": "u"]
        config[.clusters, "x"] = cluster
        config[.clusters, "x"]?["server"] = cluster["server"] ?? "https://x"
        config[.users, "u"] = user
        config.currentContext = "c"
        var overrides = AccessOverrides()
        change(&overrides)
        do {
            _ = try ClusterAccess(config, overrides)
            return ""
        } catch { return error.description }
    }

    /// Source: kubectl 1.37 with these kubeconfigs.
    @Test func `what cannot be right is refused before a server is asked, in kubectl's words`() {
        let plugin: JSON = ["command": "x", "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"]
        func with(_ member: String, _ value: JSON) -> JSON {
            var changed: JSON = plugin
            changed[member] = value
            return ["exec": changed]
        }
        let cases: [(user: JSON, cluster: JSON, text: String)] = [
            (["token": "a"], [:], ""), (["exec": plugin], [:], ""),
            (
                ["token": "a", "username": "b"], [:],
                "more than one authentication method found for u; found [token basicAuth], only one is allowed"
            ),
            (
                ["client-certificate": "/nope"], [:],
                "Error in configuration: \n* client-key-data or client-key must be specified for u to use the clientCert authentication "
                    + "method.\n* unable to read client-cert /nope for u due to open /nope: no such file or directory"
            ),
            (["as-groups": ["g"]], [:], "requesting uid, groups or user-extra for u without impersonating a user"),
            (with("command", ""), [:], "command must be specified for u to use exec authentication plugin"),
            (with("interactiveMode", ""), [:], "interactiveMode must be specified for u to use exec authentication plugin"),
            (with("interactiveMode", "Nope"), [:], "invalid interactiveMode for u: \"Nope\""),
            (with("env", [["value": "x"]]), [:], "env variable name must be specified for u to use exec authentication plugin"),
            (with("apiVersion", "v9"), [:], "exec plugin: invalid apiVersion \"v9\""),
            (["auth-provider": ["name": "nope"]], [:], "no Auth Provider found for name \"nope\""),
            (
                ["auth-provider": ["name": "oidc"]], [:],
                "no Auth Provider found for name \"oidc\"; use a credential plugin in its place, such as "
                    + "https://github.com/int128/kubelogin, or --token"
            ),
            ([:], ["proxy-url": "::"], "invalid 'proxy-url' \"::\" for cluster \"x\": could not parse: ::"),
            (
                [:], ["certificate-authority": "/nope"],
                "unable to read certificate-authority /nope for x due to open /nope: no such file or directory"
            ),
            ([:], ["certificate-authority-data": "eA=="], "unable to load root certificates: unable to parse bytes as PEM block"),
            ([:], ["server": "ftp://x"], "Unable to connect to the server: unsupported protocol scheme \"ftp\""),
            ([:], ["server": "::"], "Unable to connect to the server: invalid port \"::\" after host"),
        ]
        for (user, cluster, text) in cases { #expect(Self.refusal(user: user, cluster: cluster) == text, "\(user) \(cluster)") }
        #expect(Self.refusal(user: [:]) { $0.impersonatedUID = "u" }.hasPrefix("requesting uid, groups"))
    }

    @Test func `credentials stay here when the server is spoken to in the clear`() throws {
        var config = Kubeconfig()
        config[.contexts, "c"] = ["cluster": "x", "user": "u"]
        config[.clusters, "x"] = ["server": "http://x"]
        config[.users, "u"] = ["token": "t", "as": "me"]
        config.currentContext = "c"
        let access = try ClusterAccess(config, AccessOverrides())
        #expect(access.authorization == nil && access.impersonatedUser == "me")
        config[.clusters, "x"]?["server"] = "https://x"
        #expect(try ClusterAccess(config, AccessOverrides()).authorization == "Bearer t")
    }

    @Test(arguments: [
        ("299 - \"a\"", ["a"]), ("299 - \"a \\\"b\\\"\", 299 - \"c\"", ["a \"b\"", "c"]), ("199 - \"x\"", []),
        ("299 host \"a\" \"Wed, 21 Oct 2015 07:28:00 GMT\", 299 - \"b\"", ["a", "b"]),
    ])
    func `warnings are read from their headers`(_ value: String, _ texts: [String]) {
        #expect(WarningHeader.texts(value) == texts)
    }

    @Test(arguments: [
        ("pods", true), ("po", true), ("pod", true), ("pods.v1", true), ("pods.", true), ("pods.apps", false), ("podz", false),
    ])
    func `resources are known by their names`(_ word: String, _ means: Bool) {
        let pods = APIResource(
            resource: .init(group: "", version: "v1", resource: "pods"), kind: "Pod", singular: "pod", short: ["po"], categories: ["all"],
            isNamespaced: true, verbs: [])
        #expect(ResourceName(word).means(pods) == means)
    }
}
