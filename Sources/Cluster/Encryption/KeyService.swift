import FoundationEssentials
import HTTP
import Machinery

/// Who keeps the keys that keys are encrypted with: the plugin of a KMS provider.
protocol KeyService: Sendable {
    /// Name of the key that is used for what is encrypted now. Throws when it is not well.
    func currentKey() throws(KeyFailure) -> String

    func encrypt(_ seed: [UInt8]) throws(KeyFailure) -> SealedSeed

    func decrypt(_ seed: SealedSeed) throws(KeyFailure) -> [UInt8]
}

/// Why a KMS plugin did not do what it was asked for: a sentence.
struct KeyFailure: Error, CustomStringConvertible {
    let description: String
}

/// A seed as a plugin encrypted it, which is stored beside what was encrypted with it.
struct SealedSeed: Hashable, Sendable {
    let keyID: String
    let bytes: [UInt8]
    /// What the plugin wants to see again.
    let annotations: [String: [UInt8]]

    /// Reads a map of texts to bytes: each entry is a message.
    static func annotation(_ entry: ArraySlice<UInt8>) throws(ProtobufError) -> (String, [UInt8]) {
        var reader = ProtobufReader(entry)
        var (name, value): (String, [UInt8]) = ("", [])
        while let field = try reader.next() {
            guard case .bytes(let bytes) = field.value else { continue }
            if field.number == 1 { name = String(decoding: bytes, as: UTF8.self) } else if field.number == 2 { value = Array(bytes) }
        }
        return (name, value)
    }

    /// Source: `validateEncryptedDEKSource`, `ValidateKeyID` and `validateAnnotations` of k8s.io/apiserver, envelope/kmsv2.
    var problem: String? {
        if bytes.isEmpty { return "encrypted DEK source is empty" }
        if bytes.count > 1024 { return "encrypted DEK source is \(bytes.count) bytes, which exceeds the max size of 1024" }
        if keyID.isEmpty { return "keyID is empty" }
        if keyID.utf8.count > 1024 { return "keyID is \(keyID.utf8.count) bytes, which exceeds the max size of 1024" }
        let size: Int = annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.count }
        return size > 32 * 1024 ? "annotations are \(size) bytes, which exceeds the max size of 32768" : nil
    }
}

extension ProtobufWriter {
    mutating func write(annotations: [String: [UInt8]], _ number: Int) {
        for (name, value) in annotations.sorted(by: { $0.key < $1.key }) {
            let start: Int = open(number)
            write(1, name.utf8)
            write(2, value)
            close(start)
        }
    }
}

/// A KMS plugin behind a Unix socket, asked by gRPC. Source: k8s.io/kms/apis/v2.
struct KeyPlugin: KeyService {
    let name: String
    let socket: String
    let timeout: Duration

    func currentKey() throws(KeyFailure) -> String {
        let answer: [Int: [ArraySlice<UInt8>]] = try call("Status", ProtobufWriter())
        func text(_ number: Int) -> String { String(decoding: answer[number]?.last ?? [], as: UTF8.self) }
        guard text(1) == "v2" || text(1) == "v2beta1" else { throw failure("speaks version \"\(text(1))\" of the KMS API, wanted v2") }
        guard text(2) == "ok" else { throw failure("is not well: \(text(2))") }
        guard !text(3).isEmpty else { throw failure("names no key") }
        return text(3)
    }

    func encrypt(_ seed: [UInt8]) throws(KeyFailure) -> SealedSeed {
        var request = ProtobufWriter()
        request.write(1, seed)
        request.write(2, UUID().uuidString.lowercased().utf8)
        let answer: [Int: [ArraySlice<UInt8>]] = try call("Encrypt", request)
        var annotations: [String: [UInt8]] = [:]
        for entry in answer[3] ?? [] {
            guard let (key, value) = try? SealedSeed.annotation(entry) else { throw failure("answered with no message of the KMS API") }
            annotations[key] = value
        }
        let sealed = SealedSeed(
            keyID: String(decoding: answer[2]?.last ?? [], as: UTF8.self), bytes: Array(answer[1]?.last ?? []), annotations: annotations)
        if let problem = sealed.problem { throw failure("encrypted a key and answered what can't be used: \(problem)") }
        return sealed
    }

    func decrypt(_ seed: SealedSeed) throws(KeyFailure) -> [UInt8] {
        var request = ProtobufWriter()
        request.write(1, seed.bytes)
        request.write(2, UUID().uuidString.lowercased().utf8)
        request.write(3, seed.keyID.utf8)
        request.write(annotations: seed.annotations, 4)
        return Array(try call("Decrypt", request)[1]?.last ?? [])
    }

    /// The fields of an answer that hold bytes, by number.
    private func call(_ method: String, _ message: ProtobufWriter) throws(KeyFailure) -> [Int: [ArraySlice<UInt8>]] {
        let request: HTTPClientRequest = GRPCCall.request(
            "/v2.KeyManagementService/\(method)", message.bytes, agent: "swkube", within: timeout)
        do {
            let answer: HTTP2Call.Answer = try HTTP2Call.send(request, toSocket: socket, within: timeout)
            var reader = ProtobufReader(try GRPCCall.message(of: answer))
            var fields: [Int: [ArraySlice<UInt8>]] = [:]
            while let field = try reader.next() {
                if case .bytes(let bytes) = field.value { fields[field.number, default: []].append(bytes) }
            }
            return fields
        } catch {
            throw failure("did not do \(method): \(error)")
        }
    }

    private func failure(_ text: String) -> KeyFailure {
        KeyFailure(description: "the KMS plugin \"\(name)\" at unix://\(socket) \(text)")
    }
}
