import API
import Machinery
import Store

/// The bytes of an object as the store keeps them: `{"kind":…,"apiVersion":…,"metadata":{"resourceVersion":"7",…},…}`.
///
/// Kind, apiVersion and resourceVersion stand first and in this order, so that the revision is spliced in when the store
/// gives it, and a list can leave kind and apiVersion out, both without reading the rest.
struct StoredObject: Sendable {
    private let head: [UInt8]
    private let tail: [UInt8]

    /// - Parameter size: how many bytes that may be.
    init(_ json: JSON, _ names: KindNames, about size: Int = 0) {
        head = Self.opening(names) + Self.revisionOpening
        var tail = ByteSink(capacity: max(960, size + size / 8))
        tail.append(UInt8(ascii: "\""))
        func add(_ member: JSONObject.Member, to bytes: inout ByteSink) {
            bytes.append(UInt8(ascii: ","))
            JSON.append(quoting: member.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            member.value.append(to: &bytes)
        }
        for member in json["metadata"]?.object?.members ?? [] where member.key != "resourceVersion" { add(member, to: &tail) }
        tail.append(UInt8(ascii: "}"))
        for member in json.object?.members ?? []
        where member.key != "metadata" && member.key != "kind" && member.key != "apiVersion" { add(member, to: &tail) }
        tail.append(UInt8(ascii: "}"))
        self.tail = tail.bytes
    }

    /// How many bytes it has, but for the revision.
    var count: Int { head.count + tail.count }

    private static let revisionOpening = Array(#""metadata":{"resourceVersion":""#.utf8)

    /// The bytes of this object as written by a revision.
    func bytes(_ revision: Revision) -> [UInt8] {
        let digits: String = String(revision)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(head.count + digits.utf8.count + tail.count)
        bytes += head
        bytes += digits.utf8
        bytes += tail
        return bytes
    }

    /// What readers of objects have no use for.
    static let managedFields: JSONOmissions = [["metadata", "managedFields"]]

    /// `{"kind":"Pod","apiVersion":"v1",`
    static func opening(_ names: KindNames) -> [UInt8] { names.opening }

    /// The object's metadata alone, as a `PartialObjectMetadata`, cut out of the stored bytes.
    ///
    /// - Parameter opening: how many bytes stand before `"metadata"`.
    static func partialMetadata(_ bytes: [UInt8], opening: Int) -> [UInt8] {
        partialOpening + bytes[opening..<endOfMember(bytes, from: opening)] + [UInt8(ascii: "}")]
    }

    /// Where the value of `metadata` stands in the stored bytes.
    static func metadata(in bytes: [UInt8], opening: Int) -> Range<Int> {
        let start: Int = opening + #""metadata":"#.utf8.count
        return start..<endOfMember(bytes, from: start)
    }

    private static let partialOpening = Array(#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","#.utf8)

    /// Where the object that is the value of the member at `start` ends. The bytes are JSON of our own writing.
    private static func endOfMember(_ bytes: [UInt8], from start: Int) -> Int {
        bytes.withUnsafeBufferPointer { bytes in
            var (depth, place, isString): (Int, Int, Bool) = (0, start, false)
            while place < bytes.count {
                switch bytes[place] {
                case UInt8(ascii: "\\") where isString: place += 1
                case UInt8(ascii: "\""): isString.toggle()
                case UInt8(ascii: "{") where !isString: depth += 1
                case UInt8(ascii: "}") where !isString:
                    depth -= 1
                    if depth == 0 { return place + 1 }
                default: break
                }
                place += 1
            }
            return bytes.count
        }
    }

    /// An entry of a list: the stored bytes without kind and apiVersion.
    static func listItem(_ bytes: [UInt8], opening: Int) -> ArraySlice<UInt8> { bytes[opening...] }
}
