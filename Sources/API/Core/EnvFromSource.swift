package import Machinery

/// A ConfigMap or Secret whose keys all become variables.
package struct EnvFromSource: Schema {
    package static let definition = Definition(
        EnvFromSource(), "core.v1.EnvFromSource", "A ConfigMap or Secret whose keys all become variables.")

    package let prefix = Field<String>("prefix", 1, "Put before each key.", .format(Names.envVarName))
    package let configMapRef = Field<ConfigMapEnvSource?>("configMapRef", 2, "The ConfigMap.")
    package let secretRef = Field<SecretEnvSource?>("secretRef", 3, "The Secret.")

    /// Source: `ValidateEnvFrom` of pkg/apis/core/validation.
    package static func validate(_ source: View<EnvFromSource>, _ path: Path, _ problems: inout Problems) {
        switch (source.configMapRef, source.secretRef) {
        case (nil, nil): problems.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
        case (.some, .some): problems.invalid(path, "", "may not have more than one field specified at a time")
        default: break
        }
    }
}

/// A ConfigMap as a source of variables.
package struct ConfigMapEnvSource: Schema {
    package static let definition = Definition(ConfigMapEnvSource(), "core.v1.ConfigMapEnvSource", "A ConfigMap as a source of variables.")

    package let name = Field<String>("name", embedded(1, 1), "The ConfigMap.", default: "")
    package let optional = Field<Bool?>("optional", 2, "True when it doesn't have to exist.")

    package static func validate(_ source: View<ConfigMapEnvSource>, _ path: Path, _ problems: inout Problems) {
        if source.name.isEmpty { problems.required(path.child("name")) }
    }
}

/// A Secret as a source of variables.
package struct SecretEnvSource: Schema {
    package static let definition = Definition(SecretEnvSource(), "core.v1.SecretEnvSource", "A Secret as a source of variables.")

    package let name = Field<String>("name", embedded(1, 1), "The Secret.", default: "")
    package let optional = Field<Bool?>("optional", 2, "True when it doesn't have to exist.")

    package static func validate(_ source: View<SecretEnvSource>, _ path: Path, _ problems: inout Problems) {
        if source.name.isEmpty { problems.required(path.child("name")) }
    }
}
