package import Machinery

/// An environment variable of a container.
package struct EnvVar: Schema {
    package static let definition = Definition(EnvVar(), "core.v1.EnvVar", "An environment variable of a container.")

    package let name = Field<String>("name", 1, "Name of the variable.", .required, .format(Names.envVarName))
    package let value = Field<String>("value", 2, "Its value. $(NAME) stands for a variable that was set before; $$ is a dollar sign.")
    package let valueFrom = Field<EnvVarSource?>("valueFrom", 3, "Where the value comes from instead.")

    /// Source: `validateEnvVarValueFrom` of pkg/apis/core/validation.
    package static func validate(_ variable: View<EnvVar>, _ path: Path, _ problems: inout Problems) {
        guard let source: View<EnvVarSource> = variable.valueFrom else { return }
        let count: Int = source.json.object?.count ?? 0
        if count == 0 {
            problems.invalid(
                path.child("valueFrom"), "",
                "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`")
        } else if !variable.value.isEmpty {
            problems.invalid(path.child("valueFrom"), "", "may not be specified when `value` is not empty")
        } else if count > 1 {
            problems.invalid(path.child("valueFrom"), "", "may not have more than one field specified at a time")
        }
    }
}

/// Where the value of a variable comes from; one of its fields.
package struct EnvVarSource: Schema {
    package static let definition = Definition(
        EnvVarSource(), "core.v1.EnvVarSource", "Where the value of a variable comes from; one of its fields.")

    package let fieldRef = Field<ObjectFieldSelector?>("fieldRef", 1, "A field of the pod.")
    package let resourceFieldRef = Field<ResourceFieldSelector?>("resourceFieldRef", 2, "A request or limit of the container.")
    package let configMapKeyRef = Field<ConfigMapKeySelector?>("configMapKeyRef", 3, "A key of a ConfigMap.")
    package let secretKeyRef = Field<SecretKeySelector?>("secretKeyRef", 4, "A key of a Secret.")
    package let fileKeyRef = Field<FileKeySelector?>("fileKeyRef", 5, "A key in a file of variables that lies on a volume.")

    /// Source: `validateEnvVarValueFrom` with `validEnvDownwardAPIFieldPathExpressions` of pkg/apis/core/validation.
    package static func validate(_ source: View<EnvVarSource>, _ path: Path, _ problems: inout Problems) {
        if let field: View<ObjectFieldSelector> = source.fieldRef {
            DownwardAPI.validate(field, supported: DownwardAPI.environmentFields, path.child("fieldRef"), &problems)
        }
    }
}

/// A field of the pod itself.
package struct ObjectFieldSelector: Schema {
    package static let definition = Definition(
        ObjectFieldSelector(), "core.v1.ObjectFieldSelector", "A field of the pod itself.", isAtomic: true)

    package let apiVersion = Field<String>("apiVersion", 1, "Version of the API that the path is written for.", default: "v1")
    package let fieldPath = Field<String>("fieldPath", 2, "The field, such as metadata.name or status.podIP.", .required)
}

/// A request or limit of a container.
package struct ResourceFieldSelector: Schema {
    package static let definition = Definition(
        ResourceFieldSelector(), "core.v1.ResourceFieldSelector", "A request or limit of a container.", isAtomic: true)

    package let containerName = Field<String>("containerName", 1, "The container; needed in volumes, optional in variables.")
    package let resource = Field<String>("resource", 2, "Such as limits.cpu or requests.memory.", .required)
    package let divisor = Field<Quantity>("divisor", 3, "Unit of the output; 0 is 1 of the base unit.", default: "0")

    package static func validate(_ selector: View<ResourceFieldSelector>, _ path: Path, _ problems: inout Problems) {
        DownwardAPI.validate(selector, path, &problems)
    }
}

/// A key of a ConfigMap in the pod's namespace.
package struct ConfigMapKeySelector: Schema {
    package static let definition = Definition(
        ConfigMapKeySelector(), "core.v1.ConfigMapKeySelector", "A key of a ConfigMap in the pod's namespace.", isAtomic: true)

    package let name = Field<String>("name", embedded(1, 1), "The ConfigMap.", default: "")
    package let key = Field<String>("key", 2, "The key.", .required, .format(Names.configMapKey))
    package let optional = Field<Bool?>("optional", 3, "True when neither has to exist.")

    package static func validate(_ selector: View<ConfigMapKeySelector>, _ path: Path, _ problems: inout Problems) {
        if selector.name.isEmpty { problems.required(path.child("name")) }
    }
}

/// A key of a Secret in the pod's namespace.
package struct SecretKeySelector: Schema {
    package static let definition = Definition(
        SecretKeySelector(), "core.v1.SecretKeySelector", "A key of a Secret in the pod's namespace.", isAtomic: true)

    package let name = Field<String>("name", embedded(1, 1), "The Secret.", default: "")
    package let key = Field<String>("key", 2, "The key.", .required, .format(Names.configMapKey))
    package let optional = Field<Bool?>("optional", 3, "True when neither has to exist.")

    package static func validate(_ selector: View<SecretKeySelector>, _ path: Path, _ problems: inout Problems) {
        if selector.name.isEmpty { problems.required(path.child("name")) }
    }
}

/// A variable in a file on an emptyDir volume, written by an init container.
package struct FileKeySelector: Schema {
    package static let definition = Definition(
        FileKeySelector(), "core.v1.FileKeySelector", "A variable in a file on an emptyDir volume, written by an init container.",
        isAtomic: true)

    package let volumeName = Field<String>("volumeName", 1, "The volume.", .required)
    package let path = Field<String>("path", 2, "The file, relative to the volume.", .required, .relativePath)
    package let key = Field<String>("key", 3, "Name of the variable in the file.", .required, .format(Names.envVarName))
    package let optional = Field<Bool?>("optional", 4, "True when neither has to exist.", default: false)
}
