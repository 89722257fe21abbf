import Machinery

/// Collects what the author of a pod or of a template should know although it is taken. Source: pkg/api/pod/warnings.go.
struct PodWarnings {
    private(set) var texts: [String] = []
    private let spec: View<PodSpec>
    private let annotations: [String: String]
    /// Of `metadata`.
    private let annotationsPath: Path
    /// Of `spec`.
    private let path: Path
    /// Of all kinds, with their paths.
    private let containers: [(View<Container>, Path)]

    /// - Parameter path: where the pod begins: the root, or a template.
    init(_ spec: View<PodSpec>, _ metadata: View<ObjectMeta>, _ path: Path) {
        self.spec = spec
        annotations = metadata.annotations
        annotationsPath = path.child("metadata").child("annotations")
        let specPath: Path = path.child("spec")
        self.path = specPath
        let lists: [(name: String, containers: [View<Container>])] = [
            ("initContainers", spec.initContainers), ("containers", spec.containers),
            ("ephemeralContainers", spec.ephemeralContainers.map { View<Container>($0.json) }),
        ]
        containers = lists.flatMap { name, list in list.enumerated().map { ($1, specPath.child(name).index($0)) } }
        nodeLabels()
        spread()
        outOfUse()
        volumes()
        repetitions()
        fractions(spec.json["overhead"], specPath.child("overhead"))
        seccomp()
        for (container, path) in containers { self.container(container, path) }
        ports()
        if spec.terminationGracePeriodSeconds < 0 {
            warn(
                specPath.child("terminationGracePeriodSeconds"), "must be >= 0; negative values are invalid and will be treated as 1")
        }
        affinity()
    }

    private mutating func warn(_ path: Path, _ text: String) { texts.append("\(path): \(text)") }

    // MARK: - Placement

    private mutating func nodeLabels() {
        for (label, note) in DeprecatedNodeLabels.notes(of: spec.nodeSelector) { warn(path.child("nodeSelector").key(label), note) }
        guard let affinity = spec.affinity?.nodeAffinity else { return }
        let here: Path = path.child("affinity").child("nodeAffinity")
        let required: Path = here.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms")
        for (index, term) in (affinity.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []).enumerated() {
            texts += DeprecatedNodeLabels.warnings(term, required.index(index))
        }
        let preferred: Path = here.child("preferredDuringSchedulingIgnoredDuringExecution")
        for (index, wish) in affinity.preferredDuringSchedulingIgnoredDuringExecution.enumerated() {
            texts += DeprecatedNodeLabels.warnings(wish.preference, preferred.index(index).child("preference"))
        }
    }

    private static let noSelector = "a null labelSelector results in matching no pod"

    private mutating func spread() {
        for (index, constraint) in spec.topologySpreadConstraints.enumerated() {
            let here: Path = path.child("topologySpreadConstraints").index(index)
            if let note = DeprecatedNodeLabels.notes[constraint.topologyKey] {
                warn(here.child("topologyKey"), "\(constraint.topologyKey) is \(note)")
            }
            if constraint.labelSelector == nil { warn(here.child("labelSelector"), Self.noSelector) }
        }
    }

    private mutating func affinity() {
        let near: View<PodAffinity>? = spec.affinity?.podAffinity
        affinity(
            "podAffinity", near?.requiredDuringSchedulingIgnoredDuringExecution, near?.preferredDuringSchedulingIgnoredDuringExecution)
        let far: View<PodAntiAffinity>? = spec.affinity?.podAntiAffinity
        affinity(
            "podAntiAffinity", far?.requiredDuringSchedulingIgnoredDuringExecution, far?.preferredDuringSchedulingIgnoredDuringExecution)
    }

    private mutating func affinity(_ name: String, _ required: [View<PodAffinityTerm>]?, _ preferred: [View<WeightedPodAffinityTerm>]?) {
        let here: Path = path.child("affinity").child(name)
        for (index, term) in (required ?? []).enumerated() where term.labelSelector == nil {
            warn(here.child("requiredDuringSchedulingIgnoredDuringExecution").index(index).child("labelSelector"), Self.noSelector)
        }
        for (index, wish) in (preferred ?? []).enumerated() where wish.podAffinityTerm.labelSelector == nil {
            let term: Path = here.child("preferredDuringSchedulingIgnoredDuringExecution").index(index).child("podAffinityTerm")
            warn(term.child("labelSelector"), Self.noSelector)
        }
    }

    // MARK: - Annotations

    private mutating func outOfUse() {
        guard !annotations.isEmpty else { return }
        for (annotation, version, field) in [
            ("scheduler.alpha.kubernetes.io/critical-pod", "v1.16", "priorityClassName"),
            ("security.alpha.kubernetes.io/sysctls", "v1.11", "sysctls"),
            ("security.alpha.kubernetes.io/unsafe-sysctls", "v1.11", "sysctls"),
        ] where annotations[annotation] != nil {
            warn(annotationsPath.key(annotation), "non-functional in \(version)+; use the \"\(field)\" field instead")
        }
    }

    private mutating func seccomp() {
        if spec.securityContext?.seccompProfile == nil { seccomp("seccomp.security.alpha.kubernetes.io/pod") }
    }

    private mutating func seccomp(_ annotation: String) {
        guard annotations[annotation] != nil else { return }
        warn(annotationsPath.key(annotation), "non-functional in v1.27+; use the \"seccompProfile\" field instead")
    }

    // MARK: - Volumes

    private mutating func volumes() {
        let list: Path = path.child("volumes")
        let volumes: [View<Volume>] = spec.volumes
        for (index, volume) in volumes.enumerated() {
            texts += DeprecatedVolumes.warnings(volume.json, list.index(index))
            guard let template = volume.ephemeral?.volumeClaimTemplate else { continue }
            let claim: Path = list.index(index).child("ephemeral").child("volumeClaimTemplate").child("spec")
            texts += PersistentVolumeClaimSpec.warnings(template.spec, claim)
        }
        let projected: [(index: Int, sources: [View<VolumeProjection>])] = volumes.enumerated().compactMap { index, volume in
            volume.projected.map { (index, $0.sources) }
        }
        let tokens: [String] = projected.flatMap { $0.sources.compactMap { $0.serviceAccountToken?.path } }
        guard !tokens.isEmpty else { return }
        for (index, sources) in projected {
            var here: Path { list.index(index).child("projected").child("sources") }
            for source in sources {
                for (name, shown) in [("configMap", "configMap"), ("secret", "secrets"), ("downwardAPI", "downwardAPI")] {
                    for (number, item) in (source.json[name]?["items"]?.array ?? []).enumerated() {
                        guard let path = item["path"]?.string, tokens.contains(path) else { continue }
                        warn(here.child(shown).index(number), "has duplicated path with ServiceAccountToken \"\(path)\"")
                    }
                }
                if let path = source.clusterTrustBundle?.path, tokens.contains(path) {
                    warn(here.child("ClusterTrustBundle"), "has duplicated path with ServiceAccountToken \"\(path)\"")
                }
            }
        }
    }

    // MARK: - Lists

    private mutating func repetitions() {
        repetitions(spec.hostAliases.map { $0.ip }, "hostAliases", "ip")
        let secrets: [String] = spec.imagePullSecrets.map { $0.name }
        repetitions(secrets, "imagePullSecrets", "name")
        for index in secrets.indices where secrets[index].isEmpty {
            warn(path.child("imagePullSecrets").index(index).child("name"), "invalid empty name \"\"")
        }
    }

    private mutating func repetitions(_ values: [String], _ list: String, _ member: String) {
        var seen: Set<String> = []
        for (index, value) in values.enumerated() where !seen.insert(value).inserted {
            warn(path.child(list).index(index).child(member), "duplicate \(member) \"\(value)\"")
        }
    }

    /// - Parameter amounts: by resource.
    private mutating func fractions(_ amounts: JSON?, _ path: @autoclosure () -> Path) {
        for name in ["memory", "ephemeral-storage"] {
            if let amount = amounts?[name], let note = Quantity.read(amount).fractionNote { warn(path().key(name), note) }
        }
    }

    // MARK: - Containers

    private mutating func container(_ container: View<Container>, _ path: Path) {
        if !annotations.isEmpty { outOfUse(in: container) }
        fractions(container.resources.json["limits"], path.child("resources").child("limits"))
        fractions(container.resources.json["requests"], path.child("resources").child("requests"))
        let environment: [JSON] = container.json["env"]?.array ?? []
        var names = Set<String>(minimumCapacity: environment.count)
        for (index, json) in environment.enumerated() where !names.insert(json["name"]?.string ?? "").inserted {
            let variable = View<EnvVar>(json)
            // A definition that builds on the earlier one is meant.
            let reference: String = "$(\(variable.name))"
            guard variable.valueFrom != nil || variable.value == reference || !variable.value.contains(reference) else { continue }
            warn(
                path.child("env").index(index), "hides previous definition of \"\(variable.name)\", which may be dropped when using apply")
        }
    }

    /// Annotations of the pod that were for this container.
    private mutating func outOfUse(in container: View<Container>) {
        if container.securityContext?.seccompProfile == nil {
            seccomp("container.seccomp.security.alpha.kubernetes.io/" + container.name)
        }
        let armor: String = "container.apparmor.security.beta.kubernetes.io/" + container.name
        let hasArmor: Bool = spec.securityContext?.appArmorProfile != nil || container.securityContext?.appArmorProfile != nil
        if annotations[armor] != nil, !hasArmor {
            warn(annotationsPath.key(armor), "deprecated since v1.30; use the \"appArmorProfile\" field instead")
        }
    }

    /// Of all containers together: they share the pod's network.
    private mutating func ports() {
        var seen: [String: [(port: View<ContainerPort>, path: Path)]] = [:]
        for (container, path) in containers {
            for (index, port) in container.ports.enumerated() {
                let here: Path = path.child("ports").index(index)
                if !port.hostIP.isEmpty, port.hostPort == 0 {
                    warn(
                        here,
                        "hostIP set without hostPort: {Name:\(port.name) HostPort:0 ContainerPort:\(port.containerPort) "
                            + "Protocol:\(port.protocol) HostIP:\(port.hostIP)}")
                }
                let key: String = "\(port.containerPort)/\(port.protocol)"
                for other in seen[key] ?? [] {
                    if let how = Self.clash(port, other.port) { warn(here, "\(how) port definition with \(other.path)") }
                }
                seen[key, default: []].append((port, here))
            }
        }
    }

    /// How two definitions of one port of the pod stand to each other; nil where both have a use.
    private static func clash(_ one: View<ContainerPort>, _ other: View<ContainerPort>) -> String? {
        if one.hostIP == other.hostIP, one.hostPort == other.hostPort { return "duplicate" }
        if one.hostPort == 0 || other.hostPort == 0 { return "overlapping" }
        return one.hostPort == other.hostPort && one.hostIP.isEmpty != other.hostIP.isEmpty ? "dangerously ambiguous" : nil
    }
}

extension Quantity {
    /// What to say of a number of bytes that is not whole.
    var fractionNote: String? {
        milliValue % 1000 == 0 ? nil : "fractional byte value \"\(self)\" is invalid, must be an integer"
    }
}
