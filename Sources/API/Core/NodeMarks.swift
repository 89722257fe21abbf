package import Machinery

/// What swkube says of a node in labels and annotations, because Kubernetes has no field for it.
package enum NodeMarks {
    /// Label: what the node is, a ``Kind``. A node without it is none that the cluster made by request.
    package static let kind = "node.swkube.dev/kind"
    /// Annotation: `off` while the node is switched off, as a machine without power is.
    package static let power = "node.swkube.dev/power"
    /// Annotation: what pods may use of the node, such as `cpu=8,memory=32Gi`; what it does not name is as it would be without it.
    package static let capacity = "node.swkube.dev/capacity"
    /// Annotation: devices that a simulated node plays to have, such as `gpu=4`.
    package static let devices = "node.swkube.dev/devices"

    /// What stands behind a node.
    package enum Kind: String, Sendable, CaseIterable {
        /// Its pods are processes of this machine.
        case process
        /// Its pods only seem to run: nothing is started for them.
        case simulated
    }

    /// Reads `gpu=4,fpga=1`. Throws ``APIStatus`` that names the part which is wrong.
    package static func counts(_ text: String) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for part in text.split(separator: ",") {
            let words: [Substring] = part.split(separator: "=", maxSplits: 1)
            guard words.count == 2, let count = Int(words[1]), (1...128).contains(count), Names.dns1123Label(String(words[0])).isEmpty
            else {
                throw APIStatus.badRequest("the devices \"\(part)\" are not understood: give NAME=COUNT, such as gpu=4; 128 at most")
            }
            counts[String(words[0])] = count
        }
        return counts
    }

    /// Reads `cpu=8,memory=32Gi`. Throws ``APIStatus`` that names the part which is wrong.
    package static func quantities(_ text: String) throws -> [String: Quantity] {
        var quantities: [String: Quantity] = [:]
        for part in text.split(separator: ",") {
            let words: [Substring] = part.split(separator: "=", maxSplits: 1)
            guard words.count == 2, let quantity = try? Quantity(String(words[1])), quantity > .zero else {
                throw APIStatus.badRequest(
                    "the capacity \"\(part)\" is not understood: give RESOURCE=QUANTITY, such as cpu=8 or memory=32Gi")
            }
            quantities[String(words[0])] = quantity
        }
        return quantities
    }
}

extension View<Node> {
    package var kind: NodeMarks.Kind? { self.metadata.labels[NodeMarks.kind].flatMap { NodeMarks.Kind(rawValue: $0) } }

    package var isSwitchedOff: Bool { self.metadata.annotations[NodeMarks.power] == "off" }

    /// The quantities that the node's mark names; none of a mark that can't be read.
    package var wantedCapacity: [String: Quantity] {
        (try? self.metadata.annotations[NodeMarks.capacity].map { try NodeMarks.quantities($0) }) ?? [:]
    }

    /// Amounts of resources beyond those that a machine has, as device plugins and people write them into the node's capacity.
    package var extendedCapacity: [String: Quantity] { self.status.capacity.filter { ResourceName.isExtended($0.key) } }

    /// How many devices of each kind the node's mark names; none of a mark that can't be read.
    package var simulatedDevices: [String: Int] {
        (try? self.metadata.annotations[NodeMarks.devices].map { try NodeMarks.counts($0) }) ?? [:]
    }
}
