import API
import Machinery

/// Notes in a ResourceSlice since when its devices have their taints, where the driver does not say.
///
/// Source: `SetDefaults_DeviceTaint` of pkg/apis/resource/v1.
struct DeviceTaintTime: AdmissionPlugin {
    func concerns(_ subject: AdmissionSubject) -> Bool { subject.isAbout(ResourceSlice.self) }

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create || operation == .update else { return }
        var slice = View<ResourceSlice>(object)
        let devices: [View<Device>] = slice.spec.devices
        guard devices.contains(where: { $0.taints.contains { $0.timeAdded == nil } }) else { return }
        slice.spec.devices = devices.map { device in
            var device: View<Device> = device
            for index in device.taints.indices where device.taints[index].timeAdded == nil { device.taints[index].timeAdded = call.now }
            return device
        }
        object = slice.json
    }
}
