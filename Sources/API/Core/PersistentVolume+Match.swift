package import Machinery

/// Which volume suits a claim. Source: pkg/controller/volume/persistentvolume and component-helpers/storage/volume.
extension View<PersistentVolume> {
    package static var boundByController: String { "pv.kubernetes.io/bound-by-controller" }

    /// True when the volume is bound to this claim, or kept for it.
    package func isMeant(for claim: View<PersistentVolumeClaim>) -> Bool {
        guard let reference = self.spec.claimRef, reference.name == claim.name, reference.namespace == claim.namespace else { return false }
        return reference.uid.isEmpty || reference.uid == claim.metadata.uid
    }

    /// Why a claim that asks for this very volume can't have it; nil when it can.
    package func mismatch(_ claim: View<PersistentVolumeClaim>) -> String? {
        if (self.spec.capacity["storage"] ?? .zero) < claim.requestedStorage { return "requested PV is too small" }
        if storageClass != claim.storageClass { return "storageClassName does not match" }
        if self.spec.volumeAttributesClassName ?? "" != claim.spec.volumeAttributesClassName ?? "" {
            return "volumeAttributesClassName does not match"
        }
        if self.spec.volumeMode ?? "Filesystem" != claim.spec.volumeMode ?? "Filesystem" { return "incompatible volumeMode" }
        if !claim.spec.accessModes.allSatisfy(self.spec.accessModes.contains) { return "incompatible accessMode" }
        return nil
    }

    /// True when a claim that names no volume can have this one.
    package func suits(_ claim: View<PersistentVolumeClaim>) -> Bool {
        self.spec.claimRef == nil && !isTerminating && self.status.phase == "Available" && mismatch(claim) == nil
            && (claim.spec.selector?.matches(self.metadata.labels) ?? true)
    }

    /// Which nodes can reach the volume.
    package var nodeRule: NodeRule { NodeRule(self.spec.nodeAffinity?.required) }
}

extension View<PersistentVolumeClaim> {
    /// Of the claim that has its volume: `yes`.
    package static var bindCompleted: String { "pv.kubernetes.io/bind-completed" }
    /// The node of the pod that a volume is made for.
    package static var selectedNode: String { "volume.kubernetes.io/selected-node" }

    package var requestedStorage: Quantity { self.spec.resources.requests["storage"] ?? .zero }

    package var isBound: Bool { !self.spec.volumeName.isEmpty && self.metadata.annotations[Self.bindCompleted] != nil }

    /// The volume that suits best: one that is kept for the claim, else the smallest that is large enough.
    ///
    /// - Parameter onlyKept: leaves out volumes that are kept for nobody.
    package func bestMatch(among volumes: [View<PersistentVolume>], onlyKept: Bool = false) -> View<PersistentVolume>? {
        if let kept = volumes.first(where: { $0.isMeant(for: self) && !$0.isTerminating && $0.mismatch(self) == nil }) { return kept }
        guard !onlyKept else { return nil }
        return volumes.filter { $0.suits(self) }.min { one, other in
            let sizes: (Quantity, Quantity) = (one.spec.capacity["storage"] ?? .zero, other.spec.capacity["storage"] ?? .zero)
            return sizes.0 != sizes.1 ? sizes.0 < sizes.1 : one.name < other.name
        }
    }
}
