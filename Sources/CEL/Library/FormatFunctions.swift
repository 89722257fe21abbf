import Machinery

/// A form that texts may have, and what is wrong with those that do not.
struct FormatValue: OpaqueValue {
    let format: String
    let problems: @Sendable (String) -> [String]

    static let name = "kubernetes.NamedFormat"
    var typeName: String { Self.name }

    func isEqual(to other: any OpaqueValue) -> Bool { (other as? FormatValue)?.format == format }
}

/// `format.dns1123Label().validate(text)`. Source: k8s.io/apiserver/pkg/cel/library/format.go.
enum FormatFunctions {
    private static func check(_ words: String, _ test: @escaping @Sendable (String) -> Bool) -> @Sendable (String) -> [String] {
        { test($0) ? [] : [words] }
    }

    /// Names that something is appended to may end in a hyphen.
    private static func prefix(_ check: @escaping @Sendable (String) -> [String]) -> @Sendable (String) -> [String] {
        { text in check(text.hasSuffix("-") && text.utf8.count > 1 ? String(text.dropLast()) + "a" : text) }
    }

    private static let uuid = try? RegularExpression("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$")

    private static let formats: [(name: String, problems: @Sendable (String) -> [String])] = [
        ("dns1123Label", Names.dns1123Label), ("dns1123Subdomain", Names.dns1123Subdomain), ("dns1035Label", Names.dns1035Label),
        ("qualifiedName", Names.qualifiedName), ("dns1123LabelPrefix", prefix(Names.dns1123Label)),
        ("dns1123SubdomainPrefix", prefix(Names.dns1123Subdomain)), ("dns1035LabelPrefix", prefix(Names.dns1035Label)),
        ("labelValue", Names.labelValue),
        (
            "uri",
            { text in
                do throws(EvaluationError) {
                    _ = try URLValue(text)
                    return []
                } catch {
                    let prefix = "URL parse error during conversion from string: "
                    return [String(error.description.dropFirst(prefix.count))]
                }
            }
        ),
        ("uuid", check("does not match the UUID format") { uuid?.matches($0) ?? false }),
        ("byte", check("invalid base64") { Base64Text.decode($0) != nil }),
        ("date", check("invalid date") { $0.utf8.count == 10 && Time($0 + "T00:00:00Z") != nil }),
        ("datetime", check("invalid datetime") { Time($0) != nil }),
    ]

    private static func value(_ name: String) -> Value? {
        formats.first { $0.name == name }.map { .object(FormatValue(format: $0.name, problems: $0.problems)) }
    }

    private static let named: [Overload] = [
        .many("format.dns1123Label() -> kubernetes.NamedFormat") { _ in value("dns1123Label") },
        .many("format.dns1123Subdomain() -> kubernetes.NamedFormat") { _ in value("dns1123Subdomain") },
        .many("format.dns1035Label() -> kubernetes.NamedFormat") { _ in value("dns1035Label") },
        .many("format.qualifiedName() -> kubernetes.NamedFormat") { _ in value("qualifiedName") },
        .many("format.dns1123LabelPrefix() -> kubernetes.NamedFormat") { _ in value("dns1123LabelPrefix") },
        .many("format.dns1123SubdomainPrefix() -> kubernetes.NamedFormat") { _ in value("dns1123SubdomainPrefix") },
        .many("format.dns1035LabelPrefix() -> kubernetes.NamedFormat") { _ in value("dns1035LabelPrefix") },
        .many("format.labelValue() -> kubernetes.NamedFormat") { _ in value("labelValue") },
        .many("format.uri() -> kubernetes.NamedFormat") { _ in value("uri") },
        .many("format.uuid() -> kubernetes.NamedFormat") { _ in value("uuid") },
        .many("format.byte() -> kubernetes.NamedFormat") { _ in value("byte") },
        .many("format.date() -> kubernetes.NamedFormat") { _ in value("date") },
        .many("format.datetime() -> kubernetes.NamedFormat") { _ in value("datetime") },
    ]

    static let all: [Overload] =
        named + [
            .one("format.named(string) -> optional(kubernetes.NamedFormat)") { name in
                guard case .string(let name) = name else { return nil }
                return value(name).map { Value.held($0) } ?? .noValue
            },
            .two("<kubernetes.NamedFormat>validate(string) -> optional(list(string))", .walkText) { format, text in
                guard case .object(let object) = format, let format = object as? FormatValue, case .string(let text) = text else {
                    return nil
                }
                let problems: [String] = format.problems(text)
                return problems.isEmpty ? .noValue : .held(.list(problems.map { .string($0) }))
            },
        ]
}
