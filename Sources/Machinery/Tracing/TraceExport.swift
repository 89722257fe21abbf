/// Spans as collectors take them: `ExportTraceServiceRequest` of the OpenTelemetry protocol, version 1.5.
package struct TraceExport: Sendable {
    /// Where spans come from, with its spans.
    package struct Resource: Sendable {
        package let attributes: [(key: String, value: TraceSpan.Attribute)]
        package let spans: [TraceSpan]

        package init(_ attributes: [(key: String, value: TraceSpan.Attribute)], _ spans: [TraceSpan]) {
            self.attributes = attributes
            self.spans = spans
        }
    }

    private let resources: [Resource]

    package init(_ resources: [Resource]) { self.resources = resources }

    private static let scope = "swkube"
    /// Of a status.
    private static let failed: Int64 = 2

    // MARK: - JSON, for OTLP over HTTP

    package var json: JSON {
        let all: [JSON] = resources.map { resource in
            [
                "resource": ["attributes": Self.json(resource.attributes)],
                "scopeSpans": [["scope": ["name": .string(Self.scope)], "spans": .array(resource.spans.map(Self.json))]],
            ]
        }
        return ["resourceSpans": .array(all)]
    }

    private static func json(_ span: TraceSpan) -> JSON {
        // Numbers of 64 bits are texts in the JSON form of protobuf.
        var json: JSON = [
            "traceId": .string(span.trace), "spanId": .string(span.span), "name": .string(span.name), "kind": .int(span.kind.rawValue),
            "startTimeUnixNano": .string("\(span.start)"), "endTimeUnixNano": .string("\(span.end)"),
            "attributes": Self.json(span.attributes), "status": span.hasFailed ? ["code": .int(failed)] : [:],
        ]
        if !span.parent.isEmpty { json["parentSpanId"] = .string(span.parent) }
        if let link = span.link { json["links"] = [["traceId": .string(link.trace), "spanId": .string(link.parent)]] }
        return json
    }

    private static func json(_ attributes: [(key: String, value: TraceSpan.Attribute)]) -> JSON {
        .array(
            attributes.map { key, value in
                switch value {
                case .text(let text): ["key": .string(key), "value": ["stringValue": .string(text)]]
                case .number(let number): ["key": .string(key), "value": ["intValue": .string("\(number)")]]
                }
            })
    }

    // MARK: - Protocol Buffers, for OTLP over gRPC

    package var protobuf: [UInt8] {
        var writer = ProtobufWriter()
        for resource in resources {
            let whole: Int = writer.open(1)
            let head: Int = writer.open(1)
            Self.write(resource.attributes, 1, to: &writer)
            writer.close(head)
            let spans: Int = writer.open(2)
            let scope: Int = writer.open(1)
            writer.write(1, Self.scope.utf8)
            writer.close(scope)
            for span in resource.spans { Self.write(span, to: &writer) }
            writer.close(spans)
            writer.close(whole)
        }
        return writer.bytes
    }

    private static func write(_ span: TraceSpan, to writer: inout ProtobufWriter) {
        let start: Int = writer.open(2)
        writer.write(1, bytes(span.trace))
        writer.write(2, bytes(span.span))
        if !span.parent.isEmpty { writer.write(4, bytes(span.parent)) }
        writer.write(5, span.name.utf8)
        writer.write(6, span.kind.rawValue)
        writer.write(7, fixed: UInt64(span.start))
        writer.write(8, fixed: UInt64(span.end))
        write(span.attributes, 9, to: &writer)
        if let link = span.link {
            let place: Int = writer.open(13)
            writer.write(1, bytes(link.trace))
            writer.write(2, bytes(link.parent))
            writer.close(place)
        }
        if span.hasFailed {
            let status: Int = writer.open(15)
            writer.write(3, failed)
            writer.close(status)
        }
        writer.close(start)
    }

    private static func write(_ attributes: [(key: String, value: TraceSpan.Attribute)], _ number: Int, to writer: inout ProtobufWriter) {
        for (key, value) in attributes {
            let start: Int = writer.open(number)
            writer.write(1, key.utf8)
            let inner: Int = writer.open(2)
            switch value {
            case .text(let text): writer.write(1, text.utf8)
            case .number(let number): writer.write(3, number)
            }
            writer.close(inner)
            writer.close(start)
        }
    }

    /// Of a text of hexadecimal digits.
    private static func bytes(_ text: String) -> [UInt8] {
        let digits: [UInt8] = text.utf8.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

extension TraceSpan {
    /// Nanoseconds since 1970.
    fileprivate var start: Int64 { began * 1000 }
    fileprivate var end: Int64 { (began + microseconds) * 1000 }
}
