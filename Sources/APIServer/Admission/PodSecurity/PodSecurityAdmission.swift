import API
import Machinery
import Store

/// Holds pods to the level of the Pod Security Standards that the labels of their namespace ask for, and warns of what would make pods that
/// break it.
///
/// Source: k8s.io/pod-security-admission/admission.
struct PodSecurityAdmission: AdmissionPlugin {
    static let name = "PodSecurity"
    let objects: ParsedObjects

    /// A change of a namespace's labels is tried on this many of its pods.
    private static let mostPods = 3_000

    /// Where the template of the pods stands that objects of a kind make.
    private static let templates: [String: [String]] = [
        "podtemplates": ["template"], "replicationcontrollers": ["spec", "template"], "replicasets.apps": ["spec", "template"],
        "deployments.apps": ["spec", "template"], "daemonsets.apps": ["spec", "template"], "statefulsets.apps": ["spec", "template"],
        "jobs.batch": ["spec", "template"], "cronjobs.batch": ["spec", "jobTemplate", "spec", "template"],
    ]

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard let object, operation != .delete else { return }
        if call.isOf(Pod.self) { return try checkPod(object, old, call) }
        if call.isAbout(Namespace.self) { return try checkNamespace(object, old, call) }
        guard call.request.subresource == nil, let path = Self.templates[call.names.qualifiedResource], let policy = policy(call),
            let template = object[path], let spec = template["spec"]
        else { return }
        let subject = PodSecuritySubject(metadata: template["metadata"], spec: spec)
        warn(subject, policy, call)
        audit(subject, policy, call)
    }

    private func checkPod(_ pod: JSON, _ old: JSON?, _ call: Call) throws(APIStatus) {
        guard [nil, "ephemeralcontainers", "resize"].contains(call.request.subresource), let policy = policy(call),
            old.map({ Self.isSignificant(pod, $0) }) ?? true
        else { return }
        let subject = PodSecuritySubject(metadata: pod["metadata"], spec: pod["spec"] ?? [:])
        let violations: [PodSecurityCheck.Violation] = PodSecurityCheck.violations(of: subject, policy.enforce)
        call.audit?.annotate(Self.annotation + "enforce-policy", "\(policy.enforce)")
        audit(subject, policy, call)
        guard violations.isEmpty else {
            throw .forbidden(
                call.names, pod[["metadata", "name"]]?.string ?? "",
                "violates PodSecurity \"\(policy.enforce)\": \(violations.text)")
        }
        if policy.warn != policy.enforce { warn(subject, policy, call) }
    }

    /// Notes what breaks the level that is only recorded.
    private func audit(_ subject: PodSecuritySubject, _ policy: PodSecurityPolicy, _ call: Call) {
        guard let audit = call.audit else { return }
        let violations: [PodSecurityCheck.Violation] = PodSecurityCheck.violations(of: subject, policy.audit)
        guard !violations.isEmpty else { return }
        audit.annotate(Self.annotation + "audit-violations", "would violate PodSecurity \"\(policy.audit)\": \(violations.text)")
    }

    private static let annotation = "pod-security.kubernetes.io/"

    private func warn(_ subject: PodSecuritySubject, _ policy: PodSecurityPolicy, _ call: Call) {
        let violations: [PodSecurityCheck.Violation] = PodSecurityCheck.violations(of: subject, policy.warn)
        if !violations.isEmpty { call.warnings.add("would violate PodSecurity \"\(policy.warn)\": \(violations.text)") }
    }

    /// nil where the namespace has no label that asks for anything, as nearly all have none.
    private func policy(_ call: Call) -> PodSecurityPolicy? {
        guard let namespace = call.request.namespace,
            let index = objects.store.newest(ObjectKeys.key(Namespace.names, namespace: nil, name: namespace))?.index as? ObjectIndex,
            index.labels.keys.contains(where: { $0.hasPrefix(PodSecurityPolicy.prefix) })
        else { return nil }
        return PodSecurityPolicy { index.labels[$0] }
    }

    /// Of a pod that exists only images matter that change, and containers that are new.
    private static func isSignificant(_ pod: JSON, _ old: JSON) -> Bool {
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            let (new, before): ([JSON], [JSON]) = (pod[["spec", list]]?.array ?? [], old[["spec", list]]?.array ?? [])
            guard new.count == before.count, zip(new, before).allSatisfy({ $0["image"] == $1["image"] }) else { return true }
        }
        return false
    }

    // MARK: - Namespaces

    private func checkNamespace(_ namespace: JSON, _ old: JSON?, _ call: Call) throws(APIStatus) {
        func policy(_ object: JSON) -> PodSecurityPolicy { PodSecurityPolicy { object[["metadata", "labels", $0]]?.string } }
        let new: PodSecurityPolicy = policy(namespace)
        let before: PodSecurityPolicy? = old.map(policy)
        let name: String = namespace[["metadata", "name"]]?.string ?? ""
        guard new.problems.isEmpty || new.problems == before?.problems else {
            var problems = Problems()
            for problem in new.problems {
                problems.invalid(Path("metadata").child("labels").key(problem.label), .string(problem.value), problem.detail)
            }
            throw .invalid(call.names, name, problems)
        }
        guard let before, new.enforce != before.enforce, new.enforce.level > .privileged,
            new.enforce.minor != before.enforce.minor || new.enforce.level > before.enforce.level
        else { return }
        for warning in warnings(of: new.enforce, in: name) { call.warnings.add(warning) }
    }

    /// What the pods that are there break of a new level: the first pod by name for each set of rules.
    private func warnings(of standard: PodSecurityStandard, in namespace: String) -> [String] {
        let prefix: String = ObjectKeys.prefix(Pod.names, namespace: namespace)
        guard let listing = try? objects.store.list(prefix: prefix, at: nil, after: nil, limit: Self.mostPods) else { return [] }
        var found: [String: (pod: String, count: Int)] = [:]
        for entry in listing.entries {
            guard let pod = try? JSON(parsing: entry.value) else { continue }
            let violations: [PodSecurityCheck.Violation] = PodSecurityCheck.violations(
                of: PodSecuritySubject(metadata: pod["metadata"], spec: pod["spec"] ?? [:]), standard)
            guard !violations.isEmpty else { continue }
            let name: String = pod[["metadata", "name"]]?.string ?? ""
            let known: (pod: String, count: Int) = found[violations.reasons] ?? (name, 0)
            found[violations.reasons] = (min(known.pod, name), known.count + 1)
        }
        var warnings: [String] = []
        if listing.remaining > 0 {
            let total: Int = listing.entries.count + listing.remaining
            warnings.append(
                "new PodSecurity enforce level only checked against the first \(listing.entries.count) of \(total) existing pods")
        }
        guard !found.isEmpty else { return warnings }
        warnings.append("existing pods in namespace \"\(namespace)\" violate the new PodSecurity enforce level \"\(standard)\"")
        let texts: [String] = found.map { reasons, pods in
            switch pods.count {
            case 1: "\(pods.pod): \(reasons)"
            case 2: "\(pods.pod) (and 1 other pod): \(reasons)"
            default: "\(pods.pod) (and \(pods.count - 1) other pods): \(reasons)"
            }
        }
        return warnings + texts.sorted()
    }
}
