import API
import Machinery
import Testing

/// What is written in protobuf is read again as it was, for every kind and every field.
@Suite struct ProtobufKindTests {
    @Test(arguments: Registry.types + Registry.bodyTypes)
    func `every field of a kind survives the way through protobuf`(_ type: ResourceType) throws {
        var findings = DecodingFindings()
        let rich: JSON = try type.schema.decode(SchemaSample.object(type.schema), findings: &findings)
        #expect(findings.unknownFields.isEmpty)
        var stored: JSON = ["kind": .string(type.names.kind), "apiVersion": .string(type.names.apiVersion)]
        for member in rich.object?.members ?? [] { stored[member.key] = member.value }
        let bytes: [UInt8] = Protobuf.object(
            stored.serialized(), apiVersion: type.names.apiVersion, kind: type.names.kind, type.schema)
        let (apiVersion, kind, message): (String, String, ArraySlice<UInt8>) = try Protobuf.envelope(bytes)
        #expect(apiVersion == type.names.apiVersion && kind == type.names.kind)
        let read: JSON = try type.schema.decode(protobuf: message)
        for member in rich.object?.members ?? [] { #expect(read[member.key] == member.value, "\(member.key)") }
        #expect(read.object?.count == rich.object?.count)
    }

    /// Source: the generated .proto files of Kubernetes 1.36.
    @Test func `a pod is the bytes that Go writes`() throws {
        let pod: JSON = [
            "kind": "Pod", "apiVersion": "v1", "metadata": ["name": "a", "creationTimestamp": "1970-01-01T00:01:00Z"],
            "spec": ["containers": [["name": "c", "livenessProbe": ["tcpSocket": ["port": 80], "periodSeconds": 3]]]],
        ]
        let message: [UInt8] = [
            0x0A, 0x09, 0x0A, 1, UInt8(ascii: "a"), 0x42, 4, 0x08, 60, 0x10, 0,  // metadata: name, creationTimestamp
            0x12, 0x15, 0x12, 0x13,  // spec, containers
            0x0A, 1, UInt8(ascii: "c"), 0x52, 0x0E,  // name, livenessProbe
            0x20, 3,  // periodSeconds
            0x0A, 0x0A, 0x1A, 0x08, 0x0A, 0x06, 0x08, 0, 0x10, 80, 0x1A, 0,  // handler, tcpSocket, port
        ]
        let names: [UInt8] = [0x0A, 0x09, 0x0A, 2] + Array("v1".utf8) + [0x12, 3] + Array("Pod".utf8)
        let expected: [UInt8] =
            Array("k8s\0".utf8) + names + [0x12, UInt8(message.count)] + message + [0x1A, 0, 0x22, 0]
        #expect(Protobuf.object(pod.serialized(), apiVersion: "v1", kind: "Pod", Pod.definition.schema) == expected)
    }

    @Test func `a watch event has its length before it`() throws {
        let map: JSON = ["kind": "ConfigMap", "apiVersion": "v1", "data": ["long": .string(String(repeating: "x", count: 20_000))]]
        let frame: [UInt8] = Protobuf.watchEvent(
            "ADDED", map.serialized(), apiVersion: "v1", kind: "ConfigMap", ConfigMap.definition.schema)
        #expect(frame.prefix(4).reduce(0) { $0 << 8 | Int($1) } == frame.count - 4)
        let event: [UInt8] = Array("ADDED".utf8)
        #expect(frame[4..<11].elementsEqual([0x0A, 5] + event))
    }
}

extension ResourceType: CustomTestStringConvertible {
    package var testDescription: String { names.apiVersion + " " + names.kind }
}
