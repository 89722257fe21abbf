import Machinery

/// What the command line says in place of the kubeconfig; nil is not said.
package struct AccessOverrides: Sendable {
    package var context: String?
    package var cluster: String?
    package var user: String?
    package var namespace: String?
    package var server: String?
    package var token: String?
    package var username: String?
    package var password: String?
    package var certificateAuthority: String?
    package var clientCertificate: String?
    package var clientKey: String?
    package var tlsServerName: String?
    package var proxyURL: String?
    package var insecureSkipTLSVerify = false
    package var impersonatedUser: String?
    package var impersonatedUID: String?
    package var impersonatedGroups: [String] = []
    /// `key=value`
    package var impersonatedExtra: [String] = []

    package init() {}

    /// A user of the kubeconfig, as changed.
    func changed(user: JSON) throws(KubeconfigError) -> JSON {
        var user: JSON = user
        func set(_ member: String, _ text: String?) { if let text { user[member] = .string(text) } }
        set("token", token)
        if token != nil { user["tokenFile"] = nil }
        set("username", username)
        set("password", password)
        for (member, path) in [("client-certificate", clientCertificate), ("client-key", clientKey)] where path != nil {
            set(member, path)
            user[member + "-data"] = nil
        }
        set("as", impersonatedUser)
        set("as-uid", impersonatedUID)
        if !impersonatedGroups.isEmpty { user["as-groups"] = .array(impersonatedGroups.map { .string($0) }) }
        guard !impersonatedExtra.isEmpty else { return user }
        var extra: JSON = [:]
        for pair in impersonatedExtra {
            let parts: [Substring] = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw KubeconfigError("invalid value \(JSON.quoted(pair)) for as-user-extra: it must be KEY=VALUE")
            }
            let key = String(parts[0])
            extra[key] = .array((extra[key]?.array ?? []) + [.string(String(parts[1]))])
        }
        user["as-user-extra"] = extra
        return user
    }

    /// A cluster of the kubeconfig, as changed.
    func changed(cluster: JSON) -> JSON {
        var cluster: JSON = cluster
        // Another authority, or none, stands for all that was said of it.
        if insecureSkipTLSVerify || certificateAuthority != nil {
            cluster["insecure-skip-tls-verify"] = .bool(insecureSkipTLSVerify)
            cluster["certificate-authority"] = certificateAuthority.map { .string($0) }
            cluster["certificate-authority-data"] = nil
        }
        // The name belongs to the server.
        if tlsServerName != nil || server != nil { cluster["tls-server-name"] = tlsServerName.map { .string($0) } }
        if let server { cluster["server"] = .string(server) }
        if let proxyURL { cluster["proxy-url"] = .string(proxyURL) }
        return cluster
    }
}
