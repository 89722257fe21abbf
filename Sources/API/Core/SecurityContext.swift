package import Machinery

/// Rights of one container.
package struct SecurityContext: Schema {
    package static let definition = Definition(SecurityContext(), "core.v1.SecurityContext", "Rights of one container.")

    package let capabilities = Field<Capabilities?>("capabilities", 1, "Linux capabilities to add and to drop.")
    package let privileged = Field<Bool?>("privileged", 2, "Run with the rights of a root process on the node.")
    package let seLinuxOptions = Field<SELinuxOptions?>("seLinuxOptions", 3, "SELinux label of the processes.")
    package let runAsUser = Field<Int64?>("runAsUser", 4, "User to run as; the image's own when absent.", .userID)
    package let runAsNonRoot = Field<Bool?>("runAsNonRoot", 5, "Refuse to start as user 0.")
    package let readOnlyRootFilesystem = Field<Bool?>("readOnlyRootFilesystem", 6, "Forbid writing to the root file system.")
    package let allowPrivilegeEscalation = Field<Bool?>(
        "allowPrivilegeEscalation", 7, "False keeps programs from gaining rights that their parent lacks.")
    package let runAsGroup = Field<Int64?>("runAsGroup", 8, "Group to run as.", .userID)
    package let procMount = Field<String?>(
        "procMount", 9, "Which parts of /proc are hidden: Default or Unmasked.", .oneOf("Default", "Unmasked"))
    package let windowsOptions = Field<WindowsSecurityContextOptions?>("windowsOptions", 10, "Settings for Windows.")
    package let seccompProfile = Field<SeccompProfile?>("seccompProfile", 11, "System calls that are allowed.")
    package let appArmorProfile = Field<AppArmorProfile?>("appArmorProfile", 12, "AppArmor profile to run under.")

    /// Source: `ValidateSecurityContext` of pkg/apis/core/validation.
    package static func validate(_ context: View<SecurityContext>, _ path: Path, _ problems: inout Problems) {
        guard context.allowPrivilegeEscalation == false else { return }
        if context.privileged == true {
            problems.invalid(path, context.json, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
        }
        if context.capabilities?.add.contains("CAP_SYS_ADMIN") == true {
            problems.invalid(
                path, context.json, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")
        }
    }
}

/// Linux capabilities of a container, without the CAP_.
package struct Capabilities: Schema {
    package static let definition = Definition(
        Capabilities(), "core.v1.Capabilities", "Linux capabilities of a container, without the CAP_.")

    package let add = Field<[String]>("add", 1, "Capabilities to add.", .atomic)
    package let drop = Field<[String]>("drop", 2, "Capabilities to drop; ALL for all.", .atomic)
}

/// An SELinux label.
package struct SELinuxOptions: Schema {
    package static let definition = Definition(SELinuxOptions(), "core.v1.SELinuxOptions", "An SELinux label.")

    package let user = Field<String>("user", 1, "User of the label.")
    package let role = Field<String>("role", 2, "Role of the label.")
    package let type = Field<String>("type", 3, "Type of the label.")
    package let level = Field<String>("level", 4, "Level of the label.")
}

/// Which system calls are allowed.
package struct SeccompProfile: Schema {
    package static let definition = Definition(SeccompProfile(), "core.v1.SeccompProfile", "Which system calls are allowed.")

    package let type = Field<String>(
        "type", 1, "RuntimeDefault, Unconfined or Localhost.", .required, .oneOf("Localhost", "RuntimeDefault", "Unconfined"))
    package let localhostProfile = Field<String?>(
        "localhostProfile", 2, "File with the profile on the node, for Localhost.", .relativePath)

    /// Source: `validateSeccompProfileField` of pkg/apis/core/validation.
    package static func validate(_ profile: View<SeccompProfile>, _ path: Path, _ problems: inout Problems) {
        let file: String? = profile.localhostProfile
        if profile.type == "Localhost" {
            if file == nil { problems.required(path.child("localhostProfile"), "must be set when seccomp type is Localhost ") }
        } else if let file {
            problems.invalid(path.child("localhostProfile"), .string(file), "can only be set when seccomp type is Localhost")
        }
    }
}

/// The AppArmor profile to run under.
package struct AppArmorProfile: Schema {
    package static let definition = Definition(AppArmorProfile(), "core.v1.AppArmorProfile", "The AppArmor profile to run under.")

    package let type = Field<String>(
        "type", 1, "RuntimeDefault, Unconfined or Localhost.", .required, .oneOf("Localhost", "RuntimeDefault", "Unconfined"))
    package let localhostProfile = Field<String?>("localhostProfile", 2, "Name of a profile that is loaded on the node, for Localhost.")

    /// Source: `validateAppArmorProfileField` of pkg/apis/core/validation.
    package static func validate(_ profile: View<AppArmorProfile>, _ path: Path, _ problems: inout Problems) {
        let name: String? = profile.localhostProfile
        if profile.type == "Localhost" {
            if (name ?? "").isEmpty {
                problems.required(path.child("localhostProfile"), "must be set when AppArmor type is Localhost")
            }
        } else if let name {
            problems.invalid(path.child("localhostProfile"), .string(name), "can only be set when AppArmor type is Localhost")
        }
    }
}

/// Settings for containers on Windows.
package struct WindowsSecurityContextOptions: Schema {
    package static let definition = Definition(
        WindowsSecurityContextOptions(), "core.v1.WindowsSecurityContextOptions", "Settings for containers on Windows.")

    package let gmsaCredentialSpecName = Field<String?>("gmsaCredentialSpecName", 1, "Name of the credential spec to use.")
    package let gmsaCredentialSpec = Field<String?>("gmsaCredentialSpec", 2, "The credential spec itself; filled in by a webhook.")
    package let runAsUserName = Field<String?>("runAsUserName", 3, "User to run as.")
    package let hostProcess = Field<Bool?>("hostProcess", 4, "Run as a process of the node.")
}
