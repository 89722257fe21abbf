extension APIRequest {
    /// The path of the request, percent-encoded: `/apis/apps/v1/namespaces/default/deployments/web/scale`.
    package var path: String {
        var path: String = resource.root
        if let namespace { path += "/namespaces/" + PercentEncoding.encode(namespace) }
        path += "/" + resource.resource
        if let name { path += "/" + PercentEncoding.encode(name) }
        if let subresource { path += "/" + subresource }
        return path
    }

    /// The query, percent-encoded; nil when there is none.
    package var query: String? {
        var items: [(name: String, value: String)] = options.queryItems
        if verb == .watch { items.append(("watch", "true")) }
        guard !items.isEmpty else { return nil }
        var query: String = ""
        for (name, value) in items {
            if !query.isEmpty { query += "&" }
            query += PercentEncoding.encode(name) + "=" + PercentEncoding.encode(value)
        }
        return query
    }

    package var method: String {
        switch verb {
        case .get, .list, .watch: "GET"
        case .create: "POST"
        case .update: "PUT"
        case .patch: "PATCH"
        case .delete, .deletecollection: "DELETE"
        }
    }
}

/// Percent-encoding of path segments and query items. Source: RFC 3986.
package enum PercentEncoding {
    /// Keeps unreserved characters only.
    package static func encode(_ text: String) -> String {
        guard !text.utf8.allSatisfy(isUnreserved) else { return text }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// nil for a broken escape or text that is not UTF-8.
    package static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(value), let low = rest.popFirst().flatMap(value) else { return nil }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Name and value of each item of a query; nil for a broken escape.
    package static func items(of query: String) -> [(name: String, value: String)]? {
        guard !query.isEmpty else { return [] }
        var items: [(name: String, value: String)] = []
        for part in query.split(separator: "&") {
            let pieces: [Substring] = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(pieces[0], plusIsSpace: true),
                let value = pieces.count > 1 ? decode(pieces[1], plusIsSpace: true) : ""
            else { return nil }
            items.append((name, value))
        }
        return items
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
