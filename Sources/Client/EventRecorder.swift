package import API
package import Machinery
import Synchronization

/// Tells of what happens to objects, as `Event` objects beside them. Never blocks its caller, never fails it.
///
/// The same news of the same object is one event whose count rises. Source: client-go/tools/record.
package final class EventRecorder: Sendable {
    package enum Level: String, Sendable { case normal = "Normal", warning = "Warning" }

    /// What makes two events the same news.
    private struct News: Hashable {
        let uid: String
        /// The part of the object, such as a container.
        let fieldPath: String
        let level: String
        let reason: String
        let message: String
    }

    private struct Waiting: Sendable {
        let news: News
        let event: View<Event>
    }

    private let client: Client
    private let clock: ClusterClock
    private let component: String
    private let host: String
    /// Several lines, so that many news do not wait for each other's writes; news of one object keep theirs.
    private let lines = Mutex<[AsyncStream<Waiting>.Continuation]>([])
    private let known = Mutex<[News: View<Event>]>([:])
    /// How many events this recorder made.
    private let made = Atomic<Int>(0)

    /// - Parameter host: the node, for events of a kubelet.
    package init(client: Client, clock: ClusterClock, component: String, host: String = "") {
        self.client = client
        self.clock = clock
        self.component = component
        self.host = host
    }

    deinit { for line in lines.withLock({ $0 }) { line.finish() } }

    /// The line for news of an object. The first news opens the lines: many have nothing to tell.
    private func line(for uid: String) -> AsyncStream<Waiting>.Continuation {
        lines.withLock { lines in
            while lines.count < 8 {
                let (stream, line) = AsyncStream<Waiting>.makeStream(bufferingPolicy: .bufferingOldest(1000))
                lines.append(line)
                Task { [weak self] in
                    for await waiting in stream { await self?.publish(waiting) }
                }
            }
            return lines[Int(uid.hashValue.magnitude % UInt(lines.count))]
        }
    }

    /// - Parameter other: a component in whose name this one speaks; nil for its own.
    package func record<K: Kind>(
        _ object: View<K>, _ level: Level, reason: String, _ message: String, fieldPath: String = "", by other: String? = nil
    ) {
        let metadata: View<ObjectMeta> = object.metadata
        record(
            View<ObjectReference> { reference in
                reference.kind = K.names.kind
                reference.apiVersion = K.names.apiVersion
                reference.name = metadata.name
                reference.namespace = metadata.namespace
                reference.uid = metadata.uid
                reference.resourceVersion = metadata.resourceVersion
                if !fieldPath.isEmpty { reference.fieldPath = fieldPath }
            }, level, reason: reason, message, by: other)
    }

    /// The same of an object of any kind.
    package func record(
        _ object: View<ObjectReference>, _ level: Level, reason: String, _ message: String, by other: String? = nil
    ) {
        let component: String = other ?? component
        let now: Time = clock.time
        let namespace: String = object.namespace.isEmpty ? "default" : object.namespace
        // The number tells events of one moment apart: a paused clock has only one.
        let number: Int = made.wrappingAdd(1, ordering: .relaxed).newValue
        let suffix: String = String(clock.microTime.microseconds &+ Int64(number), radix: 16)
        let event: View<Event> = Event.new("\(object.name).\(suffix)", namespace: namespace) {
            $0.involvedObject = object
            $0.reason = reason
            $0.message = String(message.prefix(1024))
            $0.type = level.rawValue
            $0.source = View<EventSource> { source in
                source.component = component
                if !host.isEmpty { source.host = host }
            }
            $0.reportingComponent = component
            $0.reportingInstance = host
            $0.firstTimestamp = now
            $0.lastTimestamp = now
            $0.count = 1
        }
        let news = News(uid: object.uid, fieldPath: object.fieldPath, level: level.rawValue, reason: reason, message: message)
        line(for: news.uid).yield(Waiting(news: news, event: event))
    }

    private func publish(_ waiting: Waiting) async {
        let before: View<Event>? = known.withLock { $0[waiting.news] }
        do {
            if let before {
                let count: Int = before.count + 1
                let patch: JSON = ["count": .int(Int64(count)), "lastTimestamp": waiting.event.json["lastTimestamp"] ?? .null]
                remember(try await client.patch(Event.self, before.key, patch, as: .mergePatch), waiting.news)
            } else {
                remember(try await client.create(waiting.event), waiting.news)
            }
        } catch let status as APIStatus where status.isNotFound && before != nil {
            // The event expired meanwhile: this is the first of its kind again.
            known.withLock { $0[waiting.news] = nil }
            await publish(waiting)
        } catch {
            // Events are a courtesy: a namespace on its way out refuses them, and so be it.
        }
    }

    private func remember(_ event: View<Event>, _ news: News) {
        known.withLock { known in
            if known.count >= 4096 { known.removeAll() }
            known[news] = event
        }
    }
}
