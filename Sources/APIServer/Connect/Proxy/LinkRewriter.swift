/// Makes links of a page that came through a proxy lead through the proxy again.
///
/// Source: `rewriteURL` and `rewriteHTML` of k8s.io/apimachinery/pkg/util/proxy/transport.go.
struct LinkRewriter: Sendable {
    let backend: ProxyBackend
    /// Path under which the client reached the other side: `/api/v1/namespaces/default/services/web/proxy`.
    let prefix: String
    /// As the client names the API server.
    let host: String

    /// Attributes that hold links, by element.
    private static let attributes: [String: Set<String>] = [
        "a": ["href"], "applet": ["codebase"], "area": ["href"], "audio": ["src"], "base": ["href"], "blockquote": ["cite"],
        "body": ["background"], "button": ["formaction"], "command": ["icon"], "del": ["cite"], "embed": ["src"], "form": ["action"],
        "frame": ["longdesc", "src"], "head": ["profile"], "html": ["manifest"], "iframe": ["longdesc", "src"],
        "img": ["longdesc", "src", "usemap"], "input": ["src", "usemap", "formaction"], "ins": ["cite"], "link": ["href"],
        "object": ["classid", "codebase", "data", "usemap"], "q": ["cite"], "script": ["src"], "source": ["src"],
        "video": ["poster", "src"],
    ]

    /// One link. What is relative or leads to another host stays.
    func rewritten(_ link: String) -> String {
        var rest: Substring = link[...]
        if let scheme = rest.firstRange(of: "://"), rest[..<scheme.lowerBound].allSatisfy({ $0.isLetter || $0 == "+" }) {
            rest = rest[scheme.upperBound...]
        } else if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
        } else {
            return link.hasPrefix("/") ? path(link[...]) : link
        }
        let authority: Substring = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard authority == "\(backend.host):\(backend.port)" || authority == backend.host else { return link }
        return path(rest[authority.endIndex...])
    }

    private func path(_ text: Substring) -> String {
        guard !text.hasPrefix(prefix) else { return String(text) }
        return prefix + (text.hasPrefix("/") || text.isEmpty ? "" : "/") + text
    }

    /// A page: values of attributes that are links. Everything else stays byte for byte.
    func rewritten(page: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(page.count + 256)
        var at = 0
        while let open = page[at...].firstIndex(of: UInt8(ascii: "<")) {
            result += page[at..<open]
            at = open
            if page[at...].starts(with: "<!--".utf8) {
                let end: Int = Self.end(of: "-->", in: page, from: at) ?? page.count
                result += page[at..<end]
                at = end
                continue
            }
            guard let close = Self.endOfTag(page, from: at) else { break }
            let tag: ArraySlice<UInt8> = page[at..<close]
            let name = String(decoding: tag.dropFirst().prefix { Self.isLetter($0) || (0x30...0x39).contains($0) }, as: UTF8.self)
                .lowercased()
            if let links = Self.attributes[name] { result += rewritten(tag: tag, links) } else { result += tag }
            at = close
            // What a script or a style holds is no HTML.
            if name == "script" || name == "style", let end = Self.end(of: "</" + name, in: page, from: at) {
                let content: Int = end - name.utf8.count - 2
                result += page[at..<content]
                at = content
            }
        }
        return result + page[at...]
    }

    private func rewritten(tag: ArraySlice<UInt8>, _ links: Set<String>) -> [UInt8] {
        var result: [UInt8] = []
        var rest: ArraySlice<UInt8> = tag
        func take(_ count: Int) {
            result += rest.prefix(count)
            rest = rest.dropFirst(count)
        }
        take(1 + rest.dropFirst().prefix { !Self.isSpace($0) && $0 != UInt8(ascii: ">") }.count)
        while !rest.isEmpty {
            take(rest.prefix { Self.isSpace($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ">") }.count)
            let name: ArraySlice<UInt8> = rest.prefix { !Self.isSpace($0) && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ">") }
            guard !name.isEmpty else {
                take(rest.isEmpty ? 0 : 1)
                continue
            }
            take(name.count)
            let gap: Int = rest.prefix { Self.isSpace($0) }.count
            guard rest.dropFirst(gap).first == UInt8(ascii: "=") else { continue }
            take(gap + 1)
            take(rest.prefix { Self.isSpace($0) }.count)
            let quote: UInt8? = rest.first.flatMap { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") ? $0 : nil }
            if quote != nil { take(1) }
            let value: ArraySlice<UInt8> = rest.prefix { byte in
                quote.map { byte != $0 } ?? (!Self.isSpace(byte) && byte != UInt8(ascii: ">"))
            }
            rest = rest.dropFirst(value.count)
            let isLink: Bool = links.contains(String(decoding: name, as: UTF8.self).lowercased())
            result += isLink ? Array(rewritten(String(decoding: value, as: UTF8.self)).utf8) : Array(value)
        }
        return result
    }

    /// Behind the `>` that closes a tag; one within quotes does not.
    private static func endOfTag(_ page: [UInt8], from start: Int) -> Int? {
        var quote: UInt8?
        for at in start..<page.count {
            let byte: UInt8 = page[at]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return at + 1
            }
        }
        return nil
    }

    /// Behind a text, whatever its case; nil when it does not come.
    private static func end(of text: String, in page: [UInt8], from start: Int) -> Int? {
        let wanted: [UInt8] = Array(text.utf8)
        guard start + wanted.count <= page.count else { return nil }
        return (start...(page.count - wanted.count)).first { at in
            zip(page[at...], wanted).allSatisfy { ($0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0) == $1 }
        }.map { $0 + wanted.count }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
}
