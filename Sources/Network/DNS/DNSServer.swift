import API
package import Client
package import Logging
import Machinery
package import Sandbox
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The cluster's name server, over UDP and TCP. What the cluster does not know it asks the host's name servers.
///
/// Reads Services and EndpointSlices. One thread for datagrams, which answers from memory; one for each TCP connection.
package final class DNSServer: Sendable {
    private static let port = 53

    private let network: ClusterNetwork
    private let addresses: [String]
    private let services: Informer<Service>
    private let slices: ServiceSlices
    private let upstream: DNSUpstream
    private let log: Logger
    private let zone = Mutex(DNSZone())
    private let connections = DNSConnections(most: 100)
    /// A pipe, whose one end closes when the server is to end: all threads wait for that too.
    private let ending: Int32
    private let lifeline: Mutex<Int32>

    package init(network: ClusterNetwork, addresses: [String], slices: ServiceSlices, informers: Informers, log: Logger) {
        self.network = network
        self.addresses = addresses
        services = informers.informer()
        self.slices = slices
        upstream = DNSUpstream(servers: DNSUpstream.hostServers())
        self.log = log
        var ends: [Int32] = [-1, -1]
        if pipe(&ends) == 0 { for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) } }
        ending = ends[0]
        lifeline = Mutex(ends[1])
    }

    deinit {
        tellEnd()
        close(ending)
    }

    /// Answers until the task is cancelled.
    package func run() async {
        await services.caughtUp()
        await slices.caughtUp()
        services.onChange { [weak self] before, after in
            if let key = (after ?? before)?.key { self?.changed(key) }
        }
        slices.onChange { [weak self] in self?.changed($0) }
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for address in addresses {
                    group.addTask { await BlockingThread.run { self.serveDatagrams(address) } }
                    group.addTask { await BlockingThread.run { self.serveConnections(address) } }
                }
            }
        } onCancel: {
            tellEnd()
        }
    }

    private func tellEnd() {
        lifeline.withLock { end in
            if end >= 0 { close(end) }
            end = -1
        }
    }

    private func changed(_ key: ObjectKey) {
        // Read within the lock, so that of two changes the later one stays.
        zone.withLock { zone in
            zone.set(services.get(key).map { DNSZone.Names($0, slices: slices.of(key)) }, of: key)
        }
    }

    // MARK: - Answers

    /// What the cluster itself says; nil when others must be asked.
    private func answer(_ query: DNSQuery) -> DNSAnswer? {
        guard query.opcode == 0 else { return DNSAnswer(code: .notImplemented) }
        guard query.isVersionKnown else { return DNSAnswer(code: .badVersion) }
        guard query.isInternet else { return DNSAnswer(code: .refused) }
        return zone.withLock { $0.answer(query.name, query.kind) }
    }

    /// The whole answer to a message, asking others where it must. Blocks then.
    private func reply(_ message: [UInt8], isStream: Bool) -> [UInt8]? {
        guard let query = DNSQuery(message) else {
            return DNSQuery.id(of: message).map { DNSAnswer.refusal(id: $0, .malformed) }
        }
        let limit: Int = isStream ? 65_535 : min(query.size ?? 512, 4096)
        guard let answer = answer(query) else {
            return upstream.ask(message, query, limit: limit, isStream: isStream)
                ?? DNSAnswer(code: .failure).bytes(for: query, zone: DNSZone.domain, limit: limit)
        }
        return whole(answer, query).bytes(for: query, zone: DNSZone.domain, limit: limit)
    }

    /// An alias comes with what it leads to, as resolvers in programs follow none.
    private func whole(_ answer: DNSAnswer, _ query: DNSQuery) -> DNSAnswer {
        guard case .alias(let target)? = answer.records.first?.content, let family = query.family else { return answer }
        var answer: DNSAnswer = answer
        if let own = zone.withLock({ $0.answer(target, query.kind) }) {
            answer.records += own.records
        } else {
            answer.records += upstream.addresses(of: target, family).map { DNSRecord(name: target, content: .address($0)) }
        }
        return answer
    }

    // MARK: - UDP

    private func serveDatagrams(_ address: String) {
        guard let fd = open({ try network.datagrams(address, port: Self.port) }) else { return }
        let box = Descriptor(fd)
        var buffer = [UInt8](repeating: 0, count: 65_535)
        while wait(fd) {
            var from = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count: Int = withUnsafeMutablePointer(to: &from) { from in
                from.withMemoryRebound(to: sockaddr.self, capacity: 1) { recvfrom(fd, &buffer, buffer.count, 0, $0, &length) }
            }
            guard count > 0 else { continue }
            let message: [UInt8] = Array(buffer[..<count])
            guard let query = DNSQuery(message) else {
                if let id = DNSQuery.id(of: message) { box.send(DNSAnswer.refusal(id: id, .malformed), to: from) }
                continue
            }
            let own: DNSAnswer? = answer(query)
            let limit: Int = min(query.size ?? 512, 4096)
            if let own, !own.leadsElsewhere {
                box.send(own.bytes(for: query, zone: DNSZone.domain, limit: limit), to: from)
            } else if own == nil, let known = upstream.known(query, limit: limit) {
                box.send(known, to: from)
            } else if own == nil, upstream.isBusy {
                // No thread for one more that would only hear this.
                box.send(DNSAnswer(code: .failure).bytes(for: query, zone: DNSZone.domain, limit: limit), to: from)
            } else {
                let asker: sockaddr_in = from
                // Who waits for others must not keep anybody waiting.
                Task.detached { [self] in
                    await BlockingThread.run { if let bytes = self.reply(message, isStream: false) { box.send(bytes, to: asker) } }
                }
            }
        }
    }

    /// The socket, which stays open until the last answer is sent.
    private final class Descriptor: Sendable {
        let fd: Int32
        init(_ fd: Int32) { self.fd = fd }
        deinit { close(fd) }

        func send(_ bytes: [UInt8], to asker: sockaddr_in) {
            var asker: sockaddr_in = asker
            // An asker that has gone needs no answer.
            _ = withUnsafePointer(to: &asker) { asker in
                asker.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    // MARK: - TCP

    private func serveConnections(_ address: String) {
        guard let listener = open({ try network.listen(address, port: Self.port) }) else { return }
        defer { close(listener) }
        while wait(listener) {
            let fd: Int32 = accept(listener, nil, nil)
            guard fd >= 0 else { continue }
            connections.add(fd)
            Task.detached { [self] in await BlockingThread.run { self.serve(fd) } }
        }
    }

    private func serve(_ fd: Int32) {
        defer { connections.end(fd) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(fd, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size)) }
        while let head = DNSUpstream.read(fd, 2), let message = DNSUpstream.read(fd, Int(head[0]) << 8 | Int(head[1])) {
            connections.heard(fd)
            guard let bytes = reply(message, isStream: true), DNSUpstream.write(fd, bytes) else { return }
        }
    }

    // MARK: - Sockets

    private func open(_ make: () throws -> Int32) -> Int32? {
        do {
            return try make()
        } catch {
            log.error("the name server cannot listen", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    /// False when the server is to end.
    private func wait(_ fd: Int32) -> Bool {
        var entries: [pollfd] = [
            pollfd(fd: fd, events: Int16(POLLIN), revents: 0), pollfd(fd: ending, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let count: Int32 = poll(&entries, nfds_t(entries.count), -1)
            if count < 0, errno == EINTR { continue }
            return count > 0 && entries[1].revents == 0
        }
    }
}

extension DNSAnswer {
    /// Whether it has to be completed by what an alias leads to.
    fileprivate var leadsElsewhere: Bool {
        if case .alias? = records.first?.content { true } else { false }
    }
}
