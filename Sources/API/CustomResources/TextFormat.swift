import Machinery

/// The formats of texts that schemas may name and the server checks; unknown ones hold for every text.
///
/// Source: `supportedFormats` of k8s.io/apiextensions-apiserver/pkg/apiserver/validation and k8s.io/kube-openapi/pkg/validation/strfmt.
enum TextFormat {
    static func holds(_ format: String, _ text: String) -> Bool {
        switch format.replacing("-", with: "") {
        case "datetime": return Time(text) != nil
        case "date": return text.utf8.count == 10 && Time(text + "T00:00:00Z") != nil
        case "duration": return (try? GoDuration.parse(text)) != nil || words.matches(text)
        case "ipv4": return text.contains(".") && !text.contains(":") && IPAddress(text) != nil
        case "ipv6": return text.contains(":") && IPAddress(text) != nil
        case "cidr": return Names.cidr(text).isEmpty
        case "byte": return Base64Text.firstBadByte(text) == nil
        case "uuid": return matches(uuid, text)
        case "uuid3", "uuid4", "uuid5": return matches(uuid, text) && version(of: text) == format.last
        case "email": return matches(email, text)
        case "hostname": return matches(hostname, text) && text.utf8.count <= 255
        case "mac": return matches(mac, text)
        case "uri": return matches(uri, text)
        case "hexcolor": return matches(color, text)
        case "rgbcolor": return matches(rgb, text)
        case "isbn": return isISBN10(digits(of: text)) || isISBN13(digits(of: text))
        case "isbn10": return isISBN10(digits(of: text))
        case "isbn13": return isISBN13(digits(of: text))
        case "creditcard": return matches(card, text.filter { $0 != " " && $0 != "-" })
        case "ssn": return matches(ssn, text)
        case "bsonobjectid": return matches(objectID, text)
        default: return true
        }
    }

    private static func matches(_ pattern: RegularExpression?, _ text: String) -> Bool { pattern?.matches(text) ?? true }

    private static let words: WordDuration = WordDuration()
    private static let uuid = try? RegularExpression("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$")
    private static let email = try? RegularExpression(#"^[^\s@<>()\[\],;:"]+@[^\s@<>()\[\],;:"]+$"#)
    private static let hostname = try? RegularExpression(
        #"^[a-zA-Z0-9\x{80}-\x{10FFFF}]([-a-zA-Z0-9\x{80}-\x{10FFFF}]*[a-zA-Z0-9\x{80}-\x{10FFFF}])?(\.[a-zA-Z0-9\x{80}-\x{10FFFF}]([-a-zA-Z0-9\x{80}-\x{10FFFF}]*[a-zA-Z0-9\x{80}-\x{10FFFF}])?)*\.?$"#
    )
    private static let mac = try? RegularExpression(
        "(?i)^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|^([0-9a-f]{2}[:-]){7}[0-9a-f]{2}$|^([0-9a-f]{4}\\.){2}[0-9a-f]{4}$")
    /// What Go's `url.ParseRequestURI` takes: an absolute address or an absolute path.
    private static let uri = try? RegularExpression(#"^([a-zA-Z][a-zA-Z0-9+.-]*:[^\s]+|/[^\s]*)$"#)
    private static let color = try? RegularExpression("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")
    private static let rgb = try? RegularExpression(
        #"^rgb\(\s*((0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*){2}(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$"#)
    private static let card = try? RegularExpression(#"^[0-9]{12,19}$"#)
    private static let ssn = try? RegularExpression(#"^\d{3}[- ]?\d{2}[- ]?\d{4}$"#)
    private static let objectID = try? RegularExpression("^[0-9a-fA-F]{24}$")

    private static func version(of uuid: String) -> Character? {
        let digits: String = uuid.filter { $0 != "-" }
        return digits.count == 32 ? digits[digits.index(digits.startIndex, offsetBy: 12)] : nil
    }

    private static func digits(of text: String) -> [Character] { text.filter { $0 != "-" && $0 != " " }.map { $0 } }

    private static func isISBN10(_ digits: [Character]) -> Bool {
        guard digits.count == 10 else { return false }
        var sum: Int = 0
        for (index, digit) in digits.enumerated() {
            guard let value = digit == "X" && index == 9 ? 10 : digit.wholeNumberValue else { return false }
            sum += (index + 1) * value
        }
        return sum % 11 == 0
    }

    private static func isISBN13(_ digits: [Character]) -> Bool {
        guard digits.count == 13 else { return false }
        var sum: Int = 0
        for (index, digit) in digits.enumerated() {
            guard let value = digit.wholeNumberValue else { return false }
            sum += index.isMultiple(of: 2) ? value : 3 * value
        }
        return sum.isMultiple(of: 10)
    }
}

/// Durations in words, which go-openapi takes beside Go's own: `3 days`, `2 weeks`.
private struct WordDuration: Sendable {
    private let pattern = try? RegularExpression(
        #"^(\d+\s*(ns|nano|us|µs|micro|ms|milli|s|sec|second|m|min|minute|h|hr|hour|d|day|w|wk|week)s?\s*)+$"#)

    func matches(_ text: String) -> Bool { pattern?.matches(text) ?? true }
}
