import API
import HTTP
import Machinery

/// What is told of the process itself at a path below `/debug/pprof/`.
package struct ProfilePage: Sendable {
    package let code: Int
    package let type: String
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8], type: String = "text/plain; charset=utf-8", code: Int = 200) {
        self.code = code
        self.type = type
        self.bytes = bytes
    }

    package init(_ text: String, type: String = "text/plain; charset=utf-8", code: Int = 200) {
        self.init(Array(text.utf8), type: type, code: code)
    }

    /// The form of files that `go tool pprof` reads.
    package static let file = "application/octet-stream"
}

/// Makes such a page.
///
/// - Parameters:
///   - name: the path behind `/debug/pprof/`; empty for the index.
///   - option: a value of the query; of a POST the body under the name "".
package typealias ProfileMaker = @Sendable (_ name: String, _ option: (String) -> String?) async -> ProfilePage

extension HTTPFront {
    private static let profiles = "/debug/pprof"

    static func isProfile(_ path: String) -> Bool { path == profiles || path.hasPrefix(profiles + "/") }

    /// Shows what the process does, if the sender may read the path. It takes as long as it is to look.
    ///
    /// Source: `Profiling` of k8s.io/apiserver/pkg/server/routes; net/http/pprof.
    func showProfile(
        _ path: String, _ http: HTTPRequest, as user: UserInfo, audit record: AuditRecord?, _ exchange: HTTPExchange
    ) throws(APIStatus) {
        do throws(APIStatus) {
            try server.authorizer.authorize(user, .unknown(path), method: http.method)
            guard ["GET", "HEAD", "POST"].contains(http.method) else { throw .pathMethodNotAllowed }
        } catch {
            record?.failed(error)
            throw error
        }
        guard path != Self.profiles else {
            record?.completed(301)
            return exchange.respond(301, ["Location": path + "/"], [])
        }
        let task = Task {
            let page: ProfilePage = await server.profiles(String(path.dropFirst(Self.profiles.count + 1))) { name in
                name.isEmpty ? String(decoding: http.body, as: UTF8.self) : http.option(name)
            }
            record?.completed(page.code)
            var headers: HTTPHeaders = [
                "Content-Type": page.type, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache, private",
            ]
            guard page.type == ProfilePage.file else { return exchange.respond(page.code, headers, page.bytes) }
            headers.set("Content-Disposition", "attachment; filename=\"profile\"")
            exchange.respond(page.code, headers, Gzip.compress([page.bytes[...]]) ?? page.bytes)
        }
        exchange.onClose { task.cancel() }
    }
}
