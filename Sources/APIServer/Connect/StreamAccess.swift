import API
import HTTP
import Machinery

/// Who may open streams to pods, and what they offer to speak.
enum StreamAccess {
    /// A GET that upgrades does as much as a POST and needs the same right.
    ///
    /// Source: `AuthorizePodWebsocketUpgradeCreatePermission`, on since Kubernetes 1.35.
    static func check(_ call: Call, _ server: APIServer) throws(APIStatus) {
        guard call.request.verb == .get else { return }
        var request: APIRequest = call.request
        request.verb = .create
        try server.authorizer.authorize(call.user, Attributes(request))
    }

    /// The protocols that a client offers, without what stands there for another reason.
    static func protocols(_ headers: HTTPHeaders) -> [String] {
        WebSocketHandshake.protocols(headers).filter { !$0.hasPrefix(WebSocketToken.prefix) }
    }
}

extension HTTPExchange {
    /// Refuses in plain text, as a kubelet does.
    func refuse(_ status: Int, _ text: String) {
        respond(status, ["Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"], Array((text + "\n").utf8))
    }

    /// What SPDY is agreed on; nil when the refusal was sent.
    func spdyAgreement(to http: HTTPRequest, serving served: [String]) -> (headers: HTTPHeaders, name: String)? {
        guard SPDYUpgrade.isAsked(http.headers) else {
            refuse(400, "unable to upgrade: missing upgrade headers in request")
            return nil
        }
        do throws(SPDYUpgrade.Refusal) {
            return try SPDYUpgrade.agreement(to: http.headers, serving: served)
        } catch {
            refuse(error.status, error.text)
            return nil
        }
    }
}
