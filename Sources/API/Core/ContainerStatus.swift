package import Machinery

/// What was last seen of a container.
package struct ContainerStatus: Schema {
    package static let definition = Definition(ContainerStatus(), "core.v1.ContainerStatus", "What was last seen of a container.")

    package let name = Field<String>("name", 1, "Name of the container.", .always)
    package let state = Field<ContainerState>("state", 2, "What it is doing now.")
    package let lastState = Field<ContainerState>("lastState", 3, "How it ended the last time.")
    package let ready = Field<Bool>("ready", 4, "True while the container passes its readiness probe, or runs without one.", .always)
    package let restartCount = Field<Int32>("restartCount", 5, "Number of restarts.", .always)
    package let image = Field<String>("image", 6, "Image that it runs.", .always)
    package let imageID = Field<String>("imageID", 7, "Digest of that image.", .always)
    package let containerID = Field<String>("containerID", 8, "Identifier of the container, as runtime://id.")
    package let started = Field<Bool?>("started", 9, "True once it runs and passed its startup probe.")
    package let allocatedResources = Field<[String: Quantity]>("allocatedResources", 10, "Requests that the node has set aside.")
    package let resources = Field<ResourceRequirements?>("resources", 11, "Requests and limits that are in effect.")
    package let volumeMounts = Field<[VolumeMountStatus]>("volumeMounts", 12, "The mounts that are in effect.", .merge(key: "mountPath"))
    package let user = Field<ContainerUser?>("user", 13, "User that the first process runs as.")
    package let allocatedResourcesStatus = Field<[ResourceStatus]>(
        "allocatedResourcesStatus", 14, "Health of the devices that the container uses.", .merge(key: "name"))
    package let stopSignal = Field<String?>("stopSignal", 15, "Signal that stops the container.")
}

/// What a container is doing: one of its fields, waiting when there is none.
package struct ContainerState: Schema {
    package static let definition = Definition(
        ContainerState(), "core.v1.ContainerState", "What a container is doing: one of its fields, waiting when there is none.")

    package let waiting = Field<ContainerStateWaiting?>("waiting", 1, "It does not run yet.")
    package let running = Field<ContainerStateRunning?>("running", 2, "It runs.")
    package let terminated = Field<ContainerStateTerminated?>("terminated", 3, "It has ended.")
}

/// A container that does not run yet.
package struct ContainerStateWaiting: Schema {
    package static let definition = Definition(
        ContainerStateWaiting(), "core.v1.ContainerStateWaiting", "A container that does not run yet.")

    package let reason = Field<String>("reason", 1, "One word for why, such as ContainerCreating or CrashLoopBackOff.")
    package let message = Field<String>("message", 2, "The same for people.")
}

/// A container that runs.
package struct ContainerStateRunning: Schema {
    package static let definition = Definition(ContainerStateRunning(), "core.v1.ContainerStateRunning", "A container that runs.")

    package let startedAt = Field<Time?>("startedAt", 1, "When it was started.", .written)
}

/// A container that has ended.
package struct ContainerStateTerminated: Schema {
    package static let definition = Definition(
        ContainerStateTerminated(), "core.v1.ContainerStateTerminated", "A container that has ended.")

    package let exitCode = Field<Int32>("exitCode", 1, "Exit code of the first process.", .always)
    package let signal = Field<Int32>("signal", 2, "Signal that ended it; 0 for none.")
    package let reason = Field<String>("reason", 3, "One word for why, such as Completed, Error or OOMKilled.")
    package let message = Field<String>("message", 4, "Its own last words, or the runtime's.")
    package let startedAt = Field<Time?>("startedAt", 5, "When it was started.", .written)
    package let finishedAt = Field<Time?>("finishedAt", 6, "When it ended.", .written)
    package let containerID = Field<String>("containerID", 7, "Identifier of the container, as runtime://id.")
}

/// The user of a container's first process.
package struct ContainerUser: Schema {
    package static let definition = Definition(ContainerUser(), "core.v1.ContainerUser", "The user of a container's first process.")

    package let linux = Field<LinuxContainerUser?>("linux", 1, "On Linux.")
}

/// The numbers of a container's first process.
package struct LinuxContainerUser: Schema {
    package static let definition = Definition(
        LinuxContainerUser(), "core.v1.LinuxContainerUser", "The numbers of a container's first process.")

    package let uid = Field<Int64>("uid", 1, "User number.", .always)
    package let gid = Field<Int64>("gid", 2, "Group number.", .always)
    package let supplementalGroups = Field<[Int64]>("supplementalGroups", 3, "Further groups.", .atomic)
}

/// A mount that is in effect.
package struct VolumeMountStatus: Schema {
    package static let definition = Definition(VolumeMountStatus(), "core.v1.VolumeMountStatus", "A mount that is in effect.")

    package let name = Field<String>("name", 1, "Name of the volume.", .always)
    package let mountPath = Field<String>("mountPath", 2, "Where it appears in the container.", .always)
    package let readOnly = Field<Bool>("readOnly", 3, "True when writing is forbidden.")
    package let recursiveReadOnly = Field<String?>("recursiveReadOnly", 4, "Disabled or Enabled; what IfPossible came to.")
    package let volumeStatus = Field<VolumeStatus?>("volumeStatus", 5, "More about the volume.")
}

/// What is known of a mounted volume, by its kind.
package struct VolumeStatus: Schema {
    package static let definition = Definition(VolumeStatus(), "core.v1.VolumeStatus", "What is known of a mounted volume, by its kind.")

    package let image = Field<ImageVolumeStatus?>("image", 1, "Of an image volume.")
}

/// What is known of a mounted image.
package struct ImageVolumeStatus: Schema {
    package static let definition = Definition(ImageVolumeStatus(), "core.v1.ImageVolumeStatus", "What is known of a mounted image.")

    package let imageRef = Field<String>("imageRef", 1, "Digest of the image.", .always)
}

/// Health of the devices behind one resource of a container.
package struct ResourceStatus: Schema {
    package static let definition = Definition(
        ResourceStatus(), "core.v1.ResourceStatus", "Health of the devices behind one resource of a container.")

    package let name = Field<String>("name", 1, "Name of the resource, or claim:NAME/REQUEST.", .always)
    package let resources = Field<[ResourceHealth]>("resources", 2, "One for each device.", .listMap(keys: ["resourceID"]))
}

/// Health of one device.
package struct ResourceHealth: Schema {
    package static let definition = Definition(ResourceHealth(), "core.v1.ResourceHealth", "Health of one device.")

    package let resourceID = Field<String>("resourceID", 1, "Identifier of the device.", .always)
    package let health = Field<String>("health", 2, "Healthy, Unhealthy or Unknown.")
    package let message = Field<String?>("message", 6, "More about it, for people.")
}
