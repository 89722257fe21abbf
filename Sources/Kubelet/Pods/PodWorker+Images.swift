import API
import Client
import Images
import Machinery
import Sandbox

/// What a container waits for before it has its image.
enum ImageFetch: Sendable {
    /// A registry is being asked.
    case running
    /// It came; the store has it.
    case pulled
    /// It did not come; it is tried again at that time.
    case waiting(until: ClusterClock.Instant, message: String)
}

/// Images of the pod's containers. Source of the texts: pkg/kubelet/images/image_manager.go.
extension PodWorker {
    /// How long a failure is shown before the wait for the next attempt is.
    private static let shownFailure: Duration = .seconds(2)

    /// The image for a container's next run; nil when it is not there yet: then the container's record says why.
    func image(for container: View<Container>, _ now: ClusterClock.Instant) -> ResolvedImage? {
        let name: String = container.name
        var isPulled = false
        switch fetches[name] {
        case .running:
            retryAt[name] = now.advanced(by: .seconds(3600))
            return nil
        case .waiting(let until, let message) where now < until:
            backOff(container, until: until, message)
            return nil
        case .pulled: isPulled = true
        case .waiting, nil: break
        }
        fetches[name] = nil
        do {
            return try find(container, isPulled: isPulled, now)
        } catch let error as ImageError {
            if case .invalidName = error { invalid(container, error, now) } else { failed(container, "\(error)", now) }
        } catch {
            failed(container, "\(error)", now)
        }
        return nil
    }

    /// There may be now what was missing: whoever waits need not wait for the next attempt. Those that ask registries wait on.
    func lookForImages() {
        for (name, fetch) in fetches {
            guard case .waiting(let until, _) = fetch, let container = container(name), let image = try? ImageReference(container.image)
            else { continue }
            let isThere: Bool = (try? node.images.store.find(image)) != nil || node.images.entry(for: image)?.foundProgram != nil
            guard isThere, until > node.clock.now else { continue }
            fetches[name] = nil
            retryAt[name] = nil
        }
    }

    private func find(_ container: View<Container>, isPulled: Bool, _ now: ClusterClock.Instant) throws -> ResolvedImage? {
        let name: String = container.name
        let image = try ImageReference(container.image)
        let entry: View<HostImage>? = node.images.entry(for: image)
        var facts = ImageChoice.Facts()
        facts.stored = try node.images.store.find(image)?.origin
        facts.isInCatalogue = entry != nil
        facts.program = entry?.foundProgram
        facts.hasOwnCommand = !container.command.isEmpty
        facts.isOnLoopback = image.isOnLoopback
        facts.policy = isPulled ? "IfNotPresent" : container.imagePullPolicy
        let choice = ImageChoice(facts)
        let present = "Container image \"\(container.image)\" already present on machine"
        switch (choice, entry) {
        case (.stored, _):
            let found: ResolvedImage? = try node.images.stored(image) { try keep($0, for: name) }
            // It was removed this very moment: the next round finds another way.
            guard let found else { return nil }
            if !isPulled { tell(name, .normal, "Pulled", present + " and can be accessed by the pod") }
            return found
        case (.program(let path), let entry?):
            let found = ResolvedImage(entry, program: path)
            try keep(found, for: name)
            tell(name, .normal, "Pulled", "\(present): it is the node's program \(path) (HostImage \(entry.name))")
            return found
        case (.missingProgram, let entry?): failed(container, entry.remedy(for: container.image), now)
        case (.ownCommand, _), (.program, _), (.missingProgram, _):
            tell(
                name, .normal, "Pulled",
                "Container image \"\(container.image)\" is not needed: the container's command is a program of this node")
            try Files.remove(folders.image(of: name))
            return ResolvedImage()
        case (.neverPull, _):
            let text = "Container image \"\(container.image)\" is not present with pull policy of Never"
            tell(name, .warning, "ErrImageNeverPull", text)
            tell(name, .warning, "Failed", "Error: ErrImageNeverPull")
            records[name]?.problem = .init(reason: "ErrImageNeverPull", message: text)
            retryAt[name] = now.advanced(by: .seconds(10))
        case (.pull, _): beginPull(container, image, now)
        }
        return nil
    }

    /// Writes down what a container runs from, for the next kubelet and for whoever wants to remove images.
    private func keep(_ image: ResolvedImage, for name: String) throws {
        try Files.makeFolder(folders.images)
        try Files.write(image.json.serialized(), to: folders.image(of: name), mode: 0o600)
    }

    /// What an earlier kubelet started a container from.
    func keptImage(of name: String) -> ResolvedImage {
        guard let bytes = Files.read(folders.image(of: name)), let json = try? JSON(parsing: bytes) else { return ResolvedImage() }
        return ResolvedImage(json)
    }

    // MARK: - Registries

    private func beginPull(_ container: View<Container>, _ image: ImageReference, _ now: ClusterClock.Instant) {
        let name: String = container.name
        fetches[name] = .running
        retryAt[name] = now.advanced(by: .seconds(3600))
        tell(name, .normal, "Pulling", "Pulling image \"\(container.image)\"")
        let (images, pod): (NodeImages, View<Pod>) = (node.images, pod)
        begin { [weak self] in
            let secrets: PullSecrets = await images.secrets(of: pod)
            await self?.tellMissing(secrets)
            let result: Result<StoredImage, any Error>
            do { result = .success(try await images.pull(image, secrets)) } catch { result = .failure(error) }
            await self?.pulled(container, image, result, since: now)
        }
    }

    private func tellMissing(_ secrets: PullSecrets) {
        guard !secrets.missing.isEmpty else { return }
        let names: String = secrets.missing.joined(separator: ", ")
        node.events.record(
            pod, .warning, reason: "FailedToRetrieveImagePullSecret",
            "Unable to retrieve some image pull secrets (\(names)); attempting to pull the image may not succeed.")
    }

    private func pulled(
        _ container: View<Container>, _ image: ImageReference, _ result: Result<StoredImage, any Error>, since: ClusterClock.Instant
    ) {
        let name: String = container.name
        guard case .running = fetches[name] else { return }
        let now: ClusterClock.Instant = node.clock.now
        switch result {
        case .success(let stored):
            let time: String = GoDuration.text(since.duration(to: now))
            tell(
                name, .normal, "Pulled",
                "Successfully pulled image \"\(container.image)\" in \(time) (\(time) including waiting). Image size: \(stored.size) bytes."
            )
            fetches[name] = .pulled
            retryAt[name] = nil
        case .failure(let error):
            failed(container, "failed to pull and unpack image \"\(image)\": \(error)", now)
        }
        poke()
    }

    /// Fetches the image of a volume, unless that is under way.
    func beginPull(of wanted: VolumeError) {
        let key = "volume:" + wanted.volume
        let now: ClusterClock.Instant = node.clock.now
        if case .running = fetches[key] { return }
        guard let text = wanted.image, let image = try? ImageReference(text) else { return }
        fetches[key] = .running
        node.events.record(pod, .normal, reason: "Pulling", "Pulling image \"\(text)\"")
        let (images, pod): (NodeImages, View<Pod>) = (node.images, pod)
        begin { [weak self] in
            let secrets: PullSecrets = await images.secrets(of: pod)
            let result: Result<StoredImage, any Error>
            do { result = .success(try await images.pull(image, secrets)) } catch { result = .failure(error) }
            await self?.pulledVolume(wanted.volume, text, result, since: now)
        }
    }

    private func pulledVolume(_ volume: String, _ text: String, _ result: Result<StoredImage, any Error>, since: ClusterClock.Instant) {
        fetches["volume:" + volume] = nil
        switch result {
        case .success(let stored):
            let time: String = GoDuration.text(since.duration(to: node.clock.now))
            node.events.record(
                pod, .normal, reason: "Pulled",
                "Successfully pulled image \"\(text)\" in \(time) (\(time) including waiting). Image size: \(stored.size) bytes.")
            volumes.fetched(volume)
            setbacks[.volumes] = nil
        case .failure(let error):
            note(.volumes, first: .seconds(10), limit: .seconds(300))
            node.events.record(pod, .warning, reason: "Failed", "Failed to pull image \"\(text)\": \(error)")
            node.events.record(
                pod, .warning, reason: "FailedMount", "MountVolume.SetUp failed for volume \"\(volume)\" : image \"\(text)\": \(error)")
        }
        poke()
    }

    // MARK: - Failures

    private func failed(_ container: View<Container>, _ message: String, _ now: ClusterClock.Instant) {
        let name: String = container.name
        tell(name, .warning, "Failed", "Failed to pull image \"\(container.image)\": \(message)")
        tell(name, .warning, "Failed", "Error: ErrImagePull")
        records[name]?.problem = .init(reason: "ErrImagePull", message: message)
        records[name]?.pulls.next(after: now, now: now)
        let delay: Duration = records[name]?.pulls.delay ?? BackOff.first
        fetches[name] = .waiting(until: now.advanced(by: delay), message: message)
        retryAt[name] = now.advanced(by: min(delay, Self.shownFailure))
    }

    private func backOff(_ container: View<Container>, until: ClusterClock.Instant, _ message: String) {
        let name: String = container.name
        retryAt[name] = until
        guard records[name]?.problem?.reason != "ImagePullBackOff" else { return }
        let text = "Back-off pulling image \"\(container.image)\""
        tell(name, .normal, "BackOff", text)
        tell(name, .warning, "Failed", "Error: ImagePullBackOff")
        records[name]?.problem = .init(reason: "ImagePullBackOff", message: "\(text): ErrImagePull: \(message)")
    }

    private func invalid(_ container: View<Container>, _ error: ImageError, _ now: ClusterClock.Instant) {
        let image: String = container.image
        let text = "Failed to apply default image tag \"\(image)\": couldn't parse image name \"\(image)\": \(error)"
        tell(container.name, .warning, "InspectFailed", text)
        tell(container.name, .warning, "Failed", "Error: InvalidImageName")
        records[container.name]?.problem = .init(reason: "InvalidImageName", message: text)
        retryAt[container.name] = now.advanced(by: .seconds(10))
    }
}
