import CSandbox

/// A frame of the protocol between the main process and a sandbox parent. Source: SandboxProtocol.h.
struct Message: Sendable {
    let type: sandbox_message
    let tag: UInt32
    let fields: ArraySlice<UInt8>
    /// What came with it, owned by whoever takes it.
    var descriptor: Descriptor?

    static let headerSize = MemoryLayout<sandbox_frame>.size

    /// Takes the first whole frame off `buffer`; nil while there is none.
    init?(takenFrom buffer: inout ArraySlice<UInt8>) {
        guard buffer.count >= Message.headerSize else { return nil }
        let header: sandbox_frame = buffer.withUnsafeBytes { $0.loadUnaligned(as: sandbox_frame.self) }
        let end: Int = Message.headerSize + Int(header.length)
        guard buffer.count >= end else { return nil }
        type = sandbox_message(header.type)
        tag = header.tag
        fields = buffer.dropFirst(Message.headerSize).prefix(Int(header.length))
        buffer = buffer.dropFirst(end)
    }

    /// The bytes of a frame whose fields `fill` writes.
    static func bytes(_ type: sandbox_message, tag: UInt32, _ fill: (inout FieldWriter) -> Void) -> [UInt8] {
        var writer = FieldWriter()
        fill(&writer)
        var header = sandbox_frame(length: UInt32(writer.bytes.count), tag: tag, type: type.rawValue)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerSize + writer.bytes.count)
        withUnsafeBytes(of: &header) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: writer.bytes)
        return bytes
    }
}

/// Appends fields to a frame or a group.
struct FieldWriter {
    private(set) var bytes: [UInt8] = []

    private mutating func header(_ code: sandbox_field_code, _ length: Int) {
        var header = sandbox_field(code: code.rawValue, length: UInt32(length))
        withUnsafeBytes(of: &header) { bytes.append(contentsOf: $0) }
    }

    mutating func raw(_ code: sandbox_field_code, _ value: some Collection<UInt8>) {
        header(code, value.count)
        bytes.append(contentsOf: value)
    }

    mutating func text(_ code: sandbox_field_code, _ value: String) { raw(code, value.utf8) }

    mutating func text(_ code: sandbox_field_code, _ value: String?) {
        if let value { text(code, value) }
    }

    mutating func number(_ code: sandbox_field_code, _ value: Int64) {
        header(code, MemoryLayout<Int64>.size)
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    /// Written only when true: an absent claim is false.
    mutating func flag(_ code: sandbox_field_code, _ value: Bool) {
        if value { number(code, 1) }
    }

    mutating func group(_ code: sandbox_field_code, _ fill: (inout FieldWriter) -> Void) {
        var inner = FieldWriter()
        fill(&inner)
        header(code, inner.bytes.count)
        bytes.append(contentsOf: inner.bytes)
    }
}

/// The fields of a frame or a group, the last of each code; groups in order.
struct FieldReader {
    private(set) var groups: [FieldReader] = []
    private var values: [UInt32: ArraySlice<UInt8>] = [:]

    /// What a parent sends is well formed; a short field ends the reading.
    init(_ fields: ArraySlice<UInt8>) {
        var rest: ArraySlice<UInt8> = fields
        let size: Int = MemoryLayout<sandbox_field>.size
        while rest.count >= size {
            let header: sandbox_field = rest.withUnsafeBytes { $0.loadUnaligned(as: sandbox_field.self) }
            rest = rest.dropFirst(size)
            let value: ArraySlice<UInt8> = rest.prefix(Int(header.length))
            rest = rest.dropFirst(Int(header.length))
            if header.code == SANDBOX_CONTAINER.rawValue {
                groups.append(FieldReader(value))
            } else {
                values[header.code] = value
            }
        }
    }

    func text(_ code: sandbox_field_code) -> String { String(decoding: values[code.rawValue] ?? [], as: UTF8.self) }

    func number(_ code: sandbox_field_code) -> Int64? {
        guard let value = values[code.rawValue], value.count == MemoryLayout<Int64>.size else { return nil }
        return value.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
    }
}
