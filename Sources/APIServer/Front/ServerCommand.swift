import API
import HTTP
package import Machinery

/// Something that this server does for its own command line beside the API: POST on a path, with a body of JSON.
///
/// Who may ask says RBAC, by the path as a `nonResourceURL` and the verb `post`.
package struct ServerCommand: Sendable {
    /// `/swkube/pause`
    package let path: String
    /// Its result is the answer.
    package let run: @Sendable (_ body: JSON) async throws -> JSON

    package init(_ path: String, run: @escaping @Sendable (_ body: JSON) async throws -> JSON) {
        self.path = path
        self.run = run
    }
}

extension HTTPFront {
    /// Runs a command, if the sender may.
    func perform(
        _ command: ServerCommand, _ http: HTTPRequest, as user: UserInfo, audit record: AuditRecord?, _ exchange: HTTPExchange
    ) throws(APIStatus) {
        let body: JSON
        do throws(APIStatus) {
            try server.authorizer.authorize(user, .unknown(command.path), method: "POST")
            do { body = http.body.isEmpty ? [:] : try JSON(parsing: http.body) } catch {
                throw .badRequest("the body is no JSON: \(error)")
            }
        } catch {
            record?.failed(error)
            throw error
        }
        Task {
            do {
                let answer: JSON = try await command.run(body)
                record?.completed(200)
                exchange.respond(200, ["Content-Type": "application/json"], answer.serialized())
            } catch {
                let status: APIStatus = error as? APIStatus ?? .internalError("\(error)")
                record?.failed(status)
                exchange.respond(status.code, ["Content-Type": "application/json"], status.json.serialized())
            }
        }
    }
}
