package import Machinery

/// A program of the node's that stands for an image: a container of this image runs it on the node's own file system.
///
/// A kind of swkube's own: upstream has none like it.
package struct HostImage: Kind {
    package static let definition = Definition(
        HostImage(), "images.v1.HostImage", "A program of the node's that stands for an image.")
    package static let names = KindNames(
        "HostImage", group: "swkube.dev", plural: "hostimages", short: ["hi"], isNamespaced: false,
        subresources: [.status("HostImage")])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<HostImageSpec>("spec", 2, "Which images, and how the program is run.")
    package let status = Field<HostImageStatus>("status", 3, "Whether the node has the program.")

    package static let columns: [Column<HostImage>] = [
        .name,
        Column("Image", .string, "Names of images that the program stands for.") { image, _ in
            Cells.firstThree(image.spec.images, none: "<none>")
        },
        Column("Program", .string, "The program on the node.") { image, _ in
            .string(image.status.program.isEmpty ? image.spec.program : image.status.program)
        },
        Column("Found", .boolean, "True when the node has the program.") { image, _ in .bool(image.status.found) },
        .age,
    ]

    package static func prepareForCreate(_ image: inout View<HostImage>) { image.metadata.generation = 1 }

    package static func prepareForUpdate(_ image: inout View<HostImage>, from old: View<HostImage>) {
        if image.json["spec"] != old.json["spec"] { image.metadata.generation = old.metadata.generation + 1 }
    }
}

/// Which images a program stands for, and how it is run.
package struct HostImageSpec: Schema {
    package static let definition = Definition(
        HostImageSpec(), "images.v1.HostImageSpec", "Which images a program stands for, and how it is run.")

    package let images = Field<[String]>(
        "images", 1, "Names of images. Without a tag every version is meant; a tag may end in *, as in postgres:16*.", .required, .atomic)
    package let program = Field<String>(
        "program", 2,
        "The program that must be there: a name on the PATH, or a path in which * stands for any part of a name; the last match counts.",
        .required)
    package let command = Field<[String]>(
        "command", 3, "The entry point: what a container's command replaces. Empty runs args alone.", .atomic)
    package let args = Field<[String]>("args", 4, "Arguments of the entry point: what a container's args replace.", .atomic)
    package let env = Field<[HostImageVariable]>("env", 5, "Variables, before those of the container.", .merge(key: "name"))
    package let workingDir = Field<String>("workingDir", 6, "Directory to start in; made when missing.")
    package let user = Field<String>(
        "user", 7, "Whom the program runs as: a name or a number, with a group behind a colon if wanted; root when empty.")
    package let ports = Field<[Int32]>("ports", 8, "Ports that the program listens on, for people.", .atomic)
    package let stopSignal = Field<String>("stopSignal", 9, "Signal that ends it, such as SIGQUIT; SIGTERM when empty.")
    package let folders = Field<[String]>(
        "folders", 10, "Folders that are made, the user's own and with no files but those below, in each container's private layer.",
        .atomic)
    package let files = Field<[HostImageFile]>(
        "files", 11, "Files that are written into each container's private layer, in place of the node's.", .merge(key: "path"))
    package let applets = Field<String>(
        "applets", 12, "A program of many names, such as busybox: its applets fill the gaps of the node's PATH.")
    package let builtin = Field<String>(
        "builtin", 13, "A program of swkube's own that appears at the path of program: pause.", .oneOf("pause"))
    package let install = Field<String>("install", 14, "How to get the program, for the message when it is missing.")

    package static func validate(_ spec: View<HostImageSpec>, _ path: Path, _ problems: inout Problems) {
        if spec.command.isEmpty, spec.args.isEmpty {
            problems.required(path.child("args"), "give command, args or both")
        }
        for (index, folder) in spec.folders.enumerated() where !folder.hasPrefix("/") {
            problems.invalid(path.child("folders").index(index), .string(folder), "must be an absolute path")
        }
    }
}

/// A variable of a program.
package struct HostImageVariable: Schema {
    package static let definition = Definition(HostImageVariable(), "images.v1.HostImageVariable", "A variable of a program.")

    package let name = Field<String>("name", 1, "Name of the variable.", .required)
    package let value = Field<String>("value", 2, "Its value.")
}

/// A small file that a program wants.
package struct HostImageFile: Schema {
    package static let definition = Definition(HostImageFile(), "images.v1.HostImageFile", "A small file that a program wants.")

    package let path = Field<String>("path", 1, "Absolute path in the container.", .required)
    package let content = Field<String>("content", 2, "Its text.")
    package let mode = Field<Int32?>("mode", 3, "Permissions; 0644 when absent.", .between(0, 0o777))

    package static func validate(_ file: View<HostImageFile>, _ path: Path, _ problems: inout Problems) {
        let parts: [Substring] = file.path.split(separator: "/")
        if !file.path.hasPrefix("/") || parts.contains("..") {
            problems.invalid(path.child("path"), .string(file.path), "must be an absolute path without ..")
        }
    }
}

/// What the node found of a program.
package struct HostImageStatus: Schema {
    package static let definition = Definition(HostImageStatus(), "images.v1.HostImageStatus", "What the node found of a program.")

    package let found = Field<Bool>("found", 1, "True when the node has the program.", .always)
    package let program = Field<String>("program", 2, "Its path.")
    package let message = Field<String>("message", 3, "What to do when it is missing.")
}
