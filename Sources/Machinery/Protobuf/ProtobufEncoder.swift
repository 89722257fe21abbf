/// Writes the JSON bytes of an object as protobuf in one pass, by the numbers that its type declares; no tree is built.
///
/// What stands in the JSON is written, in its order; Go's decoder reads what is absent as zero. Members without a number are passed
/// over, and so are values that are not of the declared type. The bytes must be valid JSON.
struct ProtobufEncoder {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    /// The message so far; what stands around the object is written here too.
    var writer: ProtobufWriter

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        writer = ProtobufWriter(capacity: bytes.count + 96)
    }

    /// The object that begins here, as fields of the message that is open.
    mutating func object(_ schema: ObjectSchema) {
        guard take("{") else { return skip() }
        let plan: ProtobufPlan = schema.protobufPlan
        var nested: [Nested] = []
        while let name = nextName() {
            guard let index = plan.slot(UnsafeBufferPointer(rebasing: bytes[name])) else {
                skip()
                continue
            }
            let slot: ProtobufPlan.Slot = plan[index]
            if slot.outers.isEmpty {
                value(slot.number, slot.type)
            } else {
                nested.append(Nested(slot: slot, at: at))
                skip()
            }
        }
        guard !nested.isEmpty else { return }
        let end: Int = at
        nest(nested, depth: 0)
        at = end
    }

    /// A member that stands in a message that JSON does not have.
    private struct Nested {
        let slot: ProtobufPlan.Slot
        /// Where its value begins.
        let at: Int
    }

    /// Writes the messages that protobuf nests and JSON does not, each once.
    private mutating func nest(_ members: [Nested], depth: Int) {
        for outer in Set(members.map { $0.slot.outers[depth] }).sorted() {
            let start: Int = writer.open(outer)
            let within: [Nested] = members.filter { $0.slot.outers[depth] == outer }
            for member in within where member.slot.outers.count == depth + 1 {
                at = member.at
                value(member.slot.number, member.slot.type)
            }
            nest(within.filter { $0.slot.outers.count > depth + 1 }, depth: depth + 1)
            writer.close(start)
        }
    }

    private mutating func value(_ number: Int, _ type: TypeSchema) {
        skipSpace()
        guard at < bytes.count, bytes[at] != UInt8(ascii: "n") else { return skip() }
        switch type {
        case .list(let element):
            guard take("[") else { return skip() }
            while nextElement() { value(number, element) }
        case .map(let element):
            guard take("{") else { return skip() }
            while let name = nextName() { entry(number, name, element) }
        case .object(let reference):
            let start: Int = writer.open(number)
            object(reference.schema)
            writer.close(start)
        case .union(let union): form(number, union)
        default: single(number, type)
        }
    }

    /// The one form that a value of several forms has. A flag beside it says that there is one, as Go keeps it.
    private mutating func form(_ number: Int, _ union: UnionSchema) {
        guard !union.forms.isEmpty else { return single(number, .any) }
        guard let form = union.form(at: bytes[at]) else { return skip() }
        let start: Int = writer.open(number)
        if case .boolean = form.type {
        } else if let flag = union.forms.first(where: { if case .boolean = $0.type { true } else { false } }) {
            writer.write(flag.number, 1 as Int64)
        }
        value(form.number, form.type)
        writer.close(start)
    }

    /// One entry of a map: a message of key and value. A list as the value is a message of its own, as Go's generator makes it.
    private mutating func entry(_ number: Int, _ name: Range<Int>, _ element: TypeSchema) {
        let start: Int = writer.open(number)
        string(1, name)
        if case .list = element {
            let list: Int = writer.open(2)
            value(1, element)
            writer.close(list)
        } else {
            value(2, element)
        }
        writer.close(start)
    }

    private mutating func single(_ number: Int, _ type: TypeSchema) {
        let range: Range<Int> = nextValue()
        guard !range.isEmpty else { return }
        switch type {
        case .boolean: writer.write(number, bytes[range.lowerBound] == UInt8(ascii: "t") ? 1 : 0 as Int64)
        case .int32, .int64: if let integer = integer(range) { writer.write(number, integer) }
        case .double: if let double = Double(text(range)) { writer.write(number, double) }
        case .string: if let inner = inside(range) { string(number, inner) }
        case .base64:
            guard let inner = inside(range), let content = Base64Text.decode(text(inner)) else { return }
            writer.write(number, content)
        case .quantity:
            let start: Int = writer.open(number)
            string(1, inside(range) ?? range)
            writer.close(start)
        case .intOrString:
            let start: Int = writer.open(number)
            if let inner = inside(range) {
                writer.write(1, 1 as Int64)
                writer.write(2, 0 as Int64)
                string(3, inner)
            } else {
                writer.write(1, 0 as Int64)
                writer.write(2, integer(range) ?? 0)
                writer.write(3, "".utf8)
            }
            writer.close(start)
        case .time, .microTime:
            guard let inner = inside(range), let microseconds = moment(inner) else { return }
            // What came before 1970 is written with nanoseconds that count forwards, as Go does.
            let seconds: Int64 = microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
            let start: Int = writer.open(number)
            writer.write(1, seconds)
            writer.write(2, (microseconds - seconds * 1_000_000) * 1000)
            writer.close(start)
        case .any:
            let start: Int = writer.open(number)
            writer.write(1, UnsafeBufferPointer(rebasing: bytes[range]))
            writer.close(start)
        case .list, .map, .object, .union: break
        }
    }

    // MARK: - Plain values

    /// A string's content as a field; escapes are resolved.
    private mutating func string(_ number: Int, _ inner: Range<Int>) {
        let content = UnsafeBufferPointer(rebasing: bytes[inner])
        guard content.contains(UInt8(ascii: "\\")) else { return writer.write(number, content) }
        let quoted = UnsafeBufferPointer(rebasing: bytes[inner.lowerBound - 1..<inner.upperBound + 1])
        writer.write(number, ((try? JSON(parsing: quoted))?.string ?? "").utf8)
    }

    /// Between the quotes; nil for anything but a string.
    private func inside(_ range: Range<Int>) -> Range<Int>? {
        guard range.count >= 2, bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
        return range.lowerBound + 1..<range.upperBound - 1
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private func integer(_ range: Range<Int>) -> Int64? {
        var value: Int64 = 0
        let isNegative: Bool = bytes[range.lowerBound] == UInt8(ascii: "-")
        for byte in bytes[range].dropFirst(isNegative ? 1 : 0) {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value &* 10 &- Int64(byte - 0x30)
        }
        return isNegative ? value : 0 &- value
    }

    /// Microseconds since 1970.
    private func moment(_ inner: Range<Int>) -> Int64? {
        if inner.count == 20, bytes[inner.upperBound - 1] == UInt8(ascii: "Z") {
            func number(_ offset: Int, _ count: Int) -> Int {
                bytes[inner.lowerBound + offset..<inner.lowerBound + offset + count].reduce(0) { $0 * 10 + Int($1) - 0x30 }
            }
            let civil = CivilTime(
                year: number(0, 4), month: number(5, 2), day: number(8, 2), hour: number(11, 2), minute: number(14, 2),
                second: number(17, 2))
            return civil.secondsSinceEpoch * 1_000_000
        }
        return MicroTime(text(inner))?.microseconds
    }

    // MARK: - Steps over the JSON

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] <= 0x20 { at += 1 }
    }

    private mutating func take(_ bracket: Unicode.Scalar) -> Bool {
        skipSpace()
        guard at < bytes.count, bytes[at] == UInt8(ascii: bracket) else { return false }
        at += 1
        return true
    }

    /// The name of the next member, without quotes, and on to its value; nil behind the object's end.
    private mutating func nextName() -> Range<Int>? {
        guard isMore(before: "}") else { return nil }
        let end: Int = JSONScan.stringEnd(in: bytes, from: at)
        let name: Range<Int> = at + 1..<max(at + 1, end - 1)
        at = end
        skipSpace()
        at += 1
        return name
    }

    /// On to the next element of a list; false behind its end.
    private mutating func nextElement() -> Bool { isMore(before: "]") }

    private mutating func isMore(before bracket: Unicode.Scalar) -> Bool {
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: ",") { at += 1 }
        skipSpace()
        guard at < bytes.count, bytes[at] != UInt8(ascii: bracket) else {
            at += 1
            return false
        }
        return true
    }

    private mutating func skip() { _ = nextValue() }

    private mutating func nextValue() -> Range<Int> {
        skipSpace()
        guard at < bytes.count else { return bytes.count..<bytes.count }
        let start: Int = at
        at = JSONScanner(bytes).end(ofValueAt: at)
        return start..<at
    }
}

extension UnionSchema {
    /// The form of a value by its first byte.
    fileprivate func form(at first: UInt8) -> Form? {
        forms.first { form in
            switch (form.type, first) {
            case (.boolean, UInt8(ascii: "t")), (.boolean, UInt8(ascii: "f")), (.string, UInt8(ascii: "\"")), (.object, UInt8(ascii: "{")),
                (.map, UInt8(ascii: "{")), (.list, UInt8(ascii: "[")):
                true
            default: false
            }
        }
    }
}
