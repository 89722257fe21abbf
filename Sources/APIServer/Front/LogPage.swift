import API
import HTTP
import Machinery

/// A file or folder of the control plane's /var/log, by its path from there (`/pods`), and its media type; nil for what is not there.
package typealias LogPage = @Sendable (_ path: String) async -> (type: String, bytes: [UInt8])?

extension HTTPFront {
    static func isLog(_ path: String) -> Bool { path == "/logs" || path.hasPrefix("/logs/") }

    /// Shows a file, or what a folder holds, if the sender may read the path. Source: pkg/routes/logs.go of Kubernetes.
    ///
    /// - Parameter path: percent-encoded, with `/logs`.
    func showLog(
        _ path: String, _ http: HTTPRequest, as user: UserInfo, audit record: AuditRecord?, _ exchange: HTTPExchange
    ) throws(APIStatus) {
        let place: String
        do throws(APIStatus) {
            try server.authorizer.authorize(user, .unknown(path), method: http.method)
            guard http.method == "GET" || http.method == "HEAD" else { throw .pathMethodNotAllowed }
            guard let decoded = PercentEncoding.decode(path.dropFirst("/logs".count)) else { throw .pathNotFound }
            place = decoded
        } catch {
            record?.failed(error)
            throw error
        }
        Task {
            guard let page = await server.logPage(place) else {
                record?.failed(.pathNotFound)
                return exchange.refusePage()
            }
            record?.completed(200)
            // The links of a folder's page begin where the folder ends.
            if page.type.hasPrefix("text/html"), !path.hasSuffix("/"), let name = path.split(separator: "/").last {
                return exchange.respond(301, ["Location": name + "/"], [])
            }
            exchange.respond(200, ["Content-Type": page.type, "Cache-Control": "no-cache, private"], page.bytes)
        }
    }
}
