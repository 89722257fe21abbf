package import Machinery

/// Rights of all containers of a pod; those of a container win.
package struct PodSecurityContext: Schema {
    package static let definition = Definition(
        PodSecurityContext(), "core.v1.PodSecurityContext", "Rights of all containers of a pod; those of a container win.")

    package let seLinuxOptions = Field<SELinuxOptions?>("seLinuxOptions", 1, "SELinux label of the processes.")
    package let runAsUser = Field<Int64?>("runAsUser", 2, "User to run as; the image's own when absent.", .userID)
    package let runAsNonRoot = Field<Bool?>("runAsNonRoot", 3, "Refuse to start as user 0.")
    package let supplementalGroups = Field<[Int64]>("supplementalGroups", 4, "Further groups of the processes.", .atomic, .userIDs)
    package let fsGroup = Field<Int64?>("fsGroup", 5, "Group that volumes are made writable for.", .userID)
    package let runAsGroup = Field<Int64?>("runAsGroup", 6, "Group to run as.", .userID)
    package let sysctls = Field<[Sysctl]>("sysctls", 7, "Kernel settings of the pod's namespaces.", .atomic)
    package let windowsOptions = Field<WindowsSecurityContextOptions?>("windowsOptions", 8, "Settings for Windows.")
    package let fsGroupChangePolicy = Field<String?>(
        "fsGroupChangePolicy", 9, "When the group of a volume's files is changed: OnRootMismatch or Always.",
        .oneOf("OnRootMismatch", "Always"))
    package let seccompProfile = Field<SeccompProfile?>("seccompProfile", 10, "System calls that are allowed.")
    package let appArmorProfile = Field<AppArmorProfile?>("appArmorProfile", 11, "AppArmor profile to run under.")
    package let supplementalGroupsPolicy = Field<String?>(
        "supplementalGroupsPolicy", 12, "Whether groups of the image count: Merge or Strict.", .oneOf("Merge", "Strict"))
    package let seLinuxChangePolicy = Field<String?>(
        "seLinuxChangePolicy", 13, "How volumes get their SELinux label: MountOption or Recursive.", .oneOf("MountOption", "Recursive"))
}

/// A kernel setting.
package struct Sysctl: Schema {
    package static let definition = Definition(Sysctl(), "core.v1.Sysctl", "A kernel setting.")

    package let name = Field<String>("name", 1, "Such as net.ipv4.ip_forward.", .required, .sysctlName)
    package let value = Field<String>("value", 2, "The value.", .always)
}
