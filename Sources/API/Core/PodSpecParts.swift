package import Machinery

/// A line of /etc/hosts: an address and its names.
package struct HostAlias: Schema {
    package static let definition = Definition(HostAlias(), "core.v1.HostAlias", "A line of /etc/hosts: an address and its names.")

    package let ip = Field<String>("ip", 1, "The address.", .required, .ipAddress)
    package let hostnames = Field<[String]>("hostnames", 2, "Names for it.", .atomic, .format(Names.dns1123Subdomain))
}

/// The operating system that a pod's containers are made for.
package struct PodOS: Schema {
    package static let definition = Definition(PodOS(), "core.v1.PodOS", "The operating system that a pod's containers are made for.")

    package let name = Field<String>("name", 1, "linux or windows.", .required, .oneOf("linux", "windows"))
}

/// A condition of the pod that must be true for it to be ready.
package struct PodReadinessGate: Schema {
    package static let definition = Definition(
        PodReadinessGate(), "core.v1.PodReadinessGate", "A condition of the pod that must be true for it to be ready.")

    package let conditionType = Field<String>("conditionType", 1, "The condition's type.", .required, .format(Names.qualifiedName))
}

/// A reason to keep a pod from being scheduled yet.
package struct PodSchedulingGate: Schema {
    package static let definition = Definition(
        PodSchedulingGate(), "core.v1.PodSchedulingGate", "A reason to keep a pod from being scheduled yet.")

    package let name = Field<String>("name", 1, "Unique within the pod.", .required, .format(Names.qualifiedName))
}

/// The group of pods that a pod is scheduled with.
package struct PodSchedulingGroup: Schema {
    package static let definition = Definition(
        PodSchedulingGroup(), "core.v1.PodSchedulingGroup", "The group of pods that a pod is scheduled with.")

    package let podGroupName = Field<String?>(
        "podGroupName", 1, "Name of a PodGroup in the pod's namespace.", .format(Names.dns1123Subdomain))
}

/// A device claim of a pod: an existing one or a template to make one from.
package struct PodResourceClaim: Schema {
    package static let definition = Definition(
        PodResourceClaim(), "core.v1.PodResourceClaim", "A device claim of a pod: an existing one or a template to make one from.")

    package let name = Field<String>("name", 1, "How containers refer to it.", .required, .format(Names.dns1123Label))
    package let resourceClaimName = Field<String?>(
        "resourceClaimName", 3, "Name of an existing ResourceClaim in the pod's namespace.", .format(Names.dns1123Subdomain))
    package let resourceClaimTemplateName = Field<String?>(
        "resourceClaimTemplateName", 4, "Name of the template that this pod's own claim is made from.", .format(Names.dns1123Subdomain))

    /// Source: `validatePodResourceClaim` of pkg/apis/core/validation.
    package static func validate(_ claim: View<PodResourceClaim>, _ path: Path, _ problems: inout Problems) {
        switch (claim.resourceClaimName, claim.resourceClaimTemplateName) {
        case (nil, nil):
            problems.invalid(path, claim.json, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
        case (.some, .some):
            problems.invalid(path, claim.json, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")
        default: break
        }
    }
}

extension View<Pod> {
    /// The name of the ResourceClaim behind an entry of the pod's list; nil where none is made yet, or none is needed.
    package func claimName(_ use: View<PodResourceClaim>) -> String? {
        use.resourceClaimName ?? self.status.resourceClaimStatuses.first { $0.name == use.name }?.resourceClaimName
    }
}
