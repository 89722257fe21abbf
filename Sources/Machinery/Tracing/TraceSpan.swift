/// A part of the way of a request, as OpenTelemetry tells it.
package struct TraceSpan: Sendable {
    package enum Kind: Int64, Sendable {
        case inside = 1
        case server = 2
        case client = 3
    }

    package enum Attribute: Sendable {
        case text(String)
        case number(Int64)
    }

    package var trace: String
    package var span: String
    /// Empty for the first of a trace.
    package var parent: String
    package var name: String
    package var kind: Kind
    /// Microseconds since 1970.
    package var began: Int64
    package var microseconds: Int64
    package var attributes: [(key: String, value: Attribute)]
    package var hasFailed: Bool
    /// Another trace that led here.
    package var link: TraceContext?

    package init(
        _ name: String, trace: String, span: String, parent: String, kind: Kind, began: Int64, microseconds: Int64,
        attributes: [(key: String, value: Attribute)], hasFailed: Bool, link: TraceContext? = nil
    ) {
        self.name = name
        self.trace = trace
        self.span = span
        self.parent = parent
        self.kind = kind
        self.began = began
        self.microseconds = microseconds
        self.attributes = attributes
        self.hasFailed = hasFailed
        self.link = link
    }
}
