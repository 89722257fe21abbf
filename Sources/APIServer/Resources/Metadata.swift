import API
import Machinery

/// The part of an object's metadata that the server writes.
enum Metadata {
    /// Fills the metadata of an object that is to be created. Throws ``APIStatus`` when name and namespace don't fit the request.
    static func fill(_ object: inout JSON, _ call: Call) throws(APIStatus) {
        var metadata: JSON = object["metadata"] ?? [:]
        object["metadata"] = nil
        defer { object["metadata"] = metadata }
        try placeInNamespace(&metadata, call)
        if let wanted = metadata["resourceVersion"]?.string, !wanted.isEmpty {
            throw .unnamed("resourceVersion should not be set on objects to be created")
        }
        if generatesName(["metadata": metadata]), let stem = metadata["generateName"]?.string {
            metadata["name"] = .string(generatedName(stem))
        }
        for member in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"] { metadata[member] = nil }
        metadata["uid"] = .string(RandomUUID.text())
        metadata["creationTimestamp"] = call.now.json
        metadata["generation"] = call.names.tracksGeneration ? 1 : nil
    }

    /// Puts back what only the server may change. Throws ``APIStatus`` (409) when the update is meant for another object of the same name.
    static func keep(_ object: inout JSON, from old: JSON, _ call: Call) throws(APIStatus) {
        var metadata: JSON = object["metadata"] ?? [:]
        object["metadata"] = nil
        defer { object["metadata"] = metadata }
        try placeInNamespace(&metadata, call)
        let name: String = metadata["name"]?.string ?? ""
        if name.isEmpty, let wanted = call.request.name { metadata["name"] = .string(wanted) }
        if !name.isEmpty, let wanted = call.request.name, name != wanted {
            throw .badRequest("the name of the object (\(name)) does not match the name on the URL (\(wanted))")
        }
        let stored: JSON = old["metadata"] ?? [:]
        if let uid = metadata["uid"]?.string, !uid.isEmpty, let storedUID = stored["uid"]?.string, uid != storedUID {
            throw .conflict(
                call.names, call.request.name ?? name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(storedUID)")
        }
        for member in [
            "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "generateName", "resourceVersion",
        ] {
            metadata[member] = stored[member]
        }
    }

    static func placeInNamespace(_ metadata: inout JSON, _ call: Call) throws(APIStatus) {
        let found: String = metadata["namespace"]?.string ?? ""
        guard let wanted = call.request.namespace, call.names.isNamespaced else {
            if !found.isEmpty {
                if call.names.isNamespaced {
                    throw .badRequest("the namespace of the object (\(found)) does not match the namespace on the request ()")
                }
                metadata["namespace"] = nil
            }
            return
        }
        guard found.isEmpty || found == wanted else {
            throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
        }
        metadata["namespace"] = .string(wanted)
    }

    /// How many names are tried for an object whose generated name is taken.
    /// Source: `maxNameGenerationCreateAttempts` of k8s.io/apiserver/pkg/registry/generic/registry.
    static let nameAttempts = 8

    /// True for an object that leaves its name to the server.
    static func generatesName(_ object: JSON) -> Bool {
        let metadata: JSON? = object["metadata"]
        return metadata?["name"]?.string ?? "" == "" && metadata?["generateName"]?.string ?? "" != ""
    }

    /// The stem, cut to fit, and five letters that make no words. Source: k8s.io/apiserver/pkg/storage/names.
    static func generatedName(_ stem: String) -> String {
        // One question for the system's random numbers, which is a system call, for all five.
        var bits: UInt64 = .random(in: .min ... .max)
        var name: [UInt8] = []
        name.reserveCapacity(63)
        name += stem.utf8.prefix(58)
        for _ in 0..<5 {
            name.append(letters[Int(bits % UInt64(letters.count))])
            bits /= UInt64(letters.count)
        }
        return String(decoding: name, as: UTF8.self)
    }

    private static let letters = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
}
