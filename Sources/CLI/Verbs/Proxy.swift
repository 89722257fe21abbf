import API
import Client
import Glibc
import HTTP
import Machinery

/// `proxy`: serves the cluster's API on this machine with the credentials of the kubeconfig, for programs that have none.
package struct Proxy: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "proxy", abstract: "Serve the cluster's API on this machine without credentials.",
        usage: "swkube proxy [--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix]",
        discussion: "Whoever reaches the port acts as you. Ends with Ctrl-C.")

    @Option("port", "p", help: "Port to listen on; 0 takes a free one.", value: "int")
    var port: Int?

    @Option("unix-socket", "u", help: "Serve on a socket in the file system in place of a port.", value: "path")
    var unixSocket = ""

    @Option("address", help: "Address to listen on.", value: "ip")
    var address = "127.0.0.1"

    @Option("api-prefix", help: "Path under which the API is served.", value: "prefix")
    var apiPrefix = "/"

    @Option("www", "w", help: "Folder whose files are served too.", value: "folder")
    var www = ""

    @Option("www-prefix", "P", help: "Path under which they are.", value: "prefix")
    var wwwPrefix = "/static/"

    @Option("accept-hosts", help: "Hosts that are served, as regular expressions with commas between.", value: "list")
    var acceptHosts = #"^localhost$,^127\.0\.0\.1$,^\[::1\]$"#

    @Option("accept-paths", help: "Paths that are served.", value: "list")
    var acceptPaths = "^.*"

    @Option("reject-paths", help: "Paths that are not served all the same.", value: "list")
    var rejectPaths = "^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach"

    @Option("reject-methods", help: "Methods that are not served.", value: "list")
    var rejectMethods = "^$"

    @Flag("disable-filter", help: "Serve everything to everybody. Dangerous when others reach the port.")
    var disableFilter = false

    @Flag("append-server-path", help: "Put the path of the server's address before each path.")
    var appendServerPath = false

    @Option("keepalive", help: "Time between signs of life on connections to the server; 0 leaves it to the system.", value: "duration")
    var keepalive = Span(.zero)

    @Argument(isHidden: true)
    var ignored: [String] = []

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if !unixSocket.isEmpty, port != nil { throw Failure("cannot set --unix-socket and --port at the same time") }
        let session: Session = try connection.session(shell, keepAlive: keepalive.duration > .zero ? keepalive.duration : nil)
        guard let transport = session.transport as? HTTPSTransport else { throw Failure("a proxy needs a connection to a server") }
        if disableFilter {
            shell.output.note("Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious")
        }
        if !www.isEmpty, !LocalFile.exists(www) {
            shell.output.note("Failed to stat static file directory \(www): stat \(www): no such file or directory")
        }
        let filter: ProxyFilter? =
            disableFilter
            ? nil
            : try ProxyFilter(hosts: acceptHosts, paths: acceptPaths, rejectedPaths: rejectPaths, rejectedMethods: rejectMethods)
        let prefix: String = apiPrefix.hasSuffix("/") ? apiPrefix : apiPrefix + "/"
        let files: StaticFiles? =
            www.isEmpty ? nil : StaticFiles(folder: www, prefix: wwwPrefix.hasSuffix("/") ? wwwPrefix : wwwPrefix + "/")
        var limits = HTTPLimits()
        limits.bodySize = 64 << 20
        let server: HTTPServer
        do {
            let serve: HTTPHandler = { request, exchange in
                if let filter, !filter.takes(request) {
                    return exchange.respond(403, ["Content-Type": "text/plain; charset=utf-8"], Array("Forbidden\n".utf8))
                }
                if let files, request.path.hasPrefix(files.prefix) { return files.answer(request, exchange) }
                guard (request.path + "/").hasPrefix(prefix) else {
                    return exchange.respond(404, ["Content-Type": "text/plain; charset=utf-8"], Array("404 page not found\n".utf8))
                }
                let path: String = "/" + request.path.dropFirst(prefix.count)
                let target: String = path + (request.query.map { "?" + $0 } ?? "")
                Task { await transport.pass(request, target: target, exchange) }
            }
            server =
                unixSocket.isEmpty
                ? try await HTTPServer(host: address, port: port ?? 8001, tls: nil, limits: limits, handler: serve)
                : try await HTTPServer(descriptor: LocalSocket.listen(unixSocket), limits: limits, handler: serve)
        } catch let error as HTTPError {
            throw Failure("\(error)")
        }
        let shown: String = address.contains(":") ? "[\(address)]" : address
        shell.output.line("Starting to serve on \(unixSocket.isEmpty ? "\(shown):\(server.port)" : unixSocket)")
        shell.output.flush()
        // Until a signal ends the process.
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
}

/// Which requests a proxy without passwords takes, so that pages of other hosts in the user's browser cannot use it.
///
/// Source: `FilterServer` of k8s.io/kubectl/pkg/proxy.
struct ProxyFilter: Sendable {
    private let hosts: [RegularExpression]
    private let paths: [RegularExpression]
    private let rejectedPaths: [RegularExpression]
    private let rejectedMethods: [RegularExpression]

    init(hosts: String, paths: String, rejectedPaths: String, rejectedMethods: String) throws {
        func expressions(_ list: String) throws -> [RegularExpression] {
            try list.split(separator: ",").map { text in
                do { return try RegularExpression(String(text)) } catch {
                    throw Failure("invalid regular expression \(JSON.quoted(String(text))): \(error)")
                }
            }
        }
        self.hosts = try expressions(hosts)
        self.paths = try expressions(paths)
        self.rejectedPaths = try expressions(rejectedPaths)
        self.rejectedMethods = try expressions(rejectedMethods)
    }

    func takes(_ request: HTTPRequest) -> Bool {
        takes(method: request.method, path: request.path, host: Self.host(of: request.headers["host"] ?? ""))
    }

    func takes(method: String, path: String, host: String) -> Bool {
        guard !rejectedPaths.contains(where: { $0.matches(path) }), !rejectedMethods.contains(where: { $0.matches(method) }) else {
            return false
        }
        return paths.contains { $0.matches(path) } && hosts.contains { $0.matches(host) }
    }

    /// Without the port.
    private static func host(of text: String) -> String {
        if text.hasPrefix("[") { return String(text.prefix { $0 != "]" }) + "]" }
        return String(text.prefix { $0 != ":" })
    }
}

/// Files of a folder as answers; nothing outside of it, and no lists.
struct StaticFiles: Sendable {
    let folder: String
    let prefix: String

    func answer(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        let path: String = PercentEncoding.decode(request.path.dropFirst(prefix.count)) ?? ""
        var parts: [Substring] = path.split(separator: "/")
        guard !parts.contains(".."), request.method == "GET" || request.method == "HEAD" else { return Self.refuse(exchange) }
        var place: String = parts.reduce(folder) { $0 + "/" + $1 }
        if LocalFile.isFolder(place) {
            place += "/index.html"
            parts.append("index.html")
        }
        guard LocalFile.exists(place), let bytes = try? LocalFile.read(place) else { return Self.refuse(exchange) }
        exchange.respond(200, ["Content-Type": Self.type(of: String(parts.last ?? ""))], bytes)
    }

    private static func refuse(_ exchange: HTTPExchange) {
        exchange.respond(404, ["Content-Type": "text/plain; charset=utf-8"], Array("404 page not found\n".utf8))
    }

    private static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html", "htm": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "json": "application/json"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "txt": "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }
}
