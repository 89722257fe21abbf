import API
import Images
import Machinery

/// The catalogue by names of images: each container's start asks it.
struct HostImageIndex: Sendable {
    /// An entry, and the tags that it is for; nil for all.
    private struct Meaning: Sendable {
        let tag: String?
        let entry: View<HostImage>
    }

    private var meanings: [String: [Meaning]] = [:]

    init(_ catalogue: [View<HostImage>]) {
        for entry in catalogue.sorted(by: { $0.name < $1.name }) {
            for pattern in entry.spec.images { add(pattern, entry) }
        }
    }

    /// The entry that means the image most closely: with its tag before without, then the one whose own name comes first.
    func find(_ image: ImageReference) -> View<HostImage>? {
        let all: [Meaning] = meanings[image.name] ?? []
        let fitting: [Meaning] = all.filter { meaning in meaning.tag.map { HostPrograms.matches(image.tag ?? "", $0) } ?? true }
        let closest: Int? = fitting.map { $0.tag?.utf8.count ?? -1 }.max()
        return fitting.first { ($0.tag?.utf8.count ?? -1) == closest }?.entry
    }

    /// What is no name of an image means none.
    private mutating func add(_ pattern: String, _ entry: View<HostImage>) {
        var name: Substring = pattern[...]
        var tag: String?
        if let colon = pattern.lastIndex(of: ":"), !pattern[colon...].contains("/") {
            name = pattern[..<colon]
            tag = String(pattern[pattern.index(after: colon)...])
        }
        guard let reference = try? ImageReference(String(name)) else { return }
        meanings[reference.name, default: []].append(Meaning(tag: tag, entry: entry))
    }
}

extension ResolvedImage {
    /// A program of the node's, found at `program`.
    init(_ entry: View<HostImage>, program: String) {
        let spec: View<HostImageSpec> = entry.spec
        reference = "host://" + program
        entrypoint = spec.command
        command = spec.args
        environment = spec.env.map { "\($0.name)=\($0.value)" }
        workingDirectory = spec.workingDir
        user = spec.user
        stopSignal = spec.stopSignal
        folders = spec.folders
        files = spec.files.map { File(path: $0.path, content: $0.content, mode: UInt32(clamping: $0.mode ?? 0o644)) }
        applets = spec.applets
        if spec.builtin == "pause" { pausePath = spec.program }
        let folder: String = Files.parent(of: program) ?? "/"
        if !EnvironmentMaker.path.split(separator: ":").contains(Substring(folder)), spec.builtin.isEmpty { programFolder = folder }
    }
}

extension View<HostImage> {
    /// Where the node has the program; nil when it lacks it.
    var foundProgram: String? { self.spec.builtin.isEmpty ? HostPrograms.find(self.spec.program) : self.spec.program }

    /// What to do about a program that is missing.
    func remedy(for image: String) -> String {
        let program: String = self.spec.program
        let install: String = self.spec.install.isEmpty ? "install it" : self.spec.install
        return "this node has no program \(program) to run image \"\(image)\" with (HostImage \(self.name)): \(install), "
            + "or bring the image itself: swkube image pull \(image), swkube image load FILE"
    }
}
