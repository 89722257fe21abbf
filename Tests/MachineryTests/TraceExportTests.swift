import Machinery
import Testing

/// Spans in the forms of the OpenTelemetry protocol. Outside source: opentelemetry/proto/trace/v1/trace.proto.
struct TraceExportTests {
    private static let span = TraceSpan(
        "GET /api/v1/pods", trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331", parent: "00f067aa0ba902b7", kind: .server,
        began: 1_780_315_200_000_000, microseconds: 1500,
        attributes: [("http.request.method", .text("GET")), ("http.response.status_code", .number(500))], hasFailed: true,
        link: TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
    private static let export = TraceExport([TraceExport.Resource([("service.name", .text("apiserver"))], [span])])

    @Test func `as JSON`() throws {
        let resource: JSON = try #require(Self.export.json["resourceSpans"]?.array?.first)
        #expect(resource["resource"] == ["attributes": [["key": "service.name", "value": ["stringValue": "apiserver"]]]])
        let span: JSON = try #require(resource["scopeSpans"]?.array?.first?["spans"]?.array?.first)
        #expect(span["traceId"] == "0af7651916cd43dd8448eb211c80319c" && span["parentSpanId"] == "00f067aa0ba902b7" && span["kind"] == 2)
        #expect(span["startTimeUnixNano"] == "1780315200000000000" && span["endTimeUnixNano"] == "1780315200001500000")
        #expect(span["attributes"]?.array?.last == ["key": "http.response.status_code", "value": ["intValue": "500"]])
        #expect(span["status"] == ["code": 2])
        #expect(span["links"] == [["traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "00f067aa0ba902b7"]])
    }

    /// As Google's runtime for Python writes the same message.
    @Test func `as Protocol Buffers`() {
        let digits = "0123456789abcdef".map { $0 }
        let text = String(Self.export.protobuf.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        #expect(
            text
                == "0add010a1d0a1b0a0c736572766963652e6e616d65120b0a0961706973657276657212bb010a080a0673776b75626512ae01"
                + "0a100af7651916cd43dd8448eb211c80319c1208b7ad6b7169203331220800f067aa0ba902b72a10474554202f6170692f76"
                + "312f706f647330023900803aec3df3b41841606351ec3df3b4184a1c0a13687474702e726571756573742e6d6574686f6412"
                + "050a034745544a200a19687474702e726573706f6e73652e7374617475735f636f6465120318f4036a1c0a104bf92f3577b3"
                + "4da6a3ce929d0e0e4736120800f067aa0ba902b77a021802")
    }
}
