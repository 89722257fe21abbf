package import Machinery

/// The devices of simulated nodes: what a driver would offer of them, and a class to ask for them by. Pure.
package enum SimulatedDevices {
    /// The driver of one kind of device, which its class is called after too.
    package static func driver(_ kind: String) -> String { kind + ".simulated.swkube.dev" }

    /// What a node offers, one slice for each kind of device.
    package static func slices(of node: View<Node>) -> [View<ResourceSlice>] {
        node.simulatedDevices.sorted { $0.key < $1.key }.map { kind, count in
            ResourceSlice.new("\(node.name)-\(driver(kind))") {
                $0.metadata.ownerReferences = [
                    View<OwnerReference> {
                        $0.apiVersion = Node.names.apiVersion
                        $0.kind = Node.names.kind
                        $0.name = node.name
                        $0.uid = node.metadata.uid
                    }
                ]
                $0.spec.driver = driver(kind)
                $0.spec.nodeName = node.name
                $0.spec.pool = View<ResourcePool> {
                    $0.name = node.name
                    $0.generation = 1
                    $0.resourceSliceCount = 1
                }
                $0.spec.devices = (0..<count).map { number in
                    View<Device>([
                        "name": .string("\(kind)-\(number)"),
                        "attributes": [
                            "index": ["int": .int(Int64(number))], "model": ["string": "simulated"], "version": ["version": "1.0.0"],
                        ],
                        "capacity": ["memory": ["value": "16Gi"]],
                    ])
                }
            }
        }
    }

    /// The class of one kind of device.
    package static func deviceClass(_ kind: String) -> View<DeviceClass> {
        DeviceClass.new(driver(kind)) {
            $0.spec.selectors = [
                View<DeviceSelector>(["cel": ["expression": .string("device.driver == \(JSON.quoted(driver(kind)))")]])
            ]
        }
    }
}
