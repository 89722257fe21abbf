import API
import HTTP

/// The name under which the server speaks to extension servers, which take from its headers who asks.
///
/// Source: the documentation "Configure the Aggregation Layer".
package struct FrontProxy: Sendable {
    /// PEM of the authority that extension servers know it by.
    let caPEM: String
    let certificatePEM: String
    let keyPEM: String

    package init(caPEM: String, certificatePEM: String, keyPEM: String) {
        self.caPEM = caPEM
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
    }

    static let commonName = "front-proxy-client"

    /// Fields that only a front proxy may send.
    static func isReserved(_ field: String) -> Bool { field.hasPrefix("x-remote-") }

    /// Says who asks.
    static func add(_ user: UserInfo, to headers: inout HTTPHeaders) {
        headers.set("X-Remote-User", user.name)
        if !user.uid.isEmpty { headers.set("X-Remote-Uid", user.uid) }
        for group in user.groups { headers.add("X-Remote-Group", group) }
        for (key, values) in user.extra.sorted(by: { $0.key < $1.key }) {
            for value in values { headers.add("X-Remote-Extra-" + escaped(key), value) }
        }
    }

    /// Keys may hold what field names can't.
    private static func escaped(_ key: String) -> String {
        var text = ""
        for byte in key.utf8 {
            let isPlain: Bool =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "!#$&'*+-.^_`|~".utf8.contains(byte)
            if isPlain {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                text += "%" + (hex.count < 2 ? "0" : "") + hex
            }
        }
        return text
    }

    /// The ConfigMap `extension-apiserver-authentication` in kube-system, from which extension servers learn whom to trust.
    package func authentication(clientCAPEM: String) -> [String: String] {
        [
            "client-ca-file": clientCAPEM, "requestheader-client-ca-file": caPEM,
            "requestheader-allowed-names": "[\"\(Self.commonName)\"]",
            "requestheader-username-headers": "[\"X-Remote-User\"]", "requestheader-group-headers": "[\"X-Remote-Group\"]",
            "requestheader-uid-headers": "[\"X-Remote-Uid\"]", "requestheader-extra-headers-prefix": "[\"X-Remote-Extra-\"]",
        ]
    }
}
