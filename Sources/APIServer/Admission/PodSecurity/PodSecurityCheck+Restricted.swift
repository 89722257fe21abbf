import Machinery

/// The rules of a pod that needs no rights: beside those of the baseline.
extension PodSecurityCheck {
    static let restricted: [PodSecurityCheck] = [
        PodSecurityCheck(id: "allowPrivilegeEscalation", level: .restricted) { pod, minor in
            guard minor >= 8, !(minor >= 25 && pod.isWindows) else { return nil }
            let names: [String] = pod.containers { $0["allowPrivilegeEscalation"] != false }
            guard !names.isEmpty else { return nil }
            return Violation(
                reason: "allowPrivilegeEscalation != false",
                detail: Words.containers(names) + " must set securityContext.allowPrivilegeEscalation=false")
        },
        PodSecurityCheck(id: "capabilities_restricted", level: .restricted, replaces: "capabilities_baseline") { pod, minor in
            // Before 1.22 the baseline's rule is all there was.
            guard minor >= 22 else { return baseline.first { $0.id == "capabilities_baseline" }?.violation(pod, minor) }
            return minor >= 25 && pod.isWindows ? nil : capabilities(pod)
        },
        PodSecurityCheck(id: "procMount_restricted", level: .restricted, replaces: "procMount_baseline") { pod, _ in procMount(pod) },
        PodSecurityCheck(id: "restrictedVolumes", level: .restricted, replaces: "hostPathVolumes") { pod, _ in volumes(pod) },
        PodSecurityCheck(id: "runAsNonRoot", level: .restricted) { pod, minor in
            minor >= 35 && pod.hasOwnUsers ? nil : runAsNonRoot(pod)
        },
        PodSecurityCheck(id: "runAsUser", level: .restricted) { pod, minor in
            guard minor >= 23, !(minor >= 35 && pod.hasOwnUsers) else { return nil }
            let isPod: Bool = pod.context?["runAsUser"]?.int == 0
            let names: [String] = pod.containers { $0["runAsUser"]?.int == 0 }
            guard isPod || !names.isEmpty else { return nil }
            return Violation(reason: "runAsUser=0", detail: pod.setters(isPod: isPod, names) + " must not set runAsUser=0")
        },
        PodSecurityCheck(id: "seccompProfile_restricted", level: .restricted, replaces: "seccompProfile_baseline") { pod, minor in
            guard minor >= 19 else { return baseline.first { $0.id == "seccompProfile_baseline" }?.violation(pod, minor) }
            return minor >= 25 && pod.isWindows ? nil : seccomp(pod)
        },
    ]

    private static let allowedVolumes: Set<String> = [
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
    ]

    private static func capabilities(_ pod: PodSecuritySubject) -> Violation? {
        let keeping: [String] = pod.containers { $0[["capabilities", "drop"]]?.array?.contains("ALL") != true }
        var details: [String] = []
        if !keeping.isEmpty { details.append(Words.containers(keeping) + #" must set securityContext.capabilities.drop=["ALL"]"#) }
        if let added = addedCapabilities(pod, allowed: ["NET_BIND_SERVICE"]) {
            details.append(
                "\(Words.containers(added.names)) must not include \(Words.quoted(added.capabilities)) in securityContext.capabilities.add")
        }
        return details.isEmpty ? nil : Violation(reason: "unrestricted capabilities", detail: details.joined(separator: "; "))
    }

    private static func volumes(_ pod: PodSecuritySubject) -> Violation? {
        var names: [String] = []
        var types: Set<String> = []
        for volume in pod.spec["volumes"]?.array ?? [] {
            let members: [String] = volume.object?.keys.filter { $0 != "name" } ?? []
            guard !members.contains(where: allowedVolumes.contains) else { continue }
            names.append(volume["name"]?.string ?? "")
            types.insert(members.first ?? "unknown")
        }
        guard !names.isEmpty else { return nil }
        return Violation(
            reason: "restricted volume types",
            detail: "\(Words.plural("volume", "volumes", names.count)) \(Words.quoted(names)) \(Words.plural("uses", "use", names.count)) "
                + "\(Words.plural("restricted volume type", "restricted volume types", types.count)) \(Words.quoted(types.sorted()))")
    }

    private static func runAsNonRoot(_ pod: PodSecuritySubject) -> Violation? {
        let isPod: Bool = pod.context?["runAsNonRoot"] == false
        let explicit: [String] = pod.containers { $0["runAsNonRoot"] == false }
        if isPod || !explicit.isEmpty {
            return Violation(
                reason: "runAsNonRoot != true",
                detail: pod.setters(isPod: isPod, explicit) + " must not set securityContext.runAsNonRoot=false")
        }
        guard pod.context?["runAsNonRoot"] != true else { return nil }
        let silent: [String] = pod.containers { $0["runAsNonRoot"] == nil }
        guard !silent.isEmpty else { return nil }
        return Violation(
            reason: "runAsNonRoot != true", detail: "pod or \(Words.containers(silent)) must set securityContext.runAsNonRoot=true")
    }

    private static func seccomp(_ pod: PodSecuritySubject) -> Violation? {
        if let violation = seccompFields(pod) { return violation }
        guard pod.context?["seccompProfile"] == nil else { return nil }
        let silent: [String] = pod.containers { $0["seccompProfile"] == nil }
        guard !silent.isEmpty else { return nil }
        return Violation(
            reason: "seccompProfile",
            detail: "pod or \(Words.containers(silent)) must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\""
        )
    }
}
