package import Machinery

/// A choice of devices, by name, with a configuration for them.
package struct DeviceClass: Kind {
    package static let definition = Definition(
        DeviceClass(), "resource.v1.DeviceClass", "A choice of devices, by name, with a configuration for them.")
    package static let names = KindNames(
        "DeviceClass", group: "resource.k8s.io", plural: "deviceclasses", isNamespaced: false, tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<DeviceClassSpec>("spec", 2, "The choice and the configuration.", .always)
}

/// A choice of devices and a configuration for them.
package struct DeviceClassSpec: Schema {
    package static let definition = Definition(
        DeviceClassSpec(), "resource.v1.DeviceClassSpec", "A choice of devices and a configuration for them.")

    package let selectors = Field<[DeviceSelector]>(
        "selectors", 1, "Conditions on the devices, all of which must hold; 32 at most.", .atomic, .atMostItems(32))
    package let config = Field<[DeviceClassConfiguration]>(
        "config", 2, "What drivers are told of each device of the class; 32 at most.", .atomic, .atMostItems(32))
    package let extendedResourceName = Field<String?>(
        "extendedResourceName", 4, "Resource of containers, such as example.com/gpu, that is served by devices of the class.",
        .check(requireExtended))

    private static let requireExtended: @Sendable (JSON, Path, inout Problems) -> Void = { value, path, problems in
        if !ResourceName.isExtended(value.string ?? "") { problems.invalid(path, value, "must be a valid extended resource name") }
    }
}

/// A condition on devices.
package struct DeviceSelector: Schema {
    package static let definition = Definition(DeviceSelector(), "resource.v1.DeviceSelector", "A condition on devices.")

    package let cel = Field<CELDeviceSelector?>("cel", 1, "The condition as an expression.")

    package static func validate(_ object: View<DeviceSelector>, _ path: Path, _ problems: inout Problems) {
        if object.cel == nil { problems.required(path.child("cel")) }
    }
}

/// A condition on devices as an expression.
package struct CELDeviceSelector: Schema {
    package static let definition = Definition(
        CELDeviceSelector(), "resource.v1.CELDeviceSelector", "A condition on devices as an expression.")

    package let expression = Field<String>(
        "expression", 1, "The condition in CEL; the device is known to it as device. 10 KiB at most.", .always, .maxLength(10 * 1024))

    package static func validate(_ selector: View<CELDeviceSelector>, _ path: Path, _ problems: inout Problems) {
        do throws(DeviceCondition.Failure) {
            _ = try DeviceCondition(selector.expression)
        } catch {
            problems.invalid(path.child("expression"), .string(selector.expression), error.description)
        }
    }
}

/// What drivers are told of each device of a class.
package struct DeviceClassConfiguration: Schema {
    package static let definition = Definition(
        DeviceClassConfiguration(), "resource.v1.DeviceClassConfiguration", "What drivers are told of each device of a class.")

    package let opaque = Field<OpaqueDeviceConfiguration?>("opaque", embedded(1, 1), "Parameters for one driver.")

    package static func validate(_ object: View<DeviceClassConfiguration>, _ path: Path, _ problems: inout Problems) {
        if object.opaque == nil { problems.required(path.child("opaque")) }
    }
}

/// Parameters for one driver.
package struct OpaqueDeviceConfiguration: Schema {
    package static let definition = Definition(
        OpaqueDeviceConfiguration(), "resource.v1.OpaqueDeviceConfiguration", "Parameters for one driver.")

    package let driver = Field<String>("driver", 1, "Name of the driver.", .always)
    package let parameters = Field<JSON>("parameters", 2, "The parameters, in a form that the driver knows; 10 KiB at most.", .always)

    package static func validate(_ config: View<OpaqueDeviceConfiguration>, _ path: Path, _ problems: inout Problems) {
        DeviceNames.driver(config.driver, path.child("driver"), &problems)
        DeviceNames.opaque(config.json["parameters"], path.child("parameters"), &problems)
    }
}
