import API
import Machinery

/// The labels that tell a pod of a StatefulSet which one it is.
enum StatefulPodLabels {
    static let name = "statefulset.kubernetes.io/pod-name"
    static let index = "apps.kubernetes.io/pod-index"
    static let revision = "controller-revision-hash"
}

/// A pod of a StatefulSet: its name, its number, its claims.
extension View<StatefulSet> {
    func podName(_ ordinal: Int) -> String { "\(name)-\(ordinal)" }

    /// The number of a pod of this set; nil for a pod that has another name.
    func ordinal(of pod: View<Pod>) -> Int? {
        guard pod.name.hasPrefix(name + "-"), let ordinal = Int(pod.name.dropFirst(name.count + 1)), ordinal >= 0,
            pod.name == podName(ordinal)
        else { return nil }
        return ordinal
    }

    /// The numbers that the set's pods have.
    var ordinals: Range<Int> {
        let start: Int = self.spec.ordinals?.start ?? 0
        return start..<(start + self.spec.replicas)
    }

    func claimName(_ template: View<PersistentVolumeClaim>, _ ordinal: Int) -> String { "\(template.name)-\(podName(ordinal))" }

    /// The claims of a pod, as they are made when they are missing.
    func claims(_ ordinal: Int) -> [View<PersistentVolumeClaim>] {
        let labels: [String: String] = self.spec.selector?.matchLabels ?? [:]
        return self.spec.volumeClaimTemplates.map { template in
            var claim: View<PersistentVolumeClaim> = PersistentVolumeClaim.new(claimName(template, ordinal), namespace: namespace)
            claim.metadata.labels = template.metadata.labels.merging(labels) { $1 }
            let annotations: [String: String] = template.metadata.annotations
            if !annotations.isEmpty { claim.metadata.annotations = annotations }
            claim.spec = template.spec
            return claim
        }
    }

    /// The pod with a number, made from a template.
    ///
    /// - Parameter revision: name of the ControllerRevision that the template is from.
    func pod(_ ordinal: Int, from template: View<PodTemplateSpec>, revision: String) -> View<Pod> {
        var pod: View<Pod> = makePod(from: template, for: self)
        pod.metadata.remove(\.generateName)
        pod.metadata.name = podName(ordinal)
        pod.metadata.labels[StatefulPodLabels.revision] = revision
        pod.spec.hostname = pod.name
        if !self.spec.serviceName.isEmpty { pod.spec.subdomain = self.spec.serviceName }
        give(identity: ordinal, to: &pod)
        give(storage: ordinal, to: &pod)
        return pod
    }

    /// The labels by which others find exactly this pod.
    func give(identity ordinal: Int, to pod: inout View<Pod>) {
        pod.metadata.labels[StatefulPodLabels.name] = pod.name
        pod.metadata.labels[StatefulPodLabels.index] = String(ordinal)
    }

    func hasIdentity(_ pod: View<Pod>, _ ordinal: Int) -> Bool {
        let labels: [String: String] = pod.metadata.labels
        return labels[StatefulPodLabels.name] == pod.name && labels[StatefulPodLabels.index] == String(ordinal)
    }

    /// A volume for each claim template, in the place of one of the same name.
    private func give(storage ordinal: Int, to pod: inout View<Pod>) {
        let templates: [View<PersistentVolumeClaim>] = self.spec.volumeClaimTemplates
        guard !templates.isEmpty else { return }
        let names: Set<String> = Set(templates.map(\.name))
        let others: [View<Volume>] = pod.spec.volumes.filter { !names.contains($0.name) }
        pod.spec.volumes =
            templates.map { template in
                View<Volume>([
                    "name": .string(template.name), "persistentVolumeClaim": ["claimName": .string(claimName(template, ordinal))],
                ])
            } + others
    }
}

/// How far a pod of a StatefulSet has come. Source: pkg/controller/statefulset/stateful_set_utils.go.
extension View<Pod> {
    var isRunningAndReady: Bool { self.status.phase == "Running" && isReady }

    /// Running, ready for long enough, and not on its way out.
    func isInService(minReadySeconds: Int, now: Time) -> Bool {
        isRunningAndReady && isAvailable(minReadySeconds: minReadySeconds, now: now) && !isTerminating
    }

    /// Name (StatefulSet) or hash (DaemonSet) of the revision that the pod was made from.
    var revision: String { self.metadata.labels[StatefulPodLabels.revision] ?? "" }
}
