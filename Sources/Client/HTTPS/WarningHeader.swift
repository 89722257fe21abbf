/// The `Warning` header of an answer. Source: RFC 7234, section 5.5; Kubernetes uses code 299.
enum WarningHeader {
    /// The texts of one header value: `299 - "a \"b\"", 299 - "c"`. Values of other codes and malformed ones give nothing.
    static func texts(_ value: String) -> [String] {
        var texts: [String] = []
        var rest: Substring = value[...]
        while true {
            rest = rest.drop { $0 == " " || $0 == "," }
            guard rest.hasPrefix("299 "), let quote = rest.firstIndex(of: "\"") else { return texts }
            rest = rest[rest.index(after: quote)...]
            var text: String = ""
            while let character = rest.popFirst(), character != "\"" {
                if character == "\\", let escaped = rest.popFirst() { text.append(escaped) } else { text.append(character) }
            }
            texts.append(text)
            // An optional date in quotes follows.
            rest = rest.drop { $0 == " " }
            if rest.first == "\"" {
                rest = rest.dropFirst().drop { $0 != "\"" }.dropFirst()
            }
        }
    }
}
