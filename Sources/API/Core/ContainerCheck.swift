import Machinery

/// Checks the containers of a pod against its volumes, claims and each other.
///
/// Source: `validateContainers`, `validateInitContainers` and `validateEphemeralContainers` of pkg/apis/core/validation.
struct ContainerCheck {
    private let spec: View<PodSpec>
    private let containers: [View<Container>]
    private let initContainers: [View<Container>]
    /// By name; of volumes with the same name the first.
    private let volumes: [String: View<Volume>]
    private let claims: Set<String>

    init(_ spec: View<PodSpec>) {
        self.spec = spec
        containers = spec.containers
        initContainers = spec.initContainers
        volumes = [String: View<Volume>](spec.volumes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        claims = Set(spec.resourceClaims.map { $0.name })
    }

    func validateVolumes(_ path: Path, _ problems: inout Problems) {
        var seen: Set<String> = []
        for (index, volume) in spec.volumes.enumerated() where !volume.name.isEmpty && !seen.insert(volume.name).inserted {
            problems.duplicate(path.index(index).child("name"), .string(volume.name))
        }
    }

    func validateContainers(_ path: Path, _ problems: inout Problems) {
        var names: Set<String> = []
        var hostPorts: Set<String> = []
        for (index, container) in containers.enumerated() {
            let here: Path = path.child("containers").index(index)
            validateCommon(container, here, &names, &problems)
            validateProbes(container, here, &problems)
            validateHostPorts(container, here, &hostPorts, &problems)
        }
        for (index, container) in initContainers.enumerated() {
            let here: Path = path.child("initContainers").index(index)
            validateCommon(container, here, &names, &problems)
            if container.isSidecar {
                validateProbes(container, here, &problems)
            } else {
                for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] where container.json[field] != nil {
                    problems.forbidden(here.child(field), "may not be set for init containers without restartPolicy=Always")
                }
            }
            var own: Set<String> = []
            validateHostPorts(container, here, &own, &problems)
        }
        for (index, container) in spec.ephemeralContainers.enumerated() {
            validateEphemeral(container, path.child("ephemeralContainers").index(index), &names, &problems)
        }
    }

    /// What holds for containers of every sort.
    private func validateCommon(
        _ container: View<Container>, _ path: Path, _ names: inout Set<String>, _ problems: inout Problems
    ) {
        if !container.name.isEmpty, !names.insert(container.name).inserted {
            problems.duplicate(path.child("name"), .string(container.name))
        }
        let image: String = container.image
        if image.isEmpty {
            problems.required(path.child("image"))
        } else if [image.unicodeScalars.first, image.unicodeScalars.last].contains(where: { $0?.properties.isWhitespace == true }) {
            problems.invalid(path.child("image"), .string(image), "must not have leading or trailing whitespace")
        }
        validatePorts(container, path.child("ports"), &problems)
        validateMounts(container, path.child("volumeMounts"), &problems)
        validateDevices(container, path.child("volumeDevices"), &problems)
        for (index, claim) in container.resources.claims.enumerated() where !claim.name.isEmpty && !claims.contains(claim.name) {
            problems.notFound(path.child("resources").child("claims").index(index).child("name"), .string(claim.name))
        }
        if !container.restartPolicyRules.isEmpty {
            let rules: Path = path.child("restartPolicyRules")
            if container.restartPolicy == nil {
                problems.required(path.child("restartPolicy"), "must specify restartPolicy when restart rules are used")
            }
            if container.restartPolicyRules.count > 20 { problems.tooMany(rules, container.restartPolicyRules.count, atMost: 20) }
        }
        if let signal: String = container.lifecycle?.stopSignal {
            let here: Path = path.child("lifecycle").child("stopSignal")
            switch spec.os?.name ?? "" {
            case "": problems.forbidden(here, "may not be set for containers with empty `spec.os.name`")
            case "windows" where signal != "SIGTERM" && signal != "SIGKILL":
                problems.notSupported(here, .string(signal), supported: ["SIGKILL", "SIGTERM"])
            default: break
            }
        }
        for moment in ["postStart", "preStop"] {
            guard let seconds: Int64 = container.json["lifecycle"]?[moment]?["sleep"]?["seconds"]?.int else { continue }
            let grace: Int = spec.terminationGracePeriodSeconds
            if seconds < 0 || seconds > grace {
                problems.invalid(
                    path.child("lifecycle").child(moment).child("sleep").child("seconds"), .int(seconds),
                    "must be non-negative and less than terminationGracePeriodSeconds (\(grace))")
            }
        }
    }

    private func validatePorts(_ container: View<Container>, _ path: Path, _ problems: inout Problems) {
        var names: Set<String> = []
        for (index, port) in container.ports.enumerated() {
            if !port.name.isEmpty, !names.insert(port.name).inserted {
                problems.duplicate(path.index(index).child("name"), .string(port.name))
            }
            if spec.hostNetwork, port.hostPort != 0, port.hostPort != port.containerPort {
                problems.invalid(
                    path.index(index).child("containerPort"), .int(Int64(port.containerPort)),
                    "must match `hostPort` when `hostNetwork` is true")
            }
        }
    }

    private func validateHostPorts(
        _ container: View<Container>, _ path: Path, _ taken: inout Set<String>, _ problems: inout Problems
    ) {
        for (index, port) in container.ports.enumerated() where port.hostPort != 0 {
            let text: String = "\(port.protocol)/\(port.hostIP)/\(port.hostPort)"
            if !taken.insert(text).inserted {
                problems.duplicate(path.child("ports").index(index).child("hostPort"), .string(text))
            }
        }
    }

    private func validateMounts(_ container: View<Container>, _ path: Path, _ problems: inout Problems) {
        let devices: [View<VolumeDevice>] = container.volumeDevices
        var paths: Set<String> = []
        for (index, mount) in container.volumeMounts.enumerated() {
            let here: Path = path.index(index)
            let target: String = mount.mountPath
            if !mount.name.isEmpty, volumes[mount.name] == nil { problems.notFound(here.child("name"), .string(mount.name)) }
            if !target.isEmpty, !paths.insert(target).inserted {
                problems.invalid(here.child("mountPath"), .string(target), "must be unique")
            }
            if devices.contains(where: { $0.name == mount.name }) {
                problems.invalid(here.child("name"), .string(mount.name), "must not already exist in volumeDevices")
            }
            if devices.contains(where: { $0.devicePath == target }) {
                problems.invalid(here.child("mountPath"), .string(target), "must not already exist as a path in volumeDevices")
            }
            if mount.mountPropagation == "Bidirectional", container.securityContext?.privileged != true {
                problems.forbidden(
                    here.child("mountPropagation"), "Bidirectional mount propagation is available only to privileged containers")
            }
        }
    }

    private func validateDevices(_ container: View<Container>, _ path: Path, _ problems: inout Problems) {
        var names: Set<String> = []
        var paths: Set<String> = []
        for (index, device) in container.volumeDevices.enumerated() {
            let name: Path = path.index(index).child("name")
            let target: Path = path.index(index).child("devicePath")
            if let volume: View<Volume> = volumes[device.name] {
                if volume.persistentVolumeClaim == nil, volume.ephemeral == nil {
                    problems.invalid(
                        name, .string(device.name),
                        "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
                }
            } else if !device.name.isEmpty {
                problems.notFound(name, .string(device.name))
            }
            if !device.name.isEmpty, !names.insert(device.name).inserted {
                problems.invalid(name, .string(device.name), "must be unique")
            }
            if !device.devicePath.isEmpty, !paths.insert(device.devicePath).inserted {
                problems.invalid(target, .string(device.devicePath), "must be unique")
            }
            if device.devicePath.split(separator: "/").contains("..") {
                problems.invalid(target, .string(device.devicePath), "can not contain backsteps ('..')")
            }
        }
    }

    private func validateProbes(_ container: View<Container>, _ path: Path, _ problems: inout Problems) {
        for (name, probe) in [("livenessProbe", container.livenessProbe), ("startupProbe", container.startupProbe)] {
            if let probe, probe.successThreshold != 1 {
                problems.invalid(path.child(name).child("successThreshold"), .int(Int64(probe.successThreshold)), "must be 1")
            }
        }
        if let seconds: Int = container.readinessProbe?.terminationGracePeriodSeconds {
            problems.invalid(
                path.child("readinessProbe").child("terminationGracePeriodSeconds"), .int(Int64(seconds)),
                "must not be set for readinessProbes")
        }
    }

    private func validateEphemeral(
        _ container: View<EphemeralContainer>, _ path: Path, _ names: inout Set<String>, _ problems: inout Problems
    ) {
        validateCommon(container.asContainer, path, &names, &problems)
        let target: String = container.targetContainerName
        if !target.isEmpty, !(containers + initContainers).contains(where: { $0.name == target }) {
            problems.notFound(path.child("targetContainerName"), .string(target))
        }
        let refused: [String] = [
            "ports", "lifecycle", "livenessProbe", "readinessProbe", "startupProbe", "resizePolicy", "restartPolicy",
            "restartPolicyRules",
        ]
        for field in refused where container.json[field] != nil {
            problems.forbidden(path.child(field), "cannot be set for an Ephemeral Container")
        }
        if container.json["resources"]?.isEmpty == false {
            problems.forbidden(path.child("resources"), "cannot be set for an Ephemeral Container")
        }
        for (index, mount) in container.volumeMounts.enumerated() {
            for field in ["subPath", "subPathExpr"] where mount.json[field]?.isEmpty == false {
                problems.forbidden(
                    path.child("volumeMounts").index(index).child(field), "cannot be set for an Ephemeral Container")
            }
        }
    }
}

extension View<Container> {
    /// An init container that keeps running beside the containers.
    package var isSidecar: Bool { self.restartPolicy == "Always" }
}
