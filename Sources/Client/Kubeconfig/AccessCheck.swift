import Glibc
import Machinery

/// What client-go refuses of a user and a cluster before it asks a server.
/// Source: k8s.io/client-go/tools/clientcmd/validation.go.
enum AccessCheck {
    /// Throws ``KubeconfigError`` with all that is wrong.
    ///
    /// - Parameters:
    ///   - user: with the command line's changes.
    ///   - cluster: with the command line's changes.
    static func check(user: JSON, named userName: String, cluster: JSON, named clusterName: String) throws(KubeconfigError) {
        let problems: [String] = problems(user: user, userName) + problems(cluster: cluster, clusterName)
        guard let first = problems.first else { return }
        throw problems.count == 1
            ? KubeconfigError(first)
            : KubeconfigError("Error in configuration: \n" + problems.map { "* " + $0 }.joined(separator: "\n"), isComplete: true)
    }

    /// Of what a cluster's certificate is checked with.
    static func check(authority: String?, insecureSkipVerify: Bool) throws(KubeconfigError) {
        guard let authority else { return }
        if insecureSkipVerify { throw KubeconfigError("specifying a root certificates file with the insecure flag is not allowed") }
        guard has(authority, begin + "CERTIFICATE-----") else {
            throw KubeconfigError("unable to load root certificates: unable to parse bytes as PEM block")
        }
    }

    /// Of the client's own certificate and key.
    static func check(certificate: String?, key: String?) throws(KubeconfigError) {
        for (text, what) in [(certificate, "certificate"), (key, "key")] {
            guard let text else { continue }
            if !has(text, begin) { throw unreachable("tls: failed to find any PEM data in \(what) input") }
            if what == "key", !has(text, "PRIVATE KEY-----") {
                throw unreachable("tls: found a certificate rather than a key in the PEM for the private key")
            }
        }
    }

    private static let begin: String = "-----BEGIN "

    /// Whether a PEM text has a part. Byte for byte: a search by characters takes a program that lives for milliseconds one of them.
    private static func has(_ text: String, _ part: String) -> Bool { strstr(text, part) != nil }

    private static func unreachable(_ why: String) -> KubeconfigError {
        KubeconfigError("Unable to connect to the server: \(why)", isComplete: true)
    }

    /// Why there are no credentials of one of the programs that were once part of every client.
    static func provider(_ name: String) -> KubeconfigError {
        let successors: [String: (plugin: String, page: String)] = [
            "gcp": (
                "gke-gcloud-auth-plugin", "https://cloud.google.com/blog/products/containers-kubernetes/kubectl-auth-changes-in-gke"
            ),
            "azure": ("kubelogin", "https://github.com/Azure/kubelogin"),
        ]
        guard let successor = successors[name] else {
            let remedy: String =
                name == "oidc" ? "; use a credential plugin in its place, such as https://github.com/int128/kubelogin, or --token" : ""
            return KubeconfigError("no Auth Provider found for name \(JSON.quoted(name))" + remedy)
        }
        return KubeconfigError(
            "The \(name) auth plugin has been removed.\nPlease use the \"\(successor.plugin)\" kubectl/client-go credential plugin instead.\n"
                + "See \(successor.page) for further details")
    }

    private static func problems(user: JSON, _ name: String) -> [String] {
        var problems: [String] = []
        func has(_ member: String) -> Bool { user[member]?.string?.isEmpty == false }
        var methods: [String] = []
        if has("token") { methods.append("token") }
        if has("username") || has("password") { methods.append("basicAuth") }
        if has("client-certificate") || has("client-certificate-data") {
            if !has("client-key"), !has("client-key-data") {
                problems.append("client-key-data or client-key must be specified for \(name) to use the clientCert authentication method.")
            }
            for (member, what) in [("client-certificate", "client-cert"), ("client-key", "client-key")] where !has(member + "-data") {
                problems += unreadable(user, member).map { "unable to read \(what) \($0.path) for \(name) due to \($0.why)" }
            }
        }
        if let plugin = user["exec"], !plugin.isNull {
            if user["auth-provider"]?.isNull == false {
                problems.append("authProvider cannot be provided in combination with an exec plugin for \(name)")
            }
            problems += self.problems(plugin: plugin, name)
        }
        if methods.count > 1 {
            problems.append(
                "more than one authentication method found for \(name); found [\(methods.joined(separator: " "))], only one is allowed")
        }
        let hasMore: Bool = has("as-uid") || ["as-groups", "as-user-extra"].contains { user[$0]?.isEmpty == false }
        if hasMore, !has("as") { problems.append("requesting uid, groups or user-extra for \(name) without impersonating a user") }
        return problems
    }

    private static func problems(plugin: JSON, _ name: String) -> [String] {
        var problems: [String] = []
        func has(_ member: String) -> Bool { plugin[member]?.string?.isEmpty == false }
        for member in ["command", "apiVersion"] where !has(member) {
            problems.append("\(member) must be specified for \(name) to use exec authentication plugin")
        }
        for variable in plugin["env"]?.array ?? [] where variable["name"]?.string?.isEmpty != false {
            problems.append("env variable name must be specified for \(name) to use exec authentication plugin")
        }
        let mode: String = plugin["interactiveMode"]?.string ?? ""
        if mode.isEmpty, plugin["apiVersion"] == "client.authentication.k8s.io/v1" {
            problems.append("interactiveMode must be specified for \(name) to use exec authentication plugin")
        }
        if !["", "Never", "IfAvailable", "Always"].contains(mode) {
            problems.append("invalid interactiveMode for \(name): \(JSON.quoted(mode))")
        }
        return problems
    }

    private static func problems(cluster: JSON, _ name: String) -> [String] {
        var problems: [String] = []
        if let proxy = cluster["proxy-url"]?.string, !proxy.isEmpty {
            do { _ = try ProxyDial(proxy) } catch {
                problems.append("invalid 'proxy-url' \(JSON.quoted(proxy)) for cluster \(JSON.quoted(name)): \(error)")
            }
        }
        if cluster["certificate-authority-data"]?.string?.isEmpty != false {
            problems += unreadable(cluster, "certificate-authority").map {
                "unable to read certificate-authority \($0.path) for \(name) due to \($0.why)"
            }
        }
        return problems
    }

    /// The file that a member names when it cannot be read; none or one.
    private static func unreadable(_ entry: JSON, _ member: String) -> [(path: String, why: String)] {
        guard let path = entry[member]?.string, !path.isEmpty else { return [] }
        do {
            _ = try LocalFile.read(path)
            return []
        } catch { return [(path, "open \(path): \(error.reason)")] }
    }
}
