import API
import Machinery
import Sandbox

/// What a container may do, from its own security context and the pod's. Throws what this node can't honour instead of ignoring it.
struct ContainerRights: Sendable {
    var user: ContainerProcess.User?
    /// Folder of the user, for HOME.
    var home = "/root"
    var capabilities: UInt64 = ContainerProcess.defaultCapabilities
    var noNewPrivileges = false
    var systemCalls: ContainerProcess.SystemCalls = .all
    /// One that the host has loaded.
    var appArmorProfile: String?
    var readOnlyRoot = false
    /// All devices that the node's user has, and all rights in the pod's namespaces: on the host, if root runs the node.
    var isPrivileged = false
    /// Nothing in /proc and /sys is hidden.
    var isUnmasked = false
    /// What holds less than the manifest asks for, as sentences for a warning.
    var shortcomings: [String] = []

    /// - Parameter profiles: the folder with profiles of system calls. Throws ``ConfigError``.
    init(
        _ container: View<Container>, of pod: View<Pod>, hasOneIdentity: Bool, image: ResolvedImage, profiles: String
    ) throws(ConfigError) {
        let own: View<SecurityContext> = container.securityContext ?? View<SecurityContext>()
        let shared: View<PodSecurityContext> = pod.spec.securityContext ?? View<PodSecurityContext>()
        let name: String = container.name
        func refuse(_ field: String, _ why: String) -> ConfigError {
            ConfigError("container \"\(name)\": \(field): \(why)")
        }
        isPrivileged = own.privileged == true
        isUnmasked = own.procMount == "Unmasked"
        let profile: View<AppArmorProfile>? = own.appArmorProfile ?? shared.appArmorProfile
        if profile?.type == "RuntimeDefault" {
            shortcomings.append(
                "container \"\(name)\": appArmorProfile: this node has no AppArmor profile of its own; capabilities, seccomp and the "
                    + "namespaces hold the container as usual")
        }
        if profile?.type == "Localhost" { appArmorProfile = profile?.localhostProfile }
        if own.seLinuxOptions != nil || shared.seLinuxOptions != nil {
            shortcomings.append("container \"\(name)\": seLinuxOptions: this version sets no SELinux label")
        }
        for mount in container.volumeMounts where mount.mountPropagation == "Bidirectional" {
            if pod.spec.volumes.contains(where: { $0.name == mount.name && $0.emptyDir == nil }) {
                shortcomings.append(
                    "container \"\(name)\": volumeMounts: mountPropagation of \(mount.mountPath): what it mounts there reaches the pod's "
                        + "other containers, not the node")
            }
        }
        if !container.volumeDevices.isEmpty {
            throw refuse(
                "volumeDevices", "this version cannot give block devices to containers; take a claim of volumeMode Filesystem and mount it")
        }
        readOnlyRoot = own.readOnlyRootFilesystem ?? false
        noNewPrivileges = own.allowPrivilegeEscalation == false
        try setUser(own, shared, pod, name, hasOneIdentity, image)
        if isPrivileged {
            capabilities = CapabilitySet.all
        } else {
            if let wanted = own.capabilities { capabilities = try CapabilitySet.make(wanted, container: name) }
            if let profile = own.seccompProfile ?? shared.seccompProfile { try filter(by: profile, profiles, name) }
        }
    }

    /// As upstream, a privileged container is not filtered.
    private mutating func filter(by profile: View<API.SeccompProfile>, _ profiles: String, _ container: String) throws(ConfigError) {
        switch profile.type {
        case "RuntimeDefault": systemCalls = .runtimeDefault
        case "Localhost":
            let name: String = profile.localhostProfile ?? ""
            let path = "\(profiles)/\(name)"
            func refuse(_ why: String) -> ConfigError {
                ConfigError("container \"\(container)\": securityContext.seccompProfile: cannot load seccomp profile \"\(path)\": \(why)")
            }
            // The API admits no way out of the folder.
            guard let bytes = Files.read(path) else { throw refuse("no such file: put the profile there") }
            guard let json = try? JSON(parsing: bytes) else { throw refuse("it is no JSON") }
            let circumstances = SeccompProfile.Circumstances(
                capabilities: capabilities, architecture: Host.architecture, kernel: Host.kernelVersion)
            do {
                systemCalls = .filtered(try SeccompProfile(json, for: circumstances).filter)
            } catch {
                throw refuse(error.description)
            }
        default: break
        }
    }

    /// The user of the specification, else that of the image. Source: `verifyRunAsNonRoot` of pkg/kubelet/kuberuntime.
    private mutating func setUser(
        _ own: View<SecurityContext>, _ shared: View<PodSecurityContext>, _ pod: View<Pod>, _ name: String, _ hasOneIdentity: Bool,
        _ image: ResolvedImage
    ) throws(ConfigError) {
        let wanted: Int? = own.runAsUser ?? shared.runAsUser
        let group: Int? = own.runAsGroup ?? shared.runAsGroup
        let place = "(pod: \"\(pod.name)_\(pod.namespace)(\(pod.metadata.uid))\", container: \(name))"
        let imageName: Substring = image.user.prefix { $0 != ":" }
        if own.runAsNonRoot ?? shared.runAsNonRoot ?? false {
            switch wanted {
            case 0?: throw ConfigError("container's runAsUser breaks non-root policy \(place)")
            case nil where imageName.isEmpty || UInt32(imageName) == 0:
                throw ConfigError("container has runAsNonRoot and image will run as root \(place)")
            case nil where UInt32(imageName) == nil:
                throw ConfigError(
                    "container has runAsNonRoot and image has non-numeric user (\(imageName)), cannot verify user is non-root \(place)")
            default: break
            }
        }
        let text: String = wanted.map { String($0) } ?? image.user
        var groups: [UInt32] = shared.supplementalGroups.map { UInt32(clamping: $0) }
        if let fsGroup = shared.fsGroup { groups.append(UInt32(clamping: fsGroup)) }
        guard !text.isEmpty || group != nil || !groups.isEmpty else { return }
        let accounts: Accounts = try image.accounts()
        let (found, primary) = try accounts.find(text.isEmpty ? "0" : text)
        if shared.supplementalGroupsPolicy != "Strict", !found.name.isEmpty {
            groups += accounts.groups(of: found.name).filter { !groups.contains($0) }
        }
        home = found.uid == 0 ? "/root" : found.home.isEmpty ? "/" : found.home
        // One identity under any number: its files are its own whatever group they name, so further groups would change nothing.
        user = ContainerProcess.User(
            uid: found.uid, gid: group.map { UInt32(clamping: $0) } ?? primary, supplementaryGroups: hasOneIdentity ? [] : groups)
    }
}
