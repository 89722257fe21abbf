package import Machinery

/// What it costs to lose a pod rather than another one of its set. Source: `GetDeletionCostFromPodAnnotations` of pkg/apis/core/helper.
extension View<Pod> {
    private static var costAnnotation: String { "controller.kubernetes.io/pod-deletion-cost" }

    /// 0 where the pod says nothing; nil where it says what is no number of 32 bits without plus sign and leading zeros.
    package var deletionCost: Int32? {
        guard let text = self.metadata.annotations[Self.costAnnotation] else { return 0 }
        guard let first = text.first, first == "-" || text == "0" || ("1"..."9").contains(first) else { return nil }
        return Int32(text)
    }

    /// - Parameter old: nil for a creation. What could not be read already may stay as it is.
    func validateDeletionCost(from old: View<Pod>?, _ problems: inout Problems) {
        guard deletionCost == nil, old?.deletionCost != nil || old == nil else { return }
        problems.invalid(Path("metadata").child("annotations").key(Self.costAnnotation), .string(""), "must be a 32bit integer")
    }
}
