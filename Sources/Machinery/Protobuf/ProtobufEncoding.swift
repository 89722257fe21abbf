/// Kubernetes' protobuf form of objects, written from their JSON.
extension Protobuf {
    /// What one event of a watch is wrapped in.
    public static let watchMediaType = mediaType + ";stream=watch"

    /// The envelope of an object: magic, apiVersion, kind and the message that its JSON bytes make.
    public static func object(_ json: [UInt8], apiVersion: String, kind: String, _ schema: ObjectSchema) -> [UInt8] {
        json.withUnsafeBufferPointer { json in
            var encoder = ProtobufEncoder(json)
            encoder.envelope(apiVersion: apiVersion, kind: kind, schema)
            return encoder.writer.bytes
        }
    }

    /// One event of a watch: its length in four bytes, the most significant first, and a `WatchEvent` that holds the object's envelope.
    public static func watchEvent(_ type: String, _ json: [UInt8], apiVersion: String, kind: String, _ schema: ObjectSchema) -> [UInt8] {
        json.withUnsafeBufferPointer { json in
            var encoder = ProtobufEncoder(json)
            encoder.writer.write(raw: [0, 0, 0, 0])
            encoder.writer.write(1, type.utf8)
            let extended: Int = encoder.writer.open(2)
            let raw: Int = encoder.writer.open(1)
            encoder.envelope(apiVersion: apiVersion, kind: kind, schema)
            encoder.writer.close(raw)
            encoder.writer.close(extended)
            encoder.writer.setFrameLength()
            return encoder.writer.bytes
        }
    }
}

extension ProtobufEncoder {
    fileprivate mutating func envelope(apiVersion: String, kind: String, _ schema: ObjectSchema) {
        writer.write(raw: Protobuf.magic)
        let names: Int = writer.open(1)
        writer.write(1, apiVersion.utf8)
        writer.write(2, kind.utf8)
        writer.close(names)
        let message: Int = writer.open(2)
        object(schema)
        writer.close(message)
        // The content's encoding and type: Go writes both, empty for protobuf.
        writer.write(3, "".utf8)
        writer.write(4, "".utf8)
    }
}
